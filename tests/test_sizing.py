"""The arithmetic behind a flow: known figures, and what must hold for any downstream."""

import math
from dataclasses import asdict, fields
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constructs_lib import sizing
from constructs_lib._findings import Level
from constructs_lib._seen import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import Facts
from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE, REPORTING_RESERVE
from constructs_lib.sizing import DAY, FlowStrategy, Sizing, loss_probability, size

MINUTE = 60.0


def between(low: float, high: float) -> st.SearchStrategy[float]:
    """Log-uniform in effect: rates and latencies differ by orders of magnitude."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    """A downstream in sensible ranges, and what an author may ask of the flow before it."""
    mean = draw(st.none() | between(0.001, 30))
    p99 = draw(st.none() | between(1, 10).map(lambda factor: min(60.0, factor * (mean or 1.0))))
    return {
        "calls_per_second": draw(between(0.05, 5000)),
        "burst": draw(st.integers(1, 2000)),
        "mean_latency": mean,
        "p99_latency": p99 if p99 is None or mean is None else max(mean, p99),
        # With more failures than this and hours of outage, the retries alone outlast what SQS keeps: R13 says so.
        "error_rate": draw(st.just(0.0) | between(1e-6, 0.8)),
        "batch_size": draw(st.just(1) | st.integers(1, 10)),
        "target_loss": draw(between(1e-9, 0.01)),
        "outage_tolerance": draw(st.just(0.0) | between(1, 6 * 3600)),
        "max_wait": draw(st.just(0.0) | between(1, DAY)),
    }


def facts(given_: dict[str, Any], sized: Sizing) -> Facts:
    """What the construct would know of a default flow with these numbers."""
    return Facts(
        has_runtime=True,
        role_is_known=True,
        queue_policy_is_known=True,
        strategy=sized.strategy,
        calls_per_second=given_["calls_per_second"],
        burst=given_["burst"],
        error_rate=given_["error_rate"],
        target_loss=given_["target_loss"],
        littles_law_concurrency=sized.littles_law_concurrency or UNKNOWN,
        utilisation=sized.utilisation,
        batch_size=given_["batch_size"],
        in_line=1,
        mean_latency=given_["mean_latency"],
        max_concurrency=sized.max_concurrency,
        pace=sized.pace,
        call_timeout=sized.call_timeout,
        call_attempts=1,
        call_retry_wait=0.0,
        function_timeout=sized.function_timeout,
        reserved_concurrency=None,
        mapped_concurrency=sized.max_concurrency,
        visibility_timeout=float(sized.visibility_timeout),
        max_receive_count=sized.max_receive_count,
        retention=float(sized.retention),
        delivery_delay=0.0,
        has_dead_letter_queue=True,
        fifo=False,
        dead_letter_queue_fifo=False,
        dead_letter_retention=14.0 * DAY,
        retry_span=sized.retry_span,
        max_wait=given_["max_wait"],
        service_sources=("EventBridge", "SNS"),
        aws_managed_key=False,
    )


def wait_bounds(sized: Sizing) -> list[float]:
    """The upper bounds of the waits between the receives."""
    return [min(sized.backoff_cap, BACKOFF_BASE * 2.0**k) for k in range(min(sized.max_receive_count - 1, 60))] + [
        sized.backoff_cap
    ] * max(0, sized.max_receive_count - 61)


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
        "max_wait": 0.0,
    }
)
def test_a_derived_flow_breaks_no_rule(given_: dict[str, Any]) -> None:
    found = rules.evaluate(facts(given_, size(**given_)))

    assert [str(finding) for finding in found if finding.level is not Level.WARNING] == []
    # R46: the burst is too small for the rate. R24: two workers' batches are the least there is.
    assert {finding.rule for finding in found} <= {"R46", "R24"}
    if 2 * given_["batch_size"] <= given_["burst"] or given_["batch_size"] == 1:
        assert "R24" not in {finding.rule for finding in found}


@given(inputs())
def test_the_visibility_timeout_is_six_function_timeouts_at_least(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.visibility_timeout >= 6 * sized.function_timeout
    assert isinstance(sized.visibility_timeout, int)


@given(inputs())
def test_loss_is_within_the_target_after_at_least_five_receives(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.loss_probability <= given_["target_loss"] * (1 + 1e-9)
    assert sized.loss_probability == given_["error_rate"] ** sized.max_receive_count
    assert 5 <= sized.max_receive_count <= 1000


@given(inputs())
def test_a_function_has_time_for_a_whole_batch(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.function_timeout >= (
        given_["batch_size"] * max(sized.call_timeout, sized.pace) + REPORTING_RESERVE
    ) * (1 - 1e-9)


@given(inputs())
def test_retries_outlast_the_outage_but_for_one_message_in_a_thousand(given_: dict[str, Any]) -> None:
    sized = size(**given_)
    bounds = wait_bounds(sized)
    mean = sum(bounds) / 2
    deviation = math.sqrt(sum(bound**2 for bound in bounds) / 12)

    assert sized.retry_span == pytest.approx(mean)
    if given_["outage_tolerance"]:
        assert mean - 3 * deviation >= given_["outage_tolerance"] * (1 - 1e-9)
    assert 60 <= sized.backoff_cap <= 43_200


@given(inputs())
def test_retention_covers_waits_and_retries_and_ends_before_the_dead_letters(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.retention >= given_["max_wait"] + sized.retry_span + DAY
    assert 4 * DAY <= sized.retention < 14 * DAY
    assert sized.retention > sized.visibility_timeout


@given(inputs())
def test_pace_shares_the_rate_among_the_workers_and_keeps_them_within_the_burst(given_: dict[str, Any]) -> None:
    sized = size(**{**given_, "strategy": FlowStrategy.PACE})

    assert sized.pace * given_["calls_per_second"] == pytest.approx(sized.max_concurrency)
    assert sized.max_concurrency * given_["batch_size"] <= max(given_["burst"], 2 * given_["batch_size"])
    assert 2 <= sized.max_concurrency <= 1000


@given(inputs())
def test_pace_never_promises_more_than_the_rate(given_: dict[str, Any]) -> None:
    sized = size(**{**given_, "strategy": FlowStrategy.PACE})

    assert sized.utilisation is None or 0 < sized.utilisation <= 1
    assert (sized.utilisation is None) == (given_["mean_latency"] is None)


@given(inputs())
def test_concurrency_is_chosen_only_where_it_holds_the_rate_when_every_call_fails_at_once(
    given_: dict[str, Any],
) -> None:
    sized = size(**given_)

    if sized.strategy is FlowStrategy.CONCURRENCY:
        at_once = sized.max_concurrency * given_["batch_size"]
        assert sized.pace == 0
        assert sized.littles_law_concurrency is not None
        assert sized.max_concurrency <= 0.8 * sized.littles_law_concurrency
        assert at_once / (0.03 + given_["batch_size"] * sizing.FAST_FAILURE) <= given_["calls_per_second"] * (1 + 1e-9)
        assert at_once <= given_["burst"]
    if given_["mean_latency"] is None:
        assert sized.strategy is FlowStrategy.PACE


@given(inputs(), st.integers(2, 900))
def test_a_given_function_timeout_stands_and_pacing_fits_into_it_where_two_workers_can(
    given_: dict[str, Any], timeout: int
) -> None:
    sized = size(**{**given_, "strategy": FlowStrategy.PACE, "function_timeout": float(timeout)})

    assert sized.function_timeout == timeout
    if given_["batch_size"] * 2 / given_["calls_per_second"] + REPORTING_RESERVE <= timeout:
        assert given_["batch_size"] * sized.pace + REPORTING_RESERVE <= timeout * (1 + 1e-9)


@given(inputs(), st.integers(2, 1000))
def test_a_given_concurrency_stands(given_: dict[str, Any], workers: int) -> None:
    assert size(**{**given_, "max_concurrency": workers}).max_concurrency == workers


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
    worse = {**given_, cause: given_[cause] + more * (ceiling - given_[cause])}
    if cause == "outage_tolerance":
        worse["error_rate"] = given_["error_rate"] = 0.0

    assert getattr(size(**worse), effect) >= getattr(size(**given_), effect)


@given(inputs(), between(1, 10))
def test_a_stricter_target_never_means_fewer_receives(given_: dict[str, Any], factor: float) -> None:
    stricter = {**given_, "target_loss": given_["target_loss"] / factor}

    assert size(**stricter).max_receive_count >= size(**given_).max_receive_count


@given(inputs(), between(1, 10))
def test_a_longer_function_timeout_never_means_a_shorter_visibility_timeout(
    given_: dict[str, Any], factor: float
) -> None:
    shorter = size(**given_, function_timeout=10.0)
    longer = size(**given_, function_timeout=10.0 * factor)

    assert longer.visibility_timeout >= shorter.visibility_timeout


@given(inputs(), st.integers(1, 1000))
def test_a_larger_burst_never_means_a_lower_utilisation(given_: dict[str, Any], more: int) -> None:
    given_ = {**given_, "strategy": FlowStrategy.PACE}
    less_used, more_used = size(**given_), size(**{**given_, "burst": given_["burst"] + more})

    assert (more_used.utilisation or 1) >= (less_used.utilisation or 1) * (1 - 1e-9)
    assert more_used.max_concurrency >= less_used.max_concurrency


@given(inputs())
def test_retrying_never_costs_less(given_: dict[str, Any]) -> None:
    flawless = size(**{**given_, "error_rate": 0.0})

    assert size(**given_).cost_per_million >= flawless.cost_per_million * (1 - 1e-9)


def courier(**changes: Any) -> Sizing:  # noqa: ANN401 - as size has
    """The article's courier: ten calls a second, 0 to 2 s, one in five fails at once."""
    given_ = {
        "calls_per_second": 10,
        "burst": 10,
        "mean_latency": 0.81,
        "p99_latency": 2.0,
        "error_rate": 0.2,
        "outage_tolerance": 300,
        "function_timeout": 10,
    }
    return size(**{**given_, **changes})


def test_the_courier_is_paced_by_ten_workers_a_second_each() -> None:
    sized = courier()

    assert sized.strategy is FlowStrategy.PACE
    assert (sized.max_concurrency, sized.pace) == (10, 1.0)
    assert sized.littles_law_concurrency == pytest.approx(8.4)
    assert sized.visibility_timeout == 60
    assert sized.call_timeout == 3.0
    assert sized.retention == 4 * DAY


def test_the_courier_reaches_most_of_its_rate() -> None:
    # Simulated with uniform latencies: 0.83. The estimate only knows the mean and errs to less.
    assert 0.75 <= (courier().utilisation or 0) <= 0.83


def test_without_an_outage_the_receives_follow_from_the_loss_alone() -> None:
    assert courier(outage_tolerance=0).max_receive_count == 9
    assert courier(outage_tolerance=0, error_rate=0.0).max_receive_count == 5


def test_concurrency_leaves_a_fifth_of_littles_law_unused() -> None:
    assert courier(strategy=FlowStrategy.CONCURRENCY).max_concurrency == 6


def test_fast_calls_to_a_downstream_with_a_large_burst_need_no_pacing() -> None:
    sized = size(calls_per_second=1000, burst=1000, mean_latency=0.01, p99_latency=0.05)

    assert sized.strategy is FlowStrategy.CONCURRENCY
    assert sized.pace == 0


def test_a_small_burst_rules_out_concurrency() -> None:
    assert size(calls_per_second=1000, burst=1, mean_latency=0.01).strategy is FlowStrategy.PACE


def test_concurrency_cannot_be_sized_without_a_latency() -> None:
    with pytest.raises(ValueError, match=r"without a latency: give mean_latency .*, or max_concurrency"):
        size(calls_per_second=10, strategy=FlowStrategy.CONCURRENCY)


def test_a_strategy_may_be_named_by_its_value() -> None:
    assert courier(strategy="PACE") == courier(strategy=FlowStrategy.PACE)


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="TOKEN"):
        courier(strategy="TOKEN")


def test_more_concurrency_than_lambda_has_is_never_derived() -> None:
    assert size(calls_per_second=1e6, burst=10**6, mean_latency=5).max_concurrency == 1000


def test_the_retry_span_of_one_receive_is_nothing() -> None:
    assert sizing.retry_span(1, 60) == 0


def test_the_retry_span_is_half_the_sum_of_the_bounds() -> None:
    assert sizing.retry_span(9, 60) == (2 + 4 + 8 + 16 + 32 + 60 + 60 + 60) / 2


def test_cost_of_a_million_messages_of_the_courier_is_a_few_dollars() -> None:
    # SQS: a send, 1.25 receives, a delete and 0.25 visibility changes.
    # Lambda: 1.25 requests and 1.25 x 1.27 s x 0.25 GB.
    assert courier(memory_size=256).cost_per_million == pytest.approx(1.40 + 0.25 + 5.27, rel=0.01)


def test_the_names_of_a_sizing_are_those_of_its_documentation() -> None:
    documented = [name for name in (field.name for field in fields(Sizing)) if f"{name}:" in (Sizing.__doc__ or "")]

    assert documented == [field.name for field in fields(Sizing)]


@pytest.mark.parametrize(
    "bad",
    [
        {"calls_per_second": 0},
        {"calls_per_second": -1},
        {"calls_per_second": math.nan},
        {"burst": 0},
        {"batch_size": 0},
        {"error_rate": 1.0},
        {"error_rate": -0.1},
        {"target_loss": 0},
        {"target_loss": 1},
        {"mean_latency": -1},
        {"outage_tolerance": -1},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(bad: dict[str, Any]) -> None:
    (name,) = bad
    with pytest.raises(ValueError, match=name):
        courier(**bad)


def test_the_last_of_a_fifo_batch_has_receives_enough_for_all_before_it() -> None:
    alone = size(calls_per_second=10, error_rate=0.2, batch_size=10)
    in_line = size(calls_per_second=10, error_rate=0.2, batch_size=10, fifo=True)

    assert alone.max_receive_count < in_line.max_receive_count
    assert loss_probability(0.2, alone.max_receive_count, in_line=10) > 1e-6 >= in_line.loss_probability


def test_a_fifo_batch_s_loss_is_that_of_a_simulation() -> None:
    """Ten in line, half of the calls fail: the last is lost when 14 receives hold fewer than 10 successes."""
    random = Random(1)  # noqa: S311 - a simulation
    rounds = 20_000
    lost = sum(sum(random.random() >= 0.5 for _ in range(14)) < 10 for _ in range(rounds))

    assert loss_probability(0.5, 14, in_line=10) == pytest.approx(lost / rounds, rel=0.02)


@pytest.mark.parametrize(
    "inputs",
    [
        {"calls_per_second": "10"},
        {"max_concurrency": -5},
        {"max_concurrency": 0},
        {"overhead": -1},
        {"memory_size": -1},
        {"batch_size": 1.5},
        {"function_timeout": 0},
        {"error_rate": 1},
        {"target_loss": 0},
    ],
    ids=str,
)
def test_a_number_that_makes_no_sense_is_refused_by_name(inputs: dict[str, Any]) -> None:
    ((name, value),) = inputs.items()

    with pytest.raises(ValueError, match=f"{name} must be .*, got {value!r}"):
        size(**{"calls_per_second": 10, **inputs})
