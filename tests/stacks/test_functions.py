"""What every example function has, whichever stack it is in."""

import json
from collections.abc import Iterator

import pytest
from aws_cdk.assertions import Template

from tests.helpers import templates as find
from tests.helpers.lambda_src import LAMBDA_SRC
from tests.helpers.templates import STACKS, Resource, permissions_of, resources, service_of

#: Where each story's own metrics are.
NAMESPACES = {
    "slow-courier": "OrderHub",
    "order-notification": "OrderHub",
    "order-delivery": "OrderHub",
    "order-delivery-without-flow-control": "OrderHub",
    "spot-vendor": "Elastigroups",
    "elastigroup": "Elastigroups",
    "elastigroup-without-idempotency": "Elastigroups",
    "orders": "OrderCheck",
    "order-check": "OrderCheck",
    "order-check-report": "OrderCheck",
    "order-check-without-claim": "OrderCheck",
}


@pytest.fixture(params=STACKS)
def template(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[request.param]


@pytest.fixture
def functions(template: Template) -> dict[str, Resource]:
    return find.functions(template)


def layers_of(function: Resource) -> Iterator[str]:
    return (layer["Ref"] for layer in function["Layers"])


def test_it_runs_on_python_3_14_on_arm(functions: dict[str, Resource]) -> None:
    declared = {(each["Runtime"], *each["Architectures"]) for each in functions.values()}

    assert declared == {("python3.14", "arm64")}


def test_it_has_the_powertools_layer_and_their_names(functions: dict[str, Resource]) -> None:
    for function in functions.values():
        variables = function["Environment"]["Variables"]

        assert any(layer.startswith("PowertoolsLayer") for layer in layers_of(function))
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACES[variables["POWERTOOLS_SERVICE_NAME"]]


def test_only_the_function_that_retries_by_itself_has_tenacity(functions: dict[str, Resource]) -> None:
    for function in functions.values():
        has_tenacity = any(layer.startswith("TenacityLayer") for layer in layers_of(function))

        assert has_tenacity == (service_of(function) == "order-delivery-without-flow-control")


def test_its_log_group_is_its_own_is_kept_a_week_and_goes_with_the_stack(template: Template) -> None:
    """CDK's own function in the naive provider too, whose log group would stay for ever; the library's a month."""
    groups = resources(template, "AWS::Logs::LogGroup")

    functions = {
        each["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]: each["Properties"]
        for each in resources(template, "AWS::Lambda::Function").values()
    }
    assert len(functions) == len(resources(template, "AWS::Lambda::Function"))
    assert {name for name in groups if name not in functions} <= {name for name in groups if "Archive" in name}
    for name, group in groups.items():
        of_library = name.startswith("DelayedCheck")
        assert group["Properties"]["RetentionInDays"] == (30 if of_library else 7)
        assert group["DeletionPolicy"] == "Delete"


def test_it_may_write_to_its_own_log_group_only(template: Template, functions: dict[str, Resource]) -> None:
    for function in functions.values():
        allowed = [each for each in permissions_of(template, function) if "logs:PutLogEvents" in each["Action"]]

        [statement] = allowed
        assert statement["Resource"] == {"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}


def test_it_is_not_allowed_every_resource_and_has_no_managed_policy(
    template: Template, functions: dict[str, Resource]
) -> None:
    for function in functions.values():
        assert permissions_of(template, function)
        for statement in permissions_of(template, function):
            assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
        assert "ManagedPolicyArns" not in resources(template, "AWS::IAM::Role")[role_of(function)]["Properties"]


def test_nobody_else_is_allowed_every_resource_but_for_an_action_that_takes_none(template: Template) -> None:
    """And CDK's own provider, whose role is as CDK makes it."""
    statements = [
        statement
        for policy in resources(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    roles = resources(template, "AWS::IAM::Role")
    managed = [role for role in roles if "ManagedPolicyArns" in roles[role]["Properties"]]

    assert {each["Action"] for each in statements if each["Resource"] == "*"} <= {"dynamodb:ListStreams"}
    assert all(role.startswith("ProviderframeworkonEvent") for role in managed)


def test_every_folder_of_functions_is_in_use(templates: dict[str, Template]) -> None:
    deployed = {
        service_of(function) for template in templates.values() for function in find.functions(template).values()
    }
    written = {path.parent.name.replace("_", "-") for path in LAMBDA_SRC.glob("*/handler.py")}

    assert deployed == written == NAMESPACES.keys()


def role_of(function: Resource) -> str:
    """The logical id of a function's role."""
    return str(function["Role"]["Fn::GetAtt"][0])
