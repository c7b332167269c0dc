"""A queue with its dead-letter queue, and the mapping by which Lambda invokes a function with what is in it."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.testing.timeline import Event
from constructs_lib.runtime.delayed_check.testing.duplicates import Duplicates
from constructs_lib.runtime.delayed_check.testing.lambda_service import Clock, FlowClock, Function, Functions
from constructs_lib.runtime.flow_control.event import Record
from constructs_lib.runtime.flow_control.testing.queue import MemoryQueue
from constructs_lib.runtime.flow_control.testing.records import sqs_event, sqs_record


class Shape(NamedTuple):
    """How a queue is consumed. Give the fields by name.

    Attributes:
        workers: Invocations at a time.
        batch_size: Messages in an invocation, at most.
        timeout: Seconds that an invocation may take.
        visibility_timeout: Seconds after which a message comes back of which nothing is heard.
        max_receive_count: Receives of one message before it is dead-lettered.
        is_quick: Whether the function never sleeps.
    """

    workers: int
    batch_size: int
    timeout: float
    visibility_timeout: float
    max_receive_count: int
    is_quick: bool = False


class DeadLetter(NamedTuple):
    """A message in one of the dead-letter queues.

    Attributes:
        queue: "start", "check" or "contact".
        unit: The order; None where the message names none.
        body: The message's.
        reason: Why it is there; None where the queue's own redrive put it there.
    """

    queue: str
    unit: str | None
    body: Any
    reason: str | None


class Pipe:
    """A queue, and who works on it.

    Args:
        name: The queue's, and the function's: "start", "check" or "contact".
        clock: The time.
        functions: Where the function runs.
        duplicates: What is delivered more than once.
        shape: How it is consumed.

    Attributes:
        queue: The queue.
        make_handler: Makes the function in a new environment; to be given before anything is sent.
    """

    make_handler: Callable[[], Function]

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        functions: Functions,
        duplicates: Duplicates,
        shape: Shape,
    ) -> None:
        self.name = name
        self.queue = MemoryQueue(
            FlowClock(clock),
            visibility_timeout=shape.visibility_timeout,
            max_receive_count=shape.max_receive_count,
        )
        self._handler: Function | None = None
        self._clock = clock
        self._functions = functions
        self._duplicates = duplicates
        self._shape = shape
        self._free = shape.workers
        self._numbers = count(1)
        self._wake: tuple[float, Event] | None = None
        self._last: dict[str | None, Record] = {}

    def send(self, body: Any, *, delay: float = 0.0) -> None:  # noqa: ANN401 - JSON, or what a producer takes for it
        """Put a message into the queue, to be received after so many seconds at the earliest."""
        text = body if isinstance(body, str) else json.dumps(body)
        record = sqs_record(text, message_id=f"{self.name}-{next(self._numbers)}", queue=self.name)
        unit = unit_of(text)
        self._last[unit] = record
        for later in self._duplicates.delays(self.name, unit):
            self.queue.put(record, delay=delay + later)
        self._plan()

    def deliver_again(self, unit: str, times: int) -> None:
        """Deliver the last message about an order once more, whatever became of it.

        Raises:
            KeyError: There was none.
        """
        for _ in range(times):
            self.queue.put(self._last[unit])
        self._plan()

    def dead_letters(self) -> list[DeadLetter]:
        """What is in the dead-letter queue."""
        letters = self.queue.dead_letters
        return [DeadLetter(self.name, unit_of(each.body), _parsed(each.body), each.reason) for each in letters]

    def redrive(self) -> int:
        """Move the dead letters back into the queue; how many."""
        letters, self.queue.dead_letters[:] = list(self.queue.dead_letters), []
        for letter in letters:
            self.send(letter.body)
        return len(letters)

    def _plan(self) -> None:
        """Wake when there is something to receive, and somebody to work on it."""
        when = self.queue.next_visible() if self._free else None
        if self._wake is not None:
            if self._wake[0] == when:
                return
            self._wake[1].cancel()
        self._wake = None if when is None else (when, self._clock.at(when, self._poll, is_quick=True))

    def _poll(self) -> None:
        self._wake = None
        while self._free and (records := self.queue.receive(self._shape.batch_size)):
            self._free -= 1
            self._clock.at(self._clock.time, partial(self._invoke, records), is_quick=self._shape.is_quick)
        self._plan()

    def _invoke(self, records: list[Record]) -> None:
        if self._handler is None:
            self._handler = self.make_handler()
        units = [unit_of(record["body"]) for record in records]
        returned, answer = self._functions.invoke(
            self.name, self._handler, sqs_event(*records), units=units, timeout=self._shape.timeout
        )
        if returned:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for record in records:
                if record["messageId"] not in failed:
                    self.queue.delete(record)
        else:
            self._handler = None  # with what it kept: whoever comes next begins in a new environment
        self._free += 1
        self._plan()


def unit_of(body: str) -> str | None:
    """The order that a message is about."""
    content = _parsed(body)
    unit = content.get("unit") if isinstance(content, Mapping) else None
    return None if unit is None else str(unit)


def _parsed(body: str) -> Any:  # noqa: ANN401 - JSON, or no JSON
    try:
        return json.loads(body)
    except ValueError:
        return body
