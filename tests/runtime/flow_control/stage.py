"""Where a handler is tried: a fake clock, an SQS that notes what it is asked, and the log lines."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.runtime.flow_control import Message, flow_controlled
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.runtime.flow_control.testing import FakeClock, queue_arn, sqs_event

OUTCOMES = {"COMPLETED", "FAILED", "RETRY", "DEFERRED"}
QUEUE = queue_arn("queue")
DEAD_LETTERS = queue_arn("dead-letters")
SETTINGS = Settings(queue_arn=QUEUE, dead_letter_queue_arn=DEAD_LETTERS, max_receive_count=5)


class NotingSqs:
    """Notes what it is asked to do, and fails on demand."""

    def __init__(self) -> None:
        self.hidden: list[tuple[str, int]] = []
        self.moved: list[tuple[str, str, str, str]] = []
        self.failure: Exception | None = None

    def hide(self, record: Mapping[str, Any], seconds: int) -> None:
        if self.failure:
            raise self.failure
        self.hidden.append((record["messageId"], seconds))

    def move(self, record: Mapping[str, Any], queue_arn: str, code: str, reason: str) -> None:
        if self.failure:
            raise self.failure
        self.moved.append((record["messageId"], queue_arn, code, reason))


class Lines(logging.Handler):
    """Keeps every line."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def told(self, field: str = "status") -> list[Any]:
        """The values of a field, of the lines that have it."""
        return [getattr(record, field) for record in self.records if hasattr(record, field)]

    def story(self, message_id: str) -> list[str]:
        """The statuses of one message."""
        return [r.status for r in self.records if hasattr(r, "status") and getattr(r, "message_id", None) == message_id]


class Stage:
    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.clock = FakeClock()
        self.sqs = NotingSqs()
        self.random = 0.5
        self.lines = Lines()
        self.logger = logging.getLogger("tests.stage")
        self.logger.setLevel(logging.INFO)
        self.logger.propagate = False
        self.logger.handlers = [self.lines]
        self.settings = settings

    def invoke(
        self, function: Callable[[Message], None], *records: Mapping[str, Any], context: object = None
    ) -> list[str]:
        """The ids of the messages that go back to the queue."""
        handler = flow_controlled(logger=self.logger)(function).using(
            clock=self.clock, random=lambda: self.random, outbound=self.sqs, settings=self.settings
        )
        response = handler(sqs_event(*records), context)
        return [each["itemIdentifier"] for each in response["batchItemFailures"]]
