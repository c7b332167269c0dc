"""What stands in a template as it was written, with CloudFormation's intrinsic functions unresolved."""

from collections.abc import Sequence
from typing import Any

from constructs_lib._unknown import UNKNOWN

#: Keys that stand among others, and may set any of them.
_OPEN = ("Fn::Transform", "Fn::ForEach::")
_NO_VALUE = {"Ref": "AWS::NoValue"}


def raw_at(raw: object, path: Sequence[str | int]) -> object:
    """What stands at a path below `raw`, unresolved.

    Returns:
        None when nothing does. Below an Fn::If, an Fn::If of what stands in its branches where they differ; below
        another intrinsic function, UNKNOWN.
    """
    if not path:
        return None if raw == _NO_VALUE else raw
    step, below = path[0], path[1:]
    if isinstance(raw, list) and isinstance(step, int):
        return raw_at(raw[step], below) if step < len(raw) else None
    if not isinstance(raw, dict):
        return None if raw is None else UNKNOWN
    function = intrinsic_of(raw)
    if function is not None:
        return _below_function(function, raw, path)
    if step not in raw and any(isinstance(key, str) and key.startswith(_OPEN) for key in raw):
        return UNKNOWN
    return raw_at(raw.get(step), below)


def _below_function(function: str, raw: dict[str, Any], path: Sequence[str | int]) -> object:
    if function != "Fn::If":
        return None if raw == _NO_VALUE else UNKNOWN
    found = [raw_at(branch, path) for branch in branches(raw[function])]
    if all(each == found[0] for each in found):
        return found[0]
    return {function: [None, *(_NO_VALUE if each is None else each for each in found)]}


def intrinsic_of(raw: dict[str, Any]) -> str | None:
    """The intrinsic function that a mapping is, if it is one."""
    name = next(iter(raw)) if len(raw) == 1 else ""
    return name if name == "Ref" or name.startswith("Fn::") else None


def branches(argument: object) -> list[object]:
    """What an Fn::If chooses between."""
    match argument:
        case [_, yes, no]:
            return [yes, no]
    return [UNKNOWN]
