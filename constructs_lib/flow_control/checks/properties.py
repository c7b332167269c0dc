"""What a resource's properties mean: where they are silent, or hide an entry."""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, Resource
from constructs_lib.flow_control.checks.raw import branches, intrinsic_of, raw_at

_T = TypeVar("_T")


def or_default(value: _T | None, default: _T) -> _T:
    """A property's value; AWS's default where there is none."""
    return default if value is None else value


def whole_number(app: App, resource: Resource, *path: str | int) -> int | Unknown | None:
    """The whole number at a path. CloudFormation refuses any other, so that nobody knows what is meant."""
    value = app.number(resource, *path)
    if value is None or value is UNKNOWN:
        return value
    return int(value) if value == int(value) else UNKNOWN


def is_set(app: App, resource: Resource, *path: str | int) -> bool | Unknown:
    """Whether something stands at a path, whatever it is; UNKNOWN where a condition or a transform decides that."""
    return _is_set(app.raw(resource, *path))


def _is_set(raw: object) -> bool | Unknown:
    if raw is None or raw is UNKNOWN:
        return UNKNOWN if raw is UNKNOWN else False
    function = intrinsic_of(raw) if isinstance(raw, dict) else None
    if function == "Fn::Transform":
        return UNKNOWN
    if function != "Fn::If":
        return True
    answers = {_is_set(raw_at(branch, ())) for branch in branches(cast("dict[str, Any]", raw)[function])}
    return answers.pop() if len(answers) == 1 else UNKNOWN


def places(app: App, resource: Resource, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The places of a list's entries. What a condition decides is named in `App.unread`, and left out."""
    entries = app.raw(resource, *path)
    if not isinstance(entries, list):
        if app.value(resource, *path) is not None:
            _hidden(app, resource, path)
        return
    for index in range(len(entries)):
        entry = app.value(resource, *path, index)
        if entry is UNKNOWN:
            _hidden(app, resource, (*path, index))
        elif entry is not None:
            yield (*path, index)


def _hidden(app: App, resource: Resource, path: tuple[str | int, ...]) -> None:
    name = ".".join(map(str, path[1:]))
    app.cannot_read(resource, f"{name} is decided at the deployment: what it names was not looked at")
