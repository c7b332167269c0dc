"""The example app: `cdk deploy --all` puts three stories into the account at hand, each with and without the library.

A slow courier, with two order hubs; a vendor of spot instances, with two elastigroups; orders that nobody accepts, with
two order checks.
"""

from typing import NamedTuple

import aws_cdk as cdk

from constructs_lib import FlowControlChecks
from stacks.elastigroup_stack import ElastigroupStack
from stacks.elastigroup_without_idempotency_stack import ElastigroupWithoutIdempotencyStack
from stacks.order_check_stack import OrderCheckStack
from stacks.order_check_without_claim_stack import OrderCheckWithoutClaimStack
from stacks.order_hub_stack import OrderHubStack
from stacks.order_hub_without_flow_control_stack import OrderHubWithoutFlowControlStack
from stacks.slow_courier_stack import SlowCourierStack
from stacks.spot_vendor_stack import SpotVendorStack


class Example(NamedTuple):
    """The example's stacks."""

    courier: SlowCourierStack
    hub: OrderHubStack
    hub_without_flow_control: OrderHubWithoutFlowControlStack
    vendor: SpotVendorStack
    elastigroup: ElastigroupStack
    elastigroup_without_idempotency: ElastigroupWithoutIdempotencyStack
    order_check: OrderCheckStack
    order_check_without_claim: OrderCheckWithoutClaimStack


def build(app: cdk.App) -> Example:
    """Add the stacks to an app."""
    courier = SlowCourierStack(app, "SlowCourierStack")
    vendor = SpotVendorStack(app, "SpotVendorStack")
    return Example(
        courier=courier,
        hub=OrderHubStack(
            app,
            "OrderHubStack",
            courier_url=courier.url,
            courier_api_key=courier.api_key_secret,
            calls_per_second=courier.rate,
            burst=courier.burst,
        ),
        hub_without_flow_control=OrderHubWithoutFlowControlStack(
            app, "OrderHubWithoutFlowControlStack", courier_url=courier.url, courier_api_key=courier.api_key_secret
        ),
        vendor=vendor,
        elastigroup=ElastigroupStack(
            app, "ElastigroupStack", vendor_url=vendor.url, vendor_api_key=vendor.api_key_secret
        ),
        elastigroup_without_idempotency=ElastigroupWithoutIdempotencyStack(
            app,
            "ElastigroupWithoutIdempotencyStack",
            vendor_url=vendor.url,
            vendor_api_key=vendor.api_key_secret,
        ),
        order_check=OrderCheckStack(app, "OrderCheckStack"),
        order_check_without_claim=OrderCheckWithoutClaimStack(app, "OrderCheckWithoutClaimStack"),
    )


if __name__ == "__main__":
    example = cdk.App()
    cdk.Validations.of(example).add_plugins(FlowControlChecks())
    build(example)
    example.synth()
