"""In any window W the downstream sees at most R * W + N calls, whatever the calls do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater
from constructs_lib.runtime.flow_control.batch import MARGIN
from constructs_lib.runtime.flow_control.testing import FakeContext, sqs_record
from tests.runtime.flow_control.stage import SETTINGS, Stage

ENDINGS = ["fine", "retry", "give up", "crash"]


def act(ending: str) -> None:
    if ending == "retry":
        raise RetryLater
    if ending == "give up":
        raise PermanentError("no")
    if ending == "crash":
        raise ValueError


def most_over_the_limit(calls: list[float], rate: float, workers: int) -> float:
    """By how many calls the worst window exceeds R * W + N; windows between two calls are the worst ones."""
    calls = sorted(calls)
    return max(
        (last - first + 1) - (rate * (calls[last] - calls[first]) + workers)
        for first in range(len(calls))
        for last in range(first, len(calls))
    )


def calls_of(batches: list[list[tuple[float, str]]], *, start: float, pace: float) -> list[float]:
    """When one worker makes its calls, given how long each takes and how it ends."""
    stage = Stage(SETTINGS._replace(pace=pace))
    stage.clock.now = start
    calls = []

    def handler(message: Message) -> None:
        calls.append(stage.clock.now)
        duration, ending = message.body
        stage.clock.sleep(duration)
        act(ending)

    for batch in batches:
        stage.invoke(handler, *(sqs_record(call, message_id=f"m-{number}") for number, call in enumerate(batch)))
    return calls


CALL = st.tuples(st.floats(0, 3), st.sampled_from(ENDINGS))
WORKER = st.tuples(st.floats(0, 2), st.lists(st.lists(CALL, min_size=1, max_size=4), min_size=1, max_size=5))


@given(workers=st.lists(WORKER, min_size=2, max_size=6), rate=st.floats(0.5, 50))
def test_no_window_sees_more_calls_than_the_rate_and_one_for_each_worker(
    workers: list[tuple[float, list[list[tuple[float, str]]]]], rate: float
) -> None:
    calls = [call for start, batches in workers for call in calls_of(batches, start=start, pace=len(workers) / rate)]

    assert most_over_the_limit(calls, rate, len(workers)) <= 1e-6


def test_without_pace_fast_failures_run_over_the_limit() -> None:
    """The naive version: a limit on concurrency alone, and a downstream that refuses at once."""
    calls = [call for _ in range(2) for call in calls_of([[(0.02, "retry")] * 4] * 5, start=0, pace=0)]

    assert most_over_the_limit(calls, 10, 2) > 30


@pytest.mark.parametrize("body", ["fine", "retry", "give up", "crash", None])
def test_an_invocation_of_k_messages_lasts_k_times_the_pace(body: str | None) -> None:
    stage = Stage(SETTINGS._replace(pace=1.5))
    started = stage.clock.now

    text = "not JSON" if body is None else f'"{body}"'
    stage.invoke(lambda message: act(message.body), *(sqs_record(text, message_id=f"m-{n}") for n in range(4)))

    assert stage.clock.now - started == pytest.approx(6.0)


def test_a_message_for_which_nothing_was_called_takes_up_no_pace() -> None:
    """A backlog that has become pointless must not hold up what still can be done."""
    stage = Stage(SETTINGS._replace(pace=1.5))
    started = stage.clock.now
    called_at: list[float] = []

    def call_some(message: Message) -> None:
        message.called = message.body == "call"
        if message.called:
            called_at.append(stage.clock.now - started)

    bodies = ["call", "skip", "skip", "call", "skip", "call"]
    stage.invoke(call_some, *(sqs_record(f'"{body}"', message_id=f"m-{n}") for n, body in enumerate(bodies)))

    assert called_at == pytest.approx([0.0, 1.5, 3.0])


def test_a_call_that_takes_longer_than_the_pace_is_not_made_longer() -> None:
    assert calls_of([[(2.0, "fine"), (0.1, "fine"), (0.0, "fine")]], start=0, pace=0.5) == [0.0, 2.0, 2.5]


def test_the_call_itself_counts_as_waiting() -> None:
    calls = calls_of([[(0.9, "fine")] * 5], start=0, pace=1.0)

    assert calls == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0])


def test_it_never_sleeps_past_the_deadline() -> None:
    stage = Stage(SETTINGS._replace(pace=2.0))
    context = FakeContext(stage.clock, 3.0)
    started = stage.clock.now

    def slow_to_start(_: Message) -> None:
        context._deadline = stage.clock.now + 1.0  # the clocks disagree: less is left than was said

    stage.invoke(slow_to_start, sqs_record({}), context=context)

    assert stage.clock.now - started == pytest.approx(1.0 - MARGIN)
