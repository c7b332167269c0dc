"""What a change does to a record: DynamoDB's rules for one conditional UpdateItem, as a pure function.

The store in memory applies changes with it; the tests hold DynamoDB to the same cases.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from constructs_lib.runtime._shared.contract import PARTITION_KEY

Value = Any
"""What an attribute holds: str, int, bool, or a map of those."""

Item = Mapping[str, Value]
"""A record: its attributes by name."""

Operator = Literal["exists", "absent", "=", "<="]


class Condition(NamedTuple):
    """A condition on one attribute; `value` counts for "=" and "<=" only, which an absent attribute does not meet."""

    attribute: str
    operator: Operator
    value: Value = None


class Change(NamedTuple):
    """One conditional UpdateItem.

    Attributes:
        key: The record's partition key.
        when: Alternatives; the change is made when all the conditions of one of them hold.
        set: Attributes to write, whole.
        remove: Attributes to remove.
        add: Numbers to add; an absent attribute counts as 0.
    """

    key: str
    when: tuple[tuple[Condition, ...], ...]
    set: Mapping[str, Value]
    remove: tuple[str, ...] = ()
    add: Mapping[str, int] = {}


class Written(NamedTuple):
    """Whether it was made, and the record: after the change, or as it is instead; empty where there is none."""

    won: bool
    item: Item


#: What DynamoDB calls the types that a record may hold.
_KINDS = {str: "S", int: "N", bool: "BOOL", type(None): "NULL", dict: "M", list: "L", tuple: "L"}
_ORDERED = ("S", "N")


def apply(item: Item | None, change: Change) -> Written:
    """What becomes of a record, and whether the change was made.

    What it returns shares its maps and lists with the record: to be read only.

    Args:
        item: The record; None or empty where there is none.
        change: What to do.

    Raises:
        ValueError: It is a change that DynamoDB would refuse; or TypeError, likewise.
    """
    check(change)
    before = item or {}
    if not any(all(_holds(before, condition) for condition in conditions) for conditions in change.when):
        return Written(won=False, item=before)
    after = {**before, PARTITION_KEY: change.key}
    for name in change.remove:
        after.pop(name, None)
    for name, value in change.set.items():
        after[name] = copied(value)
    for name, number in change.add.items():
        present = before.get(name, 0)
        if kind(present) != "N":
            raise TypeError(f"{name!r} holds {present!r}, to which nothing can be added: only numbers can")
        after[name] = present + number
    return Written(won=True, item=after)


def check(change: Change) -> None:
    """Refuse what DynamoDB would refuse whatever the record holds.

    Raises:
        ValueError: There is no alternative, the key would be changed, or an attribute is named twice.
        TypeError: What is no number would be added, or what has no order compared.
    """
    if not change.when:
        raise ValueError("a change needs at least one alternative: ((),) makes it whatever the record holds")
    named = [*change.set, *change.remove, *change.add]
    if PARTITION_KEY in named:
        raise ValueError(f"{PARTITION_KEY!r} is the record's key, which cannot be changed")
    if len(named) != len(set(named)):
        twice = sorted({name for name in named if named.count(name) > 1})
        raise ValueError(f"a change may name an attribute once, these are named twice: {twice}")
    for name, number in change.add.items():
        if kind(number) != "N":
            raise TypeError(f"only numbers can be added, to {name!r} {number!r} was to be")
    for one in (one for conditions in change.when for one in conditions):
        if one.operator == "<=" and kind(one.value) not in _ORDERED:
            raise TypeError(f"only texts and numbers have an order, {one.attribute!r} is compared with {one.value!r}")


def copied(value: Value) -> Value:
    """A value of the record's own.

    Raises:
        TypeError: It is of a type that a record cannot hold.
    """
    match kind(value):
        case "M":
            if unnamed := [name for name in value if not isinstance(name, str)]:
                raise TypeError(f"a map's names must be texts, got {unnamed[0]!r}")
            return {name: copied(one) for name, one in value.items()}
        case "L":
            return [copied(one) for one in value]
        case "S":
            return str.__str__(value)  # a member of an enumeration becomes its text
    return value


def kind(value: Value) -> str:
    """DynamoDB's name for a value's type.

    Raises:
        TypeError: It has none that a record may hold.
    """
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    for base in (str, int, Mapping):
        if isinstance(value, base):
            return _KINDS[dict if base is Mapping else base]
    raise TypeError(
        f"a record holds text, whole numbers, true, false, null, maps and lists, not {type(value).__name__}: "
        "write other values as JSON text"
    )


def _holds(item: Item, condition: Condition) -> bool:
    present = condition.attribute in item
    match condition.operator:
        case "exists":
            return present
        case "absent":
            return not present
        case "=":
            return present and _same(item[condition.attribute], condition.value)
        case "<=":
            return present and _in_order(item[condition.attribute], condition.value)


def _same(one: Value, other: Value) -> bool:
    # Python has True == 1, DynamoDB has not.
    if kind(one) != kind(other):
        return False
    match kind(one):
        case "M":
            return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
        case "L":
            return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _in_order(one: Any, other: Any) -> bool:  # noqa: ANN401 - whatever the record holds
    return kind(one) == kind(other) and kind(one) in _ORDERED and bool(one <= other)
