# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import Failed, InProgress


def test_failed_says_what_exists() -> None:
    assert (Failed("no").reason, Failed("no").physical_id) == ("no", None)
    assert Failed("no", "group-1").physical_id == "group-1"
    assert str(Failed("no", physical_id="group-1")) == "no"


def test_the_id_of_what_exists_may_be_a_number() -> None:
    assert Failed("no", 7).physical_id == "7"  # type: ignore[arg-type] # what is tested
    assert InProgress(7).physical_id == 7  # type: ignore[arg-type, comparison-overlap] # what is tested


@pytest.mark.parametrize("make", [lambda given: Failed("no", given), InProgress])
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (True, TypeError, "of type bool, it must be text"),
        ("", ValueError, "is empty"),
        ("x" * 1025, ValueError, "1025 bytes"),
        ("a\nb", ValueError, "control"),
    ],
)
def test_an_id_that_cloudformation_does_not_take_is_refused(
    make: Any, given: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(given)


@pytest.mark.parametrize("state", [None, "job-1", 7, 1.5, True, ["a", {"b": None}], {"job": "1"}])
def test_the_state_is_what_json_can_hold(state: Any) -> None:
    assert InProgress("group-1", state).state == state


def test_a_state_that_json_cannot_hold_is_refused_without_showing_it() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for state in (object(), {"key": {1, 2}}, {("secret",): 1}, float("nan"), circle):
        with pytest.raises(TypeError, match=r"InProgress\(state\): JSON cannot hold this") as raised:
            InProgress("group-1", state)
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("next_in", [0, 1, 2.5, None])
def test_the_next_poll_is_in_so_many_seconds(next_in: Any) -> None:
    assert InProgress("group-1", next_in=next_in).next_in == next_in


@pytest.mark.parametrize("next_in", [-1, float("inf"), float("nan")])
def test_a_poll_cannot_be_before_now_or_never(next_in: float) -> None:
    with pytest.raises(ValueError, match=r"InProgress\(next_in\) must be 0 seconds or more"):
        InProgress("group-1", next_in=next_in)


@pytest.mark.parametrize("next_in", ["10", True, [10]])
def test_a_time_that_is_no_number_is_refused(next_in: Any) -> None:
    with pytest.raises(TypeError, match="number of seconds"):
        InProgress("group-1", next_in=next_in)


def test_its_repr_shows_no_state() -> None:
    assert repr(InProgress("group-1", {"password": "secret"})) == "InProgress('group-1', next_in=None)"
