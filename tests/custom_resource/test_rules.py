"""What is found at synthesis: in the app as it is then, or because it cannot be seen."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib._unknown import UNKNOWN
from constructs_lib.custom_resource import Finding, IdempotentProvider, Level, rules
from constructs_lib.runtime.custom_resource.contract import AUTHOR_HANDLER, ENTRY_POINT, ENVIRONMENT
from tests.helpers.provider import provider
from tests.helpers.synth import check_deployable, errors, function, new_app, new_stack, of_type, properties, warnings

PK = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)


def facts(**changes: Any) -> rules.Facts:  # noqa: ANN401 - as the facts are
    sound: dict[str, Any] = {
        "handler": "Shop/Function",
        "total_timeout": 900,
        "function_timeout": 240,
        "rivals": None,
        "event_sources": None,
        "reserved_concurrency": None,
        "takes_environment": True,
        "has_entry_point": True,
        "role_is_known": True,
        "table": "Shop/Table",
        "is_restorable": True,
        "expires": True,
    }
    return rules.Facts(**{**sound, **changes})


@pytest.mark.parametrize(
    ("changes", "rule", "level"),
    [
        ({"function_timeout": 241}, "timeout", Level.ERROR),
        ({"function_timeout": UNKNOWN}, "timeout", Level.NOT_CHECKED),
        ({"rivals": "two configurations"}, "invoke-config", Level.ERROR),
        ({"event_sources": "a queue"}, "event-source", Level.ERROR),
        ({"reserved_concurrency": 0}, "concurrency", Level.WARNING),
        ({"takes_environment": False, "has_entry_point": False}, "environment", Level.WARNING),
        ({"has_entry_point": False}, "environment", Level.WARNING),
        ({"role_is_known": False}, "role", Level.WARNING),
        ({"is_restorable": False}, "recovery", Level.WARNING),
        ({"is_restorable": UNKNOWN}, "recovery", Level.NOT_CHECKED),
        ({"expires": False}, "expiry", Level.WARNING),
        ({"expires": UNKNOWN}, "expiry", Level.NOT_CHECKED),
    ],
)
def test_a_rule_finds_its_own_fault_and_no_other(changes: dict[str, Any], rule: str, level: Level) -> None:
    assert rules.evaluate(facts()) == []

    assert [(finding.rule, finding.level) for finding in rules.evaluate(facts(**changes))] == [(rule, level)]


def test_every_rule_may_be_acknowledged_and_has_a_case_above() -> None:
    broken = facts(
        function_timeout=300,
        rivals="rivals",
        event_sources="a queue",
        reserved_concurrency=0,
        role_is_known=False,
        takes_environment=False,
        is_restorable=False,
        expires=False,
    )

    assert tuple(finding.rule for finding in rules.evaluate(broken)) == rules.IDS


@pytest.mark.parametrize("reserved", [None, 1, UNKNOWN])
def test_a_function_that_may_run_is_well(reserved: Any) -> None:  # noqa: ANN401 - as the facts have it
    assert rules.evaluate(facts(reserved_concurrency=reserved)) == []


@pytest.mark.parametrize(
    ("total", "run", "fix"),
    [
        (900, 300, "set total_timeout to at least 1080 s, or the function's timeout to at most 240 s"),
        (181, 3, "set total_timeout to at least 189 s"),
        (182.9, 1, "set total_timeout to at least 183 s"),
    ],
)
def test_the_numbers_and_the_fix_are_in_the_message(total: float, run: float, fix: str) -> None:
    message = rules.too_short("Shop/Function", total, run)

    assert message is not None
    assert message.endswith(fix)
    assert f"total_timeout {total:g} s" in message
    assert f"may run {run:g} s" in message


# ---- in an app ------------------------------------------------------------------------------------------------------


def test_a_timeout_that_grows_later_stops_the_synthesis() -> None:
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler)
    resource = handler.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)

    resource.timeout = 600

    assert [finding.level for finding in found.findings] == [Level.ERROR]
    (error,) = errors(stack)
    assert "timeout: total_timeout 900 s is too short for handler Shop/Function, which may run 600 s" in error


def test_an_error_that_is_acknowledged_stops_nothing_and_leaves_its_reason() -> None:
    stack = new_stack()
    handler = function(stack)
    found = provider(stack, handler=handler, acknowledge={"timeout": "it never runs that long"})
    resource = handler.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.timeout = 600

    check_deployable(stack)

    (entry,) = [each for each in found.node.metadata if each.type == "constructs-lib/custom-resource:timeout"]
    assert "[acknowledged: it never runs that long]" in str(entry.data)


def test_a_timeout_that_is_a_token_is_not_checked() -> None:
    stack = new_stack()
    seconds = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number

    found = provider(stack, handler=function(stack, timeout=Duration.seconds(seconds)), polls=True)

    assert [(finding.rule, finding.level) for finding in found.findings] == [("timeout", Level.NOT_CHECKED)]
    (told,) = warnings(stack)
    assert told.startswith("timeout: not checked, because the timeout of handler Shop/Function cannot be seen at synth")
    assert "[ack: constructs-lib/custom-resource:timeout]" in told


def imported(scope: Construct, **attributes: Any) -> lambda_.IFunction:  # noqa: ANN401 - as CDK has
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:groups"
    return lambda_.Function.from_function_attributes(
        scope, "Function", function_arn=arn, same_environment=True, **attributes
    )


def found_of(findings: list[Finding]) -> dict[str, Level]:
    return {finding.rule: finding.level for finding in findings}


def test_an_imported_function_whose_role_is_unknown_is_granted_nothing_and_the_author_is_told() -> None:
    stack = new_stack()

    found = provider(stack, handler=imported(stack), runtime="provided")

    assert of_type(stack, "AWS::IAM::Policy") == {}
    assert found_of(found.findings) == {
        "timeout": Level.NOT_CHECKED,
        "role": Level.WARNING,
        "environment": Level.WARNING,
    }
    assert "DependsOn" not in next(iter(of_type(stack, "AWS::Lambda::EventInvokeConfig").values()))


def test_an_imported_function_with_its_role_is_granted_what_it_needs() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/groups")

    found = provider(stack, handler=imported(stack, role=role), runtime="provided")

    (policy,) = of_type(stack, "AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["groups"]
    assert found_of(found.findings) == {"timeout": Level.NOT_CHECKED, "environment": Level.WARNING}


def test_what_cannot_be_seen_of_an_imported_table_is_not_checked() -> None:
    stack = new_stack()

    found = provider(stack, table=dynamodb.Table.from_table_name(stack, "Records", "records"))

    assert found_of(found.findings) == {"recovery": Level.NOT_CHECKED, "expiry": Level.NOT_CHECKED}


@pytest.mark.parametrize(
    ("props", "broken"),
    [
        ({}, {"recovery", "expiry"}),
        ({"time_to_live_attribute": "ttl"}, {"recovery"}),
        ({"time_to_live_attribute": "expires"}, {"recovery", "expiry"}),
    ],
    ids=str,
)
def test_what_can_be_seen_of_a_table_of_this_app_is_checked(props: dict[str, Any], broken: set[str]) -> None:
    stack = new_stack()
    table = dynamodb.Table(stack, "Records", partition_key=PK, removal_policy=RemovalPolicy.DESTROY, **props)

    found = provider(stack, table=table)

    assert {rule for rule, level in found_of(found.findings).items() if level is Level.WARNING} == broken


def test_a_table_that_is_made_restorable_later_is_well() -> None:
    stack = new_stack()
    table = dynamodb.Table(stack, "Records", partition_key=PK, time_to_live_attribute="ttl")
    found = provider(stack, table=table)
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)

    resource.point_in_time_recovery_specification = dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
        point_in_time_recovery_enabled=True
    )

    assert found.findings == []


def test_all_errors_of_all_providers_come_together() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    for name in ("One", "Two"):
        handler = function(stack, f"{name}Function")
        provider(stack, name, handler=handler)
        handler.configure_async_invoke(retry_attempts=0)

    assert [error.split(":")[0] for error in errors(stack)] == ["[Shop/One] invoke-config", "[Shop/Two] invoke-config"]


# ---- what the provider cannot set -----------------------------------------------------------------------------------


def alias(scope: Construct) -> lambda_.IFunction:
    return lambda_.Alias(scope, "Live", alias_name="live", version=function(scope).current_version)


def singleton(scope: Construct) -> lambda_.IFunction:
    return lambda_.SingletonFunction(
        scope,
        "Function",
        uuid="groups",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


def image(scope: Construct, **props: Any) -> lambda_.IFunction:  # noqa: ANN401 - as CDK has
    repository = ecr.Repository.from_repository_name(scope, "Repository", "groups")
    code = lambda_.DockerImageCode.from_ecr(repository, **props)
    return lambda_.DockerImageFunction(scope, "Function", code=code, timeout=Duration.seconds(10))


def custom_runtime(scope: Construct) -> lambda_.IFunction:
    return function(scope, runtime=lambda_.Runtime.PROVIDED_AL2023, code=lambda_.Code.from_asset("stacks"))


def by_rule(found: IdempotentProvider) -> dict[str, str]:
    return {finding.rule: finding.message for finding in found.findings}


@pytest.mark.parametrize("handler", [imported, alias, singleton])
def test_who_gets_neither_environment_nor_entry_point_is_told(handler: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()
    made = handler(stack)

    found = provider(stack, handler=made, runtime="provided")

    message = by_rule(found)["environment"]
    assert f"handler {made.node.path} is no lambda_.Function of this app" in message
    assert "set the variables of provider.environment on the function itself" in message
    assert ENTRY_POINT in message
    assert AUTHOR_HANDLER in message
    assert [told for told in warnings(stack) if told.startswith("environment: ")]


@pytest.mark.parametrize("handler", [image, custom_runtime])
def test_what_lambda_calls_in_an_image_cannot_be_set(handler: Any) -> None:  # noqa: ANN401 - a function
    stack = new_stack()
    made = handler(stack)

    found = provider(stack, handler=made, runtime="provided")

    message = by_rule(found)["environment"]
    assert ENVIRONMENT in properties(made)["Environment"]["Variables"]
    assert f"let its Handler (the CMD of a container image) be {ENTRY_POINT}, and the environment variable" in message
    assert "no lambda_.Function" not in message


def test_an_image_whose_command_is_the_entry_point_is_well() -> None:
    stack = new_stack()

    found = provider(stack, handler=image(stack, cmd=[ENTRY_POINT]), runtime="provided")

    assert found.findings == []


def test_it_may_be_acknowledged() -> None:
    stack = new_stack()

    provider(
        stack, handler=image(stack), runtime="provided", acknowledge={"environment": "the Dockerfile has it as CMD"}
    )

    assert warnings(stack) == []


@pytest.mark.parametrize(("reserved", "rules_found"), [(None, []), (0, ["concurrency"]), (1, [])])
def test_a_function_that_never_runs(reserved: int | None, rules_found: list[str]) -> None:
    stack = new_stack()

    found = provider(stack, handler=function(stack, reserved_concurrent_executions=reserved))

    assert list(by_rule(found)) == rules_found
