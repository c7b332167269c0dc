"""Deliver one order to the courier the article's first way: retry inside the invocation, and let Lambda retry that.

Kept to show what goes wrong; do not copy it. The call itself is that of `order_delivery`, repeated here because each
folder is the whole code of one function. Logs START and COMPLETED or FAILED for each invocation, and one line an
attempt: message `courier call`, `http_status` (0: no answer), `called_at` (epoch seconds), `duration` (seconds),
`correlation_id`, `order_id`.
"""

import json
import os
import time
from typing import Any

import tenacity
import urllib3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

#: Seconds for which a worker keeps the API key before it reads the secret again.
KEY_MAX_AGE = 300

#: Seconds one call may take; the same as the flow-controlled function gives it.
CALL_TIMEOUT = 3.0

logger = Logger()
metrics = Metrics()
http = urllib3.PoolManager(retries=False)


class DeliveryFailed(Exception):
    """The courier did not accept the order; the text says why."""


def setting(name: str, what: str) -> str:
    """The value of an environment variable of this function."""
    value = os.environ.get(name)
    if not value:
        msg = (
            f"{name} is not set: it must hold {what}; set it in the function's environment, "
            f"as OrderHubWithoutFlowControlStack does"
        )
        raise RuntimeError(msg)
    return value


def without_metadata(detail: dict[str, Any]) -> dict[str, Any]:
    """The order as the shop sent it: what the hub added for itself is not the courier's business."""
    return {name: value for name, value in detail.items() if name != "metadata"}


def call_courier(order: dict[str, Any], *, correlation_id: str, timeout: float) -> urllib3.BaseHTTPResponse:
    """Make one call and log how it went.

    Raises:
        urllib3.exceptions.HTTPError: The courier did not answer in time, or not at all.
    """
    url = setting("COURIER_URL", "the address that takes deliveries")
    secret = setting("COURIER_API_KEY_SECRET", "the name or ARN of the secret with the courier's API key")
    headers = {
        "Content-Type": "application/json",
        "x-api-key": str(parameters.get_secret(secret, max_age=KEY_MAX_AGE)),
        "x-correlation-id": correlation_id,
        # The same for every attempt at one order, so that a courier who reads it can drop repetitions.
        "Idempotency-Key": correlation_id,
    }
    status = 0
    called_at = time.time()
    started = time.monotonic()
    try:
        response = http.request(
            "POST", url, body=json.dumps(order), headers=headers, timeout=urllib3.Timeout(total=timeout)
        )
        status = response.status
    finally:
        metrics.add_metric("CourierCalls", MetricUnit.Count, 1)
        logger.info(
            "courier call",
            http_status=status,
            called_at=called_at,
            duration=time.monotonic() - started,
            correlation_id=correlation_id,
            order_id=order.get("order_id"),
        )
    return response


# The article's: any failure is tried again, a refused order too.
@tenacity.retry(
    retry=tenacity.retry_if_exception_type(DeliveryFailed),
    stop=tenacity.stop_after_attempt(5),
    wait=tenacity.wait_random(min=3, max=8),
    reraise=True,
)
def deliver(order: dict[str, Any], *, correlation_id: str) -> None:
    """Call the courier until it accepts the order, at most five times, with 3 to 8 seconds in between.

    Raises:
        DeliveryFailed: It did not, five times.
    """
    try:
        response = call_courier(order, correlation_id=correlation_id, timeout=CALL_TIMEOUT)
    except urllib3.exceptions.HTTPError as error:
        raise DeliveryFailed(str(error)) from error
    if not 200 <= response.status < 300:  # noqa: PLR2004 - the class of HTTP statuses that mean success
        msg = f"the courier answered {response.status}"
        raise DeliveryFailed(msg)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Lambda passes it
    """Deliver the order in one event; what is raised makes Lambda invoke the function again, twice at most."""
    detail = event["detail"]
    correlation_id = detail["metadata"]["correlation_id"]
    known = {"correlation_id": correlation_id, "order_id": detail.get("order_id")}
    logger.info("delivery started", status="START", **known)
    try:
        deliver(without_metadata(detail), correlation_id=correlation_id)
    except Exception as error:
        logger.error("delivery failed", status="FAILED", reason=str(error), **known)  # noqa: TRY400 - raised below
        raise
    logger.info("delivery completed", status="COMPLETED", **known)
    metrics.add_metric("OrdersDelivered", MetricUnit.Count, 1)
