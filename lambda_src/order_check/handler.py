"""An order is looked at five minutes after it was placed; half of those that nobody has accepted are called about.

When that is, which half, and that nobody is called twice or too late, is the library's business. Here stands what only
the shop knows: when an order is settled, who must not be called, and how Twilio is asked for a call.

Logs one line a call: message `call`, `order_id`, `arm`, `result` (`placed`, `rejected`, `ambiguous`), `reason` and
`call_sid`; the library's lines have the same form. The phone number is read for the call and is in none of them.
"""

import logging
import os
import time
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

import boto3
import twilio_calls
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config
from twilio_calls import NoAnswer, NotTaken

from constructs_lib.runtime.delayed_check import Ambiguous, CheckHandler, Context, Rejected

#: The status of an order that nobody has accepted yet.
OPEN = "placed"
#: How much later than the deadline Twilio may note a call that was asked for before it.
LATENCY = timedelta(minutes=1)
#: Seconds; a call that would have less is not begun.
SHORTEST_CALL = 0.5

logger = Logger()
# The library logs as any library does; here it gets the same form.
logging.getLogger("constructs_lib.runtime").addHandler(logger.registered_handler)
logging.getLogger("constructs_lib.runtime").propagate = False


class OrderCheck(CheckHandler):
    """Calls the customer of an order that nobody has accepted."""

    def is_settled(self, ctx: Context, unit: str) -> bool:  # noqa: ARG002 - the library passes it
        """Whether the order was accepted, or is gone."""
        order = read(unit, "status")
        return order is None or order["status"] != OPEN

    def suppress(self, ctx: Context, unit: str) -> str | None:  # noqa: ARG002 - as above
        """Whether the customer does not want to be called."""
        return "opted out" if (read(unit, "do_not_call") or {}).get("do_not_call") else None

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
        """Have Twilio call the customer; the call's sid.

        Twilio takes no idempotency key, so the token goes into the address of its report alone.
        """
        told: dict[str, Any] = {"order_id": unit, "arm": arm}
        try:
            sid = call(ctx, unit, token)
        except NotTaken as error:
            logger.warning("call", result="rejected", reason=error.reason, **told)
            raise Rejected(error.reason, after=error.after, retry=error.retry) from None
        except NoAnswer as error:
            logger.error("call", result="ambiguous", reason=str(error), **told)  # noqa: TRY400 - no surprise
            raise Ambiguous(str(error)) from None
        with single_metric(name="CallsPlaced", unit=MetricUnit.Count, value=1):
            logger.info("call", result="placed", call_sid=sid, **told)
        return sid

    def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:  # noqa: ARG002 - see below
        """The sid of the call that Twilio has made for the order after all, if there is no doubt about it.

        Twilio's list of calls does not tell where a call is to be reported, so the token cannot be looked for. What is
        left are number and time: one call from our number to the customer's, asked for between the check and the
        deadline. Several may belong to several orders of the customer, and then the order stays unknown. A single one
        could still be another order's of the same customer in the same five minutes: then this order is recorded as
        called and was not. It is never called twice for that.
        """
        phone = phone_of(unit)
        if phone is None:
            return None
        found = twilio_calls.find(
            twilio_calls.account(),
            to=phone,
            since=ctx.due_at,
            until=ctx.deadline_at + LATENCY,
            timeout=ctx.timeout,
        )
        logger.info("calls found", order_id=unit, calls=len(found))
        return found[0] if len(found) == 1 else None


def call(ctx: Context, unit: str, token: str) -> str:
    """Make the call.

    Raises:
        NotTaken: There will be no call.
        NoAnswer: There may be one.
    """
    started = time.monotonic()
    try:
        phone, account = phone_of(unit), twilio_calls.account()
        report_to = f"{os.environ['REPORTS_URL']}/{quote(unit, safe='')}/{quote(token, safe='')}"
    except Exception as error:  # noqa: BLE001 - whatever it was, nothing has left, and the order may be tried again
        raise NotTaken(f"not sent: {type(error).__name__} before the call") from None
    if phone is None:
        raise NotTaken("not sent: the order has no number any more", retry=False)
    left = ctx.timeout - (time.monotonic() - started)
    if left < SHORTEST_CALL:
        raise NotTaken("not sent: too little time was left")
    return twilio_calls.place(account, to=phone, timeout=left, report_to=report_to)


def phone_of(order_id: str) -> str | None:
    """Whom to call, for the call itself; None when the order or its number is gone."""
    return (read(order_id, "phone") or {}).get("phone")


def read(order_id: str, field: str) -> dict[str, Any] | None:
    """One field of an order as it is now, so that the number is read where it is dialled and nowhere else."""
    found: dict[str, Any] | None = (
        _orders()
        .get_item(
            Key={"order_id": order_id},
            ConsistentRead=True,
            ProjectionExpression="order_id, #field",
            ExpressionAttributeNames={"#field": field},
        )
        .get("Item")
    )
    return found


@cache
def _orders() -> Any:  # noqa: ANN401 - boto3's tables have no type at run time
    # A table that does not answer must not eat the time in which the customer may be called.
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.resource("dynamodb", config=config).Table(os.environ["ORDERS_TABLE"])


handler = OrderCheck.as_handler(logger=logger)
