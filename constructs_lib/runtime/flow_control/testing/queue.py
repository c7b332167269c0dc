"""SQS in memory: what it promises about visibility, receive counts, redrive and the order of FIFO groups."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from constructs_lib.runtime.flow_control.batch import Clock
from constructs_lib.runtime.flow_control.contract import ERROR_CODE_ATTRIBUTE, ERROR_MESSAGE_ATTRIBUTE
from constructs_lib.runtime.flow_control.dead_letter import dead_letter
from constructs_lib.runtime.flow_control.event import Record, fifo_group_of


class DeadLetter(NamedTuple):
    """A message in the dead-letter queue; code and reason are None when the queue's own redrive put it there."""

    message_id: str
    body: str
    code: str | None = None
    reason: str | None = None
    attributes: dict[str, Any] = {}  # noqa: RUF012 - never written to


class _Stored:
    """A message, or one of its duplicates."""

    def __init__(self, record: Record, number: int) -> None:
        self.record = record
        self.number = number
        self.visible_at = 0.0
        self.receives = 0


class MemoryQueue:
    """A queue and its dead-letter queue; an `Outbound` for the handler.

    Attributes:
        dead_letters: What is in the dead-letter queue.
        attempts: By message id, how often it was received.
        waits: By message id, the seconds for which it was hidden, each time.
    """

    def __init__(self, clock: Clock, *, visibility_timeout: float, max_receive_count: int) -> None:
        self.dead_letters: list[DeadLetter] = []
        self.attempts: dict[str, int] = {}
        self.waits: dict[str, list[int]] = {}
        self._clock = clock
        self._visibility_timeout = visibility_timeout
        self._max_receive_count = max_receive_count
        self._stored: dict[int, _Stored] = {}
        self._has_groups = False
        # By the time at which they become visible; an entry whose message is gone or has another time by now is stale.
        self._line: list[tuple[float, int]] = []
        self._in_flight: dict[str, _Stored] = {}
        self._numbers = count(1)
        self._receipts = count(1)

    def put(self, record: Record, *, delay: float = 0.0) -> None:
        """Add a message, visible after so many seconds."""
        stored = _Stored(record, next(self._numbers))
        self._stored[stored.number] = stored
        self._has_groups = self._has_groups or fifo_group_of(record) is not None
        self._show(stored, self._clock.time() + delay)

    def next_visible(self) -> float | None:
        """When there will be something to receive; None when the queue is empty."""
        if self._has_groups:
            return min((when for _, when in self._in_order()), default=None)
        return self._line[0][0] if self._prune() else None

    def receive(self, most: int) -> list[Record]:
        """Up to so many visible messages, which are then hidden; those received too often are dead-lettered."""
        batch: list[Record] = []
        ready = self._ready()
        while len(batch) < most and (stored := next(ready, None)) is not None:
            if stored.receives >= self._max_receive_count:
                del self._stored[stored.number]
                self.dead_letters.append(DeadLetter(stored.record["messageId"], stored.record["body"]))
            else:
                batch.append(self._hand_out(stored))
        return batch

    def delete(self, record: Record) -> None:
        """What Lambda does with a message that the handler did not report as a failure."""
        # A later receive of the same message may have been done with it first.
        self._stored.pop(self._in_flight.pop(record["receiptHandle"]).number, None)

    def hide(self, record: Record, seconds: int) -> None:
        """Make a message in flight visible after so many seconds."""
        self._show(self._in_flight[record["receiptHandle"]], self._clock.time() + seconds)
        self.waits.setdefault(record["messageId"], []).append(seconds)

    def move(self, record: Record, queue_arn: str, code: str, reason: str) -> None:
        """Add the message to the dead-letter queue, in the form in which SQS would get it."""
        letter = dead_letter(record, queue_arn=queue_arn, code=code, reason=reason)
        attributes = letter["MessageAttributes"]
        code_kept = attributes.get(ERROR_CODE_ATTRIBUTE, {}).get("StringValue")
        reason_kept = attributes.get(ERROR_MESSAGE_ATTRIBUTE, {}).get("StringValue")
        self.dead_letters.append(
            DeadLetter(record["messageId"], letter["MessageBody"], code_kept, reason_kept, attributes)
        )

    def _ready(self) -> Iterator[_Stored]:
        """What is visible now; a batch may hold several of a FIFO group, so those are listed before any is taken."""
        now = self._clock.time()
        if self._has_groups:
            yield from [stored for stored, when in self._in_order() if when <= now]
            return
        while self._prune() and self._line[0][0] <= now:
            yield self._stored[heappop(self._line)[1]]

    def _show(self, stored: _Stored, when: float) -> None:
        stored.visible_at = when
        heappush(self._line, (when, stored.number))

    def _prune(self) -> bool:
        """Drop what is stale in front; whether anything is left."""
        while self._line:
            when, number = self._line[0]
            if number in self._stored and self._stored[number].visible_at == when:
                return True
            heappop(self._line)
        return False

    def _in_order(self) -> list[tuple[_Stored, float]]:
        """Each message and when it can be received: in a FIFO group, not before those ahead of it."""
        latest: dict[str, float] = {}
        order = []
        for stored in self._stored.values():
            when = stored.visible_at
            if group := fifo_group_of(stored.record):
                when = latest[group] = max(when, latest.get(group, when))
            order.append((stored, when))
        return order

    def _hand_out(self, stored: _Stored) -> Record:
        stored.receives += 1
        self._show(stored, self._clock.time() + self._visibility_timeout)
        receipt = f"receipt-{next(self._receipts)}"
        self._in_flight[receipt] = stored
        message_id = stored.record["messageId"]
        self.attempts[message_id] = self.attempts.get(message_id, 0) + 1
        system = {**stored.record["attributes"], "ApproximateReceiveCount": str(stored.receives)}
        return {**stored.record, "receiptHandle": receipt, "attributes": system}
