"""The example app as the laptop needs it: the stacks of `app.py`, and the aspects for what the emulator lacks.

Run by the CDK CLI: `cdk deploy --app "python -m local.app" --all`, with AWS_ENDPOINT_URL naming the emulator. With
DEMO_RECORDER and DEMO_KILL_ORDERS it is the app of the custom-resource experiment.
"""

import json
import os
import urllib.parse
from collections.abc import Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from app import Example
from app import build as build_example
from constructs_lib.runtime.custom_resource.contract import ENVIRONMENT, RESPONSE_HOSTS, Settings
from local.aspects import (
    AddressAtTheEmulator,
    AsynchronousTargets,
    DeliveryStreamTargets,
    KillSwitch,
    ShortTimes,
    Variables,
)
from local.rigging import COUNTED, FUNCTION_TIMEOUT, GRACE, LONGEST_WAIT, SERVICE_TIMEOUT, Rigging
from stacks.elastigroup import Mode, groups_path
from stacks.elastigroup_stack import ElastigroupStack
from stacks.elastigroup_without_idempotency_stack import ElastigroupWithoutIdempotencyStack

#: Nobody listens there: no call leaves this machine, and an order that is to be called about expires at its deadline.
NO_PROVIDER = "http://127.0.0.1:9"


def build(app: cdk.App, *, endpoint: str, rigging: Rigging | None = None) -> None:
    """Add the stacks and aspects to an app."""
    example = build_example(app)
    _order_hubs(example, endpoint)
    _elastigroups(app, example, endpoint, rigging)
    _order_checks(example, endpoint)
    cdk.Aspects.of(app).add(AsynchronousTargets())
    cdk.Aspects.of(app).add(DeliveryStreamTargets())


def _order_hubs(example: Example, endpoint: str) -> None:
    courier, hub = example.courier, example.hub
    address = AddressAtTheEmulator(variable="COURIER_URL", api=courier.api, path="deliveries", endpoint=endpoint)
    for function in (hub.delivery, example.hub_without_flow_control.delivery):
        cdk.Aspects.of(function).add(address)

    # For the report: what the courier allows, and what the construct made of it.
    cdk.CfnOutput(courier, "CallsPerSecond", value=str(courier.rate))
    cdk.CfnOutput(courier, "Burst", value=str(courier.burst))
    cdk.CfnOutput(hub, "Sizing", value=json.dumps(hub.flow.sizing.as_metadata()))


def _elastigroups(app: cdk.App, example: Example, endpoint: str, rigging: Rigging | None) -> None:
    naive, ours = example.elastigroup_without_idempotency, [example.elastigroup]
    if rigging:
        ours += [_other_vendor(app, example, "Q"), _other_vendor(app, example, "N")]
    hosts = Variables({RESPONSE_HOSTS: response_hosts(endpoint, rigging)})
    for one in ours:
        cdk.Aspects.of(one.function).add(hosts)
    groups: list[ElastigroupStack | ElastigroupWithoutIdempotencyStack] = [naive, *ours]
    for stack in groups:
        address = AddressAtTheEmulator(
            variable="VENDOR_URL", api=example.vendor.api, path=groups_path(stack.mode), endpoint=endpoint
        )
        cdk.Aspects.of(stack.function).add(address)
    if rigging:
        _rig(naive, ours, rigging)
    else:  # an answer that got lost must not keep anybody for an hour
        cdk.Aspects.of(naive).add(ShortTimes(service_timeout=LONGEST_WAIT))


def _order_checks(example: Example, endpoint: str) -> None:
    check, without = example.order_check, example.order_check_without_claim
    desk = check.desk
    reports = AddressAtTheEmulator(
        variable="REPORTS_URL", api=desk.api, path="reports", endpoint=endpoint, stage=desk.stage_name
    )
    for function in (check.function, check.report):
        cdk.Aspects.of(function).add(reports)
    for function in (check.function, check.report, without.function):
        cdk.Aspects.of(function).add(Variables({"TWILIO_URL": NO_PROVIDER}))


def _rig(naive: ElastigroupWithoutIdempotencyStack, ours: Sequence[ElastigroupStack], rigging: Rigging) -> None:
    groups: list[ElastigroupStack | ElastigroupWithoutIdempotencyStack] = [naive, *ours]
    for stack in groups:
        times = ShortTimes(function_timeout=FUNCTION_TIMEOUT, service_timeout=SERVICE_TIMEOUT)
        cdk.Aspects.of(stack.function).add(times)
        cdk.Aspects.of(stack).add(ShortTimes(service_timeout=SERVICE_TIMEOUT))
        cdk.Aspects.of(stack.function).add(KillSwitch(rigging.orders))
    recorder = Variables({"AWS_ENDPOINT_URL": f"http://{rigging.recorder}"})
    for one in ours:
        settings = Settings.from_json(one.provider.environment[ENVIRONMENT])._replace(grace=GRACE)
        cdk.Aspects.of(one.function).add(Variables({ENVIRONMENT: settings.to_json()}))
        if one.mode == COUNTED:
            cdk.Aspects.of(one.function).add(recorder)
    # CDK's framework answers without the port of the ResponseURL, and the emulator then takes this address's.
    framework = cast("lambda_.Function", naive.provider.node.find_child("framework-onEvent"))
    cdk.Aspects.of(framework).add(recorder)
    cdk.CfnOutput(naive, "FrameworkFunctionName", value=framework.function_name)


def _other_vendor(app: cdk.App, example: Example, mode: Mode) -> ElastigroupStack:
    return ElastigroupStack(
        app,
        f"Elastigroup{mode}Stack",
        vendor_url=example.vendor.url,
        vendor_api_key=example.vendor.api_key_secret,
        mode=mode,
    )


def response_hosts(endpoint: str, rigging: Rigging | None) -> str:
    """Who may be behind a ResponseURL: the emulator, which calls itself localhost, and the recorder."""
    port = urllib.parse.urlsplit(endpoint).port
    hosts = [f"localhost:{port}", f"127.0.0.1:{port}"]
    return ",".join([*hosts, rigging.recorder] if rigging else hosts)


def main() -> None:
    """Synthesise for the emulator at AWS_ENDPOINT_URL."""
    app = cdk.App()
    build(app, endpoint=os.environ["AWS_ENDPOINT_URL"], rigging=Rigging.of_environment())
    app.synth()


if __name__ == "__main__":
    main()
