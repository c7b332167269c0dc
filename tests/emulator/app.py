"""The flows that the end-to-end tests drive: one message at a time, in batches, and in order."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib import Downstream, FlowControlledQueue
from stacks._functions import RUNTIME

CONSUMER = Path(__file__).with_name("consumer")


def courier(name: str) -> Downstream:
    """A courier of a flow's own: the three flows do not share a rate."""
    return Downstream(calls_per_second=40, burst=10, p99_latency=Duration.seconds(1), name=name)


class FlowsUnderTest(cdk.Stack):
    """Three flows with a consumer each, and the sources of the first."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        # Nobody waits five minutes for these retries to end.
        outage_tolerance = Duration.seconds(0)
        single_consumer = self._consumer("SingleConsumer", timeout=3)
        single = FlowControlledQueue(
            self,
            "Single",
            consumer=single_consumer,
            downstream=courier("Single"),
            outage_tolerance=outage_tolerance,
        )
        bus = events.EventBus(self, "Bus")
        topic = sns.Topic(self, "Topic")
        single.add_event_rule(event_bus=bus, event_pattern=events.EventPattern(detail_type=["order"]))
        single.add_topic(topic)
        batch = FlowControlledQueue(
            self,
            "Batch",
            consumer=self._consumer("BatchConsumer", timeout=9),
            downstream=courier("Batch"),
            batch_size=5,
            outage_tolerance=outage_tolerance,
        )
        fifo = FlowControlledQueue(
            self,
            "InOrder",
            consumer=self._consumer("InOrderConsumer", timeout=9),
            downstream=courier("InOrder"),
            fifo=True,
            batch_size=5,
            outage_tolerance=outage_tolerance,
        )
        cdk.CfnOutput(self, "SingleConsumerName", value=single_consumer.function_name)
        cdk.CfnOutput(self, "BusName", value=bus.event_bus_name)
        cdk.CfnOutput(self, "TopicArn", value=topic.topic_arn)
        for name, flow in {"Single": single, "Batch": batch, "InOrder": fifo}.items():
            cdk.CfnOutput(self, f"{name}QueueUrl", value=flow.queue.queue_url)
            assert flow.dead_letter_queue is not None
            cdk.CfnOutput(self, f"{name}DeadLetterQueueUrl", value=flow.dead_letter_queue.queue_url)

    def _consumer(self, id: str, *, timeout: int) -> lambda_.Function:
        return lambda_.Function(
            self,
            id,
            runtime=RUNTIME,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(CONSUMER), exclude=["__pycache__"]),
            timeout=Duration.seconds(timeout),
        )


if __name__ == "__main__":
    app = cdk.App()
    FlowsUnderTest(app, "FlowsUnderTest")
    app.synth()
