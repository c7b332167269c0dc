"""Which functions a flow can serve, and what it gives them: settings, the layer, permissions."""

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings
from tests.helpers.synth import (
    COURIER,
    RECOMMENDED_FLAGS,
    errors,
    flow,
    function,
    literal,
    new_app,
    new_stack,
    of_type,
    properties,
    rules,
    settings,
    template,
    variables,
)

NODE: dict[str, Any] = {"runtime": lambda_.Runtime.NODEJS_22_X, "code": lambda_.Code.from_inline("exports.handler = 0")}
ROLE_ARN = "arn:aws:iam::123456789012:role/deliveries"
SIXTY = Duration.seconds(60)


def imported(scope: Construct) -> lambda_.IFunction:
    return lambda_.Function.from_function_name(scope, "Function", "deliveries")


def alias(scope: Construct) -> lambda_.IFunction:
    return lambda_.Alias(scope, "Live", alias_name="live", version=function(scope).current_version)


def version(scope: Construct) -> lambda_.IFunction:
    return function(scope).current_version


def image(scope: Construct) -> lambda_.IFunction:
    repository = ecr.Repository.from_repository_name(scope, "Repository", "deliveries")
    return lambda_.DockerImageFunction(
        scope, "Function", code=lambda_.DockerImageCode.from_ecr(repository), timeout=Duration.seconds(10)
    )


def node(scope: Construct) -> lambda_.IFunction:
    return function(scope, **NODE)


def layers(scope: Construct, count: int) -> list[lambda_.ILayerVersion]:
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:extra:{}"
    return [lambda_.LayerVersion.from_layer_version_arn(scope, f"Layer{i}", arn.format(i)) for i in range(1, count + 1)]


# ---- which functions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consumer", "message"),
    [
        (imported, "consumer Shop/Function is imported .*pass a lambda_.Function of this app, or vendor the package"),
        (alias, "consumer Shop/Live is an alias or a version.*pass its function, or vendor"),
        (version, "consumer Shop/Function/CurrentVersion is an alias or a version"),
        (image, "consumer Shop/Function is a container image, .*in the image, vendor the package"),
        (node, 'consumer Shop/Function runs on nodejs22.x, .*Python 3.11 or newer.*runtime="none"'),
    ],
)
def test_a_function_that_takes_no_layer_is_refused_with_the_fix(consumer: Any, message: str) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    with pytest.raises(ValueError, match=message):
        flow(stack, consumer=consumer(stack), visibility_timeout=SIXTY)


@pytest.mark.parametrize("runtime", ["layer", "provided"])
@pytest.mark.parametrize("name", ["python3.9", "python3.10", "java21", "dotnet8", "ruby3.3"])
def test_a_runtime_that_cannot_run_the_library_is_refused(runtime: str, name: str) -> None:
    stack = new_stack()
    consumer = function(stack, runtime=lambda_.Runtime(name, lambda_.RuntimeFamily.OTHER, supports_inline_code=True))

    with pytest.raises(ValueError, match=f"runs on {name}"):
        flow(stack, consumer=consumer, runtime=runtime)


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.14"])
def test_every_python_from_3_11_on_takes_the_layer(name: str) -> None:
    stack = new_stack()
    runtime = lambda_.Runtime(name, lambda_.RuntimeFamily.PYTHON, supports_inline_code=True)

    flow(stack, consumer=function(stack, runtime=runtime))

    assert len(of_type(stack, "AWS::Lambda::LayerVersion")) == 1


@pytest.mark.parametrize("consumer", [imported, alias, version, image])
def test_provided_takes_what_takes_no_layer(consumer: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    found = flow(stack, consumer=consumer(stack), runtime="provided", visibility_timeout=SIXTY)

    assert of_type(stack, "AWS::Lambda::LayerVersion") == {}
    (name,) = found.environment
    assert re.fullmatch(rf"{ENVIRONMENT_PREFIX}[0-9A-F]{{8}}", name)
    assert Settings.from_json(literal(stack.resolve(found.environment[name]))).pace == found.sizing.pace


def test_provided_sets_the_environment_where_it_can() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer, runtime="provided")

    assert variables(consumer).keys() == found.environment.keys()


def test_a_custom_runtime_may_have_the_library_vendored() -> None:
    stack = new_stack()
    consumer = function(stack, runtime=lambda_.Runtime.PROVIDED_AL2023, code=lambda_.Code.from_asset("tests/helpers"))

    flow(stack, consumer=consumer, runtime="provided")


@pytest.mark.parametrize("consumer", [imported, alias, version, image, node])
def test_none_takes_any_function_and_warns_of_what_does_not_hold(consumer: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    found = flow(stack, consumer=consumer(stack), runtime="none", visibility_timeout=SIXTY)

    assert found.sizing.strategy is FlowStrategy.CONCURRENCY
    assert found.environment == {}
    assert of_type(stack, "AWS::Lambda::LayerVersion") == {}
    assert 'with runtime="none" only max_concurrency is held' in str([f.message for f in found.findings])


def test_none_leaves_the_functions_environment_alone() -> None:
    stack = new_stack()
    consumer = function(stack, **NODE)

    flow(stack, consumer=consumer, runtime="none")

    assert "Environment" not in properties(consumer)


def test_none_cannot_pace() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"strategy PACE needs this library's handler.*FlowStrategy.CONCURRENCY"):
        flow(stack, runtime="none", strategy=FlowStrategy.PACE)


def test_the_warning_of_none_can_be_acknowledged() -> None:
    stack = new_stack()

    found = flow(stack, runtime="none", acknowledge={"runtime": "the handler is written in Rust and reports failures"})

    (finding,) = [finding for finding in found.findings if finding.rule == "runtime"]
    assert finding.acknowledged == "the handler is written in Rust and reports failures"


@pytest.mark.parametrize("runtime", ["Layer", "", None, "vendored"], ids=repr)
def test_an_unknown_runtime_is_refused(runtime: object) -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match='runtime must be "layer", "provided" or "none", got'):
        flow(stack, runtime=runtime)


# ---- layers ---------------------------------------------------------------------------------------------------------


def test_a_function_with_five_layers_is_refused() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"consumer Shop/Function has 5 layers, Lambda's limit.*merge two of them, or"):
        flow(stack, consumer=function(stack, layers=layers(stack, 5)))


@pytest.mark.parametrize("flags", [{}, RECOMMENDED_FLAGS], ids=["no flags", "recommended flags"])
def test_two_flows_on_a_function_with_four_layers_share_the_fifth(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    consumer = function(stack, layers=layers(stack, 4))

    flow(stack, consumer=consumer)
    flow(stack, "Second", consumer=consumer)

    assert len(properties(consumer)["Layers"]) == 5


def test_the_layers_of_all_functions_of_a_stack_are_one() -> None:
    stack = new_stack()
    first, second = function(stack), function(stack, "Other")

    flow(stack, consumer=first)
    flow(stack, "Second", consumer=second)

    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion")
    assert properties(first)["Layers"] == properties(second)["Layers"] == [{"Ref": layer}]


def test_the_layer_says_nothing_of_an_architecture_or_a_runtime_so_that_any_python_takes_it() -> None:
    stack = new_stack()
    flow(stack)

    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()

    assert not {"CompatibleRuntimes", "CompatibleArchitectures"} & layer["Properties"].keys()


# ---- roles ----------------------------------------------------------------------------------------------------------


def immutable_import(scope: Construct) -> iam.IRole:
    return iam.Role.from_role_arn(scope, "Role", ROLE_ARN, mutable=False)


def without_policy_updates(scope: Construct) -> iam.IRole:
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    return role.without_policy_updates()


@pytest.mark.parametrize("runtime", ["layer", "provided", "none"])
@pytest.mark.parametrize("role", [immutable_import, without_policy_updates])
def test_a_role_that_cannot_be_changed_is_refused(role: Any, runtime: str) -> None:  # noqa: ANN401 - a role
    stack = new_stack()
    consumer = function(stack, role=role(stack))

    with pytest.raises(ValueError, match=r"role of consumer Shop/Function cannot be changed.*mutable=True"):
        flow(stack, consumer=consumer, runtime=runtime)


def test_a_role_of_another_account_cannot_be_changed_either() -> None:
    stack = new_stack(env=cdk.Environment(account="111111111111", region="eu-west-1"))
    consumer = function(stack, role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN))

    with pytest.raises(ValueError, match=r"cannot be changed"):
        flow(stack, consumer=consumer)


def test_an_imported_role_gets_a_policy() -> None:
    stack = new_stack()

    flow(stack, consumer=function(stack, role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN)))

    (policy,) = of_type(stack, "AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["deliveries"]


# ---- where the function is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"account": "123456789012", "region": "us-east-1"}, "is in region us-east-1 and the flow in region eu-west-1"),
        ({"account": "111111111111", "region": "eu-west-1"}, "is in account 111111111111 and the flow in account 1234"),
        ({}, "is in region unknown .* and the flow in region eu-west-1.*the same env"),
    ],
    ids=["region", "account", "unknown"],
)
def test_a_function_elsewhere_is_refused(env: dict[str, str], message: str) -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app, env=cdk.Environment(**env))
    stack = new_stack(scope=app, env=cdk.Environment(account="123456789012", region="eu-west-1"))

    with pytest.raises(ValueError, match=message):
        flow(stack, consumer=function(functions))


def test_an_imported_function_of_another_region_is_refused() -> None:
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    arn = "arn:aws:lambda:us-east-1:123456789012:function:deliveries"
    elsewhere = lambda_.Function.from_function_arn(stack, "Function", arn)

    with pytest.raises(ValueError, match=r"is in region us-east-1"):
        flow(stack, consumer=elsewhere, runtime="provided", visibility_timeout=SIXTY)


# ---- settings -------------------------------------------------------------------------------------------------------


def test_the_function_reads_what_the_flow_derived() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)
    queue, dead = (properties(q)["QueueName"] for q in (found.queue, found.dead_letter_queue) if q is not None)

    assert settings(consumer) == [
        Settings(
            queue_arn=f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
            dead_letter_queue_arn=f"arn:aws:sqs:eu-west-1:123456789012:{dead}",
            pace=found.sizing.pace,
            call_timeout=found.sizing.call_timeout,
            max_receive_count=found.sizing.max_receive_count,
            backoff_cap=found.sizing.backoff_cap,
        )
    ]


def test_settings_travel_through_json() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)
    (text,) = found.environment.values()

    assert Settings.from_json(Settings.from_json(text).to_json()) == Settings.from_json(text)
    assert set(json.loads(text)) < set(Settings._fields), "what is its default is left out: variables have 4 KB"
    assert Settings(queue_arn="q").to_json() == '{"queue_arn":"q"}'


def test_under_concurrency_there_is_no_pace() -> None:
    stack = new_stack()
    consumer = function(stack)

    flow(stack, consumer=consumer, strategy=FlowStrategy.CONCURRENCY)

    assert settings(consumer)[0].pace == 0


def test_two_flows_on_one_function_have_a_variable_and_a_mapping_each() -> None:
    stack = new_stack()
    consumer = function(stack)

    flows = [flow(stack, id_, consumer=consumer) for id_ in ("First", "Second")]

    assert len(variables(consumer)) == 2
    assert {s.queue_arn.rpartition(":")[2] for s in settings(consumer)} == {
        properties(found.queue)["QueueName"] for found in flows
    }
    assert len(of_type(stack, "AWS::Lambda::EventSourceMapping")) == 2


def test_flows_of_the_same_id_in_two_stacks_on_one_function_have_a_variable_each() -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app)
    consumer = function(functions)

    for name in ("One", "Two"):
        flow(new_stack(name, scope=app), consumer=consumer)

    assert len(variables(consumer)) == 2
    assert len({s.queue_arn for s in settings(consumer)}) == 2


def test_what_cannot_be_seen_of_an_imported_queue_is_left_to_the_runtimes_defaults() -> None:
    stack = new_stack()
    consumer = function(stack)
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:123456789012:orders")

    flow(stack, consumer=consumer, queue=queue)

    (found,) = settings(consumer)
    assert found.queue_arn == "arn:aws:sqs:eu-west-1:123456789012:orders"
    assert (found.dead_letter_queue_arn, found.max_receive_count) == (None, None)


def test_a_call_timeout_that_rests_on_nothing_known_is_left_to_the_runtime() -> None:
    stack = new_stack()

    found = flow(
        stack,
        consumer=imported(stack),
        downstream=Downstream(calls_per_second=10),
        runtime="provided",
        visibility_timeout=SIXTY,
    )

    (text,) = found.environment.values()
    assert Settings.from_json(text).call_timeout is None


# ---- permissions ----------------------------------------------------------------------------------------------------


def consumer_statements(stack: Stack, found: FlowControlledQueue) -> list[dict[str, Any]]:
    policies = of_type(stack, "AWS::IAM::Policy")
    (policy,) = [p for name, p in policies.items() if name.startswith(found.node.id)]
    statements: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_the_consumer_may_do_what_its_handler_does_and_no_more() -> None:
    stack = new_stack()
    found = flow(stack)

    granted = {str(stack.resolve(s["Resource"])): set(s["Action"]) for s in consumer_statements(stack, found)}

    assert found.dead_letter_queue is not None
    assert granted == {
        str(stack.resolve(found.queue.queue_arn)): {
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        },
        str(stack.resolve(found.dead_letter_queue.queue_arn)): {"sqs:SendMessage", "sqs:GetQueueUrl"},
    }


def test_a_foreign_handler_may_not_write_dead_letters() -> None:
    stack = new_stack()
    found = flow(stack, runtime="none")

    assert "SendMessage" not in str(consumer_statements(stack, found))


def test_the_mapping_waits_for_the_permissions_since_lambda_tries_them() -> None:
    stack = new_stack()
    flow(stack)

    (mapping,) = of_type(stack, "AWS::Lambda::EventSourceMapping").values()
    (policy,) = [name for name in of_type(stack, "AWS::IAM::Policy") if name.startswith("Flow")]
    assert policy in mapping["DependsOn"]


def test_an_imported_function_whose_role_is_unknown_cannot_be_granted_anything_and_the_author_is_told() -> None:
    stack = new_stack()

    found = flow(stack, consumer=imported(stack), runtime="provided", visibility_timeout=SIXTY)

    assert of_type(stack, "AWS::IAM::Policy") == {}
    assert [finding.level.value for finding in found.findings if finding.rule == "role"] == ["warning"]


def test_an_imported_function_with_its_role_is_granted_what_it_needs() -> None:
    stack = new_stack()
    consumer = lambda_.Function.from_function_attributes(
        stack,
        "Function",
        function_arn="arn:aws:lambda:eu-west-1:123456789012:function:deliveries",
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
    )

    found = flow(stack, consumer=consumer, runtime="provided", visibility_timeout=SIXTY)

    (policy,) = of_type(stack, "AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["deliveries"]
    assert "role" not in rules(found)


# ---- reserved concurrency and timeouts that cannot be seen ----------------------------------------------------------


def test_a_reserve_of_zero_is_refused() -> None:
    stack = new_stack()
    flow(stack, consumer=function(stack, reserved_concurrent_executions=0))

    assert ["R6" in error for error in errors(stack)] == [True]


def test_a_reserve_that_is_a_token_is_not_checked() -> None:
    stack = new_stack()
    token = cdk.Token.as_number(cdk.Fn.ref("Reserve"))

    found = flow(stack, consumer=function(stack, reserved_concurrent_executions=token))

    assert rules(found) == ["R4", "R5", "R6"]
    assert {finding.level.value for finding in found.findings} == {"not checked"}


@pytest.mark.parametrize("consumer", [imported, alias])
def test_what_cannot_be_seen_of_the_function_is_not_checked(consumer: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    found = flow(stack, consumer=consumer(stack), runtime="provided", visibility_timeout=SIXTY)

    unchecked = {finding.rule for finding in found.findings if finding.level.value == "not checked"}
    assert {"R2", "R3", "R4", "R5", "R6", "R17"} <= unchecked
    template(stack)


@pytest.mark.parametrize(
    "consumer", [imported, lambda scope: function(scope, timeout=Duration.seconds(cdk.Token.as_number("x")))]
)
def test_no_visibility_timeout_is_guessed_for_a_timeout_that_cannot_be_seen(consumer: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    with pytest.raises(ValueError, match=r"timeout of consumer Shop/Function cannot be seen.*pass visibility_timeout"):
        flow(stack, consumer=consumer(stack), runtime="provided")


@pytest.mark.parametrize("consumer", [None, "deliveries", 5], ids=repr)
def test_what_is_no_function_is_refused(consumer: object) -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"consumer must be a"):
        FlowControlledQueue(stack, "Flow", consumer=consumer, downstream=COURIER)  # type: ignore[arg-type]  # the point
