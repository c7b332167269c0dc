"""What an author may say of the load, what is refused at once, and what a flow makes of it."""

import math
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration

import constructs_lib
from constructs_lib.flow_control import Level, LoadProfile
from tests.helpers.synth import errors, flow, new_stack, rules

TOKEN = cdk.Token.as_number(cdk.Fn.ref("Rate"))
MINUTE = Duration.minutes(1)
#: The article's: 2 a second, then 2 to 5, then 4 to 15.
EVENING = LoadProfile([(Duration.minutes(1), 2, 2), (Duration.minutes(2), 2, 5), (Duration.minutes(10), 4, 15)])


def test_a_profile_is_segments_in_seconds_one_after_the_other() -> None:
    assert list(EVENING.segments) == [(60, 2, 2), (120, 2, 5), (600, 4, 15)]
    assert EVENING.repeat is False
    assert LoadProfile([(Duration.millis(500), 0, 1)], repeat=True).segments == ((0.5, 0, 1),)


def test_a_steady_load_never_ends() -> None:
    found = LoadProfile.steady(5)

    assert [rates for _, *rates in found.segments] == [[5, 5]]
    assert found.repeat is True


def test_a_ramp_may_be_held_and_then_ends() -> None:
    held = LoadProfile.ramp(over=MINUTE, end=20, hold=Duration.minutes(5))

    assert (held.segments, held.repeat) == (((60, 0, 20), (300, 20, 20)), False)
    assert LoadProfile.ramp(over=MINUTE, start=9, end=1).segments == ((60, 9, 1),)


def test_the_packages_root_has_it() -> None:
    assert constructs_lib.LoadProfile is LoadProfile


@pytest.mark.parametrize("segments", [[], (), None, "60", 5, {}, {(MINUTE, 1, 1)}], ids=repr)
def test_what_is_no_list_of_segments_is_refused(segments: Any) -> None:  # noqa: ANN401 - bad values are the point
    with pytest.raises(ValueError, match=r"a LoadProfile needs a list of at least one segment, such as LoadProfile\("):
        LoadProfile(segments)


@pytest.mark.parametrize("segment", [(), (MINUTE, 1), (MINUTE, 1, 2, 3), None, 5, "abc", {1, 2, 3}], ids=str)
def test_a_segment_of_another_shape_is_refused_and_the_number_told(segment: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(
        ValueError, match=r"segment 2 of the LoadProfile must be \(how long, rate at start, rate at end"
    ):
        LoadProfile([(MINUTE, 1, 1), segment])


@pytest.mark.parametrize(
    "how_long",
    [60, "60", None, Duration.seconds(0), Duration.seconds(TOKEN)],
    ids=["number", "text", "none", "zero", "token"],
)
def test_a_length_that_is_no_positive_duration_known_at_synth_is_refused(how_long: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(ValueError, match="segment 1 of the LoadProfile: how long it is"):
        LoadProfile([(how_long, 1, 1)])


@pytest.mark.parametrize("rate", [-1, math.nan, math.inf, "5", None, True, TOKEN], ids=repr)
@pytest.mark.parametrize("place", ["start", "end"])
def test_a_rate_that_is_no_number_from_zero_is_refused(place: str, rate: Any) -> None:  # noqa: ANN401 - as above
    rates = {"start": 1, "end": 1, place: rate}

    with pytest.raises(ValueError, match=f"segment 1 of the LoadProfile: the rate at its {place} must be a"):
        LoadProfile([(MINUTE, rates["start"], rates["end"])])


def test_a_profile_without_a_single_message_is_refused() -> None:
    nothing = r"all rates of the LoadProfile are 0, .* or leave load out"

    with pytest.raises(ValueError, match=nothing):
        LoadProfile([(MINUTE, 0, 0), (MINUTE, 0, 0)])
    with pytest.raises(ValueError, match=nothing):
        LoadProfile.steady(0)


@pytest.mark.parametrize("repeat", [None, 1, "yes"], ids=repr)
def test_repeat_is_yes_or_no(repeat: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(ValueError, match="repeat must be True or False"):
        LoadProfile([(MINUTE, 1, 1)], repeat=repeat)


@pytest.mark.parametrize("load", [5, [(60, 2, 2)], "steady", LoadProfile], ids=repr)
def test_a_flow_refuses_what_is_no_profile(load: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(ValueError, match=r"load must be a LoadProfile, such as .*LoadProfile.steady\(5\)"):
        flow(new_stack(), load=load)


# ---- what a flow makes of it ----------------------------------------------------------------------------------------


def test_a_flow_is_sized_for_its_load() -> None:
    sized = flow(new_stack(), load=EVENING, max_wait=Duration.minutes(10)).sizing

    assert sized.peak_backlog == pytest.approx(1336, rel=0.01)
    assert sized.max_wait == pytest.approx(167, rel=0.01)
    assert sized.load_after == 0
    assert flow(new_stack(), load=LoadProfile.steady(5)).sizing.load_after == pytest.approx(5)


def test_a_load_that_never_drains_stops_the_synthesis() -> None:
    stack = new_stack()
    flow(stack, load=LoadProfile.steady(9))

    (error,) = errors(stack)

    assert error.startswith("[Shop/Flow] R22: ")
    assert "9 messages a second" in error
    assert "goodput of 8" in error


def test_a_peak_above_the_rate_is_no_error_and_its_wait_is_told() -> None:
    (finding,) = flow(new_stack(), load=EVENING).findings

    assert (finding.rule, finding.level) == ("R23", Level.WARNING)
    assert "325 s (167 s at the downstream's whole rate)" in finding.message
    assert "set max_wait" in finding.message


@pytest.mark.parametrize(
    ("seconds", "levels"), [(160, [Level.ERROR]), (170, [Level.WARNING]), (330, [])], ids=["bound", "estimate", "none"]
)
def test_a_wait_longer_than_it_may_be_is_an_error_only_where_no_flow_could_do_better(
    seconds: int, levels: list[Level]
) -> None:
    found = flow(new_stack(), load=EVENING, max_wait=Duration.seconds(seconds)).findings

    assert [(each.rule, each.level) for each in found] == [("R23", level) for level in levels]


def test_the_retention_covers_the_wait_that_the_load_makes() -> None:
    long = LoadProfile([(Duration.days(1), 9, 9)])

    found = flow(new_stack(), load=long, max_wait=Duration.days(1))

    assert found.sizing.retention > found.sizing.max_wait + found.sizing.retry_span + 86_400  # type: ignore[operator]  # there is a wait
    assert "R13" not in rules(found)


def test_a_year_is_no_trouble() -> None:
    year = LoadProfile([(Duration.hours(1), hour % 7, hour % 5) for hour in range(365 * 24)], repeat=True)

    assert rules(flow(new_stack(), load=year, max_wait=Duration.hours(1))) == []
