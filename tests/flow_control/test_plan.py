"""From an author's arguments to the numbers of a flow: what is derived, what stands, what is refused at once."""

import math
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy
from tests.helpers.synth import COURIER, errors, flow, function, new_stack, properties, rules, template

FAST = Downstream(calls_per_second=1000, burst=1000, mean_latency=Duration.millis(10), p99_latency=Duration.millis(50))
TOKEN = cdk.Token.as_number(cdk.Fn.ref("Number"))


def with_timeout(seconds: int | None, **settings: Any) -> FlowControlledQueue:  # noqa: ANN401 - as the construct has
    stack = new_stack()
    timeout = None if seconds is None else Duration.seconds(seconds)
    return flow(stack, consumer=function(stack, timeout=timeout), **settings)


# ---- refused at once ------------------------------------------------------------------------------------------------

NOT_WHOLE = [0, -1, 1.5, math.nan, math.inf, "10", True, TOKEN]


@pytest.mark.parametrize("value", NOT_WHOLE, ids=repr)
@pytest.mark.parametrize("name", ["batch_size", "max_concurrency", "max_receive_count", "call_attempts"])
def test_what_is_no_whole_number_above_zero_is_refused(name: str, value: object) -> None:
    given: dict[str, Any] = {name: value}

    with pytest.raises(ValueError, match=f"{name} must be"):
        flow(new_stack(), **given)


@pytest.mark.parametrize("name", ["batch_size", "call_attempts"])
def test_what_has_a_default_cannot_be_none(name: str) -> None:
    given: dict[str, Any] = {name: None}

    with pytest.raises(ValueError, match=f"{name} must be"):
        flow(new_stack(), **given)


@pytest.mark.parametrize("value", [0, 1, -1, 2, math.nan, None, "1e-6", True, TOKEN], ids=repr)
def test_a_target_loss_that_is_no_share_is_refused(value: object) -> None:
    given: dict[str, Any] = {"target_loss": value}

    with pytest.raises(ValueError, match="target_loss must be"):
        flow(new_stack(), **given)


@pytest.mark.parametrize("value", [5, "5m", Duration.seconds(TOKEN)], ids=["number", "text", "token"])
@pytest.mark.parametrize("name", ["outage_tolerance", "max_wait", "call_timeout", "call_retry_wait"])
def test_what_is_no_duration_known_at_synth_is_refused(name: str, value: object) -> None:
    given: dict[str, Any] = {name: value}

    with pytest.raises((ValueError, TypeError), match=name):
        flow(new_stack(), **given)


@pytest.mark.parametrize("name", ["max_wait", "call_timeout", "call_retry_wait"])
def test_a_duration_of_zero_is_refused(name: str) -> None:
    given: dict[str, Any] = {name: Duration.seconds(0)}

    with pytest.raises(ValueError, match=f"{name} in seconds must be a finite number above 0"):
        flow(new_stack(), **given)


def test_no_outage_need_be_tolerated() -> None:
    found = flow(new_stack(), outage_tolerance=Duration.seconds(0))

    assert found.sizing.max_receive_count == 9
    assert rules(found) == []


def test_a_batch_of_more_than_ten_is_refused_since_it_needs_a_window() -> None:
    with pytest.raises(ValueError, match="batch_size must be from 1 to 10, got 11: more needs a batching window"):
        flow(new_stack(), batch_size=11)


def test_more_receives_than_sqs_takes_are_refused() -> None:
    with pytest.raises(ValueError, match="max_receive_count must be from 1 to 1000, SQS's limit, got 1001"):
        flow(new_stack(), max_receive_count=1001)


@pytest.mark.parametrize("value", ["TOKEN", "pace", "", None, 5], ids=repr)
def test_an_unknown_strategy_is_refused_with_those_that_there_are(value: object) -> None:
    given: dict[str, Any] = {"strategy": value}

    with pytest.raises(ValueError, match=r"strategy must be one of FlowStrategy.AUTO, FlowStrategy.CONCURRENCY, "):
        flow(new_stack(), **given)


def test_a_strategy_may_be_named_by_its_value() -> None:
    given: dict[str, Any] = {"strategy": "PACE"}

    assert flow(new_stack(), **given).sizing.pace > 0


@pytest.mark.parametrize("value", [None, 10, {"calls_per_second": 10}], ids=repr)
def test_what_is_no_downstream_is_refused(value: object) -> None:
    given: dict[str, Any] = {"downstream": value}

    with pytest.raises(ValueError, match="downstream must be a Downstream, such as"):
        flow(new_stack(), **given)


def test_concurrency_before_a_downstream_of_unknown_latency_is_refused() -> None:
    unknown = Downstream(calls_per_second=10)

    with pytest.raises(ValueError, match="cannot be sized without a latency: give mean_latency"):
        flow(new_stack(), downstream=unknown, strategy=FlowStrategy.CONCURRENCY)


def test_nothing_half_made_is_left_where_an_argument_is_refused() -> None:
    stack = new_stack()
    consumer = function(stack)

    with pytest.raises(ValueError, match="batch_size"):
        flow(stack, consumer=consumer, batch_size=11)

    assert not {"AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::LayerVersion"} & {
        resource["Type"] for resource in template(stack)["Resources"].values()
    }
    assert "Environment" not in properties(consumer)


def test_whole_numbers_may_be_floats() -> None:
    given: dict[str, Any] = {"batch_size": 2.0, "max_concurrency": 5.0, "max_receive_count": 14.0, "call_attempts": 1.0}
    found = with_timeout(30, **given)

    sizing = found.sizing
    assert repr((sizing.max_concurrency, sizing.max_receive_count)) == "(5, 14)"


# ---- refused at synth, together -------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 1001])
def test_a_concurrency_that_lambda_does_not_have_is_reported_with_what_else_is_wrong(workers: int) -> None:
    stack = new_stack()
    flow(stack, max_concurrency=workers, max_receive_count=1)

    found = " ".join(errors(stack))

    assert f"R1: max_concurrency {workers} is outside of what Lambda allows, 2 to 1000" in found
    assert "R7: " in found


@pytest.mark.parametrize(
    ("timeout", "settings", "broken"),
    [
        (None, {}, ["R17"]),
        (10, {"batch_size": 4}, ["R17", "R46"]),
        (10, {"call_timeout": Duration.seconds(10)}, ["R17"]),
        (10, {"max_concurrency": 200}, ["R17", "R24", "R44"]),
        (10, {"call_attempts": 5, "call_retry_wait": Duration.seconds(8)}, ["R18"]),
        (30, {"call_attempts": 3, "call_retry_wait": Duration.seconds(8)}, []),
        (10, {"strategy": FlowStrategy.CONCURRENCY, "max_concurrency": 7}, ["R20"]),
        (10, {"strategy": FlowStrategy.CONCURRENCY}, []),
        (10, {"target_loss": 1e-12}, []),
    ],
    ids=str,
)
def test_settings_that_do_not_go_together_are_findings(
    timeout: int | None, settings: dict[str, Any], broken: list[str]
) -> None:
    assert rules(with_timeout(timeout, **settings)) == broken


def test_a_downstream_too_fast_for_two_workers_cannot_be_held_by_concurrency() -> None:
    slow = Downstream(calls_per_second=2, burst=2, mean_latency=Duration.millis(100), error_rate=0.01)

    assert rules(flow(new_stack(), downstream=slow, strategy=FlowStrategy.CONCURRENCY)) == ["R19", "R20"]
    assert rules(flow(new_stack(), downstream=slow)) == []


def test_a_timeout_changed_behind_the_functions_back_is_noticed() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)
    resource = consumer.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)

    resource.timeout = 11

    assert rules(found) == ["R3"]


# ---- derived --------------------------------------------------------------------------------------------------------


def test_the_flow_is_sized_for_the_functions_own_timeout() -> None:
    found = with_timeout(30)

    assert (found.sizing.function_timeout, found.sizing.visibility_timeout) == (30, 180)


def test_a_functions_default_timeout_is_three_seconds() -> None:
    unknown = Downstream(calls_per_second=10, burst=10)
    found = with_timeout(None, downstream=unknown)

    assert (found.sizing.function_timeout, found.sizing.visibility_timeout) == (3, 18)
    assert rules(found) == []


def test_pace_is_chosen_for_the_courier_and_concurrency_for_what_answers_at_once() -> None:
    assert flow(new_stack()).sizing.strategy is FlowStrategy.PACE
    assert flow(new_stack(), downstream=FAST).sizing.strategy is FlowStrategy.CONCURRENCY
    assert flow(new_stack(), downstream=Downstream(calls_per_second=1000, burst=1000)).sizing.pace > 0


def test_what_the_author_gives_stands() -> None:
    found = flow(new_stack(), max_concurrency=5, max_receive_count=20, call_timeout=Duration.seconds(4))

    assert (found.sizing.max_concurrency, found.sizing.pace) == (5, 0.5)
    assert found.sizing.max_receive_count == 20
    assert found.sizing.call_timeout == 4
    assert found.sizing.loss_probability == pytest.approx(0.2**20)


def test_the_cost_counts_the_functions_memory() -> None:
    small, large = new_stack(), new_stack()

    cheap = flow(small, consumer=function(small, memory_size=128)).sizing.cost_per_million
    dear = flow(large, consumer=function(large, memory_size=1024)).sizing.cost_per_million

    assert dear > 4 * cheap


def test_a_long_wait_lengthens_the_retention() -> None:
    found = flow(new_stack(), max_wait=Duration.days(1))

    assert found.sizing.retention > 5 * 86_400
    assert rules(found) == []


@pytest.mark.parametrize("outage", [Duration.hours(1), Duration.hours(12), Duration.days(3)])
def test_a_long_outage_is_outlasted(outage: Duration) -> None:
    found = flow(new_stack(), outage_tolerance=outage)

    assert found.sizing.retry_span >= outage.to_seconds()
    assert rules(found) == []


@pytest.mark.parametrize("batch_size", [1, 2, 10])
@pytest.mark.parametrize(
    "downstream", [COURIER, FAST, Downstream(calls_per_second=0.2), Downstream(calls_per_second=50)]
)
def test_a_flow_with_time_enough_breaks_no_rule(downstream: Downstream, batch_size: int) -> None:
    found = with_timeout(300, downstream=downstream, batch_size=batch_size)

    assert [finding for finding in found.findings if finding.level.value != "warning"] == []
