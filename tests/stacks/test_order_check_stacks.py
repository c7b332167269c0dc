"""Both order checks: what they share, and the one thing in which they differ."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk.assertions import Template

from stacks.order_check_stack import OrderCheckStack
from stacks.order_check_without_claim_stack import OrderCheckWithoutClaimStack
from tests.helpers.lambda_src import load
from tests.helpers.templates import STACKS, Resource, function_of, permissions_of, refers_to, resources, routes, the

CHECKS = [name for name in STACKS if name.startswith("OrderCheck")]
#: The service name of the function that looks and calls, by stack.
SERVICES = {"OrderCheckStack": "order-check", "OrderCheckWithoutClaimStack": "order-check-without-claim"}


@pytest.fixture(params=CHECKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def either(name: str, templates: dict[str, Template]) -> Template:
    return templates[name]


@pytest.fixture
def check(name: str, either: Template) -> Resource:
    """The function that looks and calls."""
    return function_of(either, SERVICES[name])[1]


def allowed(template: Template, function: Resource, service: str) -> dict[str, list[Any]]:
    """What a function may do with a service's resources, by action."""
    found: dict[str, list[Any]] = {}
    for statement in permissions_of(template, function):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            if action.startswith(f"{service}:"):
                found.setdefault(action, []).append(statement["Resource"])
    return found


def orders_table(template: Template) -> str:
    found: str = function_of(template, "orders")[1]["Environment"]["Variables"]["ORDERS_TABLE"]["Ref"]
    return found


def test_orders_are_placed_and_advanced_through_the_api(either: Template) -> None:
    function_id, _ = function_of(either, "orders")

    for route in ("/orders", "/orders/{order_id}/advance"):
        assert refers_to(routes(either)["POST", route]["Integration"]["Uri"], function_id)


def test_the_gateway_checks_that_a_body_is_an_order(either: Template) -> None:
    model_id, model = the(either, "AWS::ApiGateway::Model")

    assert model["Schema"]["required"] == ["order_id", "phone"]
    assert routes(either)["POST", "/orders"]["RequestModels"] == {"application/json": {"Ref": model_id}}


def test_the_orders_function_writes_orders_and_publishes_and_nothing_else(either: Template) -> None:
    bus_id, _ = the(either, "AWS::Events::EventBus", Description="Orders that were placed, one event each")
    _, function = function_of(either, "orders")
    arn = {"Fn::GetAtt": [orders_table(either), "Arn"]}

    assert allowed(either, function, "dynamodb") == {
        f"dynamodb:{action}": [arn] for action in ("GetItem", "PutItem", "UpdateItem")
    }
    [[bus]] = allowed(either, function, "events").values()
    assert refers_to(bus, bus_id)
    assert function["Environment"]["Variables"]["EVENT_BUS_NAME"] == {"Ref": bus_id}


def test_the_table_of_orders_has_the_key_that_the_functions_use_and_goes_with_the_stack(either: Template) -> None:
    table = resources(either, "AWS::DynamoDB::Table")[orders_table(either)]

    assert table["Properties"]["KeySchema"] == [{"AttributeName": "order_id", "KeyType": "HASH"}]
    assert table["DeletionPolicy"] == "Delete"


def test_who_looks_at_orders_only_reads_them(either: Template, check: Resource) -> None:
    reads = allowed(either, check, "dynamodb")["dynamodb:GetItem"]

    arn = {"Fn::GetAtt": [orders_table(either), "Arn"]}
    assert arn in reads
    assert check["Environment"]["Variables"]["ORDERS_TABLE"] == {"Ref": orders_table(either)}
    others = {action for action, where in allowed(either, check, "dynamodb").items() if arn in where}
    assert others == {"dynamodb:GetItem"}


def test_it_knows_twilio_and_may_read_the_account_and_gets_no_copy_of_it(either: Template, check: Resource) -> None:
    secret_id, _ = the(either, "AWS::SecretsManager::Secret")
    variables = check["Environment"]["Variables"]

    assert variables["TWILIO_URL"] == "https://api.twilio.com"
    assert variables["TWILIO_SECRET"] == {"Ref": secret_id}
    assert allowed(either, check, "secretsmanager") == {
        f"secretsmanager:{action}": [{"Ref": secret_id}] for action in ("GetSecretValue", "DescribeSecret")
    }
    assert "{{resolve" not in json.dumps(check)


def test_both_make_the_same_request_from_one_layer(either: Template, check: Resource) -> None:
    layers = [layer["Ref"] for layer in check["Layers"]]

    assert sum(layer.startswith("TwilioLayer") for layer in layers) == 1
    assert sum(each.startswith("TwilioLayer") for each in resources(either, "AWS::Lambda::LayerVersion")) == 1


def test_the_secret_has_what_the_functions_read_of_it(either: Template) -> None:
    _, secret = the(either, "AWS::SecretsManager::Secret")

    made = secret["GenerateSecretString"]
    assert {*json.loads(made["SecretStringTemplate"]), made["GenerateStringKey"]} == {
        "account_sid",
        "auth_token",
        "from_number",
    }


# ---- without a claim ------------------------------------------------------------------------------------------------


def test_without_a_claim_each_order_waits_five_minutes_in_a_queue(order_check_without: Template) -> None:
    _, rule = the(order_check_without, "AWS::Events::Rule")
    queue_id, queue = the(order_check_without, "AWS::SQS::Queue", DelaySeconds=300)
    dead_id = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]

    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [queue_id, "Arn"]}]
    assert queue["VisibilityTimeout"] == 360
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    assert set(resources(order_check_without, "AWS::SQS::Queue")) == {queue_id, dead_id}


def test_without_a_claim_the_function_takes_ten_and_reports_each_failure(order_check_without: Template) -> None:
    function_id, function = function_of(order_check_without, "order-check-without-claim")
    _, mapping = the(order_check_without, "AWS::Lambda::EventSourceMapping")

    assert refers_to(mapping["FunctionName"], function_id)
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # Ten calls, one after the other, that all take as long as they may.
    assert function["Timeout"] >= 10 * load("order_check_without_claim").module.CALL_TIMEOUT


def test_without_a_claim_there_is_no_table_but_that_of_the_orders(order_check_without: Template) -> None:
    assert set(resources(order_check_without, "AWS::DynamoDB::Table")) == {orders_table(order_check_without)}


def test_its_times_and_its_provider_can_be_chosen(app: cdk.App) -> None:
    stack = OrderCheckWithoutClaimStack(
        app,
        "Naive",
        provider_url="http://127.0.0.1:8080",
        delay=Duration.seconds(25),
        batch_size=1,
        function_timeout=Duration.seconds(6),
    )

    template = Template.from_stack(stack)
    _, function = function_of(template, "order-check-without-claim")
    _, queue = the(template, "AWS::SQS::Queue", DelaySeconds=25)
    assert function["Environment"]["Variables"]["TWILIO_URL"] == "http://127.0.0.1:8080"
    assert (function["Timeout"], queue["VisibilityTimeout"]) == (6, 36)
    assert the(template, "AWS::Lambda::EventSourceMapping")[1]["BatchSize"] == 1


# ---- with DelayedCheck ----------------------------------------------------------------------------------------------


def settings_of(template: Template, service: str) -> list[dict[str, Any]]:
    """What a function knows of the check."""
    variables = function_of(template, service)[1]["Environment"]["Variables"]
    found = [value for name, value in variables.items() if name.startswith("CONSTRUCTS_LIB_DELAYED_CHECK_")]
    return [json.loads(_filled(value)) for value in found]


def _filled(value: Any) -> str:  # noqa: ANN401 - a text, or what CloudFormation makes one of
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_filled(part) for part in value["Fn::Join"][1])
    return str(value.get("Ref") or ".".join(value["Fn::GetAtt"]))


def test_with_the_check_orders_are_looked_at_after_five_minutes_and_called_about_before_ten(
    order_check: Template,
) -> None:
    [settings] = settings_of(order_check, "order-check")

    assert (settings["delay"], settings["deadline"]) == (300, 600)
    assert settings["experiment"] == {
        "key": "order-check",
        "version": 1,
        "arms": {"call": 50, "control": 50},
        "control": "control",
    }


def test_with_the_check_the_rule_targets_no_function_and_takes_nothing_from_the_event_but_id_and_time(
    order_check: Template,
) -> None:
    _, rule = the(order_check, "AWS::Events::Rule", EventPattern={"detail-type": ["OrderPlaced"]})
    queues = resources(order_check, "AWS::SQS::Queue")

    [target] = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0] in queues
    paths = target["InputTransformer"]["InputPathsMap"].values()
    assert set(paths) == {"$.detail.order_id", "$.detail.placed_at"}


def test_twilio_reports_to_the_api_and_the_address_is_the_one_that_is_signed(order_check: Template) -> None:
    report_id, report = function_of(order_check, "order-check-report")
    _, check = function_of(order_check, "order-check")
    _, stage = the(order_check, "AWS::ApiGateway::Stage")
    api_id, _ = the(order_check, "AWS::ApiGateway::RestApi")
    address = report["Environment"]["Variables"]["REPORTS_URL"]

    assert refers_to(routes(order_check)["POST", "/reports/{order_id}/{token}"]["Integration"]["Uri"], report_id)
    assert address == check["Environment"]["Variables"]["REPORTS_URL"]
    assert address["Fn::Join"][1][1] == {"Ref": api_id}
    assert address["Fn::Join"][1][-1] == f"/{stage['StageName']}/reports"


def test_who_takes_the_reports_may_write_the_checks_rows_and_read_no_order(order_check: Template) -> None:
    _, report = function_of(order_check, "order-check-report")
    outputs = order_check.to_json()["Outputs"]

    rows = outputs["RowsTableName"]["Value"]["Ref"]
    assert allowed(order_check, report, "dynamodb") == {
        "dynamodb:UpdateItem": [{"Fn::GetAtt": [rows, "Arn"]}],
    }
    assert "ORDERS_TABLE" not in report["Environment"]["Variables"]


def test_nothing_that_holds_orders_stays_behind(order_check: Template) -> None:
    for type_ in ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket"):
        found = resources(order_check, type_)
        assert found
        assert {each["DeletionPolicy"] for each in found.values()} == {"Delete"}


def test_times_provider_and_split_can_be_chosen(app: cdk.App) -> None:
    stack = OrderCheckStack(
        app,
        "Ours",
        provider_url="http://127.0.0.1:8080",
        delay=Duration.seconds(25),
        deadline=Duration.seconds(50),
        contacts_per_second=12,
        call_percent=90,
        function_timeout=Duration.seconds(6),
    )

    template = Template.from_stack(stack)
    [settings] = settings_of(template, "order-check")
    assert (settings["delay"], settings["deadline"]) == (25, 50)
    assert settings["experiment"]["arms"] == {"call": 90, "control": 10}
    _, function = function_of(template, "order-check")
    assert function["Timeout"] == 6
    for service in ("order-check", "order-check-report"):
        assert function_of(template, service)[1]["Environment"]["Variables"]["TWILIO_URL"] == "http://127.0.0.1:8080"


def test_both_can_stand_side_by_side_twice(app: cdk.App) -> None:
    for number in range(2):
        OrderCheckStack(app, f"Ours{number}")
        OrderCheckWithoutClaimStack(app, f"Naive{number}")

    app.synth()
