"""Both order hubs: what they share, and the one thing in which they differ."""

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Match, Template

from stacks.order_hub_stack import OrderHubStack
from tests.helpers.lambda_src import load
from tests.helpers.templates import STACKS, Resource, function_of, permissions_of, refers_to, resources, the

HUBS = [name for name in STACKS if name.startswith("OrderHub")]


@pytest.fixture(params=HUBS)
def either(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[request.param]


@pytest.fixture
def delivery(either: Template) -> Resource:
    services = Match.string_like_regexp("^order-delivery")
    variables = Match.object_like({"POWERTOOLS_SERVICE_NAME": services})
    return the(either, "AWS::Lambda::Function", Environment={"Variables": variables})[1]


def orders_rule(template: Template) -> Resource:
    return the(template, "AWS::Events::Rule")[1]


def test_the_webhook_calls_the_notification_function_without_a_key_or_a_limit(either: Template) -> None:
    function_id, _ = function_of(either, "order-notification")
    _, method = the(either, "AWS::ApiGateway::Method")

    assert refers_to(method["Integration"]["Uri"], function_id)
    assert method["ApiKeyRequired"] is False
    assert resources(either, "AWS::ApiGateway::UsagePlan") == {}


def test_the_gateway_checks_that_the_body_is_an_order(either: Template) -> None:
    model_id, model = the(either, "AWS::ApiGateway::Model")
    validator_id, validator = the(either, "AWS::ApiGateway::RequestValidator")
    _, method = the(either, "AWS::ApiGateway::Method")

    assert model["Schema"]["required"] == ["order_id"]
    assert validator["ValidateRequestBody"] is True
    assert method["RequestModels"] == {"application/json": {"Ref": model_id}}
    assert method["RequestValidatorId"] == {"Ref": validator_id}


def test_the_notification_function_may_put_events_on_the_hubs_bus_only(either: Template) -> None:
    bus_id, _ = the(either, "AWS::Events::EventBus")
    _, function = function_of(either, "order-notification")

    [put] = [each for each in permissions_of(either, function) if "events:PutEvents" in each["Action"]]
    assert put["Action"] == "events:PutEvents"
    assert refers_to(put["Resource"], bus_id)


def test_orders_are_told_from_other_events(either: Template) -> None:
    bus_id, _ = the(either, "AWS::Events::EventBus")
    _, function = function_of(either, "order-notification")

    rule = orders_rule(either)
    variables = function["Environment"]["Variables"]
    assert rule["EventBusName"] == {"Ref": bus_id}
    assert rule["EventPattern"] == {"source": [variables["EVENT_SOURCE"]], "detail-type": [variables["DETAIL_TYPE"]]}
    assert variables["DETAIL_TYPE"] == "notify-order"


def test_the_delivery_function_may_read_the_couriers_key_and_gets_no_copy_of_it(
    either: Template, delivery: Resource
) -> None:
    secrets = [each for each in permissions_of(either, delivery) if "secretsmanager:GetSecretValue" in each["Action"]]

    [statement] = secrets
    variables = delivery["Environment"]["Variables"]
    assert sorted(statement["Action"]) == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    assert statement["Resource"] == variables["COURIER_API_KEY_SECRET"]
    assert "SlowCourierStack:ExportsOutputRefApiKeySecret" in statement["Resource"]["Fn::ImportValue"]
    assert "{{resolve" not in str(delivery)


def test_without_flow_control_the_rule_targets_the_delivery_function(hub_without: Template) -> None:
    function_id, _ = function_of(hub_without, "order-delivery-without-flow-control")

    [target] = orders_rule(hub_without)["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [function_id, "Arn"]}


def test_without_flow_control_lambdas_defaults_stay_and_nothing_keeps_what_fails(hub_without: Template) -> None:
    _, function = function_of(hub_without, "order-delivery-without-flow-control")

    [target] = orders_rule(hub_without)["Targets"]
    assert function["Timeout"] == 29
    assert "DeadLetterConfig" not in function
    assert "DeadLetterConfig" not in target
    assert resources(hub_without, "AWS::Lambda::EventInvokeConfig") == {}
    assert resources(hub_without, "AWS::SQS::Queue") == {}


def test_with_flow_control_the_rule_targets_a_queue_and_nothing_else_invokes_the_function(hub: Template) -> None:
    function_id, function = function_of(hub, "order-delivery")
    _, mapping = the(hub, "AWS::Lambda::EventSourceMapping")
    queue_id = mapping["EventSourceArn"]["Fn::GetAtt"][0]

    [target] = orders_rule(hub)["Targets"]
    invokers = [each for each in resources(hub, "AWS::Lambda::Permission").values() if refers_to(each, function_id)]
    assert target["Arn"] == {"Fn::GetAtt": [queue_id, "Arn"]}
    assert refers_to(mapping["FunctionName"], function_id)
    assert invokers == []
    assert function["Timeout"] == 10


def test_with_flow_control_as_many_workers_call_the_courier_as_were_derived(hub: Template) -> None:
    """Ten calls a second and a burst of ten: ten workers, one call a second each."""
    _, mapping = the(hub, "AWS::Lambda::EventSourceMapping")

    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert mapping["BatchSize"] == 1


def test_a_slower_courier_gets_fewer_calls(app: cdk.App) -> None:
    elsewhere = cdk.Stack(app, "Elsewhere")
    stack = OrderHubStack(
        app,
        "Hub",
        courier_url="https://courier.example/deliveries",
        courier_api_key=secretsmanager.Secret(elsewhere, "Key"),
        calls_per_second=4,
        burst=4,
        max_wait=Duration.hours(1),
    )

    _, mapping = the(Template.from_stack(stack), "AWS::Lambda::EventSourceMapping")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": stack.flow.sizing.max_concurrency}
    assert stack.flow.sizing.max_concurrency == 4


def test_both_hubs_give_a_call_the_same_time(hub: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the demo would compare timeouts, too."""
    _, function = function_of(hub, "order-delivery")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tests")
    without = load("order_delivery_without_flow_control").module.CALL_TIMEOUT

    [settings] = [
        value["Fn::Join"][1][-1]
        for name, value in function["Environment"]["Variables"].items()
        if name.startswith("CONSTRUCTS_LIB_FLOW_CONTROL_")
    ]
    assert f'"call_timeout":{without},' in settings
