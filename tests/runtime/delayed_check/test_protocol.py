import re
from typing import Any

import pytest

from constructs_lib.runtime.delayed_check import protocol
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.errors import UnknownContact
from constructs_lib.runtime.delayed_check.messages import check_body, contact_body
from constructs_lib.runtime.delayed_check.protocol import MOST_HOPS, RESEND_AFTER, schedule_name
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.steps import Frozen, IsSettled, Schedule, Send, Suppression, Write
from constructs_lib.runtime.delayed_check.transitions import Decision, Order
from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater
from tests.runtime.delayed_check.playing import DUE, EXPERIMENT, ORDER, SETTINGS, Play

WITH_EXPERIMENT = SETTINGS._replace(experiment=EXPERIMENT)


def start(play: Play, order: Order = ORDER, *, message_id: str = "start", **settings: Any) -> list[Any]:  # noqa: ANN401
    """Start the check; the messages that were sent."""
    sent = len(play.steps)
    now = int(play.clock.time * 1000)
    play.perform(protocol.start(order, SETTINGS._replace(**settings), now=now, message_id=message_id))
    return [step for step in play.steps[sent:] if not isinstance(step, Write)]


def check(play: Play, *, hops: int = 0, message_id: str = "check", **more: Any) -> list[Any]:  # noqa: ANN401
    """Check the order; the messages that were sent."""
    sent = len(play.steps)
    play.perform(protocol.check(play.case(message_id=message_id, **more), hops=hops))
    return [step for step in play.steps[sent:] if isinstance(step, Send)]


# ---- start ---------------------------------------------------------------------------------------------------------


def test_a_start_writes_the_row_and_then_its_message() -> None:
    play = Play(now=-300_000)

    assert start(play) == [Send("check", check_body(ORDER), 300)]
    assert play.kinds == ["SCHEDULED", "Send"]


def test_what_is_due_already_waits_for_nothing() -> None:
    assert start(Play(now=10_000)) == [Send("check", check_body(ORDER), 0)]


def test_a_long_wait_begins_in_scheduler() -> None:
    play = Play(now=-3_600_000)

    assert start(play) == [Schedule(schedule_name("stuck-orders", ORDER), DUE - 120_000, check_body(ORDER))]
    assert start(Play(now=-3_600_000), schedule_group="") == [Send("check", check_body(ORDER), 900)]


def test_a_schedule_has_a_name_that_scheduler_takes_and_one_for_each_time() -> None:
    names = {
        schedule_name(check, ORDER._replace(unit=unit, due_at=due_at))
        for check in ("a", "b")
        for unit in ("1", "x" * 256, "\ud800")
        for due_at in (1, 2)
    }

    assert len(names) == 12
    assert all(re.fullmatch(r"[0-9a-zA-Z_.-]{1,64}", name) for name in names)


def test_a_duplicate_sends_nothing_and_a_second_delivery_sends_what_the_first_may_not_have() -> None:
    play = Play(now=-300_000)
    start(play)

    assert start(play, message_id="another") == []
    assert start(play) == [Send("check", check_body(ORDER), 300)]

    play.clock.sleep(RESEND_AFTER + 1)
    assert start(play, message_id="another") == [Send("check", check_body(ORDER), 239)]


def test_the_first_times_stand() -> None:
    play = Play(now=-300_000)
    start(play)
    play.clock.sleep(100)

    later = ORDER._replace(placed_at=ORDER.placed_at + 100_000, due_at=DUE + 100_000)

    assert start(play, later) == [Send("check", check_body(ORDER), 200)]


@pytest.mark.parametrize("state", sorted(set(State) - {State.SCHEDULED}))
def test_what_is_decided_is_not_started_again(state: State) -> None:
    play = Play()
    play.put(state)

    assert start(play) == []
    assert play.notes[0].text == f"started again, and is {state} already"


# ---- check ---------------------------------------------------------------------------------------------------------


def test_a_check_decides_with_one_write_and_sends_one_message() -> None:
    play = Play(now=2500)
    play.put(State.SCHEDULED)

    assert check(play, settings=WITH_EXPERIMENT) == [Send("contact", contact_body(ORDER, arm="call"), 0)]

    assert play.kinds == ["IsSettled", "Frozen", "Suppression", "DECIDED", "Send"]
    assert (play.row.arm, play.row.experiment, play.row.version, play.row.token) == (
        "call",
        "stuck-orders",
        1,
        "nonce-1",
    )
    assert (play.notes[0].metric, play.notes[0].value) == (Metric.LATENESS, 2.5)


def test_whom_to_call_is_in_no_message_and_the_token_neither() -> None:
    play = Play()
    play.put(State.SCHEDULED)

    (send,) = check(play)

    assert send.body.keys() == {"kind", "unit", "placed_at", "due_at", "deadline_at", "arm"}


@pytest.mark.parametrize(
    ("now", "answers", "decision", "asked"),
    [
        (0, {IsSettled: True}, Decision(State.NOT_ELIGIBLE, None, "settled"), ["IsSettled"]),
        (0, {}, Decision(State.DECIDED, "call"), ["IsSettled", "Frozen", "Suppression"]),
        (
            0,
            {Suppression: "quiet"},
            Decision(State.SUPPRESSED, "call", "quiet"),
            ["IsSettled", "Frozen", "Suppression"],
        ),
        (0, {Frozen: "control"}, Decision(State.CONTROL, "control"), ["IsSettled", "Frozen", "Suppression"]),
        (
            0,
            {Frozen: "control", Suppression: "quiet"},
            Decision(State.CONTROL, "control", "quiet"),
            ["IsSettled", "Frozen", "Suppression"],
        ),
        (
            299_000,
            {},
            Decision(State.EXPIRED, None, "checked after the deadline, 2027-01-15T08:05:00.000Z"),
            [],
        ),
    ],
)
def test_eligibility_comes_before_the_arm_and_reasons_are_asked_in_both(
    now: int, answers: dict[type, Any], decision: Decision, asked: list[str]
) -> None:
    play = Play(now=now)
    if answers.get(Frozen) == "control":
        answers = {**answers, Frozen: EXPERIMENT._replace(arms={"call": 0, "control": 100})}
    play.answers |= answers

    assert play.perform(protocol.decide(play.case(settings=WITH_EXPERIMENT))) == decision
    assert (play.kinds, play.table.records) == (asked, {})


def test_without_an_experiment_there_is_no_arm() -> None:
    play = Play()

    assert play.perform(protocol.decide(play.case())) == Decision(State.DECIDED)
    assert play.kinds == ["IsSettled", "Suppression"]


def test_the_weights_that_were_frozen_decide_and_not_those_deployed() -> None:
    play = Play()
    play.answers[Frozen] = EXPERIMENT._replace(arms={"call": 0, "control": 100})

    assert play.perform(protocol.decide(play.case(settings=WITH_EXPERIMENT))).state is State.CONTROL


@pytest.mark.parametrize("state", sorted(set(State) - {State.SCHEDULED, State.DECIDED}))
def test_a_duplicate_changes_nothing_and_sends_nothing(state: State) -> None:
    play = Play()
    play.put(state)
    before = play.row

    assert check(play) == []
    assert (play.row, play.notes) == (before, [])


def test_a_duplicate_does_not_double_the_contact_s_message_and_a_second_delivery_makes_up_for_a_lost_one() -> None:
    play = Play()
    play.put(State.SCHEDULED)

    assert len(check(play)) == 1
    assert len(check(play, message_id="another")) == 0
    assert len(check(play)) == 1
    play.clock.sleep(RESEND_AFTER + 1)
    assert len(check(play, message_id="another")) == 1


def test_a_check_without_a_row_is_a_dead_letter() -> None:
    with pytest.raises(PermanentError, match="there is no row for 'order-1'"):
        check(Play())


# ---- too early -----------------------------------------------------------------------------------------------------


def test_what_comes_too_early_asks_nothing_and_is_delayed_again() -> None:
    play = Play(now=-61_001)
    play.put(State.SCHEDULED)

    assert check(play, hops=3) == [Send("check", check_body(ORDER, hops=4), 62)]
    assert play.kinds == ["Send"]


@pytest.mark.parametrize(("now", "after"), [(-61_000, 61.0), (-1, 0.001), (-50_000_000, 43_200.0)])
def test_what_came_too_early_too_often_waits_where_it_is(now: int, after: float) -> None:
    with pytest.raises(RetryLater) as later:
        check(Play(now=now), hops=MOST_HOPS)

    assert later.value.after == pytest.approx(after, abs=1e-6)


def test_a_millisecond_early_is_early() -> None:
    assert check(Play(now=-1)) == [Send("check", check_body(ORDER, hops=1), 1)]


# ---- a report ------------------------------------------------------------------------------------------------------


def report(play: Play, token: str, outcome: str = "answered") -> bool:
    found: bool = play.perform(protocol.record("order-1", token, outcome, SETTINGS, now=DUE))
    return found


def test_the_first_report_stands_and_the_same_again_is_it_too() -> None:
    play = Play()
    play.put(State.DIALED)

    assert [report(play, "token", said) for said in ("answered", "answered", "busy")] == [True, True, False]
    assert play.row.outcome == "answered"
    assert [note.text for note in play.notes] == ["reported 'busy', and is 'answered' already"]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("token", ["forged", ""])
def test_a_report_needs_the_token(state: State, token: str) -> None:
    play = Play()
    play.put(state)
    before = play.row

    with pytest.raises(UnknownContact, match="no contact of 'order-1' has this token"):
        report(play, token)
    assert play.row == before


def test_the_refusal_of_a_report_does_not_repeat_a_token() -> None:
    play = Play()
    play.put(State.DIALED)

    with pytest.raises(UnknownContact) as refusal:
        report(play, "forged")
    assert "forged" not in str(refusal.value)
    assert "token'" not in str(refusal.value)
