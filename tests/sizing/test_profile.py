"""A load is read, or refused with what is wrong with it."""

import math
from typing import Any

import pytest

from constructs_lib.sizing import DAY, derive, size
from constructs_lib.sizing.profile import read


def test_a_profile_has_its_length_its_messages_and_its_peak() -> None:
    profile = read([(60, 2, 2), [120, 2, 5], (600, 4, 15)])

    assert profile is not None
    assert (profile.length, profile.messages, profile.peak, profile.after) == (780, 6240, 15, 0)


def test_a_profile_tells_what_has_arrived_until_a_time() -> None:
    once, again = (read([(60, 2, 2), (120, 2, 5)], repeat=repeat) for repeat in (False, True))

    assert once is not None
    assert again is not None
    assert [once.until(time) for time in (0, 30, 60, 120, 180, 500)] == [0, 60, 120, 285, 540, 540]
    assert [again.until(time) for time in (180, 240, 360)] == [540, 660, 1080]


def test_what_repeats_goes_on_at_its_mean() -> None:
    profile = read([(60, 2, 2), (120, 2, 5)], repeat=True)

    assert profile is not None
    assert profile.after == pytest.approx(540 / 180)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ([], "load has no segments: give at least one"),
        (5, "load must be a list of segments"),
        ("60:2:2", "load must be a list of segments"),
        ({60: (2, 2)}, "load must be a list of segments"),
        ([5], r"segment 1 of load must be \(seconds, .*, such as \(60, 2, 5\), got 5"),
        ([(60, 2, 2), (60, 2)], r"segment 2 of load must be \(seconds, .*got \(60, 2\)"),
        (["abc"], r"segment 1 of load must be .*got 'abc'"),
        ([{1, 2, 3}], "segment 1 of load must be"),
        ([(0, 2, 2)], r"segment 1 of load must last more than 0 seconds, .*got \(0, 2, 2\)"),
        ([(-60, 2, 2)], "segment 1 of load must last more than 0 seconds"),
        ([(math.nan, 2, 2)], "segment 1 of load must last more than 0 seconds"),
        ([(math.inf, 2, 2)], "and at most 1e"),
        ([("60", 2, 2)], "segment 1 of load must last more than 0 seconds"),
        ([(True, 2, 2)], "segment 1 of load must last more than 0 seconds"),
        ([(60, -2, 2)], r"the rates of segment 1 of load must be from 0 to 1e\+09 messages a second"),
        ([(60, 2, math.nan)], "the rates of segment 1"),
        ([(60, 2, math.inf)], "the rates of segment 1"),
        ([(60, 2, "5")], "the rates of segment 1"),
        ([(60, -1.8881545897087626e289, 5)], "the rates of segment 1"),
        ([(60, None, 5)], "the rates of segment 1"),
        ([(60, 2, 2), (60, True, 5)], "the rates of segment 2"),
        ([(60, 0, 0), (5, 0, 0)], "all rates of load are 0"),
        ([(60, 2, 10**400)], "the rates of segment 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_load_is_refused_with_what_is_wrong(load: Any, message: str) -> None:  # noqa: ANN401 - anything
    with pytest.raises(ValueError, match=message):
        size(calls_per_second=10, load=load)


@pytest.mark.parametrize("repeat", [False, True])
def test_a_year_by_the_hour_is_sized(repeat: bool) -> None:
    day = [(3600, 2 + 10 * math.sin(hour / 24 * math.pi) ** 2, 2.0) for hour in range(24)]

    sized = derive(calls_per_second=10, burst=10, mean_latency=0.5, load=day * 365, repeat=repeat)

    one_day = derive(calls_per_second=10, burst=10, mean_latency=0.5, load=day, repeat=repeat)
    assert sized.peak_backlog == pytest.approx(one_day.peak_backlog)
    assert sized.expected_drain_time == pytest.approx(one_day.expected_drain_time)


def test_a_year_may_be_one_segment() -> None:
    sized = derive(calls_per_second=10, error_rate=0, load=[(365 * DAY, 0, 20)])

    # From the middle of the year on more comes than goes: the area of a triangle.
    assert sized.peak_backlog == pytest.approx(365 / 2 * DAY * 10 / 2)
