"""What differs on the laptop, and that nothing else does."""

import json
from typing import Any

import aws_cdk as cdk
import pytest

from app import build as build_example
from constructs_lib.runtime.custom_resource import contract
from local.addresses import local_address
from local.app import NO_PROVIDER, build
from local.rigging import FUNCTION_TIMEOUT, SERVICE_TIMEOUT, Rigging

ENDPOINT = "http://127.0.0.1:4566"

Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def plain() -> Templates:
    """The example app, as it goes to AWS."""
    example = cdk.App()
    build_example(example)
    return templates(example)


@pytest.fixture(scope="module")
def local() -> Templates:
    app = cdk.App()
    build(app, endpoint=ENDPOINT)
    return templates(app)


def templates(app: cdk.App) -> Templates:
    return {stack.stack_name: stack.template for stack in app.synth().stacks}


def test_the_stacks_and_their_resources_are_those_of_the_example_app_and_forwarders(
    plain: Templates, local: Templates
) -> None:
    assert local.keys() == plain.keys()
    added = {
        (stack, resource["Type"])
        for stack, template in local.items()
        for name, resource in template["Resources"].items()
        if name not in plain[stack]["Resources"]
    }

    assert {stack for stack, _ in added} == {"OrderHubWithoutFlowControlStack", "OrderCheckStack"}
    assert {type_ for _, type_ in added} == {
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
    }
    for stack, template in plain.items():
        assert template["Resources"].keys() <= local[stack]["Resources"].keys()


def test_only_the_providers_addresses_and_the_rules_targets_are_changed(plain: Templates, local: Templates) -> None:
    changed = {
        (stack, local[stack]["Resources"][name]["Type"], property_)
        for stack, template in plain.items()
        for name, resource in template["Resources"].items()
        for property_ in resource.get("Properties", {})
        if resource["Properties"][property_] != local[stack]["Resources"][name]["Properties"][property_]
    }

    assert changed == {
        ("OrderHubStack", "AWS::Lambda::Function", "Environment"),
        ("OrderHubWithoutFlowControlStack", "AWS::Lambda::Function", "Environment"),
        ("OrderHubWithoutFlowControlStack", "AWS::Events::Rule", "Targets"),
        ("ElastigroupStack", "AWS::Lambda::Function", "Environment"),
        ("ElastigroupWithoutIdempotencyStack", "AWS::Lambda::Function", "Environment"),
        ("OrderCheckStack", "AWS::Lambda::Function", "Environment"),
        ("OrderCheckStack", "AWS::Events::Rule", "Targets"),
        ("OrderCheckWithoutClaimStack", "AWS::Lambda::Function", "Environment"),
    }


def test_both_hubs_call_the_courier_at_the_emulator(plain: Templates, local: Templates) -> None:
    for stack in ("OrderHubStack", "OrderHubWithoutFlowControlStack"):
        [name] = [
            name
            for name, resource in plain[stack]["Resources"].items()
            if "COURIER_URL" in resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        ]
        before, after = (
            templates_[stack]["Resources"][name]["Properties"]["Environment"]["Variables"]
            for templates_ in (plain, local)
        )
        address = json.dumps(after.pop("COURIER_URL"))
        before.pop("COURIER_URL")

        assert address.startswith('{"Fn::Join": ["", ["' + ENDPOINT + '/restapis/"')
        assert address.endswith('"/_user_request_/deliveries"]]}')
        assert after == before


@pytest.mark.parametrize(
    ("stack", "rule_name", "variable", "action", "type_"),
    [
        (
            "OrderHubWithoutFlowControlStack",
            "OrderRule",
            "TARGET_FUNCTION",
            "lambda:InvokeFunction",
            "AWS::Lambda::Function",
        ),
        (
            "OrderCheckStack",
            "DelayedCheckArchive",
            "DELIVERY_STREAM",
            "firehose:PutRecord",
            "AWS::KinesisFirehose::DeliveryStream",
        ),
    ],
)
def test_what_stands_between_may_do_one_thing_with_its_target_and_the_rule_may_invoke_it(  # noqa: PLR0917 - cases
    local: Templates, stack: str, rule_name: str, variable: str, action: str, type_: str
) -> None:
    resources = local[stack]["Resources"]
    [rule] = [
        resource
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Events::Rule" and name.startswith(rule_name)
    ]
    between = rule["Properties"]["Targets"][0]["Arn"]["Fn::GetAtt"][0]
    target = resources[between]["Properties"]["Environment"]["Variables"][variable]["Ref"]
    policies = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::IAM::Policy"]
    permissions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]

    assert resources[target]["Type"] == type_
    assert {"Action": action, "Effect": "Allow", "Resource": {"Fn::GetAtt": [target, "Arn"]}} in [
        statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert between in [one["FunctionName"]["Fn::GetAtt"][0] for one in permissions]


def test_no_call_leaves_this_machine(local: Templates) -> None:
    for stack in ("OrderCheckStack", "OrderCheckWithoutClaimStack"):
        found = [
            resource["Properties"]["Environment"]["Variables"]["TWILIO_URL"]
            for resource in local[stack]["Resources"].values()
            if resource["Type"] == "AWS::Lambda::Function"
            and "TWILIO_URL" in resource["Properties"]["Environment"]["Variables"]
        ]
        assert set(found) == {NO_PROVIDER}
    # Twilio's double reports to the API where the emulator serves it.
    for resource in local["OrderCheckStack"]["Resources"].values():
        address = resource.get("Properties", {}).get("Environment", {}).get("Variables", {}).get("REPORTS_URL")
        assert address is None or json.dumps(address).startswith('{"Fn::Join": ["", ["' + ENDPOINT)


def variables(template: dict[str, Any], name: str) -> dict[str, Any]:
    """The environment of the one function that has this variable."""
    [found] = [
        environment
        for resource in template["Resources"].values()
        if name in (environment := resource.get("Properties", {}).get("Environment", {}).get("Variables", {}))
    ]
    return dict(found)


@pytest.mark.parametrize("stack", ["ElastigroupStack", "ElastigroupWithoutIdempotencyStack"])
def test_the_vendor_is_called_at_the_emulator(local: Templates, stack: str) -> None:
    address = json.dumps(variables(local[stack], "VENDOR_URL")["VENDOR_URL"])

    assert address.startswith('{"Fn::Join": ["", ["' + ENDPOINT + '/restapis/"')
    assert address.endswith('"/_user_request_/t/groups"]]}')


def test_the_emulators_own_response_urls_are_accepted(local: Templates) -> None:
    assert variables(local["ElastigroupStack"], "MODE")[contract.RESPONSE_HOSTS] == "localhost:4566,127.0.0.1:4566"


def test_a_lost_answer_keeps_nobody_for_an_hour(plain: Templates, local: Templates) -> None:
    assert service_timeout(local["ElastigroupWithoutIdempotencyStack"]) == 300
    assert service_timeout(local["ElastigroupStack"]) == service_timeout(plain["ElastigroupStack"])


def service_timeout(template: dict[str, Any]) -> object:
    [resource] = [one for one in template["Resources"].values() if one["Type"] == "Custom::Elastigroup"]
    return resource["Properties"].get("ServiceTimeout")


@pytest.fixture(scope="module")
def rigged() -> Templates:
    """As the custom-resource experiment deploys it."""
    app = cdk.App()
    build(app, endpoint=ENDPOINT, rigging=Rigging(recorder="127.0.0.1:5000", orders="/tmp/orders"))  # noqa: S108
    return templates(app)


def test_the_experiment_has_a_provider_for_each_kind_of_vendor_and_a_kill_switch(rigged: Templates) -> None:
    modes = {"ElastigroupStack": "t", "ElastigroupQStack": "q", "ElastigroupNStack": "n"}
    for stack, mode in modes.items():
        found = variables(rigged[stack], "MODE")
        assert json.dumps(found["VENDOR_URL"]).endswith(f'/{mode}/groups"]]}}')
        assert found[contract.RESPONSE_HOSTS].split(",")[-1] == "127.0.0.1:5000"
        assert found["DEMO_KILL_ORDERS"] == "/tmp/orders"  # noqa: S108
        assert found["DEMO_HANDLER"] == contract.ENTRY_POINT
        assert ("AWS_ENDPOINT_URL" in found) is (mode == "q")
        [function] = [
            one["Properties"] for one in rigged[stack]["Resources"].values() if one["Type"] == "AWS::Lambda::Function"
        ]
        assert function["Handler"] == "demo_kill_switch.handler"
        assert function["Timeout"] == FUNCTION_TIMEOUT
        assert service_timeout(rigged[stack]) == SERVICE_TIMEOUT
        assert '"grace\\":1.0' in json.dumps(found[contract.ENVIRONMENT])
        # The library's, Powertools', and the switch.
        assert len(function["Layers"]) == 3


def test_cdks_framework_answers_to_the_recorder_and_its_handler_can_die_too(rigged: Templates) -> None:
    template = rigged["ElastigroupWithoutIdempotencyStack"]

    framework = variables(template, "AWS_ENDPOINT_URL")
    assert framework["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert "USER_ON_EVENT_FUNCTION_ARN" in framework
    assert variables(template, "DEMO_HANDLER")["DEMO_HANDLER"] == "handler.handler"
    assert "FrameworkFunctionName" in template["Outputs"]


def test_the_rigging_is_told_to_the_synthesis_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    rigging = Rigging(recorder="127.0.0.1:5000", orders="orders")
    assert Rigging.of_environment() is None
    for name, value in rigging.to_environment().items():
        monkeypatch.setenv(name, value)

    assert Rigging.of_environment() == rigging


def test_the_report_learns_what_the_courier_allows_and_what_was_derived(local: Templates) -> None:
    courier = local["SlowCourierStack"]["Outputs"]
    sizing = json.loads(local["OrderHubStack"]["Outputs"]["Sizing"]["Value"])

    assert (float(courier["CallsPerSecond"]["Value"]), float(courier["Burst"]["Value"])) == (10, 10)
    assert sizing["strategy"] == "PACE"
    assert sizing["max_concurrency"] == 10


def test_an_address_of_api_gateway_is_served_by_the_emulator_under_a_path() -> None:
    address = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/notify"

    assert local_address(address, endpoint=ENDPOINT) == f"{ENDPOINT}/restapis/abc123/prod/_user_request_/notify"
    assert (
        local_address("https://a.execute-api.cn-north-1.amazonaws.com.cn/prod/", endpoint=ENDPOINT)
        == f"{ENDPOINT}/restapis/a/prod/_user_request_/"
    )


@pytest.mark.parametrize("address", ["", "https://example.com/prod/notify", "http://a.execute-api.b.c/prod"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"https://<api>\.execute-api\.<region>\.<domain>/<stage>/<path> is expected, got"
    ):
        local_address(address, endpoint=ENDPOINT)
