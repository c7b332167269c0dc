"""Watches one version of the order hub while it works: its logs, its queues, and each order's fate."""

import json
import time
from collections import Counter
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.deploy import Outputs
from local.emulator import Emulator
from local.load import Sent
from local.logs import Journal, LogReader
from local.measure import Run
from local.queues import messages_in

#: Attempts that Lambda makes at one event: the first and two retries.
LAMBDA_ATTEMPTS = 3
#: Seconds that an invocation of either delivery function takes at most.
LONGEST_INVOCATION = 29.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Where one version's parts are.

    Attributes:
        stack: Its stack.
        prefix: What the ids of its orders begin with.
        title: Its name in the report.
        longest_wait: Seconds between two attempts at an order, at most.
        workers: Delivery functions that are started before the measurement.
    """

    stack: str
    prefix: str
    title: str
    longest_wait: float
    workers: int


class Observer:
    """Reads what one version's functions log, from now on.

    Args:
        emulator: Where it runs.
        outputs: Of the deployment.
        hub: The version.
    """

    def __init__(self, emulator: Emulator, outputs: Outputs, hub: Hub) -> None:
        self._emulator = emulator
        self._delivery_function = outputs[hub.stack]["DeliveryFunctionName"]
        own = outputs[hub.stack]
        self._hub = hub
        self._queue, self._dead_letters = own.get("QueueUrl"), own.get("DeadLetterQueueUrl")
        self._notification = LogReader.of(emulator, own["NotificationFunctionName"])
        self._delivery = LogReader.of(emulator, own["DeliveryFunctionName"])
        self._courier = LogReader.of(emulator, outputs["SlowCourierStack"]["CourierFunctionName"])
        self._changed_at = time.monotonic()
        self._known = -1

    def look(self) -> None:
        """Read the logs once more."""
        for reader in (self._delivery, self._courier):
            reader.read()
        known = len(self._delivery.journal.lines) + len(self._courier.journal.lines)
        if known != self._known:
            self._known, self._changed_at = known, time.monotonic()

    def delivered(self) -> set[str]:
        """Orders that the courier took, as of the last look; those of other versions too."""
        return {acceptance.order_id for acceptance in self._courier.journal.acceptances}

    def settled(self, orders: Set[str]) -> bool:
        """Whether the fate of each of these orders, which the hub took, is known."""
        missing = orders - self.delivered()
        if not missing:
            return True
        if self._queue:
            return messages_in(self._emulator, self._queue) == 0
        # Lambda gives an order up after its third attempt, whose lines appear when it has ended.
        attempts = Counter(self._delivery.journal.orders_with("START"))
        return all(attempts[order] >= LAMBDA_ATTEMPTS for order in missing)

    def start_functions(self) -> set[str]:
        """Start as many delivery functions as the version asks for, all at once; returns the orders that they deliver.

        One after the other would not do: a function that has delivered its order takes the next one.
        """
        orders = {f"warm-up-{self._hub.prefix}-{number:03d}" for number in range(self._hub.workers)}

        def start(order: str) -> None:
            event = {"detail": {"order_id": order, "metadata": {"correlation_id": order}}}
            self._emulator.client("lambda").invoke(
                FunctionName=self._delivery_function, InvocationType="Event", Payload=json.dumps(event).encode()
            )

        with ThreadPoolExecutor(max_workers=16) as pool:
            list(pool.map(start, orders))
        return orders

    def quiet(self) -> bool:
        """Whether nothing has happened for longer than an order ever waits for its next attempt."""
        return time.monotonic() - self._changed_at > self._hub.longest_wait + LONGEST_INVOCATION

    def run(self, sent: Sequence[Sent], *, cut: str) -> Run:
        """The records of the orders sent; what else happened (the warm-up) is left out."""
        self.look()
        ours = {one.order_id for one in sent}
        began = min((one.sent_at for one in sent), default=0.0)
        delivery = self._delivery.journal
        return Run(
            sent=sent,
            calls=[call for call in delivery.calls if call.order_id in ours],
            acceptances=[one for one in self._courier.journal.acceptances if one.order_id in ours],
            invocations=[one for one in delivery.invocations if one.began >= began],
            dead_lettered=messages_in(self._emulator, self._dead_letters) if self._dead_letters else None,
            waiting=messages_in(self._emulator, self._queue) if self._queue else 0,
            cut=cut,
        )

    def journals(self) -> list[Journal]:
        """Everything that the version's functions and the courier logged."""
        return [self._notification.read(), self._delivery.read(), self._courier.read()]
