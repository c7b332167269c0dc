import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.delayed_check.errors import InvalidInput
from constructs_lib.runtime.delayed_check.messages import (
    LONGEST_UNIT,
    CheckMessage,
    ContactMessage,
    check_body,
    contact_body,
    read_message,
    read_outcome,
    read_start,
    read_unit,
    start_body,
)
from constructs_lib.runtime.delayed_check.transitions import Order

ORDER = Order("order-1", 1000, 301_000, 601_000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    unit=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=LONGEST_UNIT),
    times=st.tuples(st.integers(), st.integers(), st.integers()),
    hops=st.integers(0, 20),
    arm=st.none() | st.text(),
)
def test_what_is_written_is_read_again(unit: str, times: tuple[int, int, int], hops: int, arm: str | None) -> None:
    order = Order(unit, *times)

    assert read_message(json.loads(json.dumps(check_body(order, hops=hops)))) == CheckMessage(order, hops)
    assert read_message(json.loads(json.dumps(contact_body(order, arm=arm)))) == ContactMessage(order, arm)


def test_a_start_is_read_again() -> None:
    assert read_start(start_body("order-1", "2026-11-21T10:00:00Z")) == ("order-1", "2026-11-21T10:00:00Z")


def test_a_message_says_when_and_which_arm_and_nothing_of_whom() -> None:
    assert check_body(ORDER) == {
        "kind": "check",
        "unit": "order-1",
        "placed_at": 1000,
        "due_at": 301_000,
        "deadline_at": 601_000,
        "hops": 0,
    }
    assert contact_body(ORDER, arm="call").keys() == {"kind", "unit", "placed_at", "due_at", "deadline_at", "arm"}


def test_a_start_without_a_time_is_read_so_that_the_reason_can_name_the_time() -> None:
    assert read_start({"unit": "order-1"}) == ("order-1", None)


@pytest.mark.parametrize("body", [None, [], "order-1", 1, b"{}"], ids=repr)
def test_what_is_no_object_is_no_start(body: object) -> None:
    with pytest.raises(InvalidInput, match="a start must be a JSON object with unit and placed_at, got"):
        read_start(body)


@pytest.mark.parametrize(
    "body", [None, [], "check", {}, {"kind": "start"}, {"kind": ["check"]}, {"unit": "x"}], ids=repr
)
def test_messages_of_others_are_refused(body: object) -> None:
    with pytest.raises(InvalidInput, match="these queues are for the library's own messages"):
        read_message(body)


@pytest.mark.parametrize("kind", ["check", "contact"])
@pytest.mark.parametrize("name", ["placed_at", "due_at", "deadline_at"])
@pytest.mark.parametrize("value", [None, "1000", 1000.0, True, [1]], ids=repr)
def test_a_message_with_a_time_that_is_none_is_refused(kind: str, name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"{name} of a message must be milliseconds"):
        read_message({"kind": kind, **ORDER._asdict(), name: value})


def test_what_a_message_lacks_beside_its_times_has_a_default() -> None:
    assert read_message({"kind": "check", **ORDER._asdict(), "hops": "many"}) == CheckMessage(ORDER, 0)
    assert read_message({"kind": "contact", **ORDER._asdict(), "arm": 7}) == ContactMessage(ORDER, None)


@given(JSON)
def test_no_body_does_anything_but_be_read_or_be_refused(body: object) -> None:
    for read in (read_start, read_message):
        with suppress(InvalidInput):
            read(body)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("order-1", "order-1"),
        (42, "42"),
        (0, "0"),
        ("注文 7", "注文 7"),
        ("a#b|c/d", "a#b|c/d"),
        ("x" * 256, "x" * 256),
    ],
)
def test_an_order_s_id_is_a_text_or_a_whole_number(value: object, unit: str) -> None:
    assert read_unit(value) == unit


@pytest.mark.parametrize(
    "value", [None, "", "  ", True, False, 1.5, [], {"id": 1}, "a\nb", "a\x00b", "\ud800", "\x1f"], ids=repr
)
def test_what_is_no_id_is_refused_with_what_it_was(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"unit must be the order's id, .* got ") as caught:
        read_unit(value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", ["x" * 257, 10**300])
def test_an_id_that_is_too_long_is_not_repeated_in_the_refusal(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"got one of (257|301) characters"):
        read_unit(value)


@pytest.mark.parametrize("outcome", ["answered", "no_answer", "no-answer", "failed", "busy2", "x" * 64])
def test_an_outcome_is_a_name(outcome: str) -> None:
    assert read_outcome(outcome) == outcome


@pytest.mark.parametrize(
    "outcome",
    [None, "", "x" * 65, "+491701234567", "no answer", "beantwortet für", "é", "-", 7, ["answered"]],
    ids=repr,
)
def test_no_number_and_no_free_text_becomes_an_outcome(outcome: object) -> None:
    with pytest.raises(InvalidInput, match="outcome must be a name of 1 to 64 ASCII letters"):
        read_outcome(outcome)
