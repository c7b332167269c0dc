import pytest

from constructs_lib.runtime._shared.change import Change, apply, check
from constructs_lib.runtime.custom_resource.record import Phase
from tests.runtime._shared.store_cases import CASES, KEY, Case, change, when, with_key


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_does_what_dynamodb_does(case: Case) -> None:
    before = with_key(case.before)

    written = apply(before, case.change)

    # Python's True == 1 must not hide a wrong type.
    expected = with_key(case.before if case.after is None else case.after) or {}
    assert (written.won, repr(sorted(written.item.items()))) == (case.after is not None, repr(sorted(expected.items())))
    assert before == with_key(case.before)


def test_a_record_keeps_no_hold_of_what_was_written() -> None:
    state = {"jobs": [1]}
    item = apply(None, change(set={"state": state})).item

    state["jobs"].append(2)

    assert item["state"] == {"jobs": [1]}


def test_a_member_of_an_enumeration_is_written_as_its_text() -> None:
    item = apply(None, change(set={"phase": Phase.IDLE})).item

    assert type(item["phase"]) is str


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Change(key=KEY, when=(), set={}), "at least one alternative"),
        (change(set={"pk": "other"}), "'pk' is the record's key"),
        (change(remove=("pk",)), "'pk' is the record's key"),
        (change(set={"a": 1, "b": 1}, remove=("a",)), r"named twice: \['a'\]"),
        (change(set={"a": 1}, add={"a": 1}), r"named twice: \['a'\]"),
        (change(remove=("a", "a")), r"named twice: \['a'\]"),
    ],
)
def test_a_change_that_dynamodb_would_refuse_is_refused(bad: Change, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        apply({}, bad)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (change(add={"a": "1"}), "only numbers can be added, to 'a' '1'"),
        (change(add={"a": True}), "only numbers can be added"),
        (change((when("a", "<=", True),)), "only texts and numbers have an order"),
        (change((when("a", "<=", None),)), "only texts and numbers have an order"),
    ],
)
def test_what_has_no_order_and_is_no_number_is_refused(bad: Change, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        check(bad)


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, {"a": {1: "x"}}, [object()]])
def test_a_value_that_a_record_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"a record holds text|a map's names must be texts"):
        apply(None, change(set={"a": value}))


def test_nothing_is_added_to_a_text() -> None:
    with pytest.raises(TypeError, match="'a' holds 'x'"):
        apply({"a": "x"}, change(add={"a": 1}))
