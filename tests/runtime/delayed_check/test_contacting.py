from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.delayed_check.contacting import (
    FRESH,
    GRACE,
    INSISTENCE,
    RESERVE,
    SHORTEST_CONTACT,
    SHORTEST_WAIT,
)
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import PUBLISHED, State
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    IsSettled,
    MayContact,
    Refused,
    Suppression,
    Unsure,
    Write,
)
from constructs_lib.runtime.flow_control.errors import PermanentError
from tests.runtime.delayed_check.playing import DUE, Play, contact

ASKED = ["Suppression", "IsSettled", "MayContact"]


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put(State.DECIDED)
    return play


def test_a_contact_asks_claims_calls_and_writes_down(play: Play) -> None:
    assert contact(play) is None

    assert play.kinds == [*ASKED, "CLAIMED", "Contact", "DIALED"]
    assert (play.row.state, play.row.provider_id) == (State.DIALED, "call-1")


def test_the_contact_is_told_arm_token_and_how_long_it_may_take(play: Play) -> None:
    contact(play)

    assert play.steps[4] == Contact("call", "token", 30.0 - RESERVE)


def test_the_contact_gets_no_more_time_than_the_deadline_leaves() -> None:
    play = Play(now=295_000)
    play.put(State.DECIDED)

    contact(play)

    assert play.steps[4].timeout == pytest.approx(5.0)


def test_a_claim_outlives_its_invocation_by_what_clocks_may_differ(play: Play) -> None:
    contact(play)

    assert play.steps[3].change.set["claimed_until"] == DUE + 30_000 + GRACE * 1000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [({MayContact: False}, "kill switch"), ({IsSettled: True}, "settled"), ({Suppression: "quiet"}, "quiet")],
)
def test_what_speaks_against_it_is_written_down_and_nobody_is_called(
    play: Play, answer: dict[type, Any], reason: str
) -> None:
    play.answers |= answer

    assert contact(play) is None

    assert (play.row.state, play.row.reason) == (State.SUPPRESSED, reason)
    assert "Contact" not in play.kinds


def test_an_empty_reason_is_a_reason(play: Play) -> None:
    play.answers[Suppression] = ""

    contact(play)

    assert (play.row.state, play.row.reason) == (State.SUPPRESSED, "")


def test_a_switch_that_cannot_be_read_writes_nothing_and_is_counted(play: Play) -> None:
    play.answers[MayContact] = None

    assert contact(play) == -1.0

    assert (play.row.state, play.kinds) == (State.DECIDED, ASKED)
    assert [note.metric for note in play.notes] == [Metric.SWITCH_UNREADABLE]


@pytest.mark.parametrize(
    ("now", "state"), [(298_999, State.DIALED), (299_000, State.EXPIRED), (300_000, State.EXPIRED)]
)
def test_within_a_second_of_the_deadline_nobody_is_called(now: int, state: State) -> None:
    play = Play(now=now)
    play.put(State.DECIDED)

    contact(play)

    assert play.row.state is state


def test_a_claim_that_takes_until_the_deadline_expires_before_the_call(play: Play) -> None:
    def slowly(step: Write) -> Written:
        written = play.table.write(step.change)
        if step.change.set["state"] == State.CLAIMED:
            play.clock.sleep(299.5)
        return written

    play.answers[Write] = slowly

    assert contact(play, remaining=1000.0) is None

    assert (play.row.state, "Contact" in play.kinds) == (State.EXPIRED, False)
    assert [note.metric for note in play.notes] == [Metric.EXPIRED]


def test_too_little_time_is_seen_before_a_claim_is_made(play: Play) -> None:
    assert contact(play, remaining=RESERVE + SHORTEST_CONTACT - 0.01) == -1

    assert (play.row.state, play.kinds) == (State.DECIDED, ASKED)


def test_too_little_time_after_the_claim_gives_it_back_without_an_attempt(play: Play) -> None:
    def slowly(step: Write) -> Written:
        play.clock.sleep(28.6)
        return play.table.write(step.change)

    play.answers[Write] = slowly

    assert contact(play) == -1

    assert (play.row.state, play.row.attempts, play.row.claim) == (State.DECIDED, 0, None)
    assert "Contact" not in play.kinds


@pytest.mark.parametrize(("seconds", "called"), [(FRESH, True), (FRESH + 0.1, False)])
def test_what_was_asked_too_long_before_the_claim_is_asked_again(play: Play, seconds: float, called: bool) -> None:
    """A slow table: meanwhile the order may have settled, and the switch may have been thrown."""

    def slowly(step: Write) -> Written:
        play.clock.sleep(seconds if step.change.set["state"] == State.CLAIMED else 0)
        return play.table.write(step.change)

    play.answers[Write] = slowly

    assert (contact(play) is None) == called

    assert (play.row.state, play.row.attempts) == (State.DIALED if called else State.DECIDED, 0)


@pytest.mark.parametrize("after", [0.0, 0.2])
def test_a_provider_that_wants_to_be_asked_at_once_gets_a_second(play: Play, after: float) -> None:
    """A message has only so many receives."""
    play.answers[Contact] = Refused("busy", after)

    assert contact(play) == SHORTEST_WAIT


@pytest.mark.parametrize("after_writing", [False, True])
@pytest.mark.parametrize("answer", [Refused("busy"), Refused("no", retry=False), Unsure("timeout")], ids=str)
def test_what_only_this_invocation_knows_is_written_with_insistence(
    play: Play, answer: object, after_writing: bool
) -> None:
    def fail(_: Contact) -> object:
        play.table.fail(INSISTENCE, after_writing=after_writing)
        return answer

    play.answers[Contact] = fail

    contact(play)

    assert play.row.state in (State.DECIDED, State.OUTCOME, State.UNKNOWN)
    assert play.row.attempts == (answer == Refused("busy"))


def test_a_claim_whose_answer_got_lost_is_known_by_its_nonce(play: Play) -> None:
    play.table.fail(after_writing=True)

    assert contact(play) is None

    assert (play.row.state, play.kinds.count("Contact")) == (State.DIALED, 1)


def test_a_claim_that_nobody_can_confirm_is_not_used(play: Play) -> None:
    play.table.fail(INSISTENCE + 1, after_writing=True)

    with pytest.raises(TableUnavailable):
        contact(play)

    assert (play.row.state, "Contact" in play.kinds) == (State.CLAIMED, False)


def test_a_refusal_gives_the_claim_back_and_waits_as_the_provider_asks(play: Play) -> None:
    play.answers[Contact] = Refused("429", 45.0)

    assert contact(play) == 45.0
    assert (play.row.state, play.row.attempts, play.row.reason) == (State.DECIDED, 1, "rejected: 429")
    # A duplicate of the message.
    assert contact(play) == 45.0
    assert play.kinds.count("Contact") == 1

    play.clock.sleep(45)
    del play.answers[Contact]
    play.answers[Contact] = Refused("no", retry=False)
    assert contact(play) is None
    assert (play.row.state, play.row.outcome) == (State.OUTCOME, "failed")


def test_a_refusal_that_lasts_beyond_the_deadline_expires(play: Play) -> None:
    play.answers[Contact] = Refused("429", 299.0)

    assert contact(play) is None

    assert (play.row.state, play.row.reason) == (State.EXPIRED, "rejected: 429")


@pytest.mark.parametrize("state", sorted(PUBLISHED - {State.UNKNOWN}))
def test_what_is_told_already_needs_nothing(play: Play, state: State) -> None:
    play.put(state, claim="other")

    assert contact(play) is None

    assert play.row.state is state
    assert "Contact" not in play.kinds


@pytest.mark.parametrize("late", [0, 400_000])
def test_a_live_claim_of_another_is_waited_for(late: int) -> None:
    play = Play(now=late)
    play.put(State.CLAIMED, claim="other", claimed_until=DUE + late + 12_500)

    assert contact(play) == 12.5

    assert (play.row.state, play.row.claim) == (State.CLAIMED, "other")


def test_a_claim_whose_invocation_is_over_is_given_up_and_never_taken(play: Play) -> None:
    play.put(State.CLAIMED, claim="other", claimed_until=DUE)

    assert contact(play) is None

    assert (play.row.state, play.row.claim) == (State.UNKNOWN, "other")
    assert "Contact" not in play.kinds


@pytest.mark.parametrize(("comes_back", "done"), [("DECIDED", False), ("DIALED", True)])
def test_who_is_given_up_and_comes_back_meanwhile_keeps_the_message_alive_where_it_is_needed(
    play: Play, comes_back: str, done: bool
) -> None:
    play.put(State.CLAIMED, claim="other", claimed_until=DUE)

    def racing(step: Write) -> Written:
        if step.change.set["state"] == State.UNKNOWN:
            play.put(State(comes_back))
        return play.table.write(step.change)

    play.answers[Write] = racing

    assert (contact(play) is None) == done
    assert play.row.state == comes_back


def test_nobody_may_be_contacted_before_a_decision(play: Play) -> None:
    play.put(State.SCHEDULED)

    with pytest.raises(PermanentError, match="'order-1' is not decided yet"):
        contact(play)


def test_an_order_without_a_row_is_a_dead_letter() -> None:
    play = Play()

    with pytest.raises(PermanentError, match="there is no row for 'order-1': start the check again"):
        contact(play)
    assert play.table.records == {}
