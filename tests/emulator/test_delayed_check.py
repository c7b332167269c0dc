"""Every promise of a check, on the emulator: everything twice, a provider that misbehaves, workers that are killed.

Everything is begun at once and then each test waits for its own, so that delays and retries pass side by side.
"""

import json
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from constructs_lib.runtime.delayed_check import bucket
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, RUN, STOP, Settings
from constructs_lib.runtime.delayed_check.messages import check_body, contact_body
from constructs_lib.runtime.delayed_check.row import Row, State
from constructs_lib.runtime.delayed_check.transitions import Order
from local.demo.delayed_check_records import passages_of, read_stream, rows
from local.deploy import Deployer
from local.emulator import ROOT, Emulator
from local.queues import dead_letters_of, messages_in, url_of
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

pytestmark = pytest.mark.emulator

#: Seconds that a test waits for what must happen; nothing is asserted of how long it took.
PATIENCE = 90.0
#: How many orders a producer starts at once.
MANY = 300
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


def iso(seconds: float) -> str:
    """A time as producers send it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


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
            "Detail": json.dumps({"order_id": unit, "placed_at": iso(placed)}),
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

    def dead_letters(self, queue: str) -> list[Mapping[str, Any]]:
        """What is in a queue's dead-letter queue, kept there."""
        url = dead_letters_of(self.emulator, queue)
        assert url is not None
        found: dict[str, Mapping[str, Any]] = {}
        while True:
            answer = self.emulator.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
            )
            new = {one["MessageId"]: one for one in answer.get("Messages", [])}
            if new.keys() <= found.keys():
                return list(found.values())
            found |= new

    def reasons(self, queue: str) -> list[str]:
        """Why the messages of a dead-letter queue are there."""
        letters = self.dead_letters(queue)
        return sorted(one["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"] for one in letters)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
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
        placed = iso(time.time() + 22 + number - CROSSING_DELAY)
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
        {"unit": "to-come", "placed_at": iso(time.time() + 4000)},
        {"placed_at": iso(time.time())},
    )
    world.send_to(world.settings.check_queue_arn, check_body(Order(REDRIVEN, 0, 0, DEADLINE * 1000)))


def _deliver_again(world: World, unit: str) -> None:
    order = world.orders[unit]
    world.send_to(world.settings.check_queue_arn, *[check_body(order)] * 5)
    world.send_to(world.settings.contact_queue_arn, *[contact_body(order, arm="call")] * 5)


def _wait_until_idle(world: World) -> None:
    queues = [url_of(world.emulator, arn) for arn in (world.settings.check_queue_arn, world.settings.contact_queue_arn)]
    until(lambda: all(messages_in(world.emulator, queue) == 0 for queue in queues))


def test_twenty_starts_and_every_message_again_are_one_decision_one_contact_and_one_outcome(world: World) -> None:
    world.reaches(TWENTY, State.DIALED)
    _deliver_again(world, TWENTY)
    _wait_until_idle(world)

    passage = passages_of(read_stream(world.emulator, world.settings.table_name))[TWENTY]
    assert (passage.decisions, passage.exposures) == (1, 1)
    assert len(world.requests(TWENTY)) == 1
    assert {detail["event_id"] for detail in until(lambda: world.outcomes(TWENTY))} == {
        world.outcomes(TWENTY)[0]["event_id"]
    }
    assert {detail["state"] for detail in world.outcomes(TWENTY)} == {"DIALED"}


def test_no_order_is_decided_early(world: World) -> None:
    for unit in (TWENTY, CONTROL, SETTLED):
        row = world.reaches(unit, State.DIALED, State.CONTROL, State.NOT_ELIGIBLE)
        assert row.decided_at is not None
        assert row.decided_at >= row.due_at == row.placed_at + DELAY * 1000


def test_a_settled_order_belongs_to_no_arm_and_is_not_called(world: World) -> None:
    row = world.reaches(SETTLED, State.NOT_ELIGIBLE)
    _deliver_again(world, SETTLED)
    _wait_until_idle(world)

    assert (row.arm, world.requests(SETTLED)) == (None, [])


def test_the_control_arm_is_not_called_even_if_somebody_asks_for_it(world: World) -> None:
    row = world.reaches(CONTROL, State.CONTROL)
    _deliver_again(world, CONTROL)
    _wait_until_idle(world)

    assert (row.arm, world.requests(CONTROL)) == ("control", [])


def test_a_worker_killed_after_its_call_leaves_an_unknown_contact_that_nobody_repeats(world: World) -> None:
    world.reaches(KILLED, State.UNKNOWN)
    _deliver_again(world, KILLED)
    _wait_until_idle(world)

    assert [request.behaviour for request in world.requests(KILLED)] == [Behaviour.KILLS]
    assert world.reaches(KILLED, State.UNKNOWN).reason
    details = until(lambda: world.outcomes(KILLED))
    assert {detail["state"] for detail in details} == {"UNKNOWN"}
    assert len({detail["event_id"] for detail in details}) == 1


def test_a_provider_that_does_not_answer_is_not_asked_again(world: World) -> None:
    world.reaches(HUNG, State.UNKNOWN)

    assert len(world.requests(HUNG)) == 1
    assert len(world.twilio.calls()) >= 1


def test_a_provider_that_throttles_is_asked_again_when_it_said(world: World) -> None:
    row = world.reaches(THROTTLED, State.DIALED)

    first, second = world.requests(THROTTLED)
    assert (first.behaviour, second.behaviour) == (Behaviour.THROTTLES, Behaviour.ACCEPTS)
    assert second.at - first.at >= 1
    assert row.attempts == 1


def test_an_order_that_is_accepted_between_two_tries_is_not_called(world: World) -> None:
    world.event(BETWEEN, placed_at=time.time() - DELAY)
    until(lambda: world.requests(BETWEEN))
    world.settle(BETWEEN)

    assert world.reaches(BETWEEN, State.SUPPRESSED).reason == "settled"
    assert len(world.requests(BETWEEN)) == 1


def test_the_report_of_a_provider_that_said_no_and_called_keeps_it_from_calling_again(world: World) -> None:
    world.event(LIED, placed_at=time.time() - DELAY)
    until(lambda: world.requests(LIED))
    row = world.reaches(LIED, State.DECIDED)
    assert world.invoke("WebhookName", unit=LIED, token=row.token, outcome="answered") is True
    _wait_until_idle(world)

    assert len(world.requests(LIED)) == 1
    assert world.reaches(LIED, State.OUTCOME).outcome == "answered"


def test_the_provider_s_report_is_joined_by_its_token_and_the_first_one_stands(world: World) -> None:
    row = world.reaches(TALKED, State.DIALED)

    unknown = world.invoke("WebhookName", unit=TALKED, token="guessed", outcome="answered")  # noqa: S106 - no secret
    assert world.reaches(TALKED, State.DIALED).outcome is None
    assert "no contact" in json.dumps(unknown)
    reports = [world.invoke("WebhookName", unit=TALKED, token=row.token, outcome="answered") for _ in range(2)]
    assert reports == [True, True]
    assert world.invoke("WebhookName", unit=TALKED, token=row.token, outcome="failed") is False
    details = until(lambda: found if len(found := world.outcomes(TALKED)) > 1 else None)
    assert [detail["state"] for detail in details] == ["DIALED", "OUTCOME"]
    assert len({detail["event_id"] for detail in details}) == 1
    assert details[-1]["outcome"] == "answered"


def test_an_order_past_its_deadline_is_not_called(world: World) -> None:
    world.reaches(LATE, State.EXPIRED)
    _deliver_again(world, LATE)
    _wait_until_idle(world)

    assert world.requests(LATE) == []
    assert {detail["state"] for detail in until(lambda: world.outcomes(LATE))} == {"EXPIRED"}


def test_bad_starts_are_dead_lettered_with_their_reasons(world: World) -> None:
    reasons = until(lambda: found if len(found := world.reasons(world.start_queue)) >= 4 else None)

    assert len(reasons) == 4
    for expected in ("placed_at is missing", "has no UTC offset", "is in the future", "unit must be"):
        assert any(expected in reason for reason in reasons), (expected, reasons)


def test_a_dead_letter_redriven_after_the_deadline_calls_nobody(world: World) -> None:
    queue = url_of(world.emulator, world.settings.check_queue_arn)
    [letter] = until(lambda: world.dead_letters(queue))
    assert "there is no row" in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]

    world.event(REDRIVEN, placed_at=1.0)
    world.send(queue, json.loads(letter["Body"]))

    world.reaches(REDRIVEN, State.EXPIRED)
    assert world.requests(REDRIVEN) == []


def test_all_of_many_orders_that_are_started_at_once_are_decided_once(world: World) -> None:
    many = [f"many-{number}" for number in range(MANY)]
    for unit in many:
        world.settle(unit)
    world.send(world.start_queue, *({"unit": unit, "placed_at": iso(time.time())} for unit in many))

    def decided() -> list[Row] | None:
        found = [row for row in rows(world.emulator, world.settings.table_name) if row.unit.startswith("many-")]
        return found if len(found) == MANY and all(row.decided_at for row in found) else None

    assert {row.state for row in until(decided)} == {State.NOT_ELIGIBLE}
    passages = passages_of(read_stream(world.emulator, world.settings.table_name))
    assert {passages[unit].decisions for unit in many} == {1}


def test_the_kill_switch_keeps_everybody_from_being_called(world: World) -> None:
    switch = world.emulator.client("ssm")
    switch.put_parameter(Name=world.settings.kill_switch, Value=STOP, Overwrite=True)
    time.sleep(1.1)  # environments may believe the old value for a second
    try:
        world.event(STOPPED, placed_at=time.time() - DELAY)

        assert world.reaches(STOPPED, State.SUPPRESSED).reason == "kill switch"
        assert world.requests(STOPPED) == []
    finally:
        switch.put_parameter(Name=world.settings.kill_switch, Value=RUN, Overwrite=True)


def test_a_check_that_crosses_scheduler_is_never_early(world: World) -> None:
    for unit in CROSSING:
        row = world.reaches(unit, State.DIALED, settings=world.crossing)
        assert row.decided_at is not None
        assert row.decided_at >= row.due_at
        assert row.due_at - row.placed_at == CROSSING_DELAY * 1000
        assert len(world.requests(unit)) <= 1
