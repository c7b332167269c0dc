"""A short way to an app with a check, and to what its templates say."""

import json
from typing import Any

import pytest
from aws_cdk import Duration, Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from constructs_lib.delayed_check import DelayedCheck, Experiment
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from tests.helpers import synth
from tests.helpers.synth import Resource, function, literal, of_type, properties

FIVE_MINUTES, TEN_MINUTES = Duration.minutes(5), Duration.minutes(10)
HALF = Experiment(key="stuck-order-call", arms={"call": 50, "control": 50}, control="control")
EU = Environment(account="123456789012", region="eu-west-1")
US = Environment(account="123456789012", region="us-east-1")
PK = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)


def check(
    scope: Construct,
    id_: str = "Check",
    *,
    handler: lambda_.IFunction | None = None,
    delay: Duration = FIVE_MINUTES,
    deadline: Duration = TEN_MINUTES,
    **props: Any,  # noqa: ANN401 - as the construct has
) -> DelayedCheck:
    """A check of five minutes and a deadline of ten, with a function of its own where none is given."""
    handler = function(scope) if handler is None else handler
    return DelayedCheck(scope, id_, handler=handler, delay=delay, deadline=deadline, **props)


def refused(stack: Stack, match: str, **props: Any) -> None:  # noqa: ANN401 - as the construct has
    """Expect a refusal, and nothing left of the check."""
    with pytest.raises(ValueError, match=match) as caught:
        check(stack, **props)
    assert stack.node.try_find_child("Check") is None
    said = str(caught.value)
    assert said[0].islower()
    assert not said.endswith(".")


def rows_table(scope: Construct, id_: str = "Rows", **props: Any) -> dynamodb.Table:  # noqa: ANN401 - as Table has
    """A table that a check accepts without a word."""
    defaults = {
        "partition_key": PK,
        "stream": dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        "time_to_live_attribute": "ttl",
        "point_in_time_recovery_specification": dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    }
    return dynamodb.Table(scope, id_, **{**defaults, **props})


def vendored_elsewhere(scope: Construct) -> lambda_.IFunction:
    """A function of another app that has the library in it, imported with its role."""
    return lambda_.Function.from_function_attributes(
        scope,
        "Theirs",
        function_arn="arn:aws:lambda:eu-west-1:123456789012:function:theirs",
        role=iam.Role.from_role_arn(scope, "TheirRole", "arn:aws:iam::123456789012:role/theirs"),
        same_environment=True,
    )


def variables(consumer: lambda_.Function) -> dict[str, Any]:
    """The variables that tell a function of checks."""
    found: dict[str, Any] = properties(consumer).get("Environment", {}).get("Variables", {})
    return {name: value for name, value in found.items() if name.startswith(ENVIRONMENT_PREFIX)}


def told(consumer: lambda_.Function, suffix: str = "") -> Settings:
    """What a function is told of its one check, as a server of it or in another role."""
    roles = ("_START", "_OUTCOME")
    (value,) = (
        value
        for name, value in variables(consumer).items()
        if (name.endswith(suffix) if suffix else not name.endswith(roles))
    )
    return Settings.from_json(shown(value))


def shown(value: object) -> str:
    """A resolved string with pseudo parameters filled in, and other references as {logical id}."""
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(shown, parts))
    if isinstance(value, dict) and not str(value.get("Ref", "")).startswith("AWS::"):
        (target,) = value.values()
        return f"{{{target if isinstance(target, str) else target[0]}}}"
    return literal(value)


def reference(construct: IConstruct) -> str:
    """How a template of the construct's stack names it."""
    resource = construct.node.default_child or construct
    return str(Stack.of(construct).resolve(resource.logical_id))  # type: ignore[attr-defined]  # a CfnElement


def statements_of(function_: lambda_.IFunction, *stacks: Stack) -> list[Resource]:
    """All that a function's role may do, by the policies of these stacks or of its own."""
    assert function_.role is not None
    role = reference(function_.role)
    found: list[Resource] = []
    for stack in stacks or (Stack.of(function_),):
        for policy in of_type(stack, "AWS::IAM::Policy").values():
            if role in json.dumps(policy["Properties"]["Roles"]):
                found += policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def actions_of(function_: lambda_.IFunction, *stacks: Stack) -> set[str]:
    """The actions that a function's role may do."""
    listed = (each["Action"] for each in statements_of(function_, *stacks))
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def mapping_of(function_: lambda_.IFunction, stack: Stack) -> list[Resource]:
    """The event source mappings of a function."""
    name = reference(function_)
    mappings = of_type(stack, "AWS::Lambda::EventSourceMapping").values()
    return [each["Properties"] for each in mappings if name in json.dumps(each["Properties"]["FunctionName"])]


def named(queue: sqs.IQueue) -> str:
    """A queue's name."""
    return str(properties(queue)["QueueName"])


def queue_arn(queue: sqs.IQueue) -> str:
    """A queue's ARN, with pseudo parameters filled in."""
    return f"arn:aws:sqs:eu-west-1:123456789012:{named(queue)}"


def flows(consumer: lambda_.Function) -> dict[str, FlowSettings]:
    """What a function is told of its queues, by the queue's name."""
    found = [FlowSettings.from_json(shown(value)) for value in synth.variables(consumer).values()]
    return {each.queue_arn.rpartition(":")[2]: each for each in found}
