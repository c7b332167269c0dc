"""What of the rest of its app concerns a flow: other consumers, other ways into its function, other flows."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Stage
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control import Downstream, Finding, FlowControlledQueue
from tests.helpers.synth import errors, flow, function, new_app, new_stack, rules, warnings

COURIER: dict[str, Any] = {"calls_per_second": 10, "burst": 10, "mean_latency": Duration.millis(810)}


def of(found: FlowControlledQueue, rule: str) -> Finding:
    (finding,) = [each for each in found.findings if each.rule == rule]
    return finding


# ---- R30: who else consumes the queue -------------------------------------------------------------------------------


def test_a_consumer_that_is_added_after_the_flow_is_found() -> None:
    stack = new_stack()
    found = flow(stack)
    other = function(stack, "Other")
    assert rules(found) == []

    other.add_event_source(event_sources.SqsEventSource(found.queue))

    message = of(found, "R30").message
    assert "Shop/Function" in message
    assert "Shop/Other" in message
    assert any(text.startswith("R30: ") for text in warnings(stack))


def test_a_consumer_in_another_stack_by_way_of_an_alias_is_found_too() -> None:
    app = new_app()
    found = flow(new_stack(scope=app))
    other = function(new_stack("Elsewhere", scope=app), "Other")
    alias = lambda_.Alias(cdk.Stack.of(other), "Live", alias_name="live", version=other.current_version)

    alias.add_event_source(event_sources.SqsEventSource(found.queue))

    assert "Elsewhere/Other" in of(found, "R30").message


def test_the_only_consumer_is_no_finding_though_it_consumes_other_queues() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)

    consumer.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Mine"), max_concurrency=2))

    assert rules(found) == []


# ---- R32: what else invokes the function ----------------------------------------------------------------------------


def rule(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    pattern = events.EventPattern(source=["shop"])
    events.Rule(stack, "Rule", event_pattern=pattern, targets=[targets.LambdaFunction(consumer)])


def url(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    del stack
    consumer.add_function_url()


def stream(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
    latest = lambda_.StartingPosition.LATEST
    lambda_.EventSourceMapping(stack, "Stream", target=consumer, event_source_arn=arn, starting_position=latest)


def broker(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    arn = "arn:aws:mq:eu-west-1:123456789012:broker:orders:b-1"
    lambda_.CfnEventSourceMapping(
        stack, "Broker", function_name=consumer.function_name, event_source_arn=arn, queues=["orders"]
    )


def grant(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    role = iam.Role(stack, "Workflow", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    consumer.grant_invoke(role)


def grant_by_a_pattern(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    role = iam.Role(stack, "Workflow", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["Lambda:InvokeFunct*"], resources=[consumer.function_arn]))


def permission_on_an_alias(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    alias = lambda_.Alias(stack, "Live", alias_name="live", version=consumer.current_version)
    alias.add_permission("Topic", principal=iam.ServicePrincipal("sns.amazonaws.com"))


def permission_of_the_lowest_level(stack: cdk.Stack, consumer: lambda_.Function) -> None:
    resource = consumer.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    lambda_.CfnPermission(
        stack,
        "Api",
        action="lambda:InvokeFunction",
        function_name=resource.attr_arn,
        principal="apigateway.amazonaws.com",
    )


@pytest.mark.parametrize(
    ("trigger", "where"),
    [
        (rule, "Shop/Rule/AllowEventRuleShopFunction"),
        (url, "Shop/Function/FunctionUrl"),
        (stream, "Shop/Stream"),
        (broker, "Shop/Broker"),
        (grant, "Shop/Workflow/DefaultPolicy"),
        (grant_by_a_pattern, "Shop/Workflow/DefaultPolicy"),
        (permission_on_an_alias, "Shop/Live/Topic"),
        (permission_of_the_lowest_level, "Shop/Api"),
    ],
)
def test_what_else_invokes_the_function_is_found_by_its_path(trigger: Any, where: str) -> None:  # noqa: ANN401 - any of the above
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)

    trigger(stack, consumer)

    assert rules(found) == ["R32"]
    assert where in of(found, "R32").message


def test_a_trigger_of_another_stack_is_found() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    consumer = function(stack)
    found = flow(stack, consumer=consumer)

    grant(new_stack("Elsewhere", scope=app), consumer)

    assert "Elsewhere/Workflow/DefaultPolicy" in of(found, "R32").message


def test_what_invokes_another_function_does_not_count() -> None:
    stack = new_stack()
    found = flow(stack)
    other = function(stack, "Other")

    for trigger in (rule, url, stream, grant):
        trigger(stack, other)

    assert rules(found) == []


def test_a_policy_about_everything_is_about_nothing_in_particular() -> None:
    stack = new_stack()
    found = flow(stack)
    role = iam.Role(stack, "Admin", assumed_by=iam.AccountRootPrincipal())

    role.add_to_policy(iam.PolicyStatement(actions=["*"], resources=["*"]))

    assert rules(found) == []


def test_an_imported_function_is_known_by_its_arn() -> None:
    stack = new_stack(env={"account": "123456789012", "region": "eu-west-1"})
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:theirs"
    consumer = lambda_.Function.from_function_attributes(
        stack, "Theirs", function_arn=arn, role=iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    )
    found = flow(stack, consumer=consumer, runtime="provided", visibility_timeout=Duration.minutes(2))
    before = rules(found)

    lambda_.CfnUrl(stack, "Url", auth_type="AWS_IAM", target_function_arn=f"{arn}:live")

    assert set(rules(found)) - set(before) == {"R32"}


# ---- R33: who else calls the downstream -----------------------------------------------------------------------------


def pair(scope: Construct, first: Downstream, second: Downstream) -> tuple[FlowControlledQueue, FlowControlledQueue]:
    one, other = function(scope, "OneFunction"), function(scope, "OtherFunction")
    return (
        flow(scope, "One", consumer=one, downstream=first),
        flow(scope, "Other", consumer=other, downstream=second),
    )


def test_two_flows_in_front_of_a_downstream_of_one_name_stop_the_synthesis() -> None:
    stack = new_stack()
    pair(stack, Downstream(**COURIER, name="courier"), Downstream(**COURIER, name="courier"))

    found = errors(stack)

    assert [error.split(":")[0] for error in found] == ["[Shop/One] R33", "[Shop/Other] R33"]
    assert all("Shop/One and Shop/Other" in error for error in found)


def test_one_object_is_one_downstream_though_it_has_no_name() -> None:
    courier = Downstream(**COURIER)

    assert [rules(each) for each in pair(new_stack(), courier, courier)] == [["R33"], ["R33"]]


@pytest.mark.parametrize("names", [(None, None), ("ace", "bolt"), ("ace", None), ("", "")], ids=str)
def test_two_downstreams_are_two(names: tuple[str | None, str | None]) -> None:
    first, second = (Downstream(**COURIER, name=name) for name in names)

    assert [rules(each) for each in pair(new_stack(), first, second)] == [[], []]


def test_flows_of_two_stacks_are_in_front_of_one_downstream() -> None:
    app, courier = new_app(), Downstream(**COURIER, name="courier")
    first = flow(new_stack("First", scope=app), downstream=courier)
    second = flow(new_stack("Second", scope=app), downstream=courier)

    assert (rules(first), rules(second)) == (["R33"], ["R33"])


def test_each_stage_has_a_downstream_of_its_own() -> None:
    """Beta's courier is not production's, though both are deployed from one description."""
    app, courier = new_app(), Downstream(**COURIER, name="courier")
    flows = [flow(new_stack(scope=Stage(app, name)), downstream=courier) for name in ("Beta", "Production")]
    flows.append(flow(new_stack("Tools", scope=app), downstream=courier))

    assert [rules(each) for each in flows] == [[], [], []]
    app.synth()


# ---- when it is looked for ------------------------------------------------------------------------------------------


def test_an_app_that_is_synthesised_again_is_looked_at_again() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    courier = Downstream(**COURIER)
    first = flow(stack, "First", downstream=courier)
    app.synth()

    flow(stack, "Another", consumer=function(stack, "AnotherFunction"), downstream=courier)

    assert "R33" in rules(first)
    with pytest.raises(RuntimeError, match="R33"):
        app.synth(force=True)


def test_the_app_is_looked_at_once_a_synthesis_however_many_flows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    stack = new_stack()
    for number in range(4):
        flow(stack, f"Flow{number}", consumer=function(stack, f"Function{number}"))
    find_all = stack.node.root.node.__class__.find_all

    def counted(node: Any, *args: Any) -> Any:  # noqa: ANN401 - whatever is asked
        looks.append(node)
        return find_all(node, *args)

    monkeypatch.setattr(stack.node.root.node.__class__, "find_all", counted)
    stack.node.root.synth()  # type: ignore[attr-defined]  # it is an App

    assert len(looks) == 1
