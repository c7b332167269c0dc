"""Whatever an author gives: the template keeps what AWS asks for and sizing promises, or the synthesis stops."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib import sizing
from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy, Level, LoadProfile
from tests.helpers.synth import function, new_stack, of_type, template

DAY = 86_400
EVERY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def maybe(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | of


def seconds(least: int, most: int) -> st.SearchStrategy[Duration]:
    return st.integers(least, most).map(Duration.seconds)


SEGMENT = st.tuples(seconds(1, DAY), st.floats(0, 500), st.floats(0.001, 500))
LOAD = st.builds(LoadProfile, st.lists(SEGMENT, min_size=1, max_size=3), repeat=st.booleans())
DOWNSTREAM = st.fixed_dictionaries(
    {"calls_per_second": st.floats(0.01, 1000), "burst": st.integers(1, 1000), "error_rate": st.floats(0, 0.95)},
    optional={"mean_latency": st.integers(1, 30_000).map(Duration.millis)},
)
FLOW = st.fixed_dictionaries(
    {},
    optional={
        "load": LOAD,
        "max_wait": seconds(1, 20 * DAY),
        "strategy": st.sampled_from([FlowStrategy.AUTO, FlowStrategy.PACE]),
        "fifo": st.booleans(),
        "batch_size": st.integers(1, 10),
        "max_concurrency": st.integers(1, 1200),
        "visibility_timeout": seconds(0, 43_200),
        "max_receive_count": st.integers(1, 1000),
        "retention_period": seconds(60, 14 * DAY),
        "target_loss": st.floats(1e-12, 0.5),
        "outage_tolerance": seconds(0, 2 * DAY),
        "call_timeout": seconds(1, 900),
    },
)


def errors_of(found: FlowControlledQueue) -> set[str]:
    return {finding.rule for finding in found.findings if finding.level is Level.ERROR}


def attributes(queue: sqs.IQueue | None) -> dict[str, Any]:
    """What the template has, also where the synthesis would stop."""
    assert queue is not None
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    return {
        "visibility": resource.visibility_timeout,
        "retention": resource.message_retention_period,
        "redrive": Stack.of(queue).resolve(resource.redrive_policy),
    }


@EVERY
@given(timeout=st.integers(1, 900), downstream=DOWNSTREAM, given_=FLOW)
def test_queues_keep_messages_for_as_long_as_they_are_tried_or_the_synthesis_stops(
    timeout: int, downstream: dict[str, Any], given_: dict[str, Any]
) -> None:
    stack = new_stack()
    consumer = function(stack, timeout=Duration.seconds(timeout))

    found = FlowControlledQueue(stack, "Flow", consumer=consumer, downstream=Downstream(**downstream), **given_)

    errors, sized = errors_of(found), found.sizing
    queue, dead = attributes(found.queue), attributes(found.dead_letter_queue)
    receives = queue["redrive"]["maxReceiveCount"]
    in_line = given_.get("batch_size", 1) if given_.get("fifo") else 1
    loss = sizing.loss_probability(downstream["error_rate"], receives, in_line)
    outage = given_["outage_tolerance"].to_seconds() if "outage_tolerance" in given_ else 300
    waited = given_["max_wait"].to_seconds() if "max_wait" in given_ else 0
    held = max(waited, sized.max_wait or 0) + sized.retry_span + DAY
    assert queue["visibility"] >= 6 * timeout or "R3" in errors
    assert queue["retention"] < dead["retention"] == 14 * DAY or found.queue.fifo or "R12" in errors
    assert queue["retention"] >= max(queue["visibility"], held) or "R13" in errors
    assert loss <= given_.get("target_loss", 1e-6) * (1 + 1e-9) or "R8" in errors
    assert sized.least_retry_span >= outage * (1 - 1e-9) or "R9" in errors
    if sized.load_after is not None and sized.load_after > sized.goodput * (1 + 1e-9):
        assert "R22" in errors


@EVERY
@given(
    reserved=maybe(st.integers(0, 60)),
    limits=st.lists(maybe(st.integers(1, 30)), min_size=1, max_size=3),
    beside=maybe(maybe(st.integers(2, 30)).map(lambda limit: [limit])),
)
def test_a_reserve_is_enough_for_all_queues_of_the_function_or_the_synthesis_stops(
    reserved: int | None, limits: list[int | None], beside: list[int | None] | None
) -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=reserved)
    flows = [
        FlowControlledQueue(
            stack,
            f"Flow{number}",
            consumer=consumer,
            downstream=Downstream(calls_per_second=100, burst=100, mean_latency=Duration.millis(50)),
            max_concurrency=limit,
        )
        for number, limit in enumerate(limits)
    ]
    if beside is not None:
        (limit,) = beside
        lambda_.EventSourceMapping(
            stack,
            "Beside",
            target=consumer,
            event_source_arn=sqs.Queue(stack, "Queue").queue_arn,
            max_concurrency=limit,
        )

    found = set().union(*map(errors_of, flows))

    if found:
        with pytest.raises(RuntimeError):
            template(stack)
        return
    mappings = [each["Properties"] for each in of_type(stack, "AWS::Lambda::EventSourceMapping").values()]
    maxima = [each.get("ScalingConfig", {}).get("MaximumConcurrency") for each in mappings]
    assert len(maxima) == len(limits) + (beside is not None)
    assert reserved is None or (None not in maxima and sum(maxima) <= reserved)
