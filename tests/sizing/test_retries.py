"""How often, and for how long, a message is tried."""

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given

from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE
from constructs_lib.sizing import Sizing, call_budget, least_retry_span, loss_probability, retry_span, size
from tests.helpers.sizing_inputs import ARTICLE, between, inputs


def wait_bounds(sized: Sizing) -> list[float]:
    """The upper bounds of the waits between the receives."""
    return [min(sized.backoff_cap, BACKOFF_BASE * 2.0**k) for k in range(min(sized.max_receive_count - 1, 60))] + [
        sized.backoff_cap
    ] * max(0, sized.max_receive_count - 61)


@given(inputs())
def test_loss_is_within_the_target_after_at_least_five_receives(given_: dict[str, Any]) -> None:
    sized = size(**given_)

    assert sized.loss_probability <= given_["target_loss"] * (1 + 1e-9)
    assert sized.loss_probability == given_["error_rate"] ** sized.max_receive_count
    assert 5 <= sized.max_receive_count <= 1000


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


@given(inputs(), between(1, 10))
def test_a_stricter_target_never_means_fewer_receives(given_: dict[str, Any], factor: float) -> None:
    stricter = {**given_, "target_loss": given_["target_loss"] / factor}

    assert size(**stricter).max_receive_count >= size(**given_).max_receive_count


def test_without_an_outage_the_receives_follow_from_the_loss_alone() -> None:
    assert size(**ARTICLE).max_receive_count == 9
    assert size(**{**ARTICLE, "error_rate": 0.0}).max_receive_count == 5


def test_the_retry_span_of_one_receive_is_nothing() -> None:
    assert retry_span(1, 60) == 0


def test_the_retry_span_is_half_the_sum_of_the_bounds() -> None:
    assert retry_span(9, 60) == (2 + 4 + 8 + 16 + 32 + 60 + 60 + 60) / 2


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


def test_one_message_in_a_thousand_is_retried_for_less_than_the_least_span() -> None:
    random = Random(1)  # noqa: S311 - a simulation
    bounds = [2, 4, 8, 16, 32, *[60] * 15]
    rounds = 20_000
    shorter = sum(sum(random.uniform(0, bound) for bound in bounds) < least_retry_span(21, 60) for _ in range(rounds))

    assert 0 < shorter / rounds < 0.002


def test_the_least_span_is_never_below_nothing() -> None:
    assert least_retry_span(2, 60) == 0


def test_a_call_budget_is_its_attempts_and_the_waits_between() -> None:
    assert call_budget(5, 10, 8) == 82
    assert call_budget(1, 3, 8) == 3
