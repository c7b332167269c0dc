"""Which resources certainly exist together, as far as the templates' conditions tell."""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from constructs_lib.flow_control.checks.resources import Resource, Template

_T = TypeVar("_T")


class Literal(NamedTuple):
    """A condition that has no parts, and whether it has to be true or false."""

    template: int
    text: str
    holds: bool


def together(*resources: Resource) -> bool:
    """Whether one of the resources exists only where all of the others do."""
    each = [_needed(resource) for resource in resources]
    return frozenset().union(*each) in each


def is_wherever(resource: Resource, *others: Resource) -> bool:
    """Whether a resource exists wherever all of the others do."""
    return _needed(resource) <= frozenset().union(*map(_needed, others))


def groups(items: Sequence[_T], resource_of: Callable[[_T], Resource]) -> list[list[_T]]:
    """For each item, those that exist wherever it does. Conditions that are not related may exclude each other."""
    needed = [_needed(resource_of(item)) for item in items]
    return [[item for item, other in zip(items, needed, strict=True) if other <= one] for one in dict.fromkeys(needed)]


def _needed(resource: Resource) -> frozenset[Literal]:
    """What has to be so for a resource to exist: its own condition, and those of the stacks that nest its template."""
    found: set[Literal] = set()
    at: Resource | None = resource
    while at is not None:
        condition = at.body.get("Condition")
        if isinstance(condition, str):
            found |= _parts({"Condition": condition}, at.template, holds=True, seen=())
        at = at.template.parent
    return frozenset(found)


def _parts(raw: object, template: Template, *, holds: bool, seen: tuple[str, ...]) -> set[Literal]:
    """What has to be so for a condition to be true, or to be false."""
    match raw:
        case {"Condition": str(name)} if name not in seen and name in template.section("Conditions"):
            return _parts(template.section("Conditions")[name], template, holds=holds, seen=(*seen, name))
        case {"Fn::Not": [inner]}:
            return _parts(inner, template, holds=not holds, seen=seen)
        case {"Fn::And": [*inner]} if holds:
            return {each for one in inner for each in _parts(one, template, holds=True, seen=seen)}
        case {"Fn::Or": [*inner]} if not holds:
            return {each for one in inner for each in _parts(one, template, holds=False, seen=seen)}
    return {Literal(id(template), json.dumps(raw, sort_keys=True, default=str), holds)}
