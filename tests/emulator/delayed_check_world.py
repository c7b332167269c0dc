"""The checks of the end-to-end tests on the emulator, with a provider that misbehaves, and everything begun."""

import json
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from constructs_lib.runtime.delayed_check import bucket
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.messages import check_body, contact_body
from constructs_lib.runtime.delayed_check.row import Row, State
from constructs_lib.runtime.delayed_check.timing import iso
from constructs_lib.runtime.delayed_check.transitions import Order
from local.clients import Clients
from local.demo.delayed_check_records import rows
from local.deploy import Deployer
from local.emulator import ROOT, Emulator
from local.queues import messages_in, read_all, reason_of, url_of
from local.short_waits import environment, shorten_waits
from local.twilio import Behaviour, Request, Script, Twilio
from tests.emulator.delayed_check_app import (
    CREDENTIALS,
    CROSSING_DELAY,
    DEADLINE,
    DELAY,
    EXPERIMENT,
    PROVIDER,
)

#: Seconds that a test waits for what must happen; nothing is asserted of how long it took.
PATIENCE = 90.0
T = TypeVar("T")


def arm_of(unit: str) -> str:
    """The arm that an order will be in."""
    return bucket(EXPERIMENT.key, EXPERIMENT.version, unit, EXPERIMENT.arms)


def called(name: str) -> str:
    """An order of that name in the arm that is called."""
    return next(unit for unit in (f"{name}-{n}" for n in range(100)) if arm_of(unit) == "call")


def until(look: Callable[[], T | None], *, otherwise: Callable[[], str] = str) -> T:
    """Look until something is there; otherwise say what is there instead."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE:g} s: {otherwise()}"
        time.sleep(0.1)
    return found


TWENTY, KILLED, TALKED, THROTTLED, LIED, BETWEEN, HUNG, STOPPED, LATE, REDRIVEN = map(
    called,
    ("twenty", "killed", "talked", "throttled", "lied", "between", "hung", "stopped", "late", "redriven"),
)
CONTROL = next(unit for unit in (f"control-{n}" for n in range(100)) if arm_of(unit) == "control")
SETTLED = called("settled")
CROSSING = ["crossing-0", "crossing-1", "crossing-2"]
SCRIPTS = {
    unit: Script(behaviour=behaviour, retry_after=wait, reports=0)
    for unit, behaviour, wait in (
        (TWENTY, Behaviour.ACCEPTS, 0),
        (KILLED, Behaviour.KILLS, 0),
        (TALKED, Behaviour.ACCEPTS, 0),
        (THROTTLED, Behaviour.THROTTLES, 1),
        (BETWEEN, Behaviour.THROTTLES, 8),
        (LIED, Behaviour.LIES, 12),
        (HUNG, Behaviour.HANGS, 0),
        *((unit, Behaviour.ACCEPTS, 0) for unit in (CONTROL, SETTLED, STOPPED, LATE, REDRIVEN, *CROSSING)),
    )
}


def shown(seconds: float) -> str:
    """A time in epoch seconds, as producers send it."""
    return iso(round(seconds * 1000))


@dataclass(frozen=True, kw_only=True)
class World:
    """The deployed checks, and what stands around them."""

    emulator: Emulator
    twilio: Twilio
    outputs: dict[str, str]
    settings: Settings
    crossing: Settings
    start_queue: str
    orders: dict[str, Order] = field(default_factory=dict)
    details: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def event(self, unit: str, *, times: int = 1, placed_at: float | None = None) -> None:
        """Publish that an order was placed."""
        placed = time.time() if placed_at is None else placed_at
        milliseconds = round(placed * 1000)
        self.orders[unit] = Order(unit, milliseconds, milliseconds + DELAY * 1000, milliseconds + DEADLINE * 1000)
        entry: Any = {
            "EventBusName": self.outputs["BusName"],
            "Source": "shop",
            "DetailType": "order",
            "Detail": json.dumps({"order_id": unit, "placed_at": iso(milliseconds)}),
        }
        for first in range(0, times, 10):
            self.emulator.client("events").put_events(Entries=[entry] * min(10, times - first))

    def send(self, queue: str, *bodies: object) -> None:
        """Send messages, ten at a time."""
        for first in range(0, len(bodies), 10):
            entries: Any = [
                {"Id": str(place), "MessageBody": json.dumps(body)}
                for place, body in enumerate(bodies[first : first + 10])
            ]
            self.emulator.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)

    def send_to(self, arn: str, *bodies: object) -> None:
        """Send messages to a queue by its ARN."""
        self.send(url_of(self.emulator, arn), *bodies)

    def invoke(self, name: str, **event: object) -> Any:  # noqa: ANN401 - what the function returns
        """Call a function; its error's text where it fails."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.outputs[name], Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())

    def settle(self, unit: str) -> None:
        """Let somebody accept an order."""
        self.emulator.client("dynamodb").put_item(TableName=self.outputs["OrdersName"], Item={"id": {"S": unit}})

    def row(self, unit: str, settings: Settings | None = None) -> Row | None:
        """An order's row as it is now."""
        found = rows(self.emulator, (settings or self.settings).table_name)
        return next((row for row in found if row.unit == unit), None)

    def reaches(self, unit: str, *states: State, settings: Settings | None = None) -> Row:
        """Wait until an order is in one of these states."""

        def look() -> Row | None:
            row = self.row(unit, settings)
            return row if row and row.state in states else None

        return until(look, otherwise=lambda: f"{self.row(unit, settings)}, {self.requests(unit)}")

    def requests(self, unit: str) -> list[Request]:
        """What the provider was asked for an order."""
        return [request for request in self.twilio.requests() if request.order == unit]

    def outcomes(self, unit: str) -> list[dict[str, Any]]:
        """The outcome events of an order so far."""
        sqs, url = self.emulator.client("sqs"), self.outputs["OutcomesQueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                detail = json.loads(message["Body"])["detail"]
                self.details[detail["unit"]].append(detail)
        return sorted(self.details[unit], key=lambda detail: int(detail["revision"]))

    def dead_letters(self, queue: str) -> list[dict[str, Any]]:
        """What is in a queue's dead-letter queue, kept there."""
        # Hidden from nobody: each test looks again, until it finds what it waits for.
        return read_all(self.emulator, _dead_letters_of(self.emulator, queue), hidden=0)

    def reasons(self, queue: str) -> list[str]:
        """Why the messages of a dead-letter queue are there."""
        letters = self.dead_letters(queue)
        return sorted(str(reason_of(one)) for one in letters)


@contextmanager
def begun() -> Iterator[World]:
    """The checks, with everything begun."""
    with Emulator() as emulator, Twilio(scripts=SCRIPTS) as twilio:
        deployer = Deployer(
            emulator,
            app=shlex.join([sys.executable, "-m", "tests.emulator.delayed_check_app"]),
            folder=ROOT,
            environment={
                PROVIDER: f"{twilio.endpoint}/2010-04-01/Accounts/{twilio.account}/Calls.json",
                CREDENTIALS: f"{twilio.account}:{twilio.auth_token}",
            },
        )
        deployer.bootstrap()
        outputs = deployer.deploy()["ChecksUnderTest"]
        settings = _settings(emulator, outputs["FunctionName"])
        starts = _settings(emulator, outputs["ProducerName"])
        check, crossing = outputs["CheckName"], outputs["CrossingName"]
        world = World(
            emulator=emulator,
            twilio=twilio,
            outputs=outputs,
            settings=settings[check],
            crossing=settings[crossing],
            start_queue=url_of(emulator, starts[check].start_queue_arn),
        )
        shorten_waits(emulator, outputs["CrossingStartName"], longest_sqs_delay=10, schedule_lead=14)
        _warm_up(world)
        _begin_everything(world)
        yield world


def _dead_letters_of(clients: Clients, url: str) -> str:
    """The address of a queue's dead letter queue."""
    policy = clients.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    return url_of(clients, json.loads(policy["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"])


def _settings(emulator: Emulator, function: str) -> dict[str, Settings]:
    variables = environment(emulator, function)
    found = [Settings.from_json(value) for name, value in variables.items() if name.startswith(ENVIRONMENT_PREFIX)]
    return {settings.check: settings for settings in found}


def _warm_up(world: World) -> None:
    """Start some functions: on a busy machine that takes as long as a function may run."""
    for number in range(6):
        world.event(f"warm-{number}", placed_at=time.time() - DEADLINE)
    for number in range(6):
        world.reaches(f"warm-{number}", State.EXPIRED)


def _begin_everything(world: World) -> None:
    for number, unit in enumerate(CROSSING):
        placed = shown(time.time() + 22 + number - CROSSING_DELAY)
        assert world.invoke("ProducerName", unit=unit, placed_at=placed, check=world.crossing.check) is None
    world.settle(SETTLED)
    world.event(KILLED, times=2)
    world.event(TWENTY, times=20)
    for unit in (TALKED, THROTTLED, HUNG, CONTROL, SETTLED):
        world.event(unit)
    world.event(LATE, placed_at=time.time() - DEADLINE - 1)
    world.send(
        world.start_queue,
        {"unit": "no-time"},
        {"unit": "no-offset", "placed_at": "2026-11-21T10:00:00"},
        {"unit": "to-come", "placed_at": shown(time.time() + 4000)},
        {"placed_at": shown(time.time())},
    )
    world.send_to(world.settings.check_queue_arn, check_body(Order(REDRIVEN, 0, 0, DEADLINE * 1000)))


def deliver_again(world: World, unit: str) -> None:
    """Let the messages of an order come five times more."""
    order = world.orders[unit]
    world.send_to(world.settings.check_queue_arn, *[check_body(order)] * 5)
    world.send_to(world.settings.contact_queue_arn, *[contact_body(order, arm="call")] * 5)


def wait_until_idle(world: World) -> None:
    """Wait until nothing is under way in the queues of the check."""
    queues = [url_of(world.emulator, arn) for arn in (world.settings.check_queue_arn, world.settings.contact_queue_arn)]
    until(lambda: all(messages_in(world.emulator, queue) == 0 for queue in queues))
