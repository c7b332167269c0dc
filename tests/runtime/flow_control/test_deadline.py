"""No call is started that cannot end before the function's timeout."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import Message, PermanentError
from constructs_lib.runtime.flow_control.batch import MARGIN
from constructs_lib.runtime.flow_control.testing import FakeContext, sqs_record
from tests.runtime.flow_control.stage import SETTINGS, Stage


def batch(size: int) -> list[dict[str, object]]:
    return [sqs_record({}, message_id=f"message-{number}") for number in range(size)]


def test_the_rest_of_a_slow_batch_goes_back_at_once() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0, pace=1.0))

    returned = stage.invoke(lambda _: stage.clock.sleep(3.0), *batch(4), context=FakeContext(stage.clock, 7.0))

    assert returned == ["message-2", "message-3"]
    assert stage.sqs.hidden == [("message-2", 0), ("message-3", 0)]
    assert stage.lines.story("message-3") == ["START", "DEFERRED"]
    assert stage.lines.told("reason")[0] == "1 s left, and the call needs 3 s and 0.5 s to report"


def test_a_function_too_short_for_any_call_does_not_run_in_circles() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0))

    assert stage.invoke(lambda _: None, *batch(2), context=FakeContext(stage.clock, 3.1)) == ["message-0", "message-1"]
    assert stage.sqs.hidden == [("message-0", 60), ("message-1", 60)]


@pytest.mark.parametrize(("timeout", "started"), [(3.0 + MARGIN, True), (2.99 + MARGIN, False)])
def test_half_the_reserve_is_kept_to_report(timeout: float, started: bool) -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0))

    assert (stage.invoke(lambda _: None, *batch(1), context=FakeContext(stage.clock, timeout)) == []) is started


def test_the_pace_must_fit_too() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=1.0, pace=5.0))

    assert stage.invoke(lambda _: None, *batch(2), context=FakeContext(stage.clock, 10.0)) == ["message-1"]


def test_a_deferred_message_does_not_hold_up_the_answer() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=1.0, pace=5.0))
    started = stage.clock.now

    stage.invoke(lambda _: None, *batch(10), context=FakeContext(stage.clock, 8.0))

    assert stage.clock.now - started == pytest.approx(5.0)


def test_the_call_timeout_is_what_the_message_says() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0))
    timeouts: list[float] = []

    stage.invoke(lambda message: timeouts.append(message.timeout), *batch(2), context=FakeContext(stage.clock, 10.0))

    assert timeouts == [3.0, 3.0]


def test_a_message_whose_function_repeats_calls_is_started_only_with_time_for_all_of_them() -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0, call_budget=9.0))

    assert stage.invoke(lambda _: None, *batch(1), context=FakeContext(stage.clock, 8.0)) == ["message-0"]
    assert stage.invoke(lambda _: None, *batch(1), context=FakeContext(stage.clock, 9.0 + MARGIN)) == []


def test_without_a_call_timeout_the_messages_share_what_is_left() -> None:
    stage = Stage()
    timeouts: list[float] = []

    def handler(message: Message) -> None:
        timeouts.append(message.timeout)
        stage.clock.sleep(1.0)

    stage.invoke(handler, *batch(3), context=FakeContext(stage.clock, 9.0 + MARGIN))

    assert timeouts == pytest.approx([3.0, 4.0, 7.0], abs=0.01)


@pytest.mark.parametrize(
    "context",
    [None, object(), MagicMock(), SimpleNamespace(get_remaining_time_in_millis=None)],
    ids=["none", "bare", "mock", "attribute"],
)
def test_a_context_of_a_unit_test_has_no_deadline(context: object) -> None:
    stage = Stage(SETTINGS._replace(call_timeout=3.0))

    assert stage.invoke(lambda _: stage.clock.sleep(60), *batch(3), context=context) == []


DURATIONS = st.lists(st.floats(0, 1), min_size=1, max_size=10)


@given(shares=DURATIONS, timeout=st.floats(0, 30), call_timeout=st.none() | st.floats(0.1, 10), pace=st.floats(0, 3))
def test_calls_that_keep_to_their_timeout_always_leave_time_to_report(
    shares: list[float], timeout: float, call_timeout: float | None, pace: float
) -> None:
    stage = Stage(SETTINGS._replace(call_timeout=call_timeout, pace=pace))
    context = FakeContext(stage.clock, timeout)
    left = iter(shares)

    def handler(message: Message) -> None:
        assert message.timeout > 0
        stage.clock.sleep(message.timeout * next(left))
        if message.id.endswith("1"):
            raise PermanentError("no")

    called = stage.clock.now
    stage.invoke(handler, *batch(len(shares)), context=context)

    assert stage.clock.now - called <= max(0, timeout - 0.25) + 0.01
