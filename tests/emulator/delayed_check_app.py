"""The checks that the end-to-end tests drive, both with one function: one by rule, one that crosses Scheduler."""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.delayed_check import DelayedCheck, Downstream, Experiment
from local.aspects import DiesWhenTold
from stacks._functions import RUNTIME

CODE = Path(__file__).with_name("order_check")
#: Seconds. A contact queue hides a message for six times the timeout: so long a killed worker's message is away. The
#: deadline is far, because a busy machine must not change what is tested; what is to be late was placed long before.
TIMEOUT, DELAY, DEADLINE = 4, 4, 600
CROSSING_DELAY, CROSSING_DEADLINE = 1200, 3600
EXPERIMENT = Experiment(key="order-check", arms={"call": 50, "control": 50}, control="control")
PROVIDER, CREDENTIALS = "TEST_PROVIDER", "TEST_CREDENTIALS"


class ChecksUnderTest(cdk.Stack):
    """Two checks of one function, a producer, a webhook, and a queue that gets the outcomes."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.orders = dynamodb.Table(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.function = self._function("Function", "handler")
        cdk.Aspects.of(self.function).add(DiesWhenTold())
        self.check = self._check("Check", DELAY, DEADLINE, EXPERIMENT)
        self.crossing = self._check("Crossing", CROSSING_DELAY, CROSSING_DEADLINE)
        self.bus = events.EventBus(self, "Bus")
        self.check.add_event_rule(
            event_bus=self.bus,
            event_pattern=events.EventPattern(detail_type=["order"]),
            unit="$.detail.order_id",
            placed_at="$.detail.placed_at",
        )
        self.producer, self.webhook = self._function("Producer", "produce"), self._function("Webhook", "webhook")
        self.check.grant_start(self.producer)
        self.crossing.grant_start(self.producer)
        self.check.grant_record_outcome(self.webhook)
        self.outcomes = self._outcomes()
        self._add_outputs()

    def _check(self, id: str, delay: int, deadline: int, experiment: Experiment | None = None) -> DelayedCheck:
        return DelayedCheck(
            self,
            id,
            handler=self.function,
            delay=Duration.seconds(delay),
            deadline=Duration.seconds(deadline),
            experiment=experiment,
            # Many contacts a second: the tests wait for what they test.
            contact_rate=Downstream(calls_per_second=20, burst=10),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _outcomes(self) -> sqs.Queue:
        outcomes = sqs.Queue(self, "OutcomesQueue")
        for one in (self.check, self.crossing):
            events.Rule(
                self,
                f"{one.node.id}Outcomes",
                event_bus=one.outcomes,
                event_pattern=events.EventPattern(detail_type=["DelayedCheckOutcome"]),
                targets=[targets.SqsQueue(outcomes)],
            )
        return outcomes

    def _add_outputs(self) -> None:
        for name, value in {
            "FunctionName": self.function.function_name,
            "ProducerName": self.producer.function_name,
            "WebhookName": self.webhook.function_name,
            "BusName": self.bus.event_bus_name,
            "OrdersName": self.orders.table_name,
            "OutcomesQueueUrl": self.outcomes.queue_url,
            "CheckName": self.check.name,
            "CrossingName": self.crossing.name,
            "CrossingStartName": self.crossing.start_function.function_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _function(self, id: str, name: str) -> lambda_.Function:
        function = lambda_.Function(
            self,
            id,
            runtime=RUNTIME,
            handler=f"handler.{name}",
            code=lambda_.Code.from_asset(str(CODE), exclude=["__pycache__"]),
            timeout=Duration.seconds(TIMEOUT),
            environment={
                "ORDERS": self.orders.table_name,
                "PROVIDER": os.environ[PROVIDER],
                "CREDENTIALS": os.environ[CREDENTIALS],
            },
        )
        self.orders.grant_read_data(function)
        return function


if __name__ == "__main__":
    app = cdk.App()
    ChecksUnderTest(app, "ChecksUnderTest")
    app.synth()
