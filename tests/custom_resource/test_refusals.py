"""What is refused at once, each with the fix; nothing is made by then."""

import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct

from constructs_lib.runtime.custom_resource.contract import ENTRY_POINT
from tests.helpers.provider import GROUP, provider
from tests.helpers.synth import check_deployable, errors, function, new_app, new_stack, of_type

NODE: dict[str, Any] = {"runtime": lambda_.Runtime.NODEJS_22_X, "code": lambda_.Code.from_inline("exports.handler = 0")}
ROLE_ARN = "arn:aws:iam::123456789012:role/groups"
ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
PK = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)


def refused(stack: Stack, match: str, **props: Any) -> None:  # noqa: ANN401 - as the construct has
    """Expect a refusal, and nothing left of the provider."""
    with pytest.raises(ValueError, match=match):
        provider(stack, **props)
    assert stack.node.try_find_child("Provider") is None


# ---- which functions ------------------------------------------------------------------------------------------------


def imported(scope: Construct) -> lambda_.IFunction:
    return lambda_.Function.from_function_name(scope, "Function", "groups")


def alias(scope: Construct) -> lambda_.IFunction:
    return lambda_.Alias(scope, "Live", alias_name="live", version=function(scope).current_version)


def version(scope: Construct) -> lambda_.IFunction:
    return function(scope).current_version


def image(scope: Construct) -> lambda_.IFunction:
    repository = ecr.Repository.from_repository_name(scope, "Repository", "groups")
    return lambda_.DockerImageFunction(
        scope, "Function", code=lambda_.DockerImageCode.from_ecr(repository), timeout=Duration.seconds(10)
    )


def node(scope: Construct) -> lambda_.IFunction:
    return function(scope, **NODE)


def five_layers(scope: Construct) -> lambda_.IFunction:
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:extra:{}"
    layers = [lambda_.LayerVersion.from_layer_version_arn(scope, f"L{i}", arn.format(i)) for i in range(1, 6)]
    return function(scope, layers=layers)


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (imported, "handler Shop/Function is imported .*pass a lambda_.Function of this app, or vendor the package"),
        (alias, "handler Shop/Live is an alias or a version.*pass its function, or vendor"),
        (version, "handler Shop/Function/CurrentVersion is an alias or a version"),
        (image, "handler Shop/Function is a container image, .*in the image, vendor the package"),
        (node, "handler Shop/Function runs on nodejs22.x, .*on Python 3.11 or newer: use such a function$"),
        (five_layers, "handler Shop/Function has 5 layers, Lambda's limit.*merge two of them, or vendor"),
    ],
)
def test_a_function_that_takes_no_layer(handler: Any, message: str) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    refused(stack, message, handler=handler(stack))


@pytest.mark.parametrize("runtime", ["layer", "provided"])
def test_a_python_that_cannot_run_the_library(runtime: str) -> None:
    stack = new_stack()
    python = lambda_.Runtime("python3.10", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True)

    refused(stack, "runs on python3.10", handler=function(stack, runtime=python), runtime=runtime)


@pytest.mark.parametrize("handler", [imported, alias, version, image])
def test_provided_takes_what_takes_no_layer(handler: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()

    provider(stack, handler=handler(stack), runtime="provided").custom_resource("Web", resource_type=GROUP)

    assert of_type(stack, "AWS::Lambda::LayerVersion") == {}
    check_deployable(stack)


@pytest.mark.parametrize("runtime", ["none", "Layer", "", None], ids=repr)
def test_another_way_to_deliver_the_runtime(runtime: object) -> None:
    refused(new_stack(), 'runtime must be "layer" or "provided", got', runtime=runtime)


@pytest.mark.parametrize("handler", ["groups", 5], ids=repr)
def test_what_is_no_function(handler: object) -> None:
    refused(new_stack(), "handler must be a Lambda function .lambda_.Function or IFunction., got", handler=handler)


def test_a_function_whose_handler_is_the_entry_point_already() -> None:
    stack = new_stack()

    refused(
        stack,
        r"has this library's entry point as its Handler.*set your own",
        handler=function(stack, handler=ENTRY_POINT),
    )


@pytest.mark.parametrize("runtime", ["layer", "provided"])
@pytest.mark.parametrize("imported_role", [True, False])
def test_a_role_that_cannot_be_changed(imported_role: bool, runtime: str) -> None:
    stack = new_stack()
    own = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role = (
        iam.Role.from_role_arn(stack, "Role", ROLE_ARN, mutable=False)
        if imported_role
        else own.without_policy_updates()
    )

    refused(
        stack,
        r"role of handler Shop/Function cannot be changed, so the function could not write the provider's table: imp",
        handler=function(stack, role=role),
        runtime=runtime,
    )


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"account": "123456789012", "region": "us-east-1"}, "is in region us-east-1 and the provider in region eu-w"),
        (
            {"account": "111111111111", "region": "eu-west-1"},
            "is in account 111111111111 and the provider in account 1",
        ),
        ({}, "is in region unknown .* and the provider in region eu-west-1.*the same env"),
    ],
    ids=["region", "account", "unknown"],
)
def test_a_function_elsewhere(env: dict[str, str], message: str) -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app, env=cdk.Environment(**env))
    stack = new_stack(scope=app, env=cdk.Environment(account="123456789012", region="eu-west-1"))

    refused(stack, message, handler=function(functions))


# ---- whose function it is -------------------------------------------------------------------------------------------


def by_the_function(handler: lambda_.Function) -> None:
    handler.configure_async_invoke(retry_attempts=0)


def by_the_construct(handler: lambda_.Function) -> None:
    lambda_.EventInvokeConfig(Stack.of(handler), "Config", function=handler, max_event_age=Duration.hours(1))


def by_the_resource(handler: lambda_.Function) -> None:
    lambda_.CfnEventInvokeConfig(
        Stack.of(handler), "Config", function_name=handler.function_name, qualifier="$LATEST", maximum_retry_attempts=1
    )


def from_another_stack(handler: lambda_.Function) -> None:
    app = handler.node.root
    assert isinstance(app, cdk.App)
    lambda_.EventInvokeConfig(new_stack("Other", scope=app), "Config", function=handler, retry_attempts=1)


def by_the_arn(handler: lambda_.Function) -> None:
    lambda_.CfnEventInvokeConfig(
        Stack.of(handler), "Config", function_name=handler.function_arn, qualifier="$LATEST", maximum_retry_attempts=1
    )


ASYNC = pytest.mark.parametrize(
    "configure", [by_the_function, by_the_construct, by_the_resource, by_the_arn, from_another_stack]
)


@ASYNC
def test_a_function_with_an_asynchronous_invoke_configuration(configure: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()
    handler = function(stack)
    configure(handler)

    refused(
        stack,
        r"handler Shop/Function has an asynchronous invoke configuration \(.*\).*remove it .*or use ano",
        handler=handler,
    )


@ASYNC
def test_one_that_comes_later_stops_the_synthesis(configure: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler)
    assert found.findings == []

    configure(handler)

    assert [finding.rule for finding in found.findings] == ["invoke-config"]
    (error,) = errors(stack)
    assert error.startswith("[Shop/Provider] invoke-config: handler Shop/Function has an asynchronous invoke config")


def test_a_function_with_a_destination_for_failures() -> None:
    stack = new_stack()
    other = function(stack, "Other")
    handler = function(stack, on_failure=destinations.LambdaDestination(other))

    refused(stack, "has an asynchronous invoke configuration", handler=handler)


def test_another_functions_configuration_is_none_of_the_providers_business() -> None:
    stack = new_stack()
    by_the_function(function(stack, "Other"))
    handler = function(stack)
    live = lambda_.Alias(stack, "Live", alias_name="live", version=handler.current_version)
    live.configure_async_invoke(retry_attempts=0)

    found = provider(stack, handler=handler)

    assert found.findings == []


def test_a_function_of_another_provider() -> None:
    stack = new_stack()
    handler = function(stack)
    provider(stack, "First", handler=handler)

    refused(
        stack,
        r"handler Shop/Function belongs to provider Shop/First already.*custom_resource\(\) of that",
        handler=handler,
    )


def test_a_function_of_another_stacks_provider() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    handler = function(stack)
    provider(new_stack("Other", scope=app), "First", handler=handler)

    refused(stack, "belongs to provider Other/First already", handler=handler)


# ---- times ----------------------------------------------------------------------------------------------------------


def test_a_total_timeout_that_three_runs_do_not_fit_into() -> None:
    stack = new_stack()
    message = (
        "total_timeout 300 s is too short for handler Shop/Function, which may run 60 s: its three runs and Lambda's "
        "waits between them (60 s and 120 s) take 360 s, and who is killed in each would never be answered; "
        "set total_timeout to at least 360 s, or the function's timeout to at most 40 s"
    )

    refused(
        stack,
        re.escape(message),
        handler=function(stack, timeout=Duration.seconds(60)),
        total_timeout=Duration.minutes(5),
    )


@pytest.mark.parametrize(("run", "total"), [(1, 183), (10, 210), (240, 900), (900, 2880), (3, 189)])
def test_the_shortest_total_timeout(run: int, total: int) -> None:
    stack = new_stack()
    handler = function(stack, timeout=Duration.seconds(run))

    refused(stack, f"at least {total} s", handler=handler, total_timeout=Duration.seconds(total - 1))
    provider(stack, handler=handler, total_timeout=Duration.seconds(total))


def test_a_function_without_a_timeout_may_run_three_seconds() -> None:
    stack = new_stack()

    refused(stack, "may run 3 s", handler=function(stack, timeout=None), total_timeout=Duration.seconds(188))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Duration.seconds(3541), "whole seconds up to 3540, because CloudFormation waits 3600 s at most.*got 3541 s"),
        (Duration.millis(900_500), "whole seconds up to 3540.*got 900.5 s"),
        (Duration.seconds(0), "total_timeout in seconds must be a finite number above 0"),
        (
            Duration.seconds(cdk.Token.as_number(cdk.Fn.ref("Seconds"))),
            "total_timeout must be known at synth, got a tok",
        ),
        (900, "total_timeout must be a Duration"),
    ],
    ids=["long", "fraction", "zero", "token", "number"],
)
def test_a_total_timeout_that_cannot_be(given: object, message: str) -> None:
    refused(new_stack(), message, total_timeout=given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            Duration.seconds(61),
            "grace must be at most 60 s, because Lambda's first retry comes after a minute.*got 61 s",
        ),
        (Duration.seconds(0), "grace in seconds must be a finite number above 0"),
        (10, "grace must be a Duration"),
    ],
    ids=["long", "zero", "number"],
)
def test_a_grace_that_cannot_be(given: object, message: str) -> None:
    refused(new_stack(), message, grace=given)


# ---- other arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("polls", ["yes", 1, 0, None], ids=repr)
def test_polls_that_is_no_truth(polls: object) -> None:
    refused(new_stack(), "polls must be False or True, got", polls=polls)


@pytest.mark.parametrize("on_orphan", ["Delete", "keep", "", None, True], ids=repr)
def test_an_unknown_fate_of_orphans(on_orphan: object) -> None:
    refused(new_stack(), "on_orphan must be 'delete' or 'report', got", on_orphan=on_orphan)


@pytest.mark.parametrize("policy", ["RETAIN", True, None], ids=repr)
def test_what_is_no_removal_policy(policy: object) -> None:
    refused(
        new_stack(), "removal_policy must be a RemovalPolicy, such as RemovalPolicy.RETAIN, got", removal_policy=policy
    )


@pytest.mark.parametrize("table", ["records", 5], ids=repr)
def test_what_is_no_table(table: object) -> None:
    refused(new_stack(), r"table must be a DynamoDB table \(dynamodb.Table or ITable\), got", table=table)


def test_what_is_no_key() -> None:
    refused(
        new_stack(),
        r"encryption_key must be a KMS key \(kms.Key or IKey\), got 'alias/own'",
        encryption_key="alias/own",
    )


def test_a_table_and_how_to_create_one() -> None:
    stack = new_stack()
    table = dynamodb.Table(stack, "Records", partition_key=PK)
    handler, key = function(stack), kms.Key(stack, "Key")

    refused(
        stack,
        "encryption_key is for a table that the provider creates: set it on Shop/Records",
        handler=handler,
        table=table,
        encryption_key=key,
    )
    refused(
        stack, "removal_policy is for a table that", handler=handler, table=table, removal_policy=RemovalPolicy.DESTROY
    )


@pytest.mark.parametrize("kind", [dynamodb.Table, dynamodb.TableV2])
@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ({"partition_key": ID}, r"id \(S\)"),
        ({"partition_key": PK, "sort_key": ID}, r"pk \(S\), id \(S\)"),
        ({"partition_key": dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.NUMBER)}, r"pk \(N\)"),
    ],
    ids=["name", "sort key", "type"],
)
def test_a_table_with_another_key(kind: Any, key: dict[str, Any], shown: str) -> None:  # noqa: ANN401 - a class of tables
    stack = new_stack()

    refused(
        stack,
        rf"table Shop/Records has the key {shown}, and the records need the partition key pk \(S\) and no sort key",
        table=kind(stack, "Records", **key),
    )


def test_a_table_of_another_region() -> None:
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/records"

    refused(
        stack,
        "is in region us-east-1 and the provider in region eu-west-1",
        table=dynamodb.Table.from_table_arn(stack, "Records", arn),
    )


def test_an_unknown_rule() -> None:
    allowed = "timeout, invoke-config, event-source, concurrency, role, environment, recovery, expiry"
    message = f"acknowledge names the unknown rule 'R3', allowed are {allowed}: use the id"

    refused(new_stack(), message, acknowledge={"R3": "reason"})


# ---- custom resources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "type_", ["Elastigroup", "AWS::EC2::Fleet", "Custom::", "Custom::a/b", "Custom::" + "x" * 53, None]
)
def test_a_type_that_cloudformation_does_not_know(type_: object) -> None:
    found: Any = provider(new_stack())

    with pytest.raises(ValueError, match='resource_type must be "Custom::" and a name of up to 52 letters'):
        found.custom_resource("Web", resource_type=type_)


@pytest.mark.parametrize("name", ["ServiceToken", "ServiceTimeout"])
def test_a_property_that_the_provider_sets(name: str) -> None:
    found = provider(new_stack())

    with pytest.raises(ValueError, match=f"properties may not have {name}, which the provider sets: leave it out"):
        found.custom_resource("Web", resource_type=GROUP, properties={name: "60"})


@pytest.mark.parametrize("properties", ["Name", [("Name", "web")], 5], ids=repr)
def test_properties_that_are_no_mapping(properties: object) -> None:
    found: Any = provider(new_stack())

    with pytest.raises(ValueError, match="properties must be a mapping of names to values, got"):
        found.custom_resource("Web", resource_type=GROUP, properties=properties)
