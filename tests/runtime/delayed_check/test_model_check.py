"""Every interleaving of one order's messages, of kills, lost answers and the deadline, with the protocol's own steps.

The smaller bound runs with the other tests, the full one in `make test-all`. What is asked of each state: at most one
contact that was not surely refused, none that its own invocation knew to be too late, unwanted or the control arm's;
one decision; no edge outside `row.EDGES`; and wherever all messages are done with, the row is published and true.
"""

from typing import Any, get_args

import pytest

from constructs_lib.runtime._shared.change import Condition
from constructs_lib.runtime.delayed_check import contacting, protocol, transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.row import State
from tests.runtime.delayed_check.model.explore import explore
from tests.runtime.delayed_check.model.setting import LATE, Fault, Setup

FAULTS: frozenset[Fault] = frozenset(get_args(Fault))

DELIVERIES = {
    "2 checks": Setup(checks=2, kills=2, reports=True),
    "1 check, 2 deliveries": Setup(checks=2, kills=2, same_message=True),
    "3 checks": Setup(checks=3, kills=1),
    "2 starts": Setup(starts=2, kills=2),
    "1 start, 2 deliveries": Setup(starts=2, kills=1, same_message=True),
    "writes that land late": Setup(checks=2, kills=1, late_writes=True, deadline=LATE),
    "a late deadline": Setup(checks=2, kills=1, refusals=2, deadline=LATE),
    "a provider that can be asked": Setup(checks=2, kills=1, reconciles=True, reports=True),
    "a provider that refuses twice, and asks for time": Setup(checks=2, kills=1, refusals=2, after=5.0),
    "a provider that refuses for good, and reports all the same": Setup(
        checks=2, kills=1, refusals=2, fails=True, lies=True, reports=True
    ),
    "an order that settles, and a kill switch": Setup(checks=2, kills=1, settles=True, stops=True),
    "the control arm": Setup(checks=3, kills=2, control=True, settles=True, stops=True),
    "a claim given up while its holder lives": Setup(checks=1, kills=2, zombies=True, doubts=False),
}
LARGER = {
    "3 checks, 2 kills, and others": Setup(checks=3, kills=2, reports=True, settles=True, stops=True),
    "2 checks, 2 kills, everybody": Setup(checks=2, kills=2, reconciles=True, reports=True, settles=True, stops=True),
    "writes that land late, and a report": Setup(checks=2, kills=2, late_writes=True, deadline=LATE, reports=True),
    "3 starts": Setup(starts=3, kills=2),
    "zombies, and a provider that can be asked": Setup(checks=1, kills=1, zombies=True, reconciles=True, reports=True),
    "zombies, and a late deadline": Setup(checks=1, kills=2, zombies=True, deadline=LATE),
    "zombies beside a duplicate": Setup(checks=2, kills=2, zombies=True, refusals=0),
    "a fault beside a kill": Setup(checks=2, kills=1, faults=1, kinds=FAULTS),
    "two faults": Setup(checks=1, kills=1, faults=2, kinds=FAULTS, reports=True),
    "a fault, and a provider that can be asked": Setup(
        checks=1, kills=1, faults=1, kinds=FAULTS, reconciles=True, reports=True
    ),
    "a fault of a start": Setup(starts=2, kills=1, faults=1, kinds=FAULTS),
}


@pytest.mark.parametrize("name", DELIVERIES)
def test_one_decision_one_contact_at_most_and_a_true_story_for_every_interleaving(name: str) -> None:
    found = explore(DELIVERIES[name])

    assert (found.contacts <= 1, found.findings) == (True, {})


@pytest.mark.long
@pytest.mark.parametrize("name", LARGER)
def test_one_decision_one_contact_at_most_and_a_true_story_for_more_of_them(name: str) -> None:
    found = explore(LARGER[name])

    print(f"{name}: {found.states} states, {found.seconds:.0f} s")  # noqa: T201 - seen with -rP
    assert (found.contacts <= 1, found.findings) == (True, {})


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_beside_a_kill_changes_nothing(fault: Fault) -> None:
    found = explore(Setup(checks=1, kills=1, faults=1, kinds=frozenset({fault}), reconciles=fault == "lookup"))

    assert (found.contacts <= 1, found.findings) == (True, {})


def test_the_control_arm_and_the_settled_are_seen_to_end_without_a_contact() -> None:
    control = explore(DELIVERIES["the control arm"])
    settled = explore(Setup(checks=1, kills=1, settles=True, stops=True))

    assert control.contacts == 0
    assert control.ends == {"CONTROL", "EXPIRED", "NOT_ELIGIBLE"}
    assert settled.ends == {"DIALED", "EXPIRED", "NOT_ELIGIBLE", "SUPPRESSED", "UNKNOWN"}


# ---- what others do ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol_", ["naive", "powertools"])
def test_without_a_claim_that_never_expires_somebody_is_called_twice(protocol_: str) -> None:
    setup = Setup(checks=1, kills=1, refusals=0, doubts=False, protocol=protocol_)

    # One message, one kill, a provider that always answers.
    assert explore(setup).findings.keys() >= {"twice"}
    assert (explore(setup._replace(protocol="ours")).contacts, explore(setup._replace(protocol="ours")).findings) == (
        1,
        {},
    )


def test_a_plain_handler_calls_twice_without_any_kill_and_too_late() -> None:
    found = explore(Setup(checks=2, kills=0, refusals=0, doubts=False, protocol="naive"))

    assert found.findings.keys() >= {"twice", "late"}


# ---- what the check would find -------------------------------------------------------------------------------------


def _is_found(*kinds: str, **more: Any) -> bool:  # noqa: ANN401 - the fields of a setup
    found = explore(Setup(**{"checks": 2, "kills": 1, **more}), until=set(kinds))
    return found.findings.keys() >= set(kinds)


def test_the_check_finds_a_nonce_that_is_the_message_s_id() -> None:
    assert _is_found("twice", same_nonce=True)


def test_the_check_finds_a_claim_that_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = transitions.claim

    def expiring(*args: Any, now: int, **more: Any) -> Any:  # noqa: ANN401 - as claim has it
        change = claim(*args, now=now, **more)
        ended = (Condition("state", "=", State.CLAIMED), Condition("claimed_until", "<=", now))
        return change._replace(when=(*change.when, ended))

    monkeypatch.setattr(transitions, "claim", expiring)

    assert _is_found("twice", "edge", deadline=LATE)


def test_the_check_finds_a_given_up_claim_that_is_taken_for_no_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    def optimistic(check: str, unit: str, claim: str, reason: str, *, now: int) -> Any:  # noqa: ANN401 - a change
        return transitions.release(check, unit, claim, reason, rejected=False, now=now)

    monkeypatch.setattr(transitions, "give_up", optimistic)

    assert _is_found("twice")


def test_the_check_finds_a_decision_that_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = transitions.decide
    monkeypatch.setattr(transitions, "decide", lambda *args, **more: decide(*args, **more)._replace(when=((),)))

    assert _is_found("edge")


def test_the_check_finds_a_contact_that_nobody_asked_the_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Case, "is_too_late", lambda *_: False)
    monkeypatch.setattr(Case, "seconds_to_deadline", lambda _: 60.0)

    assert _is_found("late")


def test_the_check_finds_a_contact_that_was_decided_and_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_may_send_again", lambda *_, **__: False)

    assert _is_found("untold")


def test_the_check_finds_a_message_that_is_done_with_while_its_order_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever was given up came back and released its claim: the message that gave it up may be the last one.
    monkeypatch.setattr(contacting, "PUBLISHED", frozenset(State))

    assert _is_found("untold", zombies=True, kills=2, checks=1)
