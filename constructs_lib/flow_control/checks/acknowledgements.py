"""Who overruled which finding, and why: in a resource's metadata, or by CDK's `Validations.of(...).acknowledge(...)`.

CDK writes what was acknowledged within a stack beside its template (from 2.252). What was acknowledged on a stage, or
on the app, stands nowhere in the assembly: only the plugin, which sees the constructs, knows of it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib._findings import ACKNOWLEDGE, KEY
from constructs_lib.flow_control.checks.documents import NotRead, as_mapping, text_of
from constructs_lib.flow_control.checks.resources import Resource

#: The plugin's name, which stands before the id of a rule in CDK's acknowledgements.
NAMESPACE = KEY
#: The id under which what could not be checked is reported, and acknowledged as a whole.
NOT_CHECKED = "not-checked"
#: The id of the report's last words.
SUMMARY = "summary"

_TYPE = "aws:cdk:acknowledged-rules"

#: The reasons by the path of a construct, and by the rule's id.
Reasons = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A reason to overrule a rule.

    Attributes:
        reason: The author's words.
        at: The resource that has it, or that is within a construct that has it.
        by_cdk: Whether CDK knows of it too, and will overrule the plugin.
    """

    reason: str
    at: Resource
    by_cdk: bool


class Acknowledgements:
    """The reasons that are given within some resources' apps.

    Args:
        resources: The resources; their folders are looked through for what CDK wrote down.
        known: The ids of the rules.
        above: What is acknowledged above the stacks, by the path of the construct.
    """

    def __init__(self, resources: Iterable[Resource], *, known: Sequence[str], above: Reasons) -> None:
        self._known = {*known, NOT_CHECKED, SUMMARY}
        folders = dict.fromkeys(resource.template.file.parent for resource in resources)
        self._by_cdk = {folder: _of_assembly(folder) for folder in folders}
        self._above = above

    def of(self, rule: str, resources: Sequence[Resource]) -> Acknowledgement | None:
        """The reason to overrule the rule on one of the resources, if there is one."""
        for by_cdk, reason_of in ((True, self._inherited), (False, self._own)):
            for resource in resources:
                reason = reason_of(resource, rule)
                if reason is not None and reason.strip():
                    return Acknowledgement(reason=reason, at=resource, by_cdk=by_cdk)
        return None

    def ignored(self, resources: Iterable[Resource]) -> list[str]:
        """What does not count, in words: an unknown rule, or no reason."""
        given: list[tuple[str, Mapping[str, str]]] = [(each.path, _own(each)) for each in resources]
        given += [item for reasons in (self._above, *self._by_cdk.values()) for item in reasons.items()]
        wrong = (words for path, reasons in given for words in self._wrong(path or "the app", reasons))
        return list(dict.fromkeys(wrong))

    def _wrong(self, path: str, reasons: Mapping[str, str]) -> Iterator[str]:
        for rule, reason in reasons.items():
            if rule not in self._known:
                yield f"{path} acknowledges {rule!r}, which is none of the rules (R1, R2 ..., {NOT_CHECKED})"
            elif not reason.strip():
                yield f"{path} acknowledges {rule} without a reason: say why it does not apply"

    def _own(self, resource: Resource, rule: str) -> str | None:
        """What the resource's own metadata says."""
        return _own(resource).get(rule)

    def _inherited(self, resource: Resource, rule: str) -> str | None:
        """What CDK acknowledges on the nearest construct at or above the resource."""
        within = self._by_cdk.get(resource.template.file.parent, {})
        for path in _upwards(resource.path):
            for reasons in (within, self._above):
                if rule in reasons.get(path, {}):
                    return reasons[path][rule]
        return None


def _own(resource: Resource) -> Mapping[str, str]:
    return {rule: reason for rule, reason in resource.metadata(ACKNOWLEDGE).items() if isinstance(reason, str)}


def _upwards(path: str) -> Iterator[str]:
    yield f"{path}/Resource"
    yield f"{path}/Default"
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def of_metadata(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The rules, and the reasons, in the metadata of one construct."""
    prefix = f"{NAMESPACE}::"
    return {
        rule.removeprefix(prefix): reason
        for entry in entries
        if entry.get("type") == _TYPE and isinstance(entry.get("data"), dict)
        for rule, reason in entry["data"].items()
        if rule.startswith(prefix) and isinstance(reason, str)
    }


def _of_assembly(folder: Path) -> Reasons:
    """What CDK wrote down in one folder of an assembly; nothing where it is none."""
    found: Reasons = {}
    manifest = _json(folder / "manifest.json")
    for artifact in as_mapping(as_mapping(manifest).get("artifacts")).values():
        written = [as_mapping(artifact).get("metadata")]
        beside = as_mapping(artifact).get("additionalMetadataFile")
        if isinstance(beside, str):
            written.append(_json(folder / beside, holds=_TYPE))
        for path, entries in ((path, entries) for each in written for path, entries in as_mapping(each).items()):
            reasons = of_metadata(as_mapping(entry) for entry in entries if isinstance(entries, list))
            if reasons:
                found.setdefault(path.removeprefix("/"), {}).update(reasons)
    return found


def _json(path: Path, *, holds: str = "") -> object:
    """What is in the file; None where there is none, or where it is broken: templates.py says so where that matters.

    None too where it does not hold that text: CDK's metadata is large, and seldom acknowledges anything.
    """
    try:
        content = text_of(path)
        return json.loads(content) if holds in content else None
    except (NotRead, ValueError, RecursionError):
        return None
