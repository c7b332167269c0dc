"""What a function reserves, against all queues that it consumes anywhere in its app."""

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tests.helpers.synth import errors, flow, function, new_app, new_stack, rules


def sound_queue(scope: Construct) -> sqs.Queue:
    dead = sqs.Queue(scope, "Dead", retention_period=Duration.days(14))
    return sqs.Queue(
        scope,
        "Orders",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=14),
    )


def test_a_stack_deployed_twice_has_two_functions_with_a_reserve_each() -> None:
    app = new_app()
    stacks = [new_stack(name, scope=app) for name in ("Test", "Production")]
    stages = [cdk.Stage(app, name) for name in ("One", "Two")]
    stacks += [new_stack("Shop", scope=stage) for stage in stages]
    flows = [flow(stack, consumer=function(stack, reserved_concurrent_executions=10)) for stack in stacks]

    assert [rules(found) for found in flows] == [[], [], [], []]
    app.synth()


def test_all_flows_of_a_function_count_against_its_reserve_wherever_they_are() -> None:
    app = new_app()
    stack, other = new_stack("Shop", scope=app), new_stack("Other", scope=app)
    consumer = function(stack, reserved_concurrent_executions=19)
    flow(stack, consumer=consumer)
    flow(other, consumer=consumer)

    found = errors(app)

    assert len(found) == 2
    assert all("R4: the function's reserved concurrency 19 is below 20" in error for error in found)


def test_a_reserve_for_all_flows_of_a_function_is_enough() -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=20)
    first, second = flow(stack, consumer=consumer), flow(stack, "Second", consumer=consumer)

    assert (rules(first), rules(second)) == ([], [])


def test_a_flow_added_later_counts_too() -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=10)
    first = flow(stack, consumer=consumer)
    before = rules(first)

    flow(stack, "Second", consumer=consumer)

    assert (before, rules(first)) == ([], ["R4"])


@pytest.mark.parametrize("limit", [None, 5])
def test_another_queue_of_a_function_with_a_reserve_needs_a_limit(limit: int | None) -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=15)
    consumer.add_event_source(event_sources.SqsEventSource(sound_queue(stack), max_concurrency=limit))

    assert rules(flow(stack, consumer=consumer)) == (["R5"] if limit is None else [])


def test_a_limit_that_is_a_token_is_not_checked() -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=15)
    token = cdk.Token.as_number(cdk.Fn.ref("Limit"))
    lambda_.CfnEventSourceMapping(
        stack,
        "Mapping",
        function_name=consumer.function_name,
        event_source_arn=sound_queue(stack).queue_arn,
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=token),
    )

    found = flow(stack, consumer=consumer)

    assert [(finding.rule, finding.level.value) for finding in found.findings] == [
        ("R4", "not checked"),
        ("R5", "not checked"),
    ]


def test_a_stream_of_the_function_is_no_queue() -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=10)
    consumer.add_event_source_mapping(
        "Stream",
        event_source_arn="arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
        starting_position=lambda_.StartingPosition.LATEST,
    )

    assert rules(flow(stack, consumer=consumer)) == ["R32"]  # not R5


def test_another_function_of_the_stack_does_not_count() -> None:
    stack = new_stack()
    other = function(stack, "Other")
    other.add_event_source(event_sources.SqsEventSource(sound_queue(stack)))

    assert rules(flow(stack, consumer=function(stack, reserved_concurrent_executions=10))) == []


def test_a_broker_of_the_function_is_no_queue() -> None:
    stack = new_stack()
    consumer = function(stack, reserved_concurrent_executions=10)
    lambda_.CfnEventSourceMapping(
        stack,
        "Broker",
        function_name=consumer.function_name,
        event_source_arn="arn:aws:mq:eu-west-1:123456789012:broker:orders:b-1",
        queues=["orders"],
    )

    assert "R5" not in rules(flow(stack, consumer=consumer))
