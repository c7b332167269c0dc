"""The closed forms are those of a fine numeric integration, and of Lindley's recursion."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from constructs_lib.sizing.backlog import Backlog, drains
from constructs_lib.sizing.profile import Profile, read
from tests.helpers.sizing_inputs import ARTICLE_LOAD, loads, rates

STEPS = 400

Load = list[tuple[float, float, float]]


def profile(load: Sequence[tuple[float, float, float]], *, repeat: bool = False) -> Profile:
    found = read(load, repeat=repeat)
    assert found is not None
    return found


def integrated(load: Load, goodput: float, *, periods: int) -> list[tuple[float, float]]:
    """Time and backlog at the end of each of many small steps, and then until nothing is left."""
    now, backlog, found = 0.0, 0.0, [(0.0, 0.0)]
    for _ in range(periods):
        for length, start, end in load:
            step = length / STEPS
            for index in range(STEPS):
                arrival = start + (end - start) * (index + 0.5) / STEPS
                backlog = max(0.0, backlog + (arrival - goodput) * step)
                now += step
                found.append((now, backlog))
    step = backlog / goodput / STEPS
    left = range(1, STEPS + 1) if periods == 1 and step else []
    return found + [(now + step * index, backlog * (1 - index / STEPS)) for index in left]


def error(load: Load) -> float:
    """How far off the integration may be: what is within a step is seen at its ends only."""
    steepest = max(abs(end - start) * length for length, start, end in load)
    return steepest / STEPS**2 / 2 + 1e-6


@given(loads(), rates().filter(lambda rate: rate > 0.1))
@example(ARTICLE_LOAD, 8.0)
def test_the_backlog_of_a_load_is_that_of_the_integration(load: Load, goodput: float) -> None:
    backlog = Backlog.of(profile(load), goodput)
    steps = integrated(load, goodput, periods=1)

    assert [backlog.at(time) for time, _ in steps] == pytest.approx(
        [messages for _, messages in steps], abs=error(load)
    )
    assert backlog.peak == pytest.approx(max(messages for _, messages in steps), abs=error(load))


@given(loads(), rates().filter(lambda rate: rate > 0.1))
@example(ARTICLE_LOAD, 8.0)
@example(ARTICLE_LOAD, 9.0)
def test_the_backlog_of_a_load_that_repeats_is_that_of_many_periods(load: Load, goodput: float) -> None:
    repeated = profile(load, repeat=True)
    assume(drains(load_after=repeated.after, goodput=goodput))
    backlog = Backlog.of(repeated, goodput)
    steps = integrated(load, goodput, periods=4)

    # The third period and the fourth are told from the second.
    later = [(time, messages) for time, messages in steps if time % repeated.length > 1e-6 * repeated.length]
    assert [backlog.at(time) for time, _ in later] == pytest.approx(
        [messages for _, messages in later], abs=2 * error(load) + 1e-4
    )
    assert backlog.peak == pytest.approx(max(messages for _, messages in steps), abs=2 * error(load))


@given(loads(), rates().filter(lambda rate: rate > 0.1), st.booleans())
@example(ARTICLE_LOAD, 8.0, True)
def test_from_its_peak_the_backlog_is_above_nothing_until_it_has_drained(
    load: Load, goodput: float, repeat: bool
) -> None:
    found = profile(load, repeat=repeat)
    assume(drains(load_after=found.after, goodput=goodput))
    backlog = Backlog.of(found, goodput)
    steps = integrated(load, goodput, periods=4 if repeat else 1)
    slack = 2 * max(step - before for (before, _), (step, _) in pairwise(steps))
    near = error(load) * (2 if repeat else 1) + 1e-6 * backlog.peak

    # Of equal peaks any may be meant; for each the next moment with nothing, surely and perhaps, looking back.
    surely = perhaps = math.inf
    soonest, latest = math.inf, 0.0
    for at, messages in reversed(steps):
        surely = at if messages == 0 else surely
        perhaps = at if messages <= near else perhaps
        if messages >= backlog.peak - near and (not repeat or at <= 3 * found.length):
            soonest, latest = min(soonest, perhaps - at), max(latest, surely - at)
    assert soonest - slack <= backlog.drain_time <= latest + slack


@pytest.mark.parametrize(
    ("load", "goodput", "repeat", "peak", "drain"),
    [
        (ARTICLE_LOAD, 8, False, 1336.36, 167.05),
        # Nothing is left at 398 s, where 15/s came until 0 s and 2/s came again.
        (ARTICLE_LOAD, 8, True, 1336.36, 398.18),
        ([(60, 10, 10)], 10, False, 0, 0),
        ([(60, 20, 20)], 10, False, 600, 60),
        ([(60, 20, 20), (1000, 5, 5)], 10, False, 600, 120),
        # Above for a minute, below for two: 600 are left, and gone 120 s later, in each period.
        ([(60, 20, 20), (180, 5, 5)], 10, True, 600, 120),
        # The period begins in the middle of the peak.
        ([(30, 20, 20), (180, 5, 5), (30, 20, 20)], 10, True, 600, 120),
        # A ramp up and down: above from 30 s to 90 s, 150 fewer at 120 s, and then 10 fewer each second.
        ([(60, 0, 20), (60, 20, 0)], 10, False, 300, 45),
        ([(1e-3, 1e6, 1e6)], 10, False, 999.99, 99.999),
        ([(1, 0, 5)], 10, True, 0, 0),
    ],
)
def test_peak_and_drain_time_of_loads_that_are_worked_out_by_hand(
    load: Load, goodput: float, repeat: bool, peak: float, drain: float
) -> None:
    backlog = Backlog.of(profile(load, repeat=repeat), goodput)

    assert backlog.peak == pytest.approx(peak, rel=1e-4)
    assert backlog.drain_time == pytest.approx(drain, rel=1e-4)


def test_the_peak_and_the_last_moment_without_a_backlog_before_it_are_known() -> None:
    backlog = Backlog.of(profile(ARTICLE_LOAD), 8)

    assert backlog.peak_at == 780
    # 4 + 11 t / 600 is 8 after 218 s of the last segment.
    assert backlog.empty_before == pytest.approx(180 + 4 / 11 * 600)


@given(loads(), rates().filter(lambda rate: rate > 0.1), st.booleans())
def test_the_peak_is_what_came_since_the_queue_was_empty_less_what_was_worked_off(
    load: Load, goodput: float, repeat: bool
) -> None:
    found = profile(load, repeat=repeat)
    assume(drains(load_after=found.after, goodput=goodput))
    backlog = Backlog.of(found, goodput)

    came = found.until(backlog.peak_at) - found.until(backlog.empty_before)
    worked_off = goodput * (backlog.peak_at - backlog.empty_before)
    if backlog.peak > 1e-6:
        assert came - worked_off == pytest.approx(backlog.peak, rel=1e-6, abs=1e-6)


def test_after_the_load_the_backlog_falls_to_nothing_and_stays_there() -> None:
    backlog = Backlog.of(profile([(60, 20, 20)]), 10)

    assert [backlog.at(time) for time in (0, 30, 60, 90, 120, 1000)] == [0, 300, 600, 300, 0, 0]
    assert backlog.ends_at == 120


def test_what_repeats_above_the_goodput_grows_without_end() -> None:
    backlog = Backlog.of(profile([(60, 20, 20)], repeat=True), 10)

    assert [backlog.at(time) for time in (60, 120)] == pytest.approx([600, 1200])
    assert backlog.drain_time == math.inf


@pytest.mark.parametrize(("load_after", "expected"), [(0, True), (8, True), (8 + 1e-12, True), (8.1, False)])
def test_only_a_load_above_the_goodput_never_drains(load_after: float, expected: bool) -> None:
    assert drains(load_after=load_after, goodput=8) is expected
