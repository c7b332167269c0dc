"""A flow, its function and its queue in stacks, nested stacks and stages."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import NestedStack, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from tests.helpers.synth import (
    FLAGS,
    check_deployable,
    flow,
    function,
    imports,
    new_app,
    new_stack,
    of_type,
    rules,
    settings,
    template,
    with_everything,
)


@FLAGS
def test_a_function_in_another_stack_needs_nothing_of_the_flows(flags: dict[str, Any]) -> None:
    app = new_app(**flags)
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    consumer = function(functions)

    found = with_everything(stack, consumer=consumer)

    assert not imports(functions)
    assert imports(stack)
    assert [dependency.stack_name for dependency in stack.dependencies] == ["Functions"]
    assert len(of_type(functions, "AWS::Lambda::LayerVersion")) == 1
    assert of_type(functions, "AWS::IAM::Policy") == {}
    assert of_type(functions, "AWS::Lambda::EventSourceMapping") == {}
    assert len(of_type(stack, "AWS::Lambda::EventSourceMapping")) == 1
    assert settings(consumer)[0].pace == found.sizing.pace
    check_deployable(app)


def test_a_function_of_another_stack_may_have_its_own_key_queue_and_role_there() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    role = iam.Role(functions, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    consumer = function(functions, role=role)

    flow(stack, consumer=consumer, encryption_key=kms.Key(functions, "Key"))

    assert not imports(functions)
    check_deployable(app)


def test_flows_of_two_stacks_share_a_function_of_a_third() -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app)
    consumer = function(functions)
    stacks = [new_stack(name, scope=app) for name in ("One", "Two")]

    for stack in stacks:
        flow(stack, consumer=consumer)

    assert len(settings(consumer)) == 2
    assert [len(of_type(stack, "AWS::Lambda::EventSourceMapping")) for stack in stacks] == [1, 1]
    assert len(of_type(functions, "AWS::Lambda::LayerVersion")) == 1
    check_deployable(app)


@pytest.mark.parametrize("function_in", ["parent", "nested", "sibling"])
def test_a_flow_may_be_in_a_nested_stack(function_in: str) -> None:
    app = new_app()
    parent = new_stack(scope=app)
    nested, sibling = NestedStack(parent, "Nested"), NestedStack(parent, "Sibling")
    consumer = function({"parent": parent, "nested": nested, "sibling": sibling}[function_in])

    found = with_everything(nested, consumer=consumer)

    assert rules(found) == []
    assert settings(consumer)[0].queue_arn.startswith("arn:aws:sqs:eu-west-1:123456789012:Shop-Flow-")
    check_deployable(app)


def test_a_function_may_be_in_a_nested_stack_and_the_flow_above_it() -> None:
    app = new_app()
    parent = new_stack(scope=app)

    flow(parent, consumer=function(NestedStack(parent, "Nested")))

    check_deployable(app)


def test_stages_do_not_meet() -> None:
    app = new_app()
    flows = []
    for name in ("Test", "Production"):
        stage = cdk.Stage(app, name, env=cdk.Environment(account="123456789012", region="eu-west-1"))
        functions, stack = Stack(stage, "Functions"), Stack(stage, "Shop")
        flows.append(with_everything(stack, consumer=function(functions, reserved_concurrent_executions=10)))

    assert [rules(found) for found in flows] == [[], []]
    check_deployable(app)


def test_a_flow_may_be_in_any_scope() -> None:
    stack = new_stack()

    found = flow(Construct(Construct(stack, "Outer"), "Inner"), consumer=function(stack))

    assert found.node.path == "Shop/Outer/Inner/Flow"
    check_deployable(stack)


def test_a_flow_without_asset_staging_leaves_its_layer_where_the_assembly_finds_it() -> None:
    app = new_app(**{"aws:cdk:disable-asset-staging": True})
    stack = new_stack(scope=app)
    flow(stack)

    app.synth()

    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
    folder = Path(layer["Metadata"]["aws:asset:path"]) if "Metadata" in layer else Path(app.outdir)
    assert folder.exists()


def test_the_layers_code_is_the_same_at_every_synthesis() -> None:
    def code() -> object:
        stack = new_stack()
        flow(stack)
        (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
        return layer["Properties"]["Content"]

    assert code() == code()


def test_no_path_of_this_machine_is_in_the_template() -> None:
    stack = new_stack()
    with_everything(stack)

    text = json.dumps(template(stack))

    assert str(Path(__file__).resolve().parents[2]) not in text
    assert str(Path.home()) not in text
