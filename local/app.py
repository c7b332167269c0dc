"""The example app as the laptop needs it: the stacks of `app.py`, and the aspects for what the emulator lacks.

Run by the CDK CLI: `cdk deploy --app "python -m local.app" --all`, with AWS_ENDPOINT_URL naming the emulator.
"""

import dataclasses
import json
import os

import aws_cdk as cdk

from app import build as build_example
from local.aspects import AddressAtTheEmulator, AsynchronousTargets


def build(app: cdk.App, *, endpoint: str) -> None:
    """Add the stacks and aspects to an app."""
    courier, hub, without = build_example(app)
    address = AddressAtTheEmulator(variable="COURIER_URL", api=courier.api, path="deliveries", endpoint=endpoint)
    for function in (hub.delivery, without.delivery):
        cdk.Aspects.of(function).add(address)
    cdk.Aspects.of(app).add(AsynchronousTargets())

    # For the report: what the courier allows, and what the construct made of it.
    cdk.CfnOutput(courier, "CallsPerSecond", value=str(courier.rate))
    cdk.CfnOutput(courier, "Burst", value=str(courier.burst))
    cdk.CfnOutput(hub, "Sizing", value=json.dumps(dataclasses.asdict(hub.flow.sizing)))


def main() -> None:
    """Synthesise for the emulator at AWS_ENDPOINT_URL."""
    app = cdk.App()
    build(app, endpoint=os.environ["AWS_ENDPOINT_URL"])
    app.synth()


if __name__ == "__main__":
    main()
