"""Opens files of JSON and YAML, CloudFormation's short forms included, and says in words what is wrong with them."""

import json
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_MOST_BYTES = 50_000_000
#: How many values a file may come to when its YAML aliases are written out. CloudFormation's templates end at 1 MB.
_MOST_VALUES = 1_000_000
#: How deep they may be nested. What people write ends at thirty.
_DEEPEST = 100
_TOO_DEEP = "is nested too deep to be read"
#: Python reads decimal numbers of 4,300 digits at most, and others that it then cannot write as decimal ones.
_MOST_DIGITS = 2_000
_TOO_LONG = "has a number of thousands of digits: no property takes one"


class NotRead(Exception):
    """A file, or what is in it, cannot be read; the message says why and what to do."""


def identity(path: Path) -> Path:
    """A path without links, to know it again by; as it is where the file system refuses it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # not ours, a loop of links, a name that no file can have
        return path


def as_mapping(value: object) -> dict[str, Any]:
    """What a document has at a place where a mapping should be; empty where it is none."""
    return value if isinstance(value, dict) else {}


def is_there(path: Path) -> bool:
    """Whether it is a regular file or a directory; a device or a pipe is neither."""
    try:
        return path.is_file() or path.is_dir()
    except OSError:  # a name that is too long
        return False


def text_of(file: Path) -> str:
    """The text of a file.

    Raises:
        NotRead: There is none, or it is no text.
    """
    content = _bytes_of(file)
    if len(content) > _MOST_BYTES:
        msg = f"has more than {_MOST_BYTES:,} bytes: CloudFormation's templates end at a million"
        raise NotRead(msg)
    try:
        return content.decode("utf-8-sig")
    except ValueError as error:
        msg = "is no text in UTF-8"
        raise NotRead(msg) from error


def _bytes_of(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(mode := file.stat().st_mode) and not stat.S_ISDIR(mode):
            msg = "is no regular file: write what it gives to one"  # a pipe may never open, a device never end
            raise NotRead(msg)
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES + 1)
    except OSError as error:
        msg = f"cannot be opened: {error.strerror or error}"
        raise NotRead(msg) from error
    except ValueError as error:  # a name that no file can have
        msg = f"cannot be opened: {error}"
        raise NotRead(msg) from error


def load(file: Path) -> object:
    """What stands in a file of JSON or YAML; its first character decides, not its name.

    Raises:
        NotRead: It cannot be opened or understood.
    """
    text = text_of(file)
    if not text.strip():
        msg = "is empty"
        raise NotRead(msg)
    try:
        document = _parsed(text, file.suffix)
    except RecursionError as error:
        raise NotRead(_TOO_DEEP) from error
    _measure(document)
    return document


def _parsed(text: str, suffix: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return _yaml(text)
    return _json_or_yaml(text) if suffix in (".yaml", ".yml") else _json(text)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        msg = f"is broken JSON: {error}"
        raise NotRead(msg) from error
    except ValueError as error:  # of Python's int
        raise NotRead(_TOO_LONG) from error


def _json_or_yaml(text: str) -> object:
    """YAML may begin with a brace too."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return _yaml(text)
    except ValueError as error:
        raise NotRead(_TOO_LONG) from error


def _yaml(text: str) -> object:
    try:
        import yaml  # noqa: PLC0415 - an extra of the wheel; cdk.out is JSON
    except ImportError as error:
        msg = 'is YAML, which needs PyYAML: pip install "constructs-lib[checks]"'
        raise NotRead(msg) from error
    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        msg = f"is broken YAML: {error.problem or error.context}{place}"
        raise NotRead(msg) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        msg = f"is broken YAML: {error}"
        raise NotRead(msg) from error


def _measure(document: object) -> None:
    """Refuse what is too deep, or too large with every alias of YAML written out.

    Raises:
        NotRead: It is.
    """
    level: list[object] = [document]
    depth, values = 0, 1
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth, values = depth + 1, values + sum(map(len, level))
        if depth > _DEEPEST:
            raise NotRead(_TOO_DEEP)
        if values > _MOST_VALUES:
            msg = "comes to more than a million values, with YAML's aliases written out: no template is that large"
            raise NotRead(msg)
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]


@cache
def _loader() -> type["yaml.SafeLoader"]:
    """A safe loader of YAML as CloudFormation reads it: keys are text, dates are text, `!Sub` is {"Fn::Sub": ...}."""
    import yaml  # noqa: PLC0415 - as above

    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where PyYAML was built with libyaml

    class Loader(fast):  # type: ignore[misc, valid-type]  # which of the two is known when it runs
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, object]:
        loader.flatten_mapping(node)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
        return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}

    def integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
        if len(node.value) > _MOST_DIGITS:
            raise NotRead(_TOO_LONG)
        return int(loader.construct_yaml_int(node))

    def sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[object]:
        return [loader.construct_object(each, deep=True) for each in node.value]

    def short(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, object]:
        if isinstance(node, yaml.MappingNode):
            value: object = mapping(loader, node)
        else:
            value = sequence(loader, node) if isinstance(node, yaml.SequenceNode) else node.value
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}

    resolvers = Loader.yaml_implicit_resolvers.items()
    Loader.yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
        for first, forms in resolvers
    }
    Loader.add_constructor("tag:yaml.org,2002:int", integer)
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_constructor("tag:yaml.org,2002:seq", sequence)
    Loader.add_multi_constructor("!", short)
    return Loader
