"""What a user of the wheel writes: an app, its functions, typed code; and what is then run in its layers."""

# A user's app, as in the README: no cdk.json, no feature flag.
APP = """
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs_lib import DelayedCheck, Downstream, Experiment, FlowControlledQueue, IdempotentProvider

app = cdk.App()
stack = cdk.Stack(app, "Shop")
consumer = lambda_.Function(
    stack, "Deliver", runtime=lambda_.Runtime.PYTHON_3_12, handler="deliver.handler",
    code=lambda_.Code.from_asset("deliver"), timeout=cdk.Duration.seconds(10),
)
courier = Downstream(calls_per_second=10, burst=10, mean_latency=cdk.Duration.millis(800))
FlowControlledQueue(stack, "Orders", consumer=consumer, downstream=courier)

fleet = cdk.Stack(app, "Fleet")
maker = lambda_.Function(
    fleet, "Maker", runtime=lambda_.Runtime.PYTHON_3_12, handler="groups.handler",
    code=lambda_.Code.from_asset("groups"), timeout=cdk.Duration.seconds(30),
)
provider = IdempotentProvider(fleet, "Groups", handler=maker, polls=True)
provider.custom_resource("Web", resource_type="Custom::Elastigroup", properties={"Name": "web"})

desk = cdk.Stack(app, "Desk")
caller = lambda_.Function(
    desk, "Caller", runtime=lambda_.Runtime.PYTHON_3_12, handler="calls.handler",
    code=lambda_.Code.from_asset("calls"), timeout=cdk.Duration.seconds(10),
)
DelayedCheck(
    desk, "Calls", handler=caller, delay=cdk.Duration.minutes(5), deadline=cdk.Duration.minutes(10),
    experiment=Experiment(key="call", arms={"call": 50, "control": 50}, control="control"),
)
app.synth()
"""
CONSUMER = """
from constructs_lib.runtime.flow_control import flow_controlled

@flow_controlled
def handler(message):
    pass
"""
MAKER = """
from constructs_lib.runtime.custom_resource import NotFound, ResourceHandler

class Group(ResourceHandler):
    def create(self, ctx, properties):
        return ctx.token, {"Name": properties["Name"]}

    def update(self, ctx, physical_id, properties, old_properties):
        pass

    def delete(self, ctx, physical_id, properties):
        raise NotFound

handler = Group.as_handler()
"""
CALLER = """
from constructs_lib.runtime.delayed_check import CheckHandler

class Calls(CheckHandler):
    def is_settled(self, ctx, unit):
        return False

    def contact(self, ctx, unit, arm, token):
        return "call-1"

handler = Calls.as_handler()
"""
# mypy reports an ignore that ignores nothing: each one below is a mistake that the wheel's types must find.
USER = """
from typing import Any, assert_type
from constructs_lib import DelayedCheck, Downstream, Experiment, FlowControlledQueue, IdempotentProvider
from constructs_lib.runtime import delayed_check
from constructs_lib.runtime.custom_resource import Context, InProgress, ResourceHandler
from constructs_lib.runtime.flow_control import Message, flow_controlled

Downstream(calls_per_second="ten")  # type: ignore[arg-type]
Downstream(10)  # type: ignore[call-arg]

def show(flow: FlowControlledQueue) -> None:
    assert_type(flow.sizing.max_concurrency, int)
    print(flow.sizing.max_concurency)  # type: ignore[attr-defined]

@flow_controlled
def handler(message: Message) -> None:
    assert_type(message.attempt, int)

class Group(ResourceHandler):
    replace_on = {"Region"}

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]] | InProgress:
        assert_type(ctx.token, str)
        ctx.created(7)  # type: ignore[arg-type]
        return ctx.token, {}

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> str | None:
        return ctx.replace()

    def delete(self, ctx: Context, physical_id: str) -> None:  # type: ignore[override]
        pass

handle = Group.as_handler()

def look(provider: IdempotentProvider) -> None:
    assert_type(provider.service_token, str)
    provider.custom_resource("Web", properties={})  # type: ignore[call-arg]

class Calls(delayed_check.CheckHandler):
    def is_settled(self, ctx: delayed_check.Context, unit: str) -> bool:
        assert_type(unit, str)
        return False

    def contact(self, ctx: delayed_check.Context, unit: str) -> str:  # type: ignore[override]
        raise delayed_check.Rejected("busy")

Experiment(key="call", arms={"call": "half"}, control="control")  # type: ignore[dict-item]

def watch(check: DelayedCheck) -> None:
    assert_type(check.name, str)
    check.grant_starts()  # type: ignore[attr-defined]
"""
# The CDK's types are the CDK's to test, and reading them takes a minute.
MYPY = """
[mypy]
strict = true
[mypy-aws_cdk.*]
follow_imports = skip
"""
# Started with a layer and Lambda's packages; imports everything in the layer.
LAMBDA = """
import importlib, os, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import constructs_lib.runtime as runtime
for module in pkgutil.walk_packages(runtime.__path__, runtime.__name__ + "."):
    print(importlib.import_module(module.name).__name__)
"""
# What the slice then does there, the end of each script: nothing of the CDK has come along.
CALLS = {
    "flow_control": """
from constructs_lib.runtime.flow_control import flow_controlled
assert flow_controlled(lambda message: None)({"Records": []}, None) == {"batchItemFailures": []}
""",
    # Lambda's entry point imports the author's handler, which is beside it; the event is dropped, for its URL.
    "custom_resource": """
from constructs_lib.runtime.custom_resource import contract
os.environ[contract.ENVIRONMENT] = contract.Settings(table_name="none", author_handler="groups.handler").to_json()
entry, _, name = contract.ENTRY_POINT.rpartition(".")
assert getattr(importlib.import_module(entry), name)({"RequestType": "Create", "ResponseURL": "http://x"}, None) is None
assert sys.modules["groups"].handler.__name__ == "Group"
""",
    # Lambda's entry points of the library's own functions, and the author's handler, which is beside them.
    "delayed_check": """
from constructs_lib.runtime.delayed_check import contract
for path in (contract.START_HANDLER, contract.OUTCOMES_HANDLER, "calls.handler"):
    module, _, name = path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
""",
}
NO_CDK = """
assert not {"aws_cdk", "constructs", "jsii"} & set(sys.modules)
"""
