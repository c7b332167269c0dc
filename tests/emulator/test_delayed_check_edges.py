"""What the handlers ask of SQS, Scheduler, EventBridge and Systems Manager, asked of the emulator's."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check.contract import STOP, Settings
from constructs_lib.runtime.delayed_check.outbound import Outbound, Published
from constructs_lib.runtime.delayed_check.steps import Schedule
from constructs_lib.runtime.delayed_check.switch import Switch
from local.emulator import Emulator
from tests.emulator.test_shared_store import connect

pytestmark = pytest.mark.emulator

BODY = {"kind": "check", "unit": "order-1"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator, pytest.MonkeyPatch.context() as patch:
        connect(emulator, patch)
        yield emulator


class Queue:
    """A queue of the emulator's."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._sqs = emulator.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn: str = attributes["Attributes"]["QueueArn"]

    def receive(self, seconds: float) -> tuple[Any, float] | None:
        """A message's body, and when it came; None where none came in so many seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self._sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1)
            if messages := answer.get("Messages", []):
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=messages[0]["ReceiptHandle"])
                return json.loads(messages[0]["Body"]), time.time()
        return None


def test_a_message_waits_for_its_own_delay(emulator: Emulator) -> None:
    queue = Queue(emulator, "delayed")
    sent_at = time.time()

    Outbound().send(queue.arn, BODY, delay=3)

    found = queue.receive(60)
    assert found is not None
    body, received_at = found
    assert body == BODY
    # Never early; how late is the machine's matter.
    assert received_at - sent_at >= 3


def test_a_queue_that_is_not_there_is_an_error_of_ours(emulator: Emulator) -> None:
    arn = Queue(emulator, "there").arn

    with pytest.raises(Unanswered, match=r"did not take a message: .*(NonExistentQueue|QueueDoesNotExist)"):
        Outbound().send(f"{arn}-not", BODY)


def test_a_schedule_sends_once_and_not_before_its_time(emulator: Emulator) -> None:
    queue, scheduler = Queue(emulator, "scheduled"), emulator.client("scheduler")
    scheduler.create_schedule_group(Name="checks")
    role = "arn:aws:iam::000000000000:role/scheduler"
    settings = Settings("late", check_queue_arn=queue.arn, schedule_group="checks", schedule_role_arn=role)
    at = int(time.time() + 5) * 1000
    outbound = Outbound()

    for _ in range(3):
        outbound.schedule(Schedule("a" * 64, at, BODY), settings)

    written = scheduler.get_schedule(Name="a" * 64, GroupName="checks")
    assert written["ScheduleExpression"] == f"at({datetime.fromtimestamp(at / 1000, tz=UTC):%Y-%m-%dT%H:%M:%S})"
    assert (written["ScheduleExpressionTimezone"], written["ActionAfterCompletion"]) == ("UTC", "DELETE")
    found = queue.receive(90)
    assert found is not None
    body, received_at = found
    assert body == BODY
    assert received_at * 1000 >= at
    assert queue.receive(3) is None


def test_the_kill_switch_is_read_and_its_absence_too(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(Name="/shop/calls", Value=STOP, Type="String")
    switch = Switch(logging.getLogger("tests.switch"))

    assert switch.read("/shop/calls") == STOP
    assert switch.read("/shop/letters") is None


def test_events_reach_whoever_listens_to_the_bus(emulator: Emulator) -> None:
    queue, events = Queue(emulator, "listener"), emulator.client("events")
    events.create_event_bus(Name="outcomes")
    pattern = json.dumps({"detail-type": ["DelayedCheckOutcome"], "source": ["constructs-lib.delayed-check"]})
    events.put_rule(Name="all", EventBusName="outcomes", EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName="outcomes", Targets=[{"Id": "queue", "Arn": queue.arn}])
    details = [{"event_id": str(number), "unit": f"order-{number}"} for number in range(23)]

    assert Outbound().publish(details, "outcomes") == Published(23)

    received = [found[0]["detail"] for _ in details if (found := queue.receive(60)) is not None]
    assert sorted(received, key=lambda detail: int(detail["event_id"])) == details
