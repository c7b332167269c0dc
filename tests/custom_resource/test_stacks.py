"""Where function, provider and custom resources may be: no arrangement that is accepted is a cycle."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import NestedStack, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from tests.helpers.provider import GROUP, cycle_in, provider, settings, stacks_needed_by
from tests.helpers.synth import FLAGS, check_deployable, function, imports, new_app, new_stack, of_type, properties

EU = cdk.Environment(account="123456789012", region="eu-west-1")
POLLS = pytest.mark.parametrize("polls", [False, True], ids=["sync", "polls"])


def nested(app: cdk.App, names: str) -> dict[str, Stack]:
    """A parent stack and two nested ones."""
    parent = new_stack("Parent", scope=app)
    return {"parent": parent} | {name: NestedStack(parent, name.title()) for name in names.split()}


# ---- accepted arrangements ------------------------------------------------------------------------------------------


@POLLS
@FLAGS
@pytest.mark.parametrize(
    ("function_in", "provider_in", "resource_in"),
    [
        ("A", "A", "A"),
        ("A", "A", "B"),
        ("A", "B", "B"),
        ("A", "B", "C"),
    ],
)
def test_stacks_never_need_each_other(
    flags: dict[str, Any], polls: bool, function_in: str, provider_in: str, resource_in: str
) -> None:
    app = new_app(**flags)
    stacks = {name: new_stack(name, scope=app) for name in "ABC"}
    handler = function(stacks[function_in])
    bucket = iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::templates/*"])
    handler.add_to_role_policy(bucket)

    topic = sns.Topic(new_stack("Topics", scope=app), "Alarms", enforce_ssl=True)

    found = provider(stacks[provider_in], handler=handler, polls=polls, alarm_topic=topic)
    resource = found.custom_resource("Web", resource_type=GROUP, scope=stacks[resource_in])
    cdk.CfnOutput(stacks[resource_in], "Endpoint", value=resource.get_att_string("Endpoint"))

    assert cycle_in(app) == []
    check_deployable(app)


@POLLS
@pytest.mark.parametrize(
    ("function_in", "provider_in", "resource_in"),
    [
        ("parent", "parent", "one"),
        ("parent", "one", "one"),
        ("parent", "one", "two"),
        ("parent", "one", "parent"),
        ("one", "one", "one"),
        ("one", "one", "parent"),
        ("one", "parent", "parent"),
        ("one", "parent", "two"),
        ("one", "two", "two"),
        ("one", "two", "parent"),
    ],
)
def test_nested_stacks_never_need_each_other(polls: bool, function_in: str, provider_in: str, resource_in: str) -> None:
    app = new_app()
    stacks = nested(app, "one two")

    found = provider(stacks[provider_in], handler=function(stacks[function_in]), polls=polls)
    found.custom_resource("Web", resource_type=GROUP, scope=stacks[resource_in])

    assert cycle_in(app) == []
    check_deployable(app)


@POLLS
def test_providers_of_two_functions_in_a_third_stack_share_its_layer(polls: bool) -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app)
    for name in ("One", "Two"):
        found = provider(new_stack(name, scope=app), handler=function(functions, f"{name}Function"), polls=polls)
        found.custom_resource("Web", resource_type=GROUP)

    assert len(of_type(functions, "AWS::Lambda::LayerVersion")) == 1
    assert cycle_in(app) == []


@POLLS
def test_a_function_of_another_stack_needs_nothing_of_the_providers(polls: bool) -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    handler = function(functions)

    found = provider(stack, handler=handler, polls=polls, encryption_key=kms.Key(stack, "Key"))
    found.custom_resource("Web", resource_type=GROUP)

    assert not imports(functions)
    assert stacks_needed_by(functions) == []
    assert stacks_needed_by(stack) == ["Functions"]
    assert of_type(functions, "AWS::IAM::Policy") == {}
    assert of_type(functions, "AWS::Lambda::EventInvokeConfig") == {}
    assert cycle_in(app) == []


@POLLS
def test_what_a_function_of_another_stack_knows_by_name_is_what_there_is(polls: bool) -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app, env=EU), new_stack(scope=app, env=EU)
    handler = function(functions)

    found = provider(stack, handler=handler, polls=polls)

    known = settings(handler)
    assert known.table_name == properties(found.table)["TableName"]
    if polls:
        (machine,) = of_type(stack, "AWS::StepFunctions::StateMachine").values()
        name = machine["Properties"]["StateMachineName"]
        assert known.state_machine_arn == f"arn:{{AWS::Partition}}:states:eu-west-1:123456789012:stateMachine:{name}"


def test_names_differ_between_deployments_of_one_tree_and_between_providers() -> None:
    def name(stack_name: str, id_: str) -> str:
        app = new_app()
        handler = function(new_stack("Functions", scope=app))
        found = provider(new_stack(scope=app, stack_name=stack_name), id_, handler=handler)
        return str(properties(found.table)["TableName"])

    names = [name("Shop-1", "Provider"), name("Shop-2", "Provider"), name("Shop-1", "Other")]

    assert len(set(names)) == 3
    assert names[0] == name("Shop-1", "Provider")


def test_the_name_of_a_table_in_the_functions_stack_is_cloudformations() -> None:
    stack = new_stack()

    found = provider(stack, polls=True)

    assert "TableName" not in properties(found.table)
    (machine,) = of_type(stack, "AWS::StepFunctions::StateMachine").values()
    assert "StateMachineName" not in machine["Properties"]


def test_a_table_of_the_providers_stack_is_known_by_its_own_name() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    handler = function(functions)
    key = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Records", partition_key=key, table_name="records")

    provider(stack, handler=handler, table=table)

    assert settings(handler).table_name == "records"
    assert cycle_in(app) == []


def test_stages_do_not_meet() -> None:
    app = new_app()
    for name in ("Test", "Production"):
        stage = cdk.Stage(app, name, env=EU)
        found = provider(Stack(stage, "Shop"), handler=function(Stack(stage, "Functions")), polls=True)
        found.custom_resource("Web", resource_type=GROUP)

    check_deployable(app)


def test_a_provider_may_be_in_any_scope() -> None:
    stack = new_stack()
    inner = Construct(Construct(stack, "Outer"), "Inner")

    provider(inner, handler=function(stack)).custom_resource("Web", resource_type=GROUP)

    assert cycle_in(stack.node.root) == []


# ---- refused arrangements -------------------------------------------------------------------------------------------


def test_a_custom_resource_in_the_functions_stack_cannot_wait_for_a_provider_in_another() -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app)
    found = provider(new_stack(scope=app), handler=function(functions))

    with pytest.raises(
        ValueError, match=r"scope Functions is in the stack of handler Functions/Function.*\(Shop\).*put"
    ):
        found.custom_resource("Web", resource_type=GROUP, scope=functions)


@pytest.mark.parametrize("provider_in", ["parent", "two"])
def test_nor_in_a_nested_stack_that_the_provider_needs(provider_in: str) -> None:
    stacks = nested(new_app(), "one two")
    found = provider(stacks[provider_in], handler=function(stacks["one"]))

    with pytest.raises(ValueError, match="each stack would need the other"):
        found.custom_resource("Web", resource_type=GROUP, scope=stacks["one"])


def test_a_table_without_a_name_cannot_be_known_to_a_function_that_its_stack_needs() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    table = dynamodb.Table(
        stack, "Records", partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
    )

    with pytest.raises(ValueError, match=r"table Shop/Records has no name of its own and handler .*set table_name on"):
        provider(stack, handler=function(new_stack("Functions", scope=app)), table=table)


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"account": "123456789012", "region": "us-east-1"}, "is in region us-east-1 and the provider in region eu-w"),
        ({"account": "111111111111", "region": "eu-west-1"}, "is in account 111111111111 and the provider in account"),
    ],
    ids=["region", "account"],
)
def test_a_custom_resource_elsewhere_is_refused(env: dict[str, str], message: str) -> None:
    app = new_app()
    found = provider(new_stack(scope=app, env=EU))

    with pytest.raises(ValueError, match=message):
        found.custom_resource("Web", resource_type=GROUP, scope=new_stack("Far", scope=app, env=cdk.Environment(**env)))


# ---- the search itself ----------------------------------------------------------------------------------------------


def own_destination(stack: Stack) -> None:
    handler = function(stack)
    handler.configure_async_invoke(on_failure=destinations.LambdaDestination(handler))


def state_machine_in_the_environment(stack: Stack) -> None:
    handler = function(stack)
    task = tasks.LambdaInvoke(stack, "Task", lambda_function=handler)
    machine = sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(task))
    handler.add_environment("MACHINE", machine.state_machine_arn)


def permission_on_its_own_mapping(stack: Stack) -> None:
    handler = function(stack)
    mapping = lambda_.EventSourceMapping(
        stack, "Mapping", target=handler, event_source_arn="arn:aws:sqs:eu-west-1:123456789012:orders"
    )
    handler.add_to_role_policy(
        iam.PolicyStatement(actions=["lambda:UpdateEventSourceMapping"], resources=[mapping.event_source_mapping_arn])
    )


@pytest.mark.parametrize("naive", [own_destination, state_machine_in_the_environment, permission_on_its_own_mapping])
def test_the_search_finds_the_cycles_of_the_obvious_ways(naive: Callable[[Stack], None]) -> None:
    stack = new_stack()

    naive(stack)

    assert cycle_in(stack.node.root) != []
