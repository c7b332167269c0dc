"""Who else consumes a queue, and what else a function consumes, anywhere in the app."""

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tests.helpers.synth import errors, flow, function, new_app, new_stack, rules, template


def sound_queue(scope: Construct, id_: str = "Orders") -> sqs.Queue:
    dead = sqs.Queue(scope, f"{id_}Dead", retention_period=Duration.days(14))
    return sqs.Queue(
        scope,
        id_,
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=14),
    )


def test_a_queue_with_another_consumer_is_refused_and_both_are_named() -> None:
    stack = new_stack()
    queue = sound_queue(stack)
    function(stack, "Other").add_event_source(event_sources.SqsEventSource(queue))

    with pytest.raises(ValueError, match=r"queue Shop/Orders already has a consumer .*Shop/Other.*leave queue out"):
        flow(stack, queue=queue)


def test_a_queue_that_another_flow_empties_is_refused() -> None:
    stack = new_stack()
    first = flow(stack)

    with pytest.raises(ValueError, match=r"already has a consumer .*Shop/Flow/"):
        flow(stack, "Second", consumer=function(stack, "Other"), queue=first.queue)


def test_an_imported_queue_with_another_consumer_in_another_stack_is_refused() -> None:
    app, arn = new_app(), "arn:aws:sqs:eu-west-1:123456789012:orders"
    first, second = new_stack("First", scope=app), new_stack("Second", scope=app)
    imported = sqs.Queue.from_queue_arn(first, "Orders", arn)
    function(first).add_event_source(event_sources.SqsEventSource(imported))

    with pytest.raises(ValueError, match=r"already has a consumer"):
        flow(second, queue=sqs.Queue.from_queue_arn(second, "Orders", arn))


def test_a_queue_whose_consumer_is_in_another_stack_is_refused() -> None:
    app = new_app()
    queues, others = new_stack("Queues", scope=app), new_stack("Others", scope=app)
    queue = sound_queue(queues)
    function(others).add_event_source(event_sources.SqsEventSource(queue))

    with pytest.raises(ValueError, match=r"already has a consumer .*Others/"):
        flow(queues, queue=queue)


def test_a_stack_deployed_twice_has_two_queues_and_not_one_with_two_consumers() -> None:
    app = new_app()
    for name in ("Test", "Production"):
        stack = new_stack(name, scope=app)
        flow(stack, queue=sound_queue(stack))

    app.synth()


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

    assert rules(flow(stack, consumer=consumer)) == []


def test_another_function_of_the_stack_does_not_count() -> None:
    stack = new_stack()
    other = function(stack, "Other")
    other.add_event_source(event_sources.SqsEventSource(sound_queue(stack)))

    assert rules(flow(stack, consumer=function(stack, reserved_concurrent_executions=10))) == []


def test_the_mapping_holds_the_limit_and_reports_failures_one_by_one() -> None:
    stack = new_stack()
    found = flow(stack, batch_size=4, consumer=function(stack, timeout=Duration.seconds(30)))

    (mapping,) = [
        resource["Properties"]
        for resource in template(stack)["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]

    assert mapping["ScalingConfig"] == {"MaximumConcurrency": found.sizing.max_concurrency}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 4
    assert "ProvisionedPollerConfig" not in mapping
