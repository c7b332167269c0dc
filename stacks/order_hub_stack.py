"""The order hub with flow control: the courier's limit holds, and no order is lost.

shop -> webhook -> notification function -> bus -> FlowControlledQueue -> delivery function -> courier
                                                      `-> dead-letter queue
"""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib.flow_control import Downstream, FlowControlledQueue, LoadProfile
from stacks.order_hub import OrderHub, add_outputs, delivery_function


class OrderHubStack(Stack):
    """Orders wait in a queue and reach the courier at the pace that it can take.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        courier_url: The address that takes deliveries.
        courier_api_key: The secret whose value is the courier's API key.
        calls_per_second: What the courier allows in the long run.
        burst: What the courier allows at once.
        max_wait: How long an order may wait for its first delivery. Default: 10 minutes.

    Attributes:
        hub: Webhook, notification function and bus.
        delivery: The function that calls the courier.
        flow: The queue between the bus and the delivery function.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        courier_url: str,
        courier_api_key: secretsmanager.ISecret,
        calls_per_second: float = 10,
        burst: int = 10,
        max_wait: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="An order hub that delivers at the courier's pace")
        self.hub = OrderHub(self, "Hub")
        self.delivery = delivery_function(
            self,
            "Delivery",
            source="order_delivery",
            # One call, its pacing and the report of what became of it; the queue's visibility timeout follows from it.
            timeout=Duration.seconds(10),
            courier_url=courier_url,
            courier_api_key=courier_api_key,
        )
        self.flow = FlowControlledQueue(
            self,
            "Flow",
            consumer=self.delivery,
            # A fifth of the calls fails at once, the others take 0 to 2 seconds: 0.81 seconds on average.
            downstream=Downstream(
                calls_per_second=calls_per_second,
                burst=burst,
                mean_latency=Duration.millis(810),
                p99_latency=Duration.seconds(2),
                error_rate=0.2,
                name="ace-courier",
            ),
            # An evening's orders: for some minutes more than the courier takes, and these wait.
            load=LoadProfile([(Duration.minutes(1), 2, 2), (Duration.minutes(2), 2, 5), (Duration.minutes(10), 4, 15)]),
            max_wait=max_wait or Duration.minutes(10),
        )
        self.flow.add_event_rule(event_bus=self.hub.bus, event_pattern=self.hub.event_pattern)

        add_outputs(self, hub=self.hub, delivery=self.delivery)
        CfnOutput(self, "QueueUrl", value=self.flow.queue.queue_url)
        if self.flow.dead_letter_queue:
            CfnOutput(self, "DeadLetterQueueUrl", value=self.flow.dead_letter_queue.queue_url)
