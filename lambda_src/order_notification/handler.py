"""The shop's webhook: give an order a correlation id and put it on the event bus.

Logs `order received` with status START, `correlation_id` and `order_id`, once for each order that is taken.
"""

import json
import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

logger = Logger()
metrics = Metrics()


class NotAnOrder(ValueError):
    """The request's body is not an order; the text says why."""


class NotPublished(RuntimeError):
    """The event bus did not take the event; the text says why."""


def order_of(body: str | None) -> dict[str, Any]:
    """The order in a request's body.

    Raises:
        NotAnOrder: The body is not a JSON object with an `order_id`, or has a field that the hub adds itself.
    """
    try:
        order = json.loads(body or "")
    except json.JSONDecodeError as error:
        msg = f"the body must be JSON: {error}"
        raise NotAnOrder(msg) from error
    if not isinstance(order, dict) or not isinstance(order.get("order_id"), str) or not order["order_id"]:
        msg = "the body must be a JSON object with an order_id, a string that is not empty"
        raise NotAnOrder(msg)
    if "metadata" in order:
        msg = "the order must not have a field metadata: the hub adds its own"
        raise NotAnOrder(msg)
    return order


def entry_of(order: dict[str, Any], *, correlation_id: str, bus: str, source: str, detail_type: str) -> dict[str, str]:
    """The event for an order, as PutEvents takes it."""
    detail = {**order, "metadata": {"correlation_id": correlation_id}}
    return {"EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}


def publish(events: Any, entry: dict[str, str]) -> None:  # noqa: ANN401 - a boto3 client has no type at run time
    """Put one event on its bus.

    Raises:
        NotPublished: EventBridge refused the event or could not be reached.
    """
    try:
        # One entry that fails does not make the call fail.
        result = events.put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        raise NotPublished(str(error)) from error
    if result["FailedEntryCount"]:
        failure = result["Entries"][0]
        msg = f"{failure.get('ErrorCode')}: {failure.get('ErrorMessage')}"
        raise NotPublished(msg)


def answer(status: int, **body: str) -> dict[str, Any]:
    """A response as API Gateway wants it."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


@cache
def _events() -> Any:  # noqa: ANN401 - see publish
    return boto3.client("events")


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Take one order: 200 with its correlation id, 400 for what is no order, 503 if it could not be passed on."""
    correlation_id = event["requestContext"]["requestId"]
    try:
        order = order_of(event.get("body"))
    except NotAnOrder as error:
        logger.warning("order refused", status="FAILED", correlation_id=correlation_id, reason=str(error))
        metrics.add_metric("OrdersRefused", MetricUnit.Count, 1)
        return answer(400, message=str(error), request_id=correlation_id)
    known = {"correlation_id": correlation_id, "order_id": order["order_id"]}
    logger.info("order received", status="START", **known)
    entry = entry_of(
        order,
        correlation_id=correlation_id,
        bus=os.environ["EVENT_BUS_NAME"],
        source=os.environ["EVENT_SOURCE"],
        detail_type=os.environ["DETAIL_TYPE"],
    )
    try:
        publish(_events(), entry)
    except NotPublished as error:
        logger.error("order not passed on", status="FAILED", reason=str(error), **known)  # noqa: TRY400 - no surprise
        metrics.add_metric("OrdersNotRecorded", MetricUnit.Count, 1)
        return answer(503, message="the order was not recorded; send it again later", request_id=correlation_id)
    metrics.add_metric("OrdersReceived", MetricUnit.Count, 1)
    return answer(200, request_id=correlation_id, correlation_id=correlation_id)
