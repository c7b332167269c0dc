"""A function that serves CloudFormation consumes no queue and no stream: whatever way the app names it."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.custom_resource import Level
from tests.helpers.provider import provider
from tests.helpers.synth import QUEUE_ARN, check_deployable, errors, flow, function, new_app, new_stack

IRELAND = cdk.Environment(account="123456789012", region="eu-west-1")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:groups"

Consume = Callable[[lambda_.Function], object]


def mapping(scope: Construct, function_name: str) -> None:
    lambda_.CfnEventSourceMapping(scope, "Mapping", function_name=function_name, event_source_arn=QUEUE_ARN)


def a_queue(handler: lambda_.Function) -> None:
    handler.add_event_source(event_sources.SqsEventSource(sqs.Queue(Stack.of(handler), "Queue")))


def a_stream(handler: lambda_.Function) -> None:
    stream = kinesis.Stream(Stack.of(handler), "Stream")
    start = lambda_.StartingPosition.LATEST
    handler.add_event_source(event_sources.KinesisEventSource(stream, starting_position=start))


def by_the_construct(handler: lambda_.Function) -> None:
    lambda_.EventSourceMapping(Stack.of(handler), "Mapping", target=handler, event_source_arn=QUEUE_ARN)


def by_its_arn(handler: lambda_.Function) -> None:
    mapping(Stack.of(handler), handler.function_arn)


def by_its_resource(handler: lambda_.Function) -> None:
    resource = handler.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    mapping(Stack.of(handler), resource.attr_arn)


def by_its_logical_id(handler: lambda_.Function) -> None:
    resource = handler.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    mapping(Stack.of(handler), cdk.Fn.ref(Stack.of(handler).resolve(resource.logical_id)))


def by_an_arn_of_its_name(handler: lambda_.Function) -> None:
    arn = Stack.of(handler).format_arn(
        service="lambda",
        resource="function",
        resource_name=handler.function_name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    mapping(Stack.of(handler), arn)


def by_its_alias(handler: lambda_.Function) -> None:
    live = lambda_.Alias(Stack.of(handler), "Live", alias_name="live", version=handler.current_version)
    live.add_event_source(event_sources.SqsEventSource(sqs.Queue(Stack.of(handler), "Queue")))


def by_its_qualified_name(handler: lambda_.Function) -> None:
    mapping(Stack.of(handler), f"{handler.function_name}:live")


def another_stack(handler: lambda_.Function) -> None:
    app = handler.node.root
    assert isinstance(app, cdk.App)
    mapping(new_stack("Other", scope=app), handler.function_name)


def another_stack_by_the_resource(handler: lambda_.Function) -> None:
    app, resource = handler.node.root, handler.node.default_child
    assert isinstance(app, cdk.App)
    assert isinstance(resource, lambda_.CfnFunction)
    mapping(new_stack("Other", scope=app), resource.ref)


def a_flow(handler: lambda_.Function) -> None:
    flow(Stack.of(handler), consumer=handler)


CONSUME = pytest.mark.parametrize(
    "consume",
    [
        a_queue,
        a_stream,
        by_the_construct,
        by_its_arn,
        by_its_resource,
        by_its_logical_id,
        by_an_arn_of_its_name,
        by_its_alias,
        by_its_qualified_name,
        another_stack,
        another_stack_by_the_resource,
        a_flow,
    ],
)


@CONSUME
def test_a_function_that_consumes_already(consume: Consume) -> None:
    stack = new_stack()
    handler = function(stack)
    consume(handler)

    with pytest.raises(
        ValueError, match=r"handler Shop/Function consumes a queue or a stream \(.+\), .*remove the eve"
    ):
        provider(stack, handler=handler)

    assert stack.node.try_find_child("Provider") is None


@CONSUME
def test_one_that_consumes_later_stops_the_synthesis(consume: Consume) -> None:
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler)
    assert found.findings == []

    consume(handler)

    assert [(finding.rule, finding.level) for finding in found.findings] == [("event-source", Level.ERROR)]
    (error,) = [each for each in errors(stack) if each.startswith("[Shop/Provider]")]
    assert error.startswith("[Shop/Provider] event-source: handler Shop/Function consumes a queue or a stream (")


def test_one_that_tells_events_apart_itself_may_say_so() -> None:
    stack = new_stack()
    live = lambda_.Alias(stack, "Live", alias_name="live", version=function(stack).current_version)
    reasons = dict.fromkeys(("event-source", "environment", "timeout"), "a test")
    provider(stack, handler=live, runtime="provided", acknowledge=reasons)

    live.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue")))

    check_deployable(stack)


@pytest.mark.parametrize("name", ["groups", "groups:live", ARN, f"{ARN}:live", "123456789012:function:groups"])
@pytest.mark.parametrize("named", ["literal", "imported by arn", "imported by name"])
def test_a_function_whose_name_is_known(name: str, named: str) -> None:
    stack = new_stack(env=IRELAND)
    handlers: dict[str, Callable[[], lambda_.IFunction]] = {
        "literal": lambda: function(stack, function_name="groups"),
        "imported by arn": lambda: lambda_.Function.from_function_arn(stack, "Function", ARN),
        "imported by name": lambda: lambda_.Function.from_function_name(stack, "Function", "groups"),
    }
    mapping(stack, name)

    with pytest.raises(ValueError, match=r"consumes a queue or a stream \(Shop/Mapping\)"):
        provider(stack, handler=handlers[named](), runtime="provided")


@pytest.mark.parametrize(
    "name",
    [
        "group",
        "other:groups",
        ARN.replace("eu-west-1", "us-east-1"),
        ARN.replace("123456789012", "210987654321"),
        "210987654321:function:groups",
        ARN + "s",
    ],
)
def test_another_function_may_consume_what_it_will(name: str) -> None:
    stack = new_stack(env=IRELAND)
    mapping(stack, name)
    other = function(stack, "Other")
    other.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue")))

    assert provider(stack, handler=function(stack, function_name="groups")).findings == []


@pytest.mark.parametrize("regions", [("eu-west-1", "us-east-1"), (None, None)], ids=["known", "unknown"])
def test_two_deployments_of_one_stack_are_two_functions(regions: tuple[Any, Any]) -> None:
    app = new_app()
    stacks = [
        new_stack(name, scope=app, env=cdk.Environment(account=region and "123456789012", region=region))
        for name, region in zip(("One", "Two"), regions, strict=True)
    ]
    handlers = [function(stack, function_name="groups") for stack in stacks]
    mapping(stacks[0], "groups")
    lambda_.CfnEventInvokeConfig(stacks[0], "Config", function_name="groups", qualifier="$LATEST")

    assert provider(stacks[1], handler=handlers[1]).findings == []
    with pytest.raises(ValueError, match=r"an asynchronous invoke configuration \(One/Config\)"):
        provider(stacks[0], handler=handlers[0])


def test_an_imported_function_of_another_region_may_have_a_provider_of_the_same_name() -> None:
    app = new_app()
    for region in ("eu-west-1", "us-east-1"):
        stack = new_stack(region, scope=app, env=cdk.Environment(account="123456789012", region=region))
        handler = lambda_.Function.from_function_name(stack, "Function", "groups")

        found = provider(stack, handler=handler, runtime="provided")

        assert "invoke-config" not in [finding.rule for finding in found.findings]
