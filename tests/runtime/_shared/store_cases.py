"""What one change does to a record, case by case: the store in memory and DynamoDB have to agree on each."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Change, Condition, Item, Operator

KEY = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c|Group"
ALWAYS: tuple[tuple[Condition, ...], ...] = ((),)
DONE = {"set": {"done": True}}


class Case(NamedTuple):
    """A record, a change to it, and what it is then; None: as it was."""

    name: str
    before: Mapping[str, Any] | None
    change: Change
    after: Mapping[str, Any] | None


def when(attribute: str, operator: Operator, value: Any = None) -> Condition:  # noqa: ANN401 - what a record holds
    return Condition(attribute, operator, value)


def change(*alternatives: tuple[Condition, ...], **what: Any) -> Change:  # noqa: ANN401 - the fields of a change
    return Change(key=KEY, when=alternatives or ALWAYS, **{"set": {}, **what})


def _condition(name: str, before: Mapping[str, Any] | None, condition: Condition, *, holds: bool) -> Case:
    after = {**(before or {}), "done": True} if holds else None
    return Case(name, before, change((condition,), **DONE), after)


NESTED = {"status": "RUNNING", "attempt": 1, "known": None, "urls": ["a", 2, False], "more": {"deep": {}}}

WHAT_IS_WRITTEN = [
    Case("a missing record is made, with its key", None, change(set={"phase": "IDLE"}), {"phase": "IDLE"}),
    Case("what is not named stays", {"a": 1, "b": 2}, change(set={"b": 3}), {"a": 1, "b": 3}),
    Case("each type is kept", None, change(set={"all": NESTED}), {"all": NESTED}),
    Case("an empty text, map and list are kept", None, change(set={"e": ["", {}, []]}), {"e": ["", {}, []]}),
    Case("a map is replaced whole", {"m": {"a": 1}}, change(set={"m": {"b": 2}}), {"m": {"b": 2}}),
    Case("a tuple becomes a list", None, change(set={"l": ("a",)}), {"l": ["a"]}),
    Case("any name will do", None, change(set={"op:1.a-b[0]#:x": 1}), {"op:1.a-b[0]#:x": 1}),
    Case(
        "reserved words will do",
        None,
        change(set={"owner": "a", "url": "b", "ttl": 3}),
        {"owner": "a", "url": "b", "ttl": 3},
    ),
    Case("more than four bytes of text a character", None, change(set={"t": "ü€😀"}), {"t": "ü€😀"}),
    Case("a negative number", None, change(set={"n": -5}), {"n": -5}),
    Case("a time in milliseconds", None, change(set={"n": 1_795_280_400_123}), {"n": 1_795_280_400_123}),
    Case("an attribute is removed", {"a": 1, "b": 2}, change(remove=("a",)), {"b": 2}),
    Case("one that is not there may be removed", {"a": 1}, change(remove=("z",), set={"b": 2}), {"a": 1, "b": 2}),
    Case("a number is added to", {"fence": 7}, change(add={"fence": 1}), {"fence": 8}),
    Case("an absent number counts as 0", None, change(add={"fence": 1}), {"fence": 1}),
    Case("a number is taken from", {"fence": 7}, change(add={"fence": -2}), {"fence": 5}),
    Case("all at once", {"a": 1, "b": 2}, change(set={"c": 3}, remove=("a",), add={"b": 1}), {"b": 3, "c": 3}),
    Case("nothing to do makes the record", None, change(), {}),
]

CONDITIONS = [
    _condition("exists holds", {"a": None}, when("a", "exists"), holds=True),
    _condition("exists fails", {"b": 1}, when("a", "exists"), holds=False),
    _condition("exists fails without a record", None, when("a", "exists"), holds=False),
    _condition("absent holds", {"b": 1}, when("a", "absent"), holds=True),
    _condition("absent holds without a record", None, when("a", "absent"), holds=True),
    _condition("absent fails", {"a": False}, when("a", "absent"), holds=False),
    _condition("the key is absent without a record", None, when("pk", "absent"), holds=True),
    _condition("the key is there with a record", {}, when("pk", "absent"), holds=False),
    _condition("the key exists with a record", {}, when("pk", "exists"), holds=True),
    _condition("texts are equal", {"a": "x"}, when("a", "=", "x"), holds=True),
    _condition("texts differ", {"a": "x"}, when("a", "=", "X"), holds=False),
    _condition("numbers are equal", {"a": 5}, when("a", "=", 5), holds=True),
    _condition("numbers differ", {"a": 5}, when("a", "=", 6), holds=False),
    _condition("truths are equal", {"a": True}, when("a", "=", True), holds=True),
    _condition("truths differ", {"a": True}, when("a", "=", False), holds=False),
    _condition("true is not 1", {"a": True}, when("a", "=", 1), holds=False),
    _condition("1 is not true", {"a": 1}, when("a", "=", True), holds=False),
    _condition("a number is not its text", {"a": 1}, when("a", "=", "1"), holds=False),
    _condition("null is null", {"a": None}, when("a", "=", None), holds=True),
    _condition("an absent attribute is not null", {}, when("a", "=", None), holds=False),
    _condition("maps are equal", {"a": NESTED}, when("a", "=", NESTED), holds=True),
    _condition("maps differ within", {"a": {"b": [True]}}, when("a", "=", {"b": [1]}), holds=False),
    _condition("maps differ in names", {"a": {"b": 1}}, when("a", "=", {"b": 1, "c": 1}), holds=False),
    _condition("lists differ in length", {"a": [1]}, when("a", "=", [1, 1]), holds=False),
    _condition("an absent attribute equals nothing", {}, when("a", "=", 0), holds=False),
    _condition("a missing record equals nothing", None, when("a", "=", 0), holds=False),
    _condition("less", {"a": 4}, when("a", "<=", 5), holds=True),
    _condition("as much", {"a": 5}, when("a", "<=", 5), holds=True),
    _condition("more", {"a": 6}, when("a", "<=", 5), holds=False),
    _condition("numbers, not texts, are compared", {"a": 9}, when("a", "<=", 10), holds=True),
    _condition("texts are compared as such", {"a": "10"}, when("a", "<=", "9"), holds=True),
    _condition("an absent attribute is not less", {}, when("a", "<=", 5), holds=False),
    _condition("a missing record is not less", None, when("a", "<=", 5), holds=False),
    _condition("a text is not less than a number", {"a": "1"}, when("a", "<=", 5), holds=False),
    _condition("true is not less than a number", {"a": True}, when("a", "<=", 5), holds=False),
]

_IDLE, _NEW, _FREE = when("phase", "=", "IDLE"), when("op:1", "absent"), when("lease", "<=", 100)
ALTERNATIVES = [
    Case("both conditions hold", {"phase": "IDLE"}, change((_IDLE, _NEW), **DONE), {"phase": "IDLE", "done": True}),
    Case("one of two fails", {"phase": "IDLE", "op:1": {}}, change((_IDLE, _NEW), **DONE), None),
    Case("the second alternative", {"lease": 99}, change((_IDLE, _NEW), (_FREE,), **DONE), {"lease": 99, "done": True}),
    Case("no alternative", {"lease": 101, "phase": "RUNNING"}, change((_IDLE, _NEW), (_FREE,), **DONE), None),
    Case(
        "not half of each", {"phase": "IDLE", "op:1": {}, "lease": 101}, change((_IDLE, _NEW), (_FREE,), **DONE), None
    ),
    Case(
        "one without a condition",
        {"phase": "RUNNING"},
        change((_IDLE,), (), **DONE),
        {"phase": "RUNNING", "done": True},
    ),
    Case("a lost change touches nothing", {"n": 1}, change((_IDLE,), add={"n": 1}, set={"a": 1}), None),
    Case("a lost change makes no record", None, change((_IDLE,), set={"a": 1}), None),
    Case("what is removed may be asked for", {"a": 1}, change((when("a", "=", 1),), remove=("a",)), {}),
    Case("what is added to may be asked for", {"n": 1}, change((when("n", "=", 1),), add={"n": 1}), {"n": 2}),
]

CASES = [*WHAT_IS_WRITTEN, *CONDITIONS, *ALTERNATIVES]


def with_key(item: Item | None) -> dict[str, Any] | None:
    """The record as it is stored."""
    return None if item is None else {"pk": KEY, **item}
