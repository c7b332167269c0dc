"""Both elastigroups: what they share, and the one thing in which they differ."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from stacks.elastigroup_stack import ElastigroupStack
from stacks.elastigroup_without_idempotency_stack import ElastigroupWithoutIdempotencyStack
from tests.helpers import templates as find
from tests.helpers.templates import STACKS, Resource, function_of, permissions_of, refers_to, resources, service_of, the

GROUPS = [name for name in STACKS if name.startswith("Elastigroup")]
URL = "https://vendor.example/prod/"


@pytest.fixture(params=GROUPS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def either(name: str, templates: dict[str, Template]) -> Template:
    return templates[name]


@pytest.fixture
def function(either: Template) -> tuple[str, Resource]:
    [found] = find.functions(either).items()
    return found


@pytest.fixture
def key(app: cdk.App) -> secretsmanager.ISecret:
    return secretsmanager.Secret(cdk.Stack(app, "Elsewhere"), "Key")


def test_the_resource_is_the_articles(either: Template, name: str) -> None:
    _, group = the(either, "Custom::Elastigroup")

    assert {each: group[each] for each in ("Name", "Region", "TargetCapacity")} == {
        "Name": name,
        "Region": "eu-west-1",
        "TargetCapacity": 2,
    }


def test_another_resource_needs_an_attribute_of_the_groups(either: Template) -> None:
    group_id, _ = the(either, "Custom::Elastigroup")
    _, parameter = the(either, "AWS::SSM::Parameter")

    assert parameter["Value"] == {"Fn::GetAtt": [group_id, "Endpoint"]}


def test_the_function_knows_the_vendors_groups_and_may_read_its_key_and_gets_no_copy_of_it(
    either: Template, function: tuple[str, Resource]
) -> None:
    variables = function[1]["Environment"]["Variables"]
    secrets = [
        each for each in permissions_of(either, function[1]) if "secretsmanager:GetSecretValue" in each["Action"]
    ]

    [statement] = secrets
    assert variables["VENDOR_URL"]["Fn::Join"][1][-1] == "/t/groups"
    assert statement["Resource"] == variables["VENDOR_API_KEY_SECRET"]
    assert "SpotVendorStack:ExportsOutputRefApiKeySecret" in statement["Resource"]["Fn::ImportValue"]
    assert "{{resolve" not in str(function)


def test_the_outputs_name_the_function_and_what_cloudformation_calls(
    either: Template, function: tuple[str, Resource]
) -> None:
    group_id, group = the(either, "Custom::Elastigroup")
    parameter_id, _ = the(either, "AWS::SSM::Parameter")
    outputs = {each: value["Value"] for each, value in either.to_json()["Outputs"].items()}

    assert outputs["ServiceToken"] == group["ServiceToken"]
    assert outputs["FunctionName"] == {"Ref": function[0]}
    assert outputs["LogGroup"] == function[1]["LoggingConfig"]["LogGroup"]
    assert outputs["GroupId"] == {"Ref": group_id}
    assert outputs["GroupStatus"] == {"Fn::GetAtt": [group_id, "Status"]}
    assert outputs["EndpointParameter"] == {"Ref": parameter_id}


def test_without_idempotency_cdks_own_function_stands_between_cloudformation_and_ours(
    elastigroup_without: Template,
) -> None:
    ours, _ = function_of(elastigroup_without, "elastigroup-without-idempotency")
    _, group = the(elastigroup_without, "Custom::Elastigroup")
    theirs = group["ServiceToken"]["Fn::GetAtt"][0]

    framework = resources(elastigroup_without, "AWS::Lambda::Function")[theirs]["Properties"]
    assert theirs != ours
    assert refers_to(framework["Environment"], ours)
    assert resources(elastigroup_without, "AWS::DynamoDB::Table") == {}
    assert "ServiceTimeout" not in group


def test_with_the_library_cloudformation_calls_our_function_which_writes_one_table(elastigroup: Template) -> None:
    ours, function = function_of(elastigroup, "elastigroup")
    _, group = the(elastigroup, "Custom::Elastigroup")
    table_id, _ = the(elastigroup, "AWS::DynamoDB::Table")

    assert group["ServiceToken"] == {"Fn::GetAtt": [ours, "Arn"]}
    assert [service_of(each) for each in find.functions(elastigroup).values()] == ["elastigroup"]
    assert len(resources(elastigroup, "AWS::Lambda::Function")) == 1
    [write] = [each for each in permissions_of(elastigroup, function) if "dynamodb:" in json.dumps(each["Action"])]
    assert write["Resource"] == {"Fn::GetAtt": [table_id, "Arn"]}
    assert elastigroup.to_json()["Outputs"]["RecordsTableName"]["Value"] == {"Ref": table_id}


@pytest.mark.parametrize("stack_type", [ElastigroupStack, ElastigroupWithoutIdempotencyStack])
def test_other_groups_of_other_sizes_may_be_in_other_places_at_another_kind_of_vendor(
    app: cdk.App, key: secretsmanager.ISecret, stack_type: type[Any]
) -> None:
    stack = stack_type(
        app,
        "Web",
        vendor_url=URL,
        vendor_api_key=key,
        mode="Q",
        group_name="web",
        group_region="us-east-1",
        target_capacity=7,
        function_timeout=Duration.seconds(6),
    )

    template = Template.from_stack(stack)
    [function] = find.functions(template).values()
    _, group = the(template, "Custom::Elastigroup")
    assert {"Name": "web", "Region": "us-east-1", "TargetCapacity": 7}.items() <= group.items()
    variables = function["Environment"]["Variables"]
    assert variables["VENDOR_URL"] == "https://vendor.example/prod/q/groups"
    assert variables.get("MODE") == ("Q" if stack_type is ElastigroupStack else None)
    assert function["Timeout"] == 6
    assert stack.mode == "Q"


@pytest.mark.parametrize("mode", ["t", "", "X"])
def test_another_mode_is_refused(app: cdk.App, key: secretsmanager.ISecret, mode: Any) -> None:  # noqa: ANN401 - wrong
    with pytest.raises(ValueError, match=rf"mode must be T, Q or N, got '{mode}'; T is"):
        ElastigroupStack(app, "Web", vendor_url=URL, vendor_api_key=key, mode=mode)


def test_the_times_can_be_chosen(app: cdk.App, key: secretsmanager.ISecret) -> None:
    """So that an experiment on one machine need not wait."""
    common: dict[str, Any] = {"vendor_url": URL, "vendor_api_key": key, "function_timeout": Duration.seconds(6)}
    ours = ElastigroupStack(app, "Ours", total_timeout=Duration.minutes(4), grace=Duration.seconds(1), **common)
    naive = ElastigroupWithoutIdempotencyStack(app, "Naive", service_timeout=Duration.minutes(5), **common)

    template = Template.from_stack(ours)
    _, function = function_of(template, "elastigroup")
    assert the(template, "Custom::Elastigroup")[1]["ServiceTimeout"] == 300
    assert '"grace":1' in json.dumps(function["Environment"]["Variables"]).replace("\\", "")
    assert the(Template.from_stack(naive), "Custom::Elastigroup")[1]["ServiceTimeout"] in (300, "300")


def test_both_functions_have_the_same_time(elastigroup: Template, elastigroup_without: Template) -> None:
    """Otherwise the demo would compare timeouts, too."""
    _, ours = function_of(elastigroup, "elastigroup")
    _, naive = function_of(elastigroup_without, "elastigroup-without-idempotency")

    assert ours["Timeout"] == naive["Timeout"] == 40


def test_several_of_both_can_stand_side_by_side(app: cdk.App, key: secretsmanager.ISecret) -> None:
    stacks = [
        stack_type(app, f"{stack_type.__name__}{number}", vendor_url=URL, vendor_api_key=key)
        for stack_type in (ElastigroupStack, ElastigroupWithoutIdempotencyStack)
        for number in range(2)
    ]

    names = [the(Template.from_stack(stack), "Custom::Elastigroup")[1]["Name"] for stack in stacks]
    assert names == [stack.stack_name for stack in stacks]
