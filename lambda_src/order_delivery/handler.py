"""Deliver one order to the courier: one attempt, because the queue in front of this function retries.

The library logs START and COMPLETED, RETRY, DEFERRED or FAILED for each order. This function logs one line an attempt:
message `courier call`, `http_status` (0: no answer), `called_at` (epoch seconds), `duration` (seconds),
`correlation_id`, `order_id`.
"""

import json
import os
import time
from http import HTTPStatus
from typing import Any

import urllib3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater, flow_controlled

#: Seconds for which a worker keeps the API key before it reads the secret again.
KEY_MAX_AGE = 300

logger = Logger()
metrics = Metrics()
http = urllib3.PoolManager(retries=False)


def setting(name: str, what: str) -> str:
    """The value of an environment variable of this function."""
    value = os.environ.get(name)
    if not value:
        msg = f"{name} is not set: it must hold {what}; set it in the function's environment, as OrderHubStack does"
        raise RuntimeError(msg)
    return value


def without_metadata(detail: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON a message holds
    """The order as the shop sent it: what the hub added for itself is not the courier's business.

    Raises:
        PermanentError: There is no order in it, so that another attempt would fail as well.
    """
    if not isinstance(detail, dict):
        msg = f"the message holds no order but a {type(detail).__name__}"
        raise PermanentError(msg)
    return {name: value for name, value in detail.items() if name != "metadata"}


class KeyRefusedError(Exception):
    """The courier does not take our API key: not the order's fault, so the order is tried again."""


def check_key(status: int) -> None:
    """Tell a refused key from a refused order.

    Raises:
        KeyRefusedError: The courier answered 401 or 403.
    """
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        msg = (
            f"the courier refuses the API key (HTTP {status}): put the key that it gave you into the secret that "
            "COURIER_API_KEY_SECRET names; it is read again within five minutes"
        )
        raise KeyRefusedError(msg)


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


@metrics.log_metrics
@flow_controlled(logger=logger)
def handler(message: Message) -> None:
    """Deliver the order in one message."""
    order = without_metadata(message.body)
    try:
        response = call_courier(order, correlation_id=message.correlation_id, timeout=message.timeout)
    except urllib3.exceptions.HTTPError as error:
        raise RetryLater from error
    check_key(response.status)
    message.check(response.status, response.headers)
    metrics.add_metric("OrdersDelivered", MetricUnit.Count, 1)
