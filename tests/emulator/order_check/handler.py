"""A check of orders that are rows of a table, whose provider is the one on loopback; a producer, and a webhook."""

import base64
import os
import urllib.parse
import urllib.request
from typing import Any
from urllib.error import HTTPError

import boto3

from constructs_lib.runtime.delayed_check import (
    Ambiguous,
    CheckHandler,
    Context,
    Rejected,
    record_outcome,
    start_check,
)


def _orders() -> Any:  # noqa: ANN401 - boto3's tables have no type at run time
    return boto3.resource("dynamodb").Table(os.environ["ORDERS"])


class OrderCheck(CheckHandler):
    """Calls about orders that are not in the table of those that were accepted."""

    def is_settled(self, ctx: Context, unit: str) -> bool:  # noqa: ARG002 - the library passes it
        """Whether the order was accepted."""
        return "Item" in _orders().get_item(Key={"id": unit}, ConsistentRead=True)

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:  # noqa: ARG002 - as above
        """Ask for a call."""
        form = {"To": "+15550100001", "From": "+15550100002", "Twiml": "<Response/>"}
        form["StatusCallback"] = f"http://127.0.0.1:1/{unit}/{token}"
        credentials = base64.b64encode(os.environ["CREDENTIALS"].encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - the test's own provider
            os.environ["PROVIDER"],
            data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": f"Basic {credentials}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ctx.timeout) as answer:  # noqa: S310 - as above
                return f"call-of-{unit}-{answer.status}"
        except HTTPError as error:
            if error.code >= 500:
                raise Ambiguous(f"HTTP {error.code}") from None
            after = error.headers.get("Retry-After")
            reason = f"HTTP {error.code}"
            raise Rejected(reason, after=float(after) if after else None, retry=error.code == 429) from None


handler = OrderCheck.as_handler()


def produce(event: dict[str, Any], _context: object) -> None:
    """Start checks without an event bus."""
    start_check(event["unit"], event["placed_at"], check=event["check"])


def webhook(event: dict[str, Any], _context: object) -> bool:
    """Take a provider's report."""
    return bool(record_outcome(event["unit"], event["token"], event["outcome"]))
