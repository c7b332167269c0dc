"""The same check of orders as a team writes it first: a queue that delays, a function that looks and calls.

Kept to show what goes wrong; do not copy it. It reads the order consistently, respects an opt-out, splits the orders by
a checksum, reports each failed message of a batch by itself and has a dead-letter queue. What it has not is a memory of
whom it has called, and a last moment for a call.

Logs one line an order: message `order checked`, `order_id`, `arm`, `result` (`settled`, `opted out`, `control`,
`called`), `call_sid`.
"""

import json
import os
import zlib
from functools import cache
from typing import Any

import boto3
import twilio_calls
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

OPEN = "placed"
ARMS = ("call", "control")
#: Seconds that Twilio may take.
CALL_TIMEOUT = 5.0

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def arm_of(order_id: str) -> str:
    """Half of the orders are called about."""
    return ARMS[zlib.crc32(order_id.encode()) % 2]


def check(order_id: str) -> tuple[str, str | None, str | None]:
    """Look at one order: what came of it, its arm, and the sid of the call."""
    order = _orders().get_item(Key={"order_id": order_id}, ConsistentRead=True).get("Item")
    if order is None or order["status"] != OPEN:
        return "settled", None, None
    arm = arm_of(order_id)
    if order.get("do_not_call"):
        return "opted out", arm, None
    if arm == "control":
        return "control", arm, None
    sid = twilio_calls.place(twilio_calls.account(), to=order["phone"], timeout=CALL_TIMEOUT)
    return "called", arm, sid


def handle(record: SQSRecord) -> None:
    """Look at the order in one message; an exception brings it back to the queue."""
    order_id = json.loads(record.body)["detail"]["order_id"]
    try:
        result, arm, sid = check(order_id)
    except Exception:
        logger.exception("order not checked", order_id=order_id)
        raise
    metrics.add_metric("OrdersChecked", MetricUnit.Count, 1)
    logger.info("order checked", order_id=order_id, arm=arm, result=result, call_sid=sid)


@cache
def _orders() -> Any:  # noqa: ANN401 - boto3's tables have no type at run time
    return boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401 - what SQS wants to know
    """Look at the orders in one batch of messages."""
    return process_partial_response(event, record_handler=handle, processor=processor, context=context)
