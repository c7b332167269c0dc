"""Ace Courier's delivery API: some calls fail at once, the others take their time and are accepted.

It does not recognise a delivery that it has accepted before (the Idempotency-Key header is not read), so that its
record shows every acceptance, duplicates too. The record is one log line a call: message `delivery`, `outcome`
(`accepted`, `failed` or `refused`), `order_id`, `correlation_id`, and for an acceptance `accepted_at` (epoch seconds).
"""

import json
import os
import random
import time
import uuid
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()


def latency(rng: random.Random, *, failure_share: float, max_latency: float) -> float | None:
    """Seconds that this call takes, or None if it fails at once."""
    if rng.random() < failure_share:
        return None
    return rng.uniform(0, max_latency)


def order_of(body: str | None) -> dict[str, Any] | None:
    """The order in a request's body, or None if there is none."""
    try:
        order = json.loads(body or "")
    except json.JSONDecodeError:
        return None
    return order if isinstance(order, dict) and order.get("order_id") else None


def answer(status: int, **body: str) -> dict[str, Any]:
    """A response as API Gateway wants it."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


# The courier's moods, not a secret.
_rng = random.Random()  # noqa: S311


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Take one delivery: 200 with its id, 503 at once for some, 400 for what is no order."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    order = order_of(event.get("body"))
    known: dict[str, Any] = {"order_id": order and order["order_id"], "correlation_id": headers.get("x-correlation-id")}
    if order is None:
        logger.info("delivery", outcome="refused", **known)
        metrics.add_metric("DeliveriesRefused", MetricUnit.Count, 1)
        return answer(400, message="the body must be a JSON object with an order_id")
    seconds = latency(
        _rng, failure_share=float(os.environ["FAILURE_SHARE"]), max_latency=float(os.environ["MAX_LATENCY"])
    )
    if seconds is None:
        logger.info("delivery", outcome="failed", **known)
        metrics.add_metric("DeliveriesFailed", MetricUnit.Count, 1)
        return answer(503, message="the courier is not available; try again later")
    time.sleep(seconds)
    logger.info("delivery", outcome="accepted", accepted_at=time.time(), **known)
    metrics.add_metric("DeliveriesAccepted", MetricUnit.Count, 1)
    return answer(200, delivery_id=str(uuid.uuid4()))
