"""Which strategy, how many workers, and how fast they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY, FlowStrategy, Sizing, derive, size
from constructs_lib.sizing.limits import FAST_FAILURE
from constructs_lib.sizing.strategy import concurrency_limit
from tests.helpers.sizing_inputs import inputs


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
        assert at_once / (0.03 + given_["batch_size"] * FAST_FAILURE) <= given_["calls_per_second"] * (1 + 1e-9)
        assert at_once <= given_["burst"]
    if given_["mean_latency"] is None:
        assert sized.strategy is FlowStrategy.PACE


@given(inputs(), st.integers(2, 900))
def test_a_given_function_timeout_stands_and_pacing_fits_into_it_where_two_workers_can(
    given_: dict[str, Any], timeout: int
) -> None:
    # A timeout that is too short for a batch is a problem, and stands all the same.
    sized = derive(**{**given_, "strategy": FlowStrategy.PACE, "function_timeout": float(timeout)})

    assert sized.function_timeout == timeout
    if given_["batch_size"] * 2 / given_["calls_per_second"] + REPORTING_RESERVE <= timeout:
        assert given_["batch_size"] * sized.pace + REPORTING_RESERVE <= timeout * (1 + 1e-9)


@given(inputs(), st.integers(2, 1000))
def test_a_given_concurrency_stands(given_: dict[str, Any], workers: int) -> None:
    assert size(**{**given_, "max_concurrency": workers}).max_concurrency == workers


@given(inputs(), st.integers(1, 1000))
def test_a_larger_burst_never_means_a_lower_utilisation(given_: dict[str, Any], more: int) -> None:
    given_ = {**given_, "strategy": FlowStrategy.PACE}
    less_used, more_used = size(**given_), size(**{**given_, "burst": given_["burst"] + more})

    assert (more_used.utilisation or 1) >= (less_used.utilisation or 1) * (1 - 1e-9)
    assert more_used.max_concurrency >= less_used.max_concurrency


def test_concurrency_leaves_a_fifth_of_littles_law_unused() -> None:
    assert concurrency_limit(8.4) == 6
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
