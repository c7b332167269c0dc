from datetime import UTC, datetime
from typing import Any

import pytest

from constructs_lib.runtime.delayed_check import start
from constructs_lib.runtime.delayed_check.contract import START_HANDLER
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.flow_control.testing import eventbridge_event, queue_arn
from tests.runtime.delayed_check.stage import CHECK, SETTINGS, Stage

#: What the stage's clock shows at first.
NOW = 1_800_000_000


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_it_is_the_handler_that_the_construct_names() -> None:
    module, _, name = START_HANDLER.rpartition(".")

    assert start.__name__ == module
    assert callable(getattr(start, name))


@pytest.mark.parametrize(
    "placed_at", [NOW, float(NOW), datetime.fromtimestamp(NOW, tz=UTC).isoformat(), "2027-01-15T09:00:00+01:00"]
)
def test_a_start_is_a_row_and_a_message_that_waits(stage: Stage, placed_at: object) -> None:
    assert stage.start({"unit": "order-1", "placed_at": placed_at})

    row = stage.row()
    assert (row.state, row.placed_at) == (State.SCHEDULED, NOW * 1000)
    assert (row.due_at, row.deadline_at) == ((NOW + 300) * 1000, (NOW + 600) * 1000)
    ((queue, body, delay),) = stage.sent.messages
    assert (queue, delay) == (CHECK, 300)
    assert body == {
        "kind": "check",
        "unit": "order-1",
        "placed_at": NOW * 1000,
        "due_at": (NOW + 300) * 1000,
        "deadline_at": (NOW + 600) * 1000,
        "hops": 0,
    }


def test_a_rule_s_event_is_opened(stage: Stage) -> None:
    assert stage.start(eventbridge_event({"unit": "order-1", "placed_at": NOW}))
    assert stage.row().state is State.SCHEDULED


def test_the_delay_is_from_when_the_order_was_placed(stage: Stage) -> None:
    stage.start({"unit": "order-1", "placed_at": NOW - 100})
    stage.start({"unit": "order-2", "placed_at": NOW - 10_000}, message_id="start-2")

    assert [delay for _, _, delay in stage.sent.messages] == [200, 0]


def test_an_order_that_is_long_past_has_an_outcome_too(stage: Stage) -> None:
    stage.start({"unit": "order-1", "placed_at": 1_000_000_000})

    assert stage.deliver(stage.sent.messages[0][1])
    assert stage.row().state is State.EXPIRED


def test_a_start_that_comes_again_keeps_the_first_times(stage: Stage) -> None:
    for number in range(20):
        stage.start({"unit": "order-1", "placed_at": NOW - number}, message_id=f"start-{number}")

    assert len(stage.table.records) == 1
    assert stage.row().placed_at == NOW * 1000
    # What another message has started needs no second one of its own.
    assert [body["placed_at"] for _, body, _ in stage.sent.messages] == [NOW * 1000]


def test_a_start_that_could_not_send_is_tried_again(stage: Stage) -> None:
    stage.sent.failures = 1

    assert not stage.start({"unit": "order-1", "placed_at": NOW})
    assert stage.start({"unit": "order-1", "placed_at": NOW}, attempt=2)
    assert [queue for queue, _, _ in stage.sent.messages] == [CHECK]


def test_a_start_of_an_order_that_is_decided_sends_nothing(stage: Stage) -> None:
    stage.decided()
    before = len(stage.sent.messages)

    assert stage.start({"unit": "order-1", "placed_at": NOW}, message_id="start-2")
    assert len(stage.sent.messages) == before


def test_a_delay_that_sqs_cannot_hold_goes_through_scheduler() -> None:
    settings = SETTINGS._replace(delay=3600, deadline=7200, schedule_group="checks", schedule_role_arn="role")
    stage = Stage(settings)

    stage.start({"unit": "order-1", "placed_at": NOW})

    assert stage.sent.messages == []
    (schedule,) = stage.sent.schedules
    assert schedule.at == (NOW + 3600 - 120) * 1000
    assert schedule.body["unit"] == "order-1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"unit": "order-1"}, "placed_at is missing: got None; allowed are"),
        ({"unit": "order-1", "placed_at": ""}, "placed_at is missing: got ''; allowed are"),
        ({"unit": "order-1", "placed_at": NOW + 3600}, "is in the future"),
        ({"unit": "order-1", "placed_at": "2026-11-21T10:00:00"}, "placed_at has no UTC offset"),
        ({"unit": "order-1", "placed_at": NOW * 1000}, "(milliseconds?)"),
        ({"placed_at": NOW}, "unit must be the order's id"),
        ({"unit": "", "placed_at": NOW}, "unit must be the order's id"),
        (["order-1"], "a start must be a JSON object with unit and placed_at, got list"),
    ],
)
def test_what_is_no_start_goes_to_the_dead_letters_with_the_reason(stage: Stage, body: Any, reason: str) -> None:  # noqa: ANN401 - the wrong types are the point
    assert stage.start(body)

    ((_, queue, code, said),) = stage.sqs.moved
    assert (queue, code) == (queue_arn("dead"), "PERMANENT_ERROR")
    assert reason in said
    assert (stage.table.records, stage.sent.messages) == ({}, [])


def test_a_thousand_orders_in_one_second_are_all_started(stage: Stage) -> None:
    for number in range(1000):
        assert stage.start({"unit": f"order-{number}", "placed_at": NOW}, message_id=f"start-{number}")

    assert len(stage.table.records) == 1000
    assert {delay for _, _, delay in stage.sent.messages} == {300}
