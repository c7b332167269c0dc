"""The second check of the experiment: its orders wait longer than SQS can, so that they cross EventBridge Scheduler."""

import json
import time

from constructs_lib.runtime.delayed_check.messages import start_body
from constructs_lib.runtime.delayed_check.timing import iso
from local.clients import Clients
from local.demo.delayed_check_plan import CROSSING_DELAY, CROSSING_DUE_IN
from local.demo.delayed_check_records import rows


class Crossing:
    """Starts its orders, and knows how late each was looked at.

    Args:
        clients: Where it is.
        table: Its rows.
        start_queue: Where its starts go.
    """

    def __init__(self, clients: Clients, *, table: str, start_queue: str) -> None:
        self._clients = clients
        self._table = table
        self._start_queue = start_queue

    def start(self, unit: str) -> None:
        """Start the check of an order that was placed so long ago that it is due soon."""
        placed = time.time() + CROSSING_DUE_IN - CROSSING_DELAY
        body = start_body(unit, iso(round(placed * 1000)))
        self._clients.client("sqs").send_message(QueueUrl=self._start_queue, MessageBody=json.dumps(body))

    def lateness(self) -> list[float]:
        """Seconds from when each order was due to its decision, of those that are decided."""
        found = rows(self._clients, self._table)
        return [round((row.decided_at - row.due_at) / 1000, 3) for row in found if row.decided_at is not None]
