"""The order checks as their experiment needs them: short times, the provider on loopback, functions that can die.

Run by the CDK CLI with AWS_ENDPOINT_URL naming the emulator, and the providers' addresses in the environment.
"""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from local.aspects import AddressAtTheEmulator, DeliveryStreamTargets, DiesWhenTold
from local.demo.delayed_check_plan import (
    CALLS_PER_SECOND,
    CROSSING_DEADLINE,
    CROSSING_DELAY,
    DEADLINE,
    DELAY,
    FUNCTION_TIMEOUT,
    NAIVE_PROVIDER,
    OURS_PROVIDER,
)
from stacks._functions import RUNTIME
from stacks.order_check_stack import OrderCheckStack
from stacks.order_check_without_claim_stack import OrderCheckWithoutClaimStack

_FLOOR = Path(__file__).with_name("floor")


class FloorStack(cdk.Stack):
    """A plain queue, a plain mapping, and a function of nothing."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        queue = sqs.Queue(self, "Queue", removal_policy=RemovalPolicy.DESTROY)
        function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(_FLOOR), exclude=["__pycache__"]),
            timeout=Duration.seconds(FUNCTION_TIMEOUT),
        )
        function.add_event_source(sources.SqsEventSource(queue, batch_size=1))
        cdk.CfnOutput(self, "QueueUrl", value=queue.queue_url)
        cdk.CfnOutput(self, "FunctionName", value=function.function_name)


def build(app: cdk.App, *, endpoint: str, ours: str, naive: str) -> None:
    """Add the stacks to an app.

    Args:
        app: The app.
        endpoint: The emulator.
        ours: The address of the provider that DelayedCheck's function calls.
        naive: That of the other version's.
    """
    delay, timeout = Duration.seconds(DELAY), Duration.seconds(FUNCTION_TIMEOUT)
    check = OrderCheckStack(
        app,
        "OrderCheckStack",
        provider_url=ours,
        delay=delay,
        deadline=Duration.seconds(DEADLINE),
        contacts_per_second=CALLS_PER_SECOND,
        function_timeout=timeout,
    )
    for name, function in {"Start": check.check.start_function, "Outcomes": check.check.outcomes_function}.items():
        cdk.CfnOutput(check, f"{name}FunctionName", value=function.function_name)
    desk = check.desk
    reports = AddressAtTheEmulator(
        variable="REPORTS_URL", api=desk.api, path="reports", endpoint=endpoint, stage=desk.stage_name
    )
    for function in (check.function, check.report):
        cdk.Aspects.of(function).add(reports)
    without = OrderCheckWithoutClaimStack(
        app, "OrderCheckWithoutClaimStack", provider_url=naive, delay=delay, function_timeout=timeout
    )
    for function in (check.function, without.function):
        cdk.Aspects.of(function).add(DiesWhenTold())
    cdk.Aspects.of(app).add(DeliveryStreamTargets())
    FloorStack(app, "FloorStack")
    _add_late_check(app, ours)


def _add_late_check(app: cdk.App, provider_url: str) -> None:
    """A check whose delay is longer than SQS can wait. It knows none of its orders, so it calls nobody."""
    late = OrderCheckStack(
        app,
        "LateOrderCheckStack",
        provider_url=provider_url,
        delay=Duration.seconds(CROSSING_DELAY),
        deadline=Duration.seconds(CROSSING_DEADLINE),
        function_timeout=Duration.seconds(FUNCTION_TIMEOUT),
    )
    cdk.CfnOutput(late, "StartFunctionName", value=late.check.start_function.function_name)


if __name__ == "__main__":
    cdk_app = cdk.App()
    build(
        cdk_app,
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        ours=os.environ[OURS_PROVIDER],
        naive=os.environ[NAIVE_PROVIDER],
    )
    cdk_app.synth()
