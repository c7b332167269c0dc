"""What the two order hubs have in common: everything up to the event bus, and the delivery function's wiring.

shop --POST /notify--> notification function --notify-order event--> event bus --> (one of two ways) --> courier
"""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks._functions import python_function
from stacks._rest_api import OrderApi

EVENT_SOURCE = "order-hub"
DETAIL_TYPE = "notify-order"


class OrderHub(Construct):
    """A webhook that turns each order into one event on a bus of its own.

    Attributes:
        bus: The bus with the orders.
        event_pattern: Matches the events that are orders.
        notification: The function behind the webhook.
        api: The webhook's REST API.
        url: The address to post orders to.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.bus = events.EventBus(self, "Bus", description="Orders, one event each")
        self.event_pattern = events.EventPattern(source=[EVENT_SOURCE], detail_type=[DETAIL_TYPE])
        self.notification = python_function(
            self,
            "Notification",
            source="order_notification",
            timeout=Duration.seconds(29),
            environment={
                "EVENT_BUS_NAME": self.bus.event_bus_name,
                "EVENT_SOURCE": EVENT_SOURCE,
                "DETAIL_TYPE": DETAIL_TYPE,
            },
        )
        self.bus.grant_put_events_to(self.notification)
        webhook = OrderApi(
            self, "Webhook", path="notify", function=self.notification, description="The shop's order notifications"
        )
        self.api = webhook.api
        self.url = webhook.url


def delivery_function(
    scope: Construct,
    id: str,
    *,
    source: str,
    timeout: Duration,
    courier_url: str,
    courier_api_key: secretsmanager.ISecret,
    layers: Sequence[lambda_.ILayerVersion] = (),
) -> lambda_.Function:
    """A function that may call the courier: it knows the address and may read the secret with the API key."""
    function = python_function(
        scope,
        id,
        source=source,
        timeout=timeout,
        layers=layers,
        environment={"COURIER_URL": courier_url, "COURIER_API_KEY_SECRET": courier_api_key.secret_arn},
    )
    courier_api_key.grant_read(function)
    return function


def add_outputs(scope: Construct, *, hub: OrderHub, delivery: lambda_.Function) -> None:
    """The outputs that both hubs' stacks have."""
    CfnOutput(scope, "WebhookUrl", value=hub.url, description="POST orders here")
    for name, function in {"Notification": hub.notification, "Delivery": delivery}.items():
        CfnOutput(scope, f"{name}FunctionName", value=function.function_name)
        CfnOutput(scope, f"{name}LogGroup", value=function.log_group.log_group_name)
