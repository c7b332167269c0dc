"""The providers that the end-to-end tests drive: one that answers at once, one that polls, and a stack of their own."""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import IdempotentProvider
from constructs_lib.runtime.custom_resource.contract import RESPONSE_HOSTS
from local.app import response_hosts
from local.aspects import KillSwitch, ShortTimes
from local.rigging import Rigging
from stacks._functions import RUNTIME

THING = Path(__file__).with_name("thing")
#: Seconds that a function may run, and that its lease outlives it.
FUNCTION_TIMEOUT, GRACE = 5, 1
#: Made by the test, so that it outlives the stacks.
THINGS = "things"


class ProvidersUnderTest(cdk.Stack):
    """Two providers, and a resource of one that lives and dies with the stack."""

    def __init__(self, scope: Construct, id: str, *, hosts: str) -> None:
        super().__init__(scope, id)
        for name in ("quick", "slow"):
            function = lambda_.Function(
                self,
                f"{name}-function",
                runtime=RUNTIME,
                handler=f"handler.{name}",
                code=lambda_.Code.from_asset(str(THING), exclude=["__pycache__"]),
                timeout=Duration.seconds(FUNCTION_TIMEOUT),
                environment={"THINGS": THINGS, RESPONSE_HOSTS: hosts},
            )
            provider = IdempotentProvider(
                self,
                name,
                handler=function,
                grace=Duration.seconds(GRACE),
                polls=name == "slow",
                removal_policy=RemovalPolicy.DESTROY,
            )
            provider.custom_resource(
                "Own",
                resource_type="Custom::Thing",
                properties={"Name": f"Own-{name}", "Region": "here", "TargetCapacity": 1},
            )
            cdk.CfnOutput(self, f"{name}Token", value=provider.service_token)


if __name__ == "__main__":
    app = cdk.App()
    rigging = Rigging.of_environment()
    assert rigging is not None
    stack = ProvidersUnderTest(app, "ProvidersUnderTest", hosts=response_hosts(os.environ["AWS_ENDPOINT_URL"], rigging))
    for child in stack.node.children:
        if isinstance(child, lambda_.Function):
            cdk.Aspects.of(child).add(KillSwitch(rigging.orders))
    cdk.Aspects.of(stack).add(ShortTimes(service_timeout=60))
    app.synth()
