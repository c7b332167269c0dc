"""A short way to an app with a function and a flow, and to what its templates say.

CloudFormation's validator is off in tests (CDK_VALIDATION, set in conftest.py); `make synth` has it on.
"""

import atexit
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct, IConstruct

from constructs_lib.flow_control import Downstream, FlowControlledQueue
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings

#: The courier of the example: ten calls a second, 0 to 2 s, one in five fails.
COURIER = Downstream(
    calls_per_second=10,
    burst=10,
    mean_latency=Duration.millis(810),
    p99_latency=Duration.seconds(2),
    error_rate=0.2,
    name="courier",
)

ANY_ORDER = events.EventPattern(source=["shop"], detail_type=["order"])

#: The feature flags that a new CDK app has switched on.
RECOMMENDED_FLAGS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "cdk.json").read_text(encoding="utf-8")
)["context"]
#: Facts that hold with and without the flags of `cdk init`.
FLAGS = pytest.mark.parametrize("flags", [{}, RECOMMENDED_FLAGS], ids=["no flags", "recommended flags"])
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"

# CDK leaves a folder of its own behind for every app.
_ASSEMBLIES = tempfile.TemporaryDirectory(prefix="constructs-lib-tests-")
atexit.register(_ASSEMBLIES.cleanup)

Resource = dict[str, Any]


def new_app(**context: object) -> cdk.App:
    """An app with nothing in it."""
    return cdk.App(context=context or None, outdir=tempfile.mkdtemp(dir=_ASSEMBLIES.name))


def new_stack(id_: str = "Shop", *, scope: Construct | None = None, **props: Any) -> Stack:  # noqa: ANN401 - as Stack has
    """A stack, in an app of its own where none is given."""
    return Stack(new_app() if scope is None else scope, id_, **props)


def function(scope: Construct, id_: str = "Function", **props: Any) -> lambda_.Function:  # noqa: ANN401 - as Function has
    """A Python function that may run ten seconds."""
    defaults = {
        "runtime": lambda_.Runtime.PYTHON_3_13,
        "handler": "index.handler",
        "code": lambda_.Code.from_inline("def handler(event, context): ..."),
        "timeout": Duration.seconds(10),
    }
    return lambda_.Function(scope, id_, **{**defaults, **props})


def flow(
    scope: Construct,
    id_: str = "Flow",
    *,
    consumer: lambda_.IFunction | None = None,
    **props: Any,  # noqa: ANN401 - as the construct has
) -> FlowControlledQueue:
    """A flow, before a function and in front of a courier of its own where none are given."""
    consumer = function(scope) if consumer is None else consumer
    if "downstream" not in props:
        props["downstream"] = replace(COURIER, name=f"courier of {scope.node.path}/{id_}")
    return FlowControlledQueue(scope, id_, consumer=consumer, **props)


def with_everything(stack: Stack, **props: Any) -> FlowControlledQueue:  # noqa: ANN401 - as the construct has
    """A flow with an alarm topic, a source of each kind and a dashboard."""
    found = flow(stack, alarm_topic=sns.Topic(stack, "Alarms", enforce_ssl=True), **props)
    found.add_event_rule(event_pattern=ANY_ORDER)
    found.add_topic(sns.Topic(stack, "Topic", enforce_ssl=True))
    found.create_dashboard()
    return found


def template(stack: Stack) -> Resource:
    """The stack's template; synthesises the app."""
    return dict(Template.from_stack(stack).to_json())


def of_type(stack: Stack, type_: str) -> dict[str, Resource]:
    """The stack's resources of a type, by logical id."""
    resources = template(stack)["Resources"]
    return {name: resource for name, resource in resources.items() if resource["Type"] == type_}


def the(stack: Stack, type_: str) -> Resource:
    """The properties of the stack's one resource of a type."""
    found = of_type(stack, type_)
    assert len(found) == 1, sorted(found)
    return dict(next(iter(found.values()))["Properties"])


def properties(construct: IConstruct) -> Resource:
    """What the template says of one construct (an L2, or the resource itself)."""
    stack = Stack.of(construct)
    resource = construct.node.default_child or construct
    assert isinstance(resource, cdk.CfnElement)
    found: Resource = template(stack)["Resources"][stack.resolve(resource.logical_id)]
    return dict(found["Properties"])


def statements(construct: IConstruct) -> list[Resource]:
    """The statements of a policy."""
    found: list[Resource] = properties(construct)["PolicyDocument"]["Statement"]
    return found


def errors(scope: IConstruct) -> list[str]:
    """What makes the synthesis fail, one entry an error."""
    app = scope.node.root
    assert isinstance(app, cdk.App)
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    return [line.strip() for line in str(caught.value).splitlines() if line.strip().startswith("[")]


def warnings(stack: Stack) -> list[str]:
    """The warnings that the CLI prints for the stack."""
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return [str(message.entry.data) for message in found]


def metadata(construct: IConstruct) -> dict[str, Any]:
    """What the construct tree says of a construct, by kind."""
    return {entry.type: entry.data for entry in construct.node.metadata}


def rules(found: FlowControlledQueue) -> list[str]:
    """The ids of the rules that the flow breaks, or that were not checked."""
    return [finding.rule for finding in found.findings]


def literal(value: object, **pseudo: str) -> str:
    """A resolved string with pseudo parameters filled in: eu-west-1, account 123456789012."""
    known = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", **pseudo}
    if isinstance(value, str):
        return re.sub(r"\$\{(AWS::\w+)\}", lambda match: known[match[1]], value)
    assert isinstance(value, Mapping), value
    if "Ref" in value:
        return known[value["Ref"]]
    separator, parts = value["Fn::Join"]
    return str(separator).join(literal(part, **pseudo) for part in parts)


def check_deployable(scope: IConstruct) -> None:
    """Synthesise the app, and read each template, which looks for what CloudFormation refuses: a cycle of resources."""
    app = scope.node.root
    assert isinstance(app, cdk.App)
    app.synth()
    for stack in app.node.find_all():
        if isinstance(stack, Stack):
            template(stack)


def imports(stack: Stack) -> bool:
    """Whether the stack's template needs another stack's outputs."""
    return "Fn::ImportValue" in json.dumps(template(stack))


def variables(consumer: lambda_.Function) -> dict[str, Any]:
    found: dict[str, Any] = properties(consumer).get("Environment", {}).get("Variables", {})
    return {name: value for name, value in found.items() if name.startswith(ENVIRONMENT_PREFIX)}


def settings(consumer: lambda_.Function) -> list[Settings]:
    """What the function reads at run time."""
    return [Settings.from_json(literal(value)) for value in variables(consumer).values()]
