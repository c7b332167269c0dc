"""The shop's table of orders and its bus in memory, and a Twilio that remembers whom it called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import twilio_calls
from botocore.exceptions import ClientError
from twilio_calls import NoAnswer, NotTaken

Order = dict[str, Any]

PHONE = "+4915100000001"


class MemoryOrders:
    """What the functions do with DynamoDB's table, and nothing else.

    Attributes:
        items: The orders, by id.
        reads: The arguments of the reads so far.
        faults: Raised instead of the next reads and writes, one each.
    """

    def __init__(self) -> None:
        self.items: dict[str, Order] = {}
        self.reads: list[dict[str, Any]] = []
        self.faults: list[Exception] = []

    def put(self, order_id: str, **fields: object) -> None:
        """Place an order without the API."""
        self.items[order_id] = {
            "order_id": order_id,
            "status": "placed",
            "phone": PHONE,
            "do_not_call": False,
            **fields,
        }

    def get_item(self, **read: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        self._fail()
        self.reads.append(read)
        assert read["ConsistentRead"] is True
        item = self.items.get(read["Key"]["order_id"])
        if item is None:
            return {}
        if "ProjectionExpression" not in read:
            return {"Item": dict(item)}
        names = [read["ExpressionAttributeNames"].get(name, name) for name in read["ProjectionExpression"].split(", ")]
        return {"Item": {name: item[name] for name in names if name in item}}

    def put_item(self, *, Item: Order, ConditionExpression: str) -> None:  # noqa: N803 - boto3's names
        self._fail()
        assert ConditionExpression == "attribute_not_exists(order_id)"
        if Item["order_id"] in self.items:
            raise client_error("ConditionalCheckFailedException")
        self.items[Item["order_id"]] = dict(Item)

    def update_item(self, *, Key: dict[str, str], ExpressionAttributeValues: dict[str, str], **_: object) -> None:  # noqa: N803 - as above
        self._fail()
        if Key["order_id"] not in self.items:
            raise client_error("ConditionalCheckFailedException")
        self.items[Key["order_id"]]["status"] = ExpressionAttributeValues[":accepted"]

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


def client_error(code: str) -> ClientError:
    """An answer of DynamoDB's or EventBridge's."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


@dataclass
class MemoryTwilio:
    """Takes the place of the requests to Twilio; what they look like is tested by themselves.

    Attributes:
        calls: The calls that it makes, in their order.
        endings: What becomes of the next requests; None: a call. A `NoAnswer` has made its call all the same.
        asked: How often it was asked for one.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)
    endings: list[NotTaken | NoAnswer | BaseException | None] = field(default_factory=list)
    asked: int = 0

    def place(self, account: twilio_calls.Account, *, to: str, timeout: float, report_to: str | None = None) -> str:
        self.asked += 1
        ending = self.endings.pop(0) if self.endings else None
        if isinstance(ending, NotTaken):
            raise ending
        sid = f"CA{len(self.calls) + 1}"
        self.calls.append({"sid": sid, "account": account, "to": to, "timeout": timeout, "report_to": report_to})
        if ending is not None:
            raise ending
        return sid

    def find(
        self, account: twilio_calls.Account, *, to: str, since: datetime, until: datetime, timeout: float
    ) -> list[str]:
        assert account.sid == ACCOUNT.sid
        assert since < until
        assert since.tzinfo == until.tzinfo == UTC
        assert timeout > 0
        return [call["sid"] for call in self.calls if call["to"] == to]


ACCOUNT = twilio_calls.Account("https://twilio.example", "AC1", "the-token", "+15005550006")


def form_of(status: str, **fields: str) -> Mapping[str, str]:
    """What Twilio reports of a call."""
    return {"CallSid": "CA1", "CallStatus": status, "To": PHONE, "From": ACCOUNT.from_number, **fields}
