"""What the example stacks need changed to run on the emulator, and nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import jsii
from aws_cdk import CfnResource, Duration, IAspect, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from local import kill_switch
from stacks._functions import RUNTIME

_FORWARDER = Path(__file__).with_name("forwarder")
_ARCHIVER = Path(__file__).with_name("archiver")

_Resource = TypeVar("_Resource", bound=CfnResource)


@jsii.implements(IAspect)
class AddressAtTheEmulator:
    """Sets one environment variable of a function to the emulator's address of a REST API.

    API Gateway's own address is a name under amazonaws.com, which would leave this machine.

    Args:
        variable: The environment variable.
        api: The REST API.
        path: The path below the stage.
        endpoint: The emulator.
        stage: The stage's name, where it is known: a function behind the API must not depend on its stage.
    """

    def __init__(
        self, *, variable: str, api: apigateway.RestApi, path: str, endpoint: str, stage: str | None = None
    ) -> None:
        self._variable = variable
        stage = stage or api.deployment_stage.stage_name
        self._address = f"{endpoint}/restapis/{api.rest_api_id}/{stage}/_user_request_/{path}"

    def visit(self, node: IConstruct) -> None:
        """Change one function."""
        if isinstance(node, lambda_.Function):
            node.add_environment(self._variable, self._address)


@jsii.implements(IAspect)
class AsynchronousTargets:
    """Puts a function that invokes asynchronously between each EventBridge rule and the functions that it targets.

    EventBridge invokes a function asynchronously, so Lambda queues the event and retries a failure twice. The emulator
    calls the function directly and once, and drops what it throttles: a version without a queue would lose orders here
    that it would not lose on AWS.
    """

    def visit(self, node: IConstruct) -> None:
        """Change one rule."""
        if isinstance(node, events.CfnRule):
            for place, target in _targets(node, lambda_.CfnFunction):
                invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[target.attr_arn])
                forwarder = _between(node, f"Forwarder{place}", _FORWARDER, {"TARGET_FUNCTION": target.ref}, invoke)
                node.add_property_override(f"Targets.{place}.Arn", forwarder.function_arn)


@jsii.implements(IAspect)
class DeliveryStreamTargets:
    """Puts a function between each EventBridge rule and the delivery streams that it targets.

    The emulator's EventBridge does not know Firehose as a target, and drops such events with a warning in its log; its
    Firehose writes what it is given by the function to S3 at once.
    """

    def visit(self, node: IConstruct) -> None:
        """Change one rule."""
        if isinstance(node, events.CfnRule):
            for place, target in _targets(node, firehose.CfnDeliveryStream):
                put = iam.PolicyStatement(actions=["firehose:PutRecord"], resources=[target.attr_arn])
                archiver = _between(node, f"Archiver{place}", _ARCHIVER, {"DELIVERY_STREAM": target.ref}, put)
                node.add_property_override(f"Targets.{place}.Arn", archiver.function_arn)


def _targets(rule: events.CfnRule, of_type: type[_Resource]) -> Iterator[tuple[int, _Resource]]:
    """The rule's targets that are resources of a type and of the rule's stack, each with its place in the rule."""
    stack = Stack.of(rule)
    found = {stack.get_logical_id(one): one for one in stack.node.find_all() if isinstance(one, of_type)}
    for place, target in enumerate(stack.resolve(rule.targets) or []):
        logical_id = _attribute_of(target.get("arn"))
        if logical_id in found:
            yield place, found[logical_id]


def _between(
    rule: events.CfnRule, id: str, code: Path, environment: Mapping[str, str], allowed: iam.PolicyStatement
) -> lambda_.Function:
    """A function that the rule may invoke, and that may do one thing with what it stands for."""
    function = lambda_.Function(
        rule,
        id,
        runtime=RUNTIME,
        handler="handler.handler",
        code=lambda_.Code.from_asset(str(code), exclude=["__pycache__"]),
        timeout=Duration.seconds(10),
        environment=dict(environment),
    )
    function.add_to_role_policy(allowed)
    function.add_permission("Rule", principal=iam.ServicePrincipal("events.amazonaws.com"), source_arn=rule.attr_arn)
    return function


@jsii.implements(IAspect)
class Variables:
    """Sets environment variables of a function."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def visit(self, node: IConstruct) -> None:
        """Change one function."""
        if isinstance(node, lambda_.Function):
            for name, value in self._variables.items():
                node.add_environment(name, value)


@jsii.implements(IAspect)
class ShortTimes:
    """Short times for a function and for CloudFormation's wait for its answer.

    Args:
        function_timeout: Seconds that the function may run; None leaves it.
        service_timeout: Seconds that CloudFormation waits for an answer.
    """

    def __init__(self, *, function_timeout: int | None = None, service_timeout: int) -> None:
        self._function_timeout = function_timeout
        self._service_timeout = service_timeout

    def visit(self, node: IConstruct) -> None:
        """Change one function or custom resource."""
        if isinstance(node, lambda_.CfnFunction) and self._function_timeout is not None:
            node.timeout = self._function_timeout
        if isinstance(node, CfnResource) and node.cfn_resource_type.startswith("Custom::"):
            node.add_property_override("ServiceTimeout", self._service_timeout)


@jsii.implements(IAspect)
class KillSwitch:
    """Lets a function die at chosen points (local/kill_switch).

    Args:
        orders: The folder that says who is to die.
    """

    def __init__(self, orders: str) -> None:
        self._orders = orders

    def visit(self, node: IConstruct) -> None:
        """Change one function."""
        if isinstance(node, lambda_.Function):
            _wrap(node, "demo_kill_switch.handler")
            node.add_environment(kill_switch.ORDERS, self._orders)


@jsii.implements(IAspect)
class DiesWhenTold:
    """Lets a function die when an answer over HTTP tells it to (local/kill_switch)."""

    def visit(self, node: IConstruct) -> None:
        """Change one function."""
        if isinstance(node, lambda_.Function):
            _wrap(node, "demo_die_when_told.handler")


def _wrap(function: lambda_.Function, handler: str) -> None:
    """Put a handler of the layer's around a function's own."""
    resource = function.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        return
    own = resource.handler or ""
    code = lambda_.Code.from_asset(str(kill_switch.LAYER), exclude=["**/__pycache__"])
    function.add_layers(lambda_.LayerVersion(function, "KillSwitch", code=code))
    function.add_environment(kill_switch.HANDLER, own)
    resource.handler = handler


def _attribute_of(arn: object) -> str:
    """The logical id in {"Fn::GetAtt": [logical id, "Arn"]}; empty for anything else."""
    match arn:
        case {"Fn::GetAtt": [str() as logical_id, "Arn"]}:
            return logical_id
        case _:
            return ""
