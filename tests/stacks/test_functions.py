"""What every example function has, whichever stack it is in."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.helpers.lambda_src import LAMBDA_SRC
from tests.helpers.templates import STACKS, permissions_of, resources


@pytest.fixture(params=STACKS)
def template(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Template:
    return templates[request.param]


@pytest.fixture
def functions(template: Template) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources(template, "AWS::Lambda::Function").items()}


def layers_of(function: dict[str, Any]) -> Iterator[str]:
    return (layer["Ref"] for layer in function["Layers"])


def test_it_runs_on_python_3_14_on_arm(functions: dict[str, dict[str, Any]]) -> None:
    declared = {(each["Runtime"], *each["Architectures"]) for each in functions.values()}

    assert declared == {("python3.14", "arm64")}


def test_it_has_the_powertools_layer_and_their_names(functions: dict[str, dict[str, Any]]) -> None:
    for function in functions.values():
        variables = function["Environment"]["Variables"]

        assert any(layer.startswith("PowertoolsLayer") for layer in layers_of(function))
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "OrderHub"
        assert variables["POWERTOOLS_SERVICE_NAME"]


def test_only_the_function_that_retries_by_itself_has_tenacity(functions: dict[str, dict[str, Any]]) -> None:
    for function in functions.values():
        has_tenacity = any(layer.startswith("TenacityLayer") for layer in layers_of(function))

        service = function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        assert has_tenacity == (service == "order-delivery-without-flow-control")


def test_its_log_group_is_its_own_is_kept_a_week_and_goes_with_the_stack(
    template: Template, functions: dict[str, dict[str, Any]]
) -> None:
    groups = resources(template, "AWS::Logs::LogGroup")

    used = sorted(each["LoggingConfig"]["LogGroup"]["Ref"] for each in functions.values())
    assert used == sorted(groups)
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == 7
        assert group["DeletionPolicy"] == "Delete"


def test_it_may_write_to_its_own_log_group_only(template: Template, functions: dict[str, dict[str, Any]]) -> None:
    for function in functions.values():
        allowed = [each for each in permissions_of(template, function) if "logs:PutLogEvents" in each["Action"]]

        [statement] = allowed
        assert statement["Resource"] == {"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}


def test_no_role_is_allowed_every_resource_or_has_a_managed_policy(template: Template) -> None:
    for policy in resources(template, "AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
    for role in resources(template, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_every_folder_of_functions_is_in_use(templates: dict[str, Template]) -> None:
    deployed = {
        each["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for template in templates.values()
        for each in resources(template, "AWS::Lambda::Function").values()
    }
    written = {path.parent.name.replace("_", "-") for path in LAMBDA_SRC.glob("*/handler.py")}

    assert deployed == written
