"""What CloudFormation and Lambda send."""

import time
from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime.custom_resource.context import Context
from constructs_lib.runtime.custom_resource.request import read
from constructs_lib.runtime.custom_resource.token import derive

STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/51af3dc0-da77-11e4-872e-1234567db123"
SERVICE_TOKEN = "arn:aws:lambda:eu-west-1:123456789012:function:provider"  # noqa: S105 - CloudFormation's word for an ARN

_HOST = "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com"


def request_event(
    request_type: str,
    properties: Mapping[str, Any] | None = None,
    *,
    request_id: str = "request-1",
    logical_id: str = "Resource",
    stack_id: str = STACK_ID,
    physical_id: str | None = None,
    old_properties: Mapping[str, Any] | None = None,
    resource_type: str = "Custom::Resource",
    signed_at: float = 1_800_000_000.0,
) -> dict[str, Any]:
    """A custom resource's event.

    Args:
        request_type: Create, Update or Delete.
        properties: The template's.
        request_id: CloudFormation's id of the request.
        logical_id: The resource's name in the template.
        stack_id: The stack's ARN.
        physical_id: On Update and Delete.
        old_properties: On Update.
        resource_type: Such as "Custom::Elastigroup".
        signed_at: When CloudFormation signed the ResponseURL, in seconds since the epoch.
    """
    event: dict[str, Any] = {
        "RequestType": request_type,
        "ServiceToken": SERVICE_TOKEN,
        "ResponseURL": response_url(request_id, logical_id, stack_id=stack_id, signed_at=signed_at),
        "StackId": stack_id,
        "RequestId": request_id,
        "LogicalResourceId": logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": {"ServiceToken": SERVICE_TOKEN, **(properties or {})},
    }
    if request_type != "Create":
        event["PhysicalResourceId"] = physical_id
    if request_type == "Update":
        event["OldResourceProperties"] = {"ServiceToken": SERVICE_TOKEN, **(old_properties or {})}
    return event


def response_url(request_id: str, logical_id: str, *, stack_id: str = STACK_ID, signed_at: float) -> str:
    """A ResponseURL in the form of CloudFormation's; asked again, it is signed at another time."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(signed_at))
    key = f"{stack_id}%7C{logical_id}%7C{request_id}".replace(":", "%3A")
    return (
        f"{_HOST}/{key}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-SignedHeaders=host&X-Amz-Expires=7200"
        f"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE&X-Amz-Signature=signature-{request_id}"
    )


def context(
    method: str = "create",
    *,
    request_id: str = "request-1",
    logical_id: str = "Resource",
    stack_id: str = STACK_ID,
    remaining: float = 60.0,
) -> Context:
    """A `ctx`, to call one method by itself; what it records goes nowhere.

    Args:
        method: The method that gets it: some of what `ctx` can do belongs in some methods only.
        request_id: As in `request_event`; so are the others.
        logical_id: The resource's name in the template.
        stack_id: The stack's ARN.
        remaining: Seconds that the method may take.
    """
    request = read(request_event("Create", request_id=request_id, logical_id=logical_id, stack_id=stack_id))
    return Context(
        request._replace(url=""),
        token=derive(stack_id, logical_id, request_id),
        method=method,
        remaining=lambda: remaining,
        checkpoint=lambda _physical_id: True,
    )


def failure_record(event: Mapping[str, Any], *, error_type: str, message: str, runs: int = 3) -> dict[str, Any]:
    """What Lambda sends to the on-failure destination of an event that it has given up."""
    return {
        "version": "1.0",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "requestContext": {
            "requestId": "00000000-0000-4000-8000-000000000000",
            "functionArn": f"{SERVICE_TOKEN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": runs,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": error_type, "errorMessage": message},
    }
