"""The order hub without flow control, as in the article: it overruns the courier, and loses orders.

shop -> webhook -> notification function -> bus -> delivery function, retrying by itself -> courier
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks._layers import tenacity_layer
from stacks.order_hub import OrderHub, add_outputs, delivery_function


class OrderHubWithoutFlowControlStack(Stack):
    """Every order starts a delivery function at once, which retries inside the invocation.

    Kept to show what goes wrong; do not copy it. Lambda's defaults for asynchronous invocations are left as they are:
    two more attempts, then the order is gone, because there is no dead-letter queue.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        courier_url: The address that takes deliveries.
        courier_api_key: The secret whose value is the courier's API key.

    Attributes:
        hub: Webhook, notification function and bus.
        delivery: The function that calls the courier.
        rule: Sends each order to the function.
    """

    def __init__(self, scope: Construct, id: str, *, courier_url: str, courier_api_key: secretsmanager.ISecret) -> None:
        super().__init__(scope, id, description="An order hub that calls the courier as fast as orders come in")
        self.hub = OrderHub(self, "Hub")
        self.delivery = delivery_function(
            self,
            "Delivery",
            source="order_delivery_without_flow_control",
            # The article's. Five attempts with their waits can take longer than that, which is part of the story.
            timeout=Duration.seconds(29),
            courier_url=courier_url,
            courier_api_key=courier_api_key,
            layers=[tenacity_layer(self)],
        )
        self.rule = events.Rule(
            self,
            "OrderRule",
            event_bus=self.hub.bus,
            event_pattern=self.hub.event_pattern,
            targets=[targets.LambdaFunction(self.delivery)],
        )
        add_outputs(self, hub=self.hub, delivery=self.delivery)
