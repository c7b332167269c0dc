"""Every promise of a check, on the emulator: everything twice, a provider that misbehaves, workers that are killed.

Everything is begun at once and then each test waits for its own, so that delays and retries pass side by side.
"""

import json
import time
from collections.abc import Iterator

import pytest

from constructs_lib.runtime.delayed_check.contract import RUN, STOP
from constructs_lib.runtime.delayed_check.row import Row, State
from local.demo.delayed_check_records import passages_of, read_stream, rows
from local.queues import reason_of, url_of
from local.twilio import Behaviour
from tests.emulator.delayed_check_app import CROSSING_DELAY, DELAY
from tests.emulator.delayed_check_world import (
    BETWEEN,
    CONTROL,
    CROSSING,
    HUNG,
    KILLED,
    LATE,
    LIED,
    REDRIVEN,
    SETTLED,
    STOPPED,
    TALKED,
    THROTTLED,
    TWENTY,
    World,
    begun,
    deliver_again,
    shown,
    until,
    wait_until_idle,
)

pytestmark = pytest.mark.emulator

#: How many orders a producer starts at once.
MANY = 300


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The checks, with everything begun."""
    with begun() as found:
        yield found


def test_twenty_starts_and_every_message_again_are_one_decision_one_contact_and_one_outcome(world: World) -> None:
    world.reaches(TWENTY, State.DIALED)
    deliver_again(world, TWENTY)
    wait_until_idle(world)

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
    deliver_again(world, SETTLED)
    wait_until_idle(world)

    assert (row.arm, world.requests(SETTLED)) == (None, [])


def test_the_control_arm_is_not_called_even_if_somebody_asks_for_it(world: World) -> None:
    row = world.reaches(CONTROL, State.CONTROL)
    deliver_again(world, CONTROL)
    wait_until_idle(world)

    assert (row.arm, world.requests(CONTROL)) == ("control", [])


def test_a_worker_killed_after_its_call_leaves_an_unknown_contact_that_nobody_repeats(world: World) -> None:
    world.reaches(KILLED, State.UNKNOWN)
    deliver_again(world, KILLED)
    wait_until_idle(world)

    assert [request.behaviour for request in world.requests(KILLED)] == [Behaviour.KILLS]
    assert world.reaches(KILLED, State.UNKNOWN).reason
    details = until(lambda: world.outcomes(KILLED))
    assert {detail["state"] for detail in details} == {"UNKNOWN"}
    assert len({detail["event_id"] for detail in details}) == 1


def test_a_provider_that_does_not_answer_is_not_asked_again(world: World) -> None:
    world.reaches(HUNG, State.UNKNOWN)

    assert len(world.requests(HUNG)) == 1
    assert [call.order for call in world.twilio.calls()].count(HUNG) == 1


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
    wait_until_idle(world)

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
    deliver_again(world, LATE)
    wait_until_idle(world)

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
    assert "there is no row" in str(reason_of(letter))

    world.event(REDRIVEN, placed_at=1.0)
    world.send(queue, json.loads(letter["Body"]))

    world.reaches(REDRIVEN, State.EXPIRED)
    assert world.requests(REDRIVEN) == []


def test_all_of_many_orders_that_are_started_at_once_are_decided_once(world: World) -> None:
    many = [f"many-{number}" for number in range(MANY)]
    for unit in many:
        world.settle(unit)
    world.send(world.start_queue, *({"unit": unit, "placed_at": shown(time.time())} for unit in many))

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
