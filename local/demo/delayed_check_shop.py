"""A version's customers, and everything that is delivered to it again."""

import http.client
import json
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import from_attributes
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.messages import check_body, contact_body
from constructs_lib.runtime.delayed_check.row import Row, State, key_of
from constructs_lib.runtime.delayed_check.timing import iso
from constructs_lib.runtime.delayed_check.transitions import Order
from local.addresses import local_address
from local.clients import Clients
from local.demo.delayed_check_plan import DEADLINE, DELAY, Planned
from local.queues import url_of
from local.short_waits import environment

_TIMEOUT = 30.0
_BATCH = 10
_CREATED = 201
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a version's parts are.

    Attributes:
        api: The orders' API, with a slash at its end.
        orders_table: The orders.
        function: The function that checks.
        orders_function: The function behind the API.
        queue_url: The naive version's queue; empty where the version is ours.
    """

    api: str
    orders_table: str
    function: str
    orders_function: str
    queue_url: str = ""

    @classmethod
    def of(cls, outputs: Mapping[str, str], *, endpoint: str) -> "Place":
        """As a stack's outputs say."""
        return cls(
            api=local_address(outputs["ApiUrl"], endpoint=endpoint),
            orders_table=outputs["OrdersTableName"],
            function=outputs["CheckFunctionName"],
            orders_function=outputs["OrdersFunctionName"],
            queue_url=outputs.get("QueueUrl", ""),
        )


class Shop:
    """Places orders, advances them, and lets messages come again. Its methods may be called in any thread.

    Args:
        clients: Where everything is.
        place: Where the version's parts are.
        planned: The orders.

    Attributes:
        settings: The check's; None where the version is naive.
        queue_url: The naive version's queue; empty where the version is ours.
        placed_at: When each order was placed, in epoch seconds.
        settled_at: When each order was advanced.
        starts: When each order's events were published.
        again: What else was delivered again, by order and kind.
        failures: What did not work, in words.
    """

    def __init__(self, clients: Clients, place: Place, planned: Sequence[Planned]) -> None:
        self._clients = clients
        self._place = place
        self.queue_url = place.queue_url
        self._planned = {order.unit: order for order in planned}
        self._bus = environment(clients, place.orders_function)
        self.settings = settings_of(clients, place.function)
        self._lock = threading.Lock()
        self.placed_at: dict[str, float] = {}
        self.settled_at: dict[str, float] = {}
        self.starts: dict[str, list[float]] = defaultdict(list)
        self.again: dict[str, Counter[str]] = defaultdict(Counter)
        self.failures: list[str] = []

    def place(self, unit: str) -> None:
        """Place an order through the API; one whose event is late is written, and its event comes when it comes."""
        order = self._planned[unit]
        body = {"order_id": unit, "phone": order.phone, "do_not_call": order.do_not_call}
        if order.lag:
            self._write(body)
            return
        status, answer = self._post("orders", body)
        if status != _CREATED:
            self.failures.append(f"placing {unit} was answered {status}")
            return
        with self._lock:
            self.starts[unit].append(time.time())
            self.placed_at[unit] = datetime.fromisoformat(answer["placed_at"]).timestamp()

    def start(self, unit: str, *, times: int = 1, placed_at: float | None = None) -> None:
        """Publish the event of a placed order so many times more; with a time, of one that was never placed."""
        placed = self.placed_at.get(unit) if placed_at is None else placed_at
        if placed is None:
            return
        detail = json.dumps({"order_id": unit, "placed_at": iso(round(placed * 1000))})
        entry = {
            "EventBusName": self._bus["EVENT_BUS_NAME"],
            "Source": self._bus["EVENT_SOURCE"],
            "DetailType": self._bus["DETAIL_TYPE"],
            "Detail": detail,
        }
        for first in range(0, times, _BATCH):
            count = min(_BATCH, times - first)
            entries: Any = [entry] * count
            self._clients.client("events").put_events(Entries=entries)
            with self._lock:
                self.starts[unit] += [time.time()] * count

    def advance(self, unit: str) -> None:
        """Let the customer have an order accepted."""
        if unit in self.settled_at:
            return
        status, _ = self._post(f"orders/{unit}/advance", {})
        if status != _OK and unit in self._planned:
            self.failures.append(f"advancing {unit} was answered {status}")
        if status == _OK:
            with self._lock:
                self.settled_at.setdefault(unit, time.time())

    def answered(self, unit: str) -> None:
        """A customer was called, and answered."""
        if unit in self._planned and self._planned[unit].is_persuaded:
            self.advance(unit)

    def deliver_again(self, unit: str) -> None:
        """Let the messages of an order come once more: those that it has had."""
        if unit not in self.placed_at:
            return
        if self.settings is None:
            detail = {"order_id": unit, "placed_at": iso(round(self.placed_at[unit] * 1000))}
            self._send(self.queue_url, {"detail": detail}, unit, "check")
            return
        placed = round(self.placed_at[unit] * 1000)
        order = Order(unit, placed, placed + DELAY * 1000, placed + DEADLINE * 1000)
        state = self._state(unit, self.settings)
        if state is None:
            return
        self._send(url_of(self._clients, self.settings.check_queue_arn), check_body(order), unit, "check")
        if state is State.SCHEDULED:
            return  # nothing can send a contact again that nobody has decided on
        # Sent for those too that have settled or are in the control arm, whose message then lies: an attack.
        contact = contact_body(order, arm="call")
        self._send(url_of(self._clients, self.settings.contact_queue_arn), contact, unit, "contact")

    def _state(self, unit: str, settings: Settings) -> State | None:
        """What an order's row says now; None where there is none yet."""
        item = self._clients.client("dynamodb").get_item(
            TableName=settings.table_name, Key={PARTITION_KEY: {"S": key_of(settings.check, unit)}}, ConsistentRead=True
        )
        row = Row.of(from_attributes(item.get("Item", {})))
        return row.state if row else None

    def _send(self, queue: str, body: Mapping[str, Any], unit: str, kind: str) -> None:
        # Without a delay of its own, the naive version's queue would delay it: it comes again, and not later.
        self._clients.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body), DelaySeconds=0)
        with self._lock:
            self.again[unit][kind] += 1

    def _write(self, order: Mapping[str, Any]) -> None:
        now = round(time.time() * 1000)
        self._clients.client("dynamodb").put_item(
            TableName=self._place.orders_table,
            Item={
                "order_id": {"S": order["order_id"]},
                "phone": {"S": order["phone"]},
                "do_not_call": {"BOOL": order["do_not_call"]},
                "status": {"S": "placed"},
                "placed_at": {"S": iso(now)},
            },
        )
        with self._lock:
            self.placed_at[order["order_id"]] = now / 1000

    def _post(self, path: str, content: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        address = urllib.parse.urlsplit(f"{self._place.api}{path}")
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT)
        try:
            body, headers = json.dumps(content), {"Content-Type": "application/json"}
            connection.request("POST", address.path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if answer.status < 300 else {}  # noqa: PLR2004 - success
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()


def settings_of(clients: Clients, function: str) -> Settings | None:
    """The settings of the check that a function serves; None where it serves none."""
    variables = environment(clients, function)
    own = [value for name, value in variables.items() if name.startswith(ENVIRONMENT_PREFIX)]
    return Settings.from_json(own[0]) if own else None
