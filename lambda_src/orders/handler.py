"""The shop's orders: POST /orders places one, POST /orders/{order_id}/advance says that it was accepted.

A placed order is a row of the table, then an event OrderPlaced with its id and time. Whom to call stays in the row. A
request that comes again publishes the event again, with the time of the first: it may be that the first was not.

Logs one line a request: message `order`, `operation`, `http_status`, `order_id`, `reason`; never the phone number.
"""

import json
import os
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

PLACED, ACCEPTED = "placed", "accepted"

#: An order's id becomes part of an address.
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: E.164: a plus sign, the country and the number, 15 digits at most.
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")

logger = Logger()
metrics = Metrics()

Order = dict[str, Any]


class Refused(Exception):
    """The request is not carried out; the text says why, and has no phone number in it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Orders:
    """The table of orders.

    Args:
        table: DynamoDB's, by `order_id`.
    """

    def __init__(self, table: Any) -> None:  # noqa: ANN401 - boto3's tables have no type at run time
        self._table = table

    def add(self, order: Order) -> Order:
        """Add an order; the one that is there, if its id is taken."""
        try:
            self._table.put_item(Item=order, ConditionExpression="attribute_not_exists(order_id)")
        except ClientError as error:
            _expect_condition(error)
            found: Order = self._table.get_item(Key={"order_id": order["order_id"]}, ConsistentRead=True)["Item"]
            return found
        return order

    def accept(self, order_id: str) -> bool:
        """Say that an order was accepted; False if there is none."""
        try:
            self._table.update_item(
                Key={"order_id": order_id},
                UpdateExpression="SET #status = :accepted",
                ConditionExpression="attribute_exists(order_id)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":accepted": ACCEPTED},
            )
        except ClientError as error:
            _expect_condition(error)
            return False
        return True


def _expect_condition(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error


def order_of(body: str | None, *, now: datetime) -> Order:
    """The order in a request's body.

    Raises:
        Refused: There is none.
    """
    try:
        asked = json.loads(body or "")
    except json.JSONDecodeError:
        # Not the error itself: it may quote the body.
        raise Refused(400, "the body must be JSON") from None
    if not isinstance(asked, dict):
        raise Refused(400, f"the body must be a JSON object, got {type(asked).__name__}")
    order_id, phone, do_not_call = asked.get("order_id"), asked.get("phone"), asked.get("do_not_call", False)
    if not isinstance(order_id, str) or not _ORDER_ID.fullmatch(order_id):
        raise Refused(400, "order_id must be 1 to 64 letters, digits, hyphens and underscores")
    if not isinstance(phone, str) or not _PHONE.fullmatch(phone):
        raise Refused(400, "phone must be a number in E.164, such as a plus sign, 49 and the number without its 0")
    if not isinstance(do_not_call, bool):
        raise Refused(400, "do_not_call must be true or false")
    return {
        "order_id": order_id,
        "phone": phone,
        "do_not_call": do_not_call,
        "status": PLACED,
        "placed_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def entry_of(order: Order) -> dict[str, str]:
    """The event of a placed order, as PutEvents takes it: whom to call is not in it."""
    return {
        "EventBusName": os.environ["EVENT_BUS_NAME"],
        "Source": os.environ["EVENT_SOURCE"],
        "DetailType": os.environ["DETAIL_TYPE"],
        "Detail": json.dumps({"order_id": order["order_id"], "placed_at": order["placed_at"]}),
    }


def place(order: Order, orders: Orders, events: Any) -> Order:  # noqa: ANN401 - as above
    """Put an order into the table, and tell the bus of it.

    Raises:
        Refused: Its id is another order's, or the bus does not take the event; then the request may come again.
    """
    placed = orders.add(order)
    if any(placed[name] != order[name] for name in ("phone", "do_not_call")):
        raise Refused(409, "there is another order with this order_id")
    try:
        # One entry that fails does not make the call fail.
        failed = events.put_events(Entries=[entry_of(placed)])["FailedEntryCount"]
    except (BotoCoreError, ClientError) as error:
        raise Refused(503, f"the order is not on its way yet, send it again: {type(error).__name__}") from error
    if failed:
        raise Refused(503, "the order is not on its way yet, send it again: the bus refused its event")
    return placed


def serve(event: dict[str, Any], orders: Orders, events: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - as above
    """Do what one request asks for: HTTP status and body.

    Raises:
        Refused: It cannot be done.
    """
    order_id = (event.get("pathParameters") or {}).get("order_id")
    if order_id is None:
        placed = place(order_of(event.get("body"), now=datetime.now(UTC)), orders, events)
        metrics.add_metric("OrdersPlaced", MetricUnit.Count, 1)
        return 201, {name: placed[name] for name in ("order_id", "status", "placed_at")}
    if not orders.accept(order_id):
        raise Refused(404, f"there is no order {order_id}")
    metrics.add_metric("OrdersAccepted", MetricUnit.Count, 1)
    return 200, {"order_id": order_id, "status": ACCEPTED}


@cache
def _orders() -> Orders:
    return Orders(boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"]))


@cache
def _events() -> Any:  # noqa: ANN401 - as above
    return boto3.client("events")


@metrics.log_metrics
# Not even when POWERTOOLS_LOGGER_LOG_EVENT is set: a body has a phone number.
@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answer one request."""
    where = event.get("pathParameters") or {}
    try:
        status, body = serve(event, _orders(), _events())
    except Refused as refusal:
        status, body = refusal.status, {"message": str(refusal)}
        metrics.add_metric("OrdersRefused", MetricUnit.Count, 1)
    logger.info(
        "order",
        operation="advance" if where.get("order_id") else "place",
        http_status=status,
        order_id=body.get("order_id") or where.get("order_id"),
        reason=body.get("message"),
    )
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
