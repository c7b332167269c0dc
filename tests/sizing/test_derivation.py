"""What is derived holds for any downstream, and under any load."""

import math
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constructs_lib._findings import Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY, Sizing, derive, size
from tests.helpers.rule_facts import FLOW
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD, between, inputs, loads


def facts(given_: dict[str, Any], sized: Sizing) -> FlowFacts:
    """What the construct would know of a default flow with these numbers."""
    return replace(
        FLOW,
        strategy=sized.strategy,
        calls_per_second=given_["calls_per_second"],
        burst=given_["burst"],
        error_rate=given_["error_rate"],
        target_loss=given_["target_loss"],
        littles_law_concurrency=sized.littles_law_concurrency or UNKNOWN,
        utilisation=sized.utilisation,
        batch_size=given_["batch_size"],
        mean_latency=given_["mean_latency"],
        max_concurrency=sized.max_concurrency,
        pace=sized.pace,
        call_timeout=sized.call_timeout,
        function_timeout=sized.function_timeout,
        mapped_concurrency=sized.max_concurrency,
        visibility_timeout=float(sized.visibility_timeout),
        max_receive_count=sized.max_receive_count,
        retention=float(sized.retention),
        outage_tolerance=given_["outage_tolerance"],
        retry_span=sized.retry_span,
        least_retry_span=sized.least_retry_span,
        backoff_cap=sized.backoff_cap,
        max_wait=given_["max_wait"],
        goodput=sized.goodput,
        expected_goodput=sized.expected_goodput,
        service_sources=("EventBridge", "SNS"),
        ungrouped_sources=("Shop/Rule",),
        same_downstream={"Shop/Flow": given_["calls_per_second"]},
    )


@given(inputs())
@example(
    {
        "calls_per_second": 10,
        "burst": 10,
        "mean_latency": 0.81,
        "p99_latency": 2.0,
        "error_rate": 0.1,
        "batch_size": 1,
        "target_loss": 1e-6,
        "outage_tolerance": 300.0,
        "max_wait": None,
    }
)
def test_a_derived_flow_breaks_no_rule(given_: dict[str, Any]) -> None:
    found = rules.evaluate(facts(given_, size(**given_)))

    assert [str(finding) for finding in found if finding.level is not Level.WARNING] == []
    # R46: the burst is too small for the rate. R24: two workers' batches are the least there is. R44: so fast a
    # downstream takes a tenth of what Lambda runs at once.
    assert {finding.rule for finding in found} <= {"R46", "R24", "R44"}
    if 2 * given_["batch_size"] <= given_["burst"] or given_["batch_size"] == 1:
        assert "R24" not in {finding.rule for finding in found}


@given(inputs())
def test_the_visibility_timeout_is_six_function_timeouts_at_least(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.visibility_timeout >= 6 * sized.function_timeout
    assert isinstance(sized.visibility_timeout, int)


@given(inputs())
def test_a_function_has_time_for_a_whole_batch(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.function_timeout >= (
        given_["batch_size"] * max(sized.call_timeout, sized.pace) + REPORTING_RESERVE
    ) * (1 - 1e-9)


@given(inputs())
def test_retention_covers_waits_and_retries_and_ends_before_the_dead_letters(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.retention >= (given_["max_wait"] or 0) + sized.retry_span + DAY
    assert 4 * DAY <= sized.retention < 14 * DAY
    assert sized.retention > sized.visibility_timeout


@given(inputs())
def test_every_number_is_finite_and_none_is_negative(given_: dict[str, Any]) -> None:
    numbers = {k: v for k, v in asdict(size(**given_)).items() if isinstance(v, (int, float))}

    assert {k: v for k, v in numbers.items() if not math.isfinite(v) or v < 0} == {}
    assert numbers["cost_per_million"] > 0


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        ("error_rate", "max_receive_count"),
        ("outage_tolerance", "retry_span"),
        ("outage_tolerance", "backoff_cap"),
        ("max_wait", "retention"),
        ("error_rate", "retry_span"),
    ],
)
@given(given_=inputs(), more=st.floats(0, 1))
def test_more_trouble_means_more_patience(cause: str, effect: str, given_: dict[str, Any], more: float) -> None:
    ceiling = {"error_rate": 0.8, "outage_tolerance": 6 * 3600.0, "max_wait": float(DAY)}[cause]
    given_ = {**given_, cause: given_[cause] or (1.0 if cause == "max_wait" else 0.0)}
    worse = {**given_, cause: given_[cause] + more * (ceiling - given_[cause])}
    if cause == "outage_tolerance":
        worse["error_rate"] = given_["error_rate"] = 0.0

    assert getattr(size(**worse), effect) >= getattr(size(**given_), effect) * (1 - 1e-9)


@given(inputs(), between(1, 10))
def test_a_longer_function_timeout_never_means_a_shorter_visibility_timeout(
    given_: dict[str, Any], factor: float
) -> None:
    shorter = derive(**given_, function_timeout=10.0)  # which may be too short for a batch
    longer = derive(**given_, function_timeout=10.0 * factor)

    assert longer.visibility_timeout >= shorter.visibility_timeout


@given(inputs(), loads(), st.booleans())
def test_under_any_load_every_promise_is_kept_or_a_problem_says_that_it_is_not(
    given_: dict[str, Any], load: list[tuple[float, float, float]], repeat: bool
) -> None:
    sized = derive(**given_, load=load, repeat=repeat)
    wait = max(given_["max_wait"] or 0, sized.max_wait or 0)

    assert sized.visibility_timeout >= 6 * sized.function_timeout
    assert sized.visibility_timeout <= sized.retention < 14 * DAY
    assert sized.loss_probability <= given_["target_loss"] * (1 + 1e-9)
    expires = sized.retention < wait + sized.retry_span + DAY
    assert expires == any("expire unprocessed" in problem for problem in sized.problems)
    assert (sized.peak_backlog is None) == any("never drains" in problem for problem in sized.problems)
    too_long = given_["max_wait"] is not None and (sized.max_wait or 0) > given_["max_wait"] * (1 + 1e-9)
    assert too_long == any("longer than max_wait" in problem for problem in sized.problems)


@given(inputs(), loads(), st.booleans())
def test_what_is_expected_is_never_better_than_what_is_possible(
    given_: dict[str, Any], load: list[tuple[float, float, float]], repeat: bool
) -> None:
    sized = derive(**given_, load=load, repeat=repeat)

    assert (sized.expected_goodput is None) == (given_["mean_latency"] is None)
    if sized.expected_goodput is None:
        assert (sized.expected_peak_backlog, sized.expected_drain_time, sized.expected_max_wait) == (None, None, None)
    else:
        assert 0 < sized.expected_goodput <= sized.goodput
    for possible, expected in (
        (sized.peak_backlog, sized.expected_peak_backlog),
        (sized.max_wait, sized.expected_max_wait),
    ):
        assert expected is None or (possible is not None and expected >= possible * (1 - 1e-9) - 1e-9)


@given(inputs(), loads(), st.booleans())
def test_size_refuses_just_what_derive_reports(
    given_: dict[str, Any], load: list[tuple[float, float, float]], repeat: bool
) -> None:
    derived = derive(**given_, load=load, repeat=repeat)

    if derived.problems:
        with pytest.raises(ValueError, match="; ") as refused:
            size(**given_, load=load, repeat=repeat)
        assert str(refused.value) == "; ".join(derived.problems)
    else:
        assert size(**given_, load=load, repeat=repeat) == derived


@given(inputs(), loads())
def test_the_backlog_alarm_is_above_what_is_expected_and_above_a_minute_s_arrivals(
    given_: dict[str, Any], load: list[tuple[float, float, float]]
) -> None:
    sized = derive(**given_, load=load)

    assert sized.backlog_alarm is not None
    assert sized.peak_arrival == max(rate for _, *rates in load for rate in rates)
    assert sized.backlog_alarm >= 1.2 * (sized.expected_peak_backlog or sized.peak_backlog or 0)
    assert sized.backlog_alarm >= 1.2 * sized.peak_arrival * max(60, given_["outage_tolerance"])


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({}, 600),
        ({"outage_tolerance": 300}, 900),
        ({"max_wait": 400}, 600),
        ({"max_wait": 4000, "outage_tolerance": 300}, 6000),
        ({"load": [(60, 5, 5)]}, 600),
        # 7,200 messages above the goodput of 10 wait 720 s.
        ({"load": [(3600, 12, 12)], "error_rate": 0.0, "mean_latency": None}, 1080),
    ],
    ids=str,
)
def test_the_age_alarm_rings_half_above_the_wait_or_ten_minutes_after_an_outage(
    more: dict[str, Any], seconds: float
) -> None:
    assert derive(**{**ARTICLE, **more}).age_alarm == pytest.approx(seconds)


def test_the_worked_example() -> None:
    sized = size(**ARTICLE, load=ARTICLE_LOAD)

    assert sized.littles_law_concurrency == pytest.approx(8.4, rel=0.01)
    assert sized.goodput == pytest.approx(8)
    assert sized.peak_backlog == pytest.approx(1336, rel=0.01)
    assert sized.drain_time == pytest.approx(167, rel=0.01)
    assert sized.max_wait == pytest.approx(167, rel=0.01)
    assert sized.max_receive_count == 9
    assert (sized.load_after, sized.peak_arrival) == (0, 15)
    assert sized.problems == ()


def test_without_a_load_nothing_is_said_of_backlog_and_waits() -> None:
    sized = size(**ARTICLE)

    assert (sized.load_after, sized.peak_arrival, sized.peak_backlog, sized.drain_time, sized.max_wait) == (None,) * 5
    assert sized.backlog_alarm is None
    assert (sized.problems, sized.warnings) == ((), ())


def test_a_long_wait_prolongs_the_retention() -> None:
    # A day's messages at 18/s take 30 h to work off at 8/s, and the last of them waits for that long.
    sized = derive(**ARTICLE, load=[(DAY, 18, 18)])

    assert sized.max_wait == pytest.approx(1.25 * DAY)
    assert sized.retention > 6 * DAY


def test_a_wait_beyond_what_a_queue_keeps_is_a_problem() -> None:
    with pytest.raises(ValueError, match="longer than the 13 days that the queue can keep it"):
        size(**ARTICLE, load=[(10 * DAY, 18, 18)])


def test_a_wait_that_is_only_expected_beyond_what_a_queue_keeps_is_a_warning() -> None:
    sized = derive(**{**ARTICLE, "error_rate": 0}, load=[(10 * DAY, 18, 18)])

    assert sized.problems == ()
    assert any("expire unprocessed" in warning for warning in sized.warnings)


def test_not_even_a_thousand_receives_keep_a_downstream_that_always_fails_within_the_target() -> None:
    with pytest.raises(ValueError, match="even after 1000 receives, SQS's limit, more than target_loss 1e-06"):
        size(calls_per_second=10, error_rate=0.995)


def test_an_invocation_longer_than_lambda_allows_is_a_warning() -> None:
    (warning,) = size(calls_per_second=10, p99_latency=600, mean_latency=100, burst=10).warnings

    assert "an invocation may take 901 s, longer than the 900 s that Lambda lets a function run" in warning
