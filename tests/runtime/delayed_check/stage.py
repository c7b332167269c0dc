"""Where the handlers are tried: the table in memory, and everything else as lists of what it was asked."""

# ruff: noqa: ARG002 - an author's methods take what they are called with

import json
import logging
from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.delayed_check import start
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import RUN, Experiment, Settings
from constructs_lib.runtime.delayed_check.log import Journal
from constructs_lib.runtime.delayed_check.performer import World
from constructs_lib.runtime.delayed_check.queue_handler import QueueHandler
from constructs_lib.runtime.delayed_check.row import Row
from constructs_lib.runtime.delayed_check.steps import Schedule
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from constructs_lib.runtime.flow_control.testing import FakeClock, FakeContext, queue_arn, sqs_event, sqs_record
from tests.runtime.flow_control.stage import Lines, NotingSqs

PHONE = "+49 170 5550123"
HALF = Experiment(key="late-orders", version=1, arms={"call": 50, "control": 50}, control="control")
ALL = HALF._replace(arms={"call": 100, "control": 0})
START, CHECK, CONTACT = queue_arn("start"), queue_arn("check"), queue_arn("contact")
SETTINGS = Settings(
    check="late-orders",
    table_name="rows",
    delay=300,
    deadline=600,
    start_queue_arn=START,
    check_queue_arn=CHECK,
    contact_queue_arn=CONTACT,
    kill_switch="/shop/calls",
    event_bus="outcomes",
)


class Author(CheckHandler):
    """Calls the one whose number it reads; a test says how that goes."""

    settled = False
    reason: str | None = None
    answer: str | BaseException = "call-1"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.asked: list[str] = []
        self.contexts: list[Context] = []

    def is_settled(self, ctx: Context, unit: str) -> bool:
        self.asked.append(unit)
        self.contexts.append(ctx)
        return self.settled

    def suppress(self, ctx: Context, unit: str) -> str | None:
        return self.reason

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
        phone = PHONE
        self.calls.append(unit)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if phone else ""


class Sent:
    """Notes what was sent and scheduled, and fails on demand."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Mapping[str, Any], int]] = []
        self.schedules: list[Schedule] = []
        self.failures = 0

    def send(self, queue_arn: str, body: Mapping[str, Any], *, delay: int = 0) -> None:
        if self.failures:
            self.failures -= 1
            raise Unanswered("the queue did not answer")
        self.messages.append((queue_arn, json.loads(json.dumps(body)), delay))

    def schedule(self, schedule: Schedule, settings: Settings) -> None:
        self.schedules.append(schedule)


class Held:
    """The kill switch."""

    def __init__(self) -> None:
        self.value: str | None = RUN
        self.names: list[str] = []

    def read(self, name: str) -> str | None:
        self.names.append(name)
        return self.value


class Stage:
    """One check, and the messages that come to its functions.

    Args:
        settings: The check's.
        author_class: The author's.
    """

    def __init__(self, settings: Settings = SETTINGS, author_class: type[CheckHandler] = Author) -> None:
        self.settings = settings
        self.clock = FakeClock()
        self.table = MemoryTable()
        self.sent = Sent()
        self.switch = Held()
        self.sqs = NotingSqs()
        self.lines = Lines()
        self.logger = logging.getLogger("tests.delayed_check.stage")
        self.logger.setLevel(logging.DEBUG)
        self.logger.propagate = False
        self.logger.handlers = [self.lines]
        self.world = World(
            table=self.table,
            outbound=self.sent,
            switch=self.switch,
            journal=Journal(self.logger),
            experiments={},
        )
        self.handler = self._staged(author_class.as_handler(logger=self.logger))
        self.start_handler = self._staged(QueueHandler(start.job_of, logger=self.logger))

    def _staged(self, handler: Any) -> Any:  # noqa: ANN401 - either of the two
        flow = FlowSettings(queue_arn="any", dead_letter_queue_arn=queue_arn("dead"), max_receive_count=5)
        return handler.using(
            settings=self.settings, world=self.world, clock=self.clock, random=lambda: 0.5, queues=self.sqs, flow=flow
        )

    @property
    def author(self) -> Any:  # noqa: ANN401 - the author's own class
        return self.handler._author._made()

    def start(self, body: object, *, message_id: str = "start-1", attempt: int = 1) -> bool:
        """Deliver a message of the start queue; whether it is done with."""
        record = sqs_record(body, queue="start", message_id=message_id, attempt=attempt)
        answer = self.start_handler(sqs_event(record), FakeContext(self.clock, 10))
        return bool(answer == {"batchItemFailures": []})

    def deliver(
        self,
        body: object,
        *,
        message_id: str = "message-1",
        attempt: int = 1,
        timeout: float = 30,
        queue: str | None = None,
    ) -> bool:
        """Deliver a message of the other queues, by default in the one of its kind; whether it is done with."""
        own = "contact" if isinstance(body, Mapping) and body.get("kind") == "contact" else "check"
        record = sqs_record(body, queue=queue or own, message_id=message_id, attempt=attempt)
        answer = self.handler(sqs_event(record), FakeContext(self.clock, timeout))
        return bool(answer == {"batchItemFailures": []})

    def decided(self, unit: str = "order-1") -> Mapping[str, Any]:
        """Start an order and check it when it is due; the message that came of that for the contact queue."""
        self.start({"unit": unit, "placed_at": self.clock.now})
        self.clock.sleep(self.settings.delay)
        self.deliver(self.sent.messages[-1][1])
        assert self.sent.messages[-1][0] == CONTACT
        return self.sent.messages[-1][1]

    def row(self, unit: str = "order-1") -> Row:
        found = Row.of(self.table.records[f"{self.settings.check}#{unit}"])
        assert found is not None
        return found

    def told(self) -> list[str]:
        """Everything that was logged: the lines with their fields and tracebacks."""
        formatter = logging.Formatter()
        return [f"{formatter.format(line)} {vars(line)}" for line in self.lines.records]
