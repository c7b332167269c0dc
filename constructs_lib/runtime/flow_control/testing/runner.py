"""Invokes a handler with what is in a queue in memory, in virtual time."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.runtime.flow_control.event import Record
from constructs_lib.runtime.flow_control.handler import FlowHandler
from constructs_lib.runtime.flow_control.testing.clock import FakeClock, FakeContext
from constructs_lib.runtime.flow_control.testing.queue import MemoryQueue
from constructs_lib.runtime.flow_control.testing.records import queue_arn, sqs_event, sqs_record


class FlowRunner:
    """One worker of an event source mapping, with its queue and its dead-letter queue.

    Args:
        handler: What `flow_controlled` made.
        batch_size: Messages in an invocation, at most.
        timeout: Seconds. An invocation that takes longer has no answer: all its messages come back.
        visibility_timeout: Seconds after which a message comes back of which nothing is heard; default 6 timeouts.
        max_receive_count: Receives of one message before it is dead-lettered.
        pace: As in `Settings`; so are `call_timeout` and `backoff_cap`.
        call_timeout: As in `Settings`.
        backoff_cap: As in `Settings`.
        fifo: A FIFO queue with a FIFO dead-letter queue; give each message a group.
        random: Stands for every random number; in [0, 1).

    Raises:
        TypeError: The handler is not one that `flow_controlled` made.

    Attributes:
        clock: The virtual time: `clock.sleep(1.5)` in the handler is a call that takes 1.5 seconds.
        delivered: The bodies, as sent, of the messages that are done with, in that order.
        dead_letters: What is in the dead-letter queue.
        attempts: By message id, how often it was received.
        waits: By message id, the seconds for which the handler hid it, each time.
        invocations: The seconds that each invocation took.
    """

    def __init__(
        self,
        handler: Callable[..., Any],
        *,
        batch_size: int = 1,
        timeout: float = 30.0,
        visibility_timeout: float | None = None,
        max_receive_count: int = 5,
        pace: float = 0.0,
        call_timeout: float | None = None,
        backoff_cap: float = 60.0,
        fifo: bool = False,
        random: float = 0.5,
    ) -> None:
        if not isinstance(handler, FlowHandler):
            msg = (
                f"FlowRunner runs what flow_controlled made (got {type(handler).__name__}): decorate it with "
                "@flow_controlled; under another decorator, that is handler.__wrapped__"
            )
            raise TypeError(msg)
        if batch_size < 1 or max_receive_count < 1:
            msg = f"batch_size and max_receive_count must be at least 1, got {batch_size} and {max_receive_count}"
            raise ValueError(msg)
        suffix = ".fifo" if fifo else ""
        settings = Settings(
            queue_arn=queue_arn(f"queue{suffix}"),
            dead_letter_queue_arn=queue_arn(f"dead-letters{suffix}"),
            pace=pace,
            call_timeout=call_timeout,
            max_receive_count=max_receive_count,
            backoff_cap=backoff_cap,
        )
        self.clock = FakeClock()
        self._queue = MemoryQueue(
            self.clock,
            visibility_timeout=6 * timeout if visibility_timeout is None else visibility_timeout,
            max_receive_count=max_receive_count,
        )
        self._handler = handler.using(clock=self.clock, random=lambda: random, outbound=self._queue, settings=settings)
        self.delivered: list[Any] = []
        self.dead_letters = self._queue.dead_letters
        self.attempts = self._queue.attempts
        self.waits = self._queue.waits
        self.invocations: list[float] = []
        self._queue_name = f"queue{suffix}"
        self._batch_size = batch_size
        self._timeout = timeout
        self._sent: dict[str, tuple[Any, Record]] = {}
        self._numbers = count(1)
        self._kill_after: int | None = None

    def send(self, body: object, *, attributes: Mapping[str, str] | None = None, group: str | None = None) -> str:
        """Put a message into the queue: text as it is, anything else as JSON. Returns its id."""
        message_id = f"message-{next(self._numbers)}"
        record = sqs_record(body, message_id=message_id, attributes=attributes, group=group, queue=self._queue_name)
        self._sent[message_id] = (body, record)
        self._queue.put(record)
        return message_id

    def duplicate(self, message_id: str) -> None:
        """Deliver a message once more, whatever became of it: SQS delivers at least once."""
        self._queue.put(self._sent[message_id][1])

    def kill(self, after: int | None = None) -> None:
        """Let the next invocation end without an answer, after so many of its messages (default: after all)."""
        self._kill_after = self._batch_size if after is None else after

    def run(self) -> None:
        """Invoke the handler until the queue is empty, letting the time in between pass at once."""
        while (when := self._queue.next_visible()) is not None:
            self.clock.now = max(self.clock.now, when)
            if records := self._queue.receive(self._batch_size):
                self._invoke(records)

    def _invoke(self, records: list[Record]) -> None:
        killed, self._kill_after = self._kill_after, None
        started = self.clock.now
        letters = len(self.dead_letters)
        response = self._handler(sqs_event(*records[:killed]), FakeContext(self.clock, self._timeout))
        self.invocations.append(self.clock.now - started)
        if killed is not None or self.clock.now > started + self._timeout:
            return
        failed = {each["itemIdentifier"] for each in response["batchItemFailures"]}
        moved = {letter.message_id for letter in self.dead_letters[letters:]}
        for record in records:
            message_id = record["messageId"]
            if message_id not in failed:
                self._queue.delete(record)
                if message_id not in moved:
                    self.delivered.append(self._sent[message_id][0])
