"""The example app: `cdk deploy --all` puts a slow courier and two order hubs into the account at hand."""

import aws_cdk as cdk

from stacks.order_hub_stack import OrderHubStack
from stacks.order_hub_without_flow_control_stack import OrderHubWithoutFlowControlStack
from stacks.slow_courier_stack import SlowCourierStack


def build(app: cdk.App) -> tuple[SlowCourierStack, OrderHubStack, OrderHubWithoutFlowControlStack]:
    """Add the stacks to an app."""
    courier = SlowCourierStack(app, "SlowCourierStack")
    hub = OrderHubStack(
        app,
        "OrderHubStack",
        courier_url=courier.url,
        courier_api_key=courier.api_key_secret,
        calls_per_second=courier.rate,
        burst=courier.burst,
    )
    without = OrderHubWithoutFlowControlStack(
        app, "OrderHubWithoutFlowControlStack", courier_url=courier.url, courier_api_key=courier.api_key_secret
    )
    return courier, hub, without


if __name__ == "__main__":
    example = cdk.App()
    build(example)
    example.synth()
