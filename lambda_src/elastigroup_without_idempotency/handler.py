"""The article's resource, the article's way: each event that comes in is carried out, whichever it is.

Kept to show what goes wrong; do not copy it. The call itself is that of `elastigroup`, repeated here because each
folder is the whole code of one function. CDK's `Provider` calls this handler and answers CloudFormation.
"""

import json
import os
from typing import Any

import urllib3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

#: Seconds for which a worker keeps the API key before it reads the secret again.
KEY_MAX_AGE = 300
#: What is left of an invocation when the vendor has not answered, in seconds.
MARGIN = 1.0

logger = Logger()
http = urllib3.PoolManager(retries=False)


class VendorError(Exception):
    """The vendor did not do what it was asked; the text says why."""


def call_vendor(
    method: str, path: str = "", body: dict[str, Any] | None = None, *, timeout: float
) -> tuple[int, dict[str, Any]]:
    """Make one call to the vendor: the HTTP status, and what it says.

    Raises:
        urllib3.exceptions.HTTPError: It did not answer in time, or not at all.
    """
    response = http.request(
        method,
        os.environ["VENDOR_URL"] + path,
        body=None if body is None else json.dumps(body),
        headers={
            "Content-Type": "application/json",
            "x-api-key": str(parameters.get_secret(os.environ["VENDOR_API_KEY_SECRET"], max_age=KEY_MAX_AGE)),
        },
        timeout=urllib3.Timeout(total=timeout),
    )
    try:
        answer = json.loads(response.data)
    except ValueError:  # a gateway in between has answered
        answer = {}
    logger.info("vendor call", method=method, path=path, http_status=response.status, group_id=answer.get("id"))
    return response.status, answer


def wanted(properties: dict[str, Any]) -> dict[str, Any]:
    """The group as the vendor wants it told; CloudFormation makes a string of every number.

    `Latency` is for experiments: seconds that the vendor takes before it makes the group.
    """
    return {
        "name": properties["Name"],
        "region": properties["Region"],
        "capacity": int(properties["TargetCapacity"]),
        "latency": float(properties.get("Latency", 0)),
    }


def attributes_of(group: dict[str, Any]) -> dict[str, Any]:
    """What a template may read of a group with Fn::GetAtt."""
    return {"Endpoint": group["endpoint"], "Status": group["status"]}


def created(properties: dict[str, Any], *, timeout: float) -> dict[str, Any]:
    """Make a group."""
    return resource(*call_vendor("POST", "", wanted(properties), timeout=timeout))


def updated(event: dict[str, Any], *, timeout: float) -> dict[str, Any]:
    """Change a group, or make another where it cannot be changed: CloudFormation then deletes the old one."""
    properties = event["ResourceProperties"]
    if properties["Region"] != event["OldResourceProperties"]["Region"]:
        return created(properties, timeout=timeout)
    return resource(*call_vendor("PUT", f"/{event['PhysicalResourceId']}", wanted(properties), timeout=timeout))


def deleted(physical_id: str, *, timeout: float) -> dict[str, Any]:
    """Delete a group, if it is one: a create that failed leaves CloudFormation with an id that is none."""
    if physical_id.startswith("sig-"):
        status, answer = call_vendor("DELETE", f"/{physical_id}", timeout=timeout)
        if status != 404:  # noqa: PLR2004 - HTTP's "not found": it is gone already
            resource(status, answer)
    return {}


def resource(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    """What CDK's `Provider` wants to know of a group.

    Raises:
        VendorError: The vendor's answer is no group.
    """
    if not 200 <= status < 300:  # noqa: PLR2004 - the class of HTTP statuses that mean success
        raise VendorError(f"the vendor answers {status}: {answer.get('message', 'no reason given')}")
    return {"PhysicalResourceId": answer["id"], "Data": attributes_of(answer)}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Carry out one event of CloudFormation's."""
    timeout = context.get_remaining_time_in_millis() / 1000 - MARGIN
    match event["RequestType"]:
        case "Create":
            return created(event["ResourceProperties"], timeout=timeout)
        case "Update":
            return updated(event, timeout=timeout)
        case _:
            return deleted(event["PhysicalResourceId"], timeout=timeout)
