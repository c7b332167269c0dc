"""The rules' examples: what breaks a rule, and how it is mended. The page of the rules shows them as they stand."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "flow_control" / "rules" / "examples"

Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a rule: a flow in Python, or changes to the resources of the base template.

    Attributes:
        rule: The rule's id.
        number: Which of its examples, from 1.
        unsafe: What breaks the rule.
        safe: What does not.
    """

    rule: str
    number: int
    unsafe: str | Changes
    safe: str | Changes

    @property
    def is_template(self) -> bool:
        """Whether it changes the base template, and is no Python."""
        return not isinstance(self.unsafe, str)


class _Loader(yaml.SafeLoader):
    """With the short tags of CloudFormation that the examples use."""


_Loader.add_constructor("!Ref", lambda _, node: {"Ref": node.value})
_Loader.add_constructor("!GetAtt", lambda _, node: {"Fn::GetAtt": node.value.split(".")})


def base() -> dict[str, Any]:
    """The template that breaks no rule."""
    template: dict[str, Any] = _read(FOLDER / "base.yaml")[0]
    return template


def examples() -> list[Example]:
    """All of them."""
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "base")
    return [each for path in files for each in _examples(path)]


def changed(changes: Changes) -> dict[str, Any]:
    """The base template with some changes to its resources."""
    template = base()
    template["Resources"] = _merged(template["Resources"], changes)
    return template


def _examples(path: Path) -> Iterator[Example]:
    for number, document in enumerate(_read(path), start=1):
        yield Example(rule=path.stem, number=number, **document)


def _read(path: Path) -> list[Any]:
    return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader))


def _merged(old: Any, new: Any) -> Any:  # noqa: ANN401 - any part of a template
    if not isinstance(old, dict) or not isinstance(new, dict):
        return copy.deepcopy(new)
    names = [*old, *(name for name in new if name not in old)]
    merged = {name: _merged(old.get(name), new[name]) if name in new else old[name] for name in names}
    return {name: value for name, value in merged.items() if value is not None}
