"""Every change, applied to a row of every state: it goes along an edge of `row.EDGES`, or it is not made."""

from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Change, Item, Written, apply
from constructs_lib.runtime.delayed_check import transitions
from constructs_lib.runtime.delayed_check.contract import Experiment
from constructs_lib.runtime.delayed_check.row import EDGES, Row, State, key_of
from constructs_lib.runtime.delayed_check.transitions import KEPT_DAYS, LONGEST_REASON, Decision, Order

CHECK, UNIT, TOKEN, MINE, THEIRS = "stuck-orders", "order-1", "token", "mine", "theirs"
ORDER = Order(UNIT, 1000, 301_000, 601_000)
EXPERIMENT = Experiment("stuck-orders", 2, {"call": 50, "control": 50}, "control")
NOW = 400_000
DONE = {State.NOT_ELIGIBLE, State.CONTROL, State.SUPPRESSED, State.EXPIRED, State.OUTCOME}


def decide(state: State, arm: str | None = None) -> Change:
    decision = Decision(state, arm)
    return transitions.decide(CHECK, ORDER, decision, experiment=EXPERIMENT, token=TOKEN, by="m", now=NOW)


#: Every change of a row that is there already, and the edges that it stands for.
CHANGES: dict[str, tuple[Change, set[tuple[State, State]]]] = {
    **{f"decide {state}": (decide(state), {(State.SCHEDULED, state)}) for state in EDGES[State.SCHEDULED]},
    "suppress": (transitions.suppress(CHECK, UNIT, "quiet", now=NOW), {(State.DECIDED, State.SUPPRESSED)}),
    "expire": (transitions.expire(CHECK, UNIT, "late", now=NOW), {(State.DECIDED, State.EXPIRED)}),
    "claim": (transitions.claim(CHECK, UNIT, MINE, until=NOW + 1, now=NOW), {(State.DECIDED, State.CLAIMED)}),
    "release": (
        transitions.release(CHECK, UNIT, MINE, "429", rejected=True, now=NOW),
        {(State.CLAIMED, State.DECIDED)},
    ),
    "expire a claim": (transitions.expire_claim(CHECK, UNIT, MINE, "late", now=NOW), {(State.CLAIMED, State.EXPIRED)}),
    "fail": (transitions.fail(CHECK, UNIT, MINE, "400", now=NOW), {(State.CLAIMED, State.OUTCOME)}),
    "dial": (
        transitions.dial(CHECK, UNIT, MINE, "CA1", now=NOW),
        {(State.CLAIMED, State.DIALED), (State.UNKNOWN, State.DIALED)},
    ),
    "name an outcome": (
        transitions.name_outcome(CHECK, UNIT, MINE, "CA1", now=NOW),
        {(State.OUTCOME, State.OUTCOME)},
    ),
    "give up": (transitions.give_up(CHECK, UNIT, MINE, "?", now=NOW), {(State.CLAIMED, State.UNKNOWN)}),
    "find": (transitions.find(CHECK, UNIT, MINE, "CA1", now=NOW), {(State.UNKNOWN, State.DIALED)}),
    "miss": (transitions.miss(CHECK, UNIT, MINE, "?", asked=1, now=NOW), {(State.UNKNOWN, State.UNKNOWN)}),
    "report": (
        transitions.report(CHECK, UNIT, TOKEN, "answered", now=NOW),
        {
            (state, State.OUTCOME)
            for state in set(State)
            if State.OUTCOME in EDGES[state] and state is not State.OUTCOME
        },
    ),
}
changes = pytest.mark.parametrize(("change", "edges"), CHANGES.values(), ids=CHANGES)
states = pytest.mark.parametrize("state", State)

#: Changes that only the holder of the claim makes.
HELD = ("release", "expire a claim", "fail", "dial", "name an outcome", "give up", "find", "miss")


def item_in(state: State, **more: Any) -> Item:  # noqa: ANN401 - what a row may hold
    row = {
        "unit": UNIT,
        "state": str(state),
        "token": TOKEN,
        "claim": MINE,
        "recorded_at": 1,
        "revision": 3,
        **ORDER._asdict(),
    }
    return {"pk": key_of(CHECK, UNIT), **row, **more}


def state_of(written: Written) -> State:
    row = Row.of(written.item)
    assert row is not None
    return row.state


@changes
@states
def test_a_change_goes_along_its_edges_and_no_others(
    change: Change, edges: set[tuple[State, State]], state: State
) -> None:
    written = apply(item_in(state), change)

    if written.won:
        assert (state, state_of(written)) in edges
        assert state_of(written) in EDGES[state]
        assert written.item["recorded_at"] == NOW
        # By which the newer of two events is known, whatever the clocks of those who wrote them showed.
        assert written.item["revision"] == item_in(state)["revision"] + 1
    else:
        assert state not in {source for source, _ in edges}
        assert written.item == item_in(state)


def test_every_edge_has_a_change_and_every_change_an_edge() -> None:
    found = {edge for _, edges in CHANGES.values() for edge in edges}

    assert found == {(source, target) for source, targets in EDGES.items() for target in targets}


@changes
def test_no_change_makes_a_row(change: Change, edges: set[tuple[State, State]]) -> None:
    assert edges
    assert apply(None, change) == Written(won=False, item={})


@pytest.mark.parametrize("name", HELD)
@states
def test_who_does_not_hold_the_claim_changes_nothing(name: str, state: State) -> None:
    for theirs in (item_in(state, claim=THEIRS), {k: v for k, v in item_in(state).items() if k != "claim"}):
        assert not apply(theirs, CHANGES[name][0]).won


@states
def test_an_outcome_is_by_token_only(state: State) -> None:
    change = CHANGES["report"][0]

    for other in (item_in(state, token="forged"), {k: v for k, v in item_in(state).items() if k != "token"}):  # noqa: S106
        assert not apply(other, change).won
    assert apply(item_in(state), change).won == (State.OUTCOME in EDGES[state] and state is not State.OUTCOME)


def test_only_a_decision_to_contact_has_a_token() -> None:
    for state in EDGES[State.SCHEDULED]:
        scheduled = {k: v for k, v in item_in(State.SCHEDULED).items() if k not in ("token", "claim")}
        item = apply(scheduled, decide(state, "call")).item

        assert ("token" in item) == (state is State.DECIDED)


def test_decision_arm_and_experiment_are_one_write() -> None:
    row = Row.of(apply(item_in(State.SCHEDULED), decide(State.CONTROL, "control")).item)

    assert row is not None
    assert (row.arm, row.experiment, row.version, row.decided_at) == ("control", "stuck-orders", 2, NOW)


@changes
@states
def test_what_is_done_with_may_go_in_some_months_and_what_is_not_stays(
    change: Change, edges: set[tuple[State, State]], state: State
) -> None:
    written = apply(item_in(state), change)

    if written.won:
        assert edges
        expected = NOW // 1000 + KEPT_DAYS * 86_400 if state_of(written) in DONE else None
        assert written.item.get("ttl") == expected


# ---- a start -------------------------------------------------------------------------------------------------------


def test_a_start_makes_a_row_once() -> None:
    first = apply(None, transitions.schedule(CHECK, ORDER, by="m", now=NOW))
    again = apply(first.item, transitions.schedule(CHECK, ORDER._replace(placed_at=2000), by="n", now=NOW + 1))

    assert (first.won, again.won) == (True, False)
    assert again.item == first.item
    assert Row.of(first.item) == Row(UNIT, State.SCHEDULED, 1000, 301_000, 601_000, by="m", recorded_at=NOW, revision=1)


@states
def test_a_start_changes_no_row(state: State) -> None:
    assert not apply(item_in(state), transitions.schedule(CHECK, ORDER, by="m", now=NOW)).won


# ---- a claim -------------------------------------------------------------------------------------------------------


def test_no_time_frees_a_claim() -> None:
    later = transitions.claim(CHECK, UNIT, THEIRS, until=10**15 + 1, now=10**15)

    assert not apply(item_in(State.CLAIMED, claimed_until=1), later).won


def test_a_claim_that_was_released_can_be_made_again_and_the_late_one_of_before_counts_no_more() -> None:
    released = apply(item_in(State.CLAIMED), CHANGES["release"][0]).item
    assert "claim" not in released
    assert released["attempts"] == 1

    again = apply(released, transitions.claim(CHECK, UNIT, THEIRS, until=NOW + 2, now=NOW)).item
    for name in HELD:
        assert not apply(again, CHANGES[name][0]).won


def test_a_provider_that_asks_for_time_gets_it_whichever_message_comes() -> None:
    change = transitions.release(CHECK, UNIT, MINE, "429", rejected=True, now=NOW, after=30)
    released = apply(item_in(State.CLAIMED), change).item

    def claim(now: int) -> Written:
        return apply(released, transitions.claim(CHECK, UNIT, THEIRS, until=now, now=now))

    assert not claim(NOW + 29_999).won
    assert claim(NOW + 30_000).won
    assert {"reason", "not_before"} & claim(NOW + 30_000).item.keys() == set()


def test_a_release_without_a_refusal_is_no_attempt() -> None:
    change = transitions.release(CHECK, UNIT, MINE, "too little time", rejected=False, now=NOW)

    assert "attempts" not in apply(item_in(State.CLAIMED), change).item


# ---- an experiment -------------------------------------------------------------------------------------------------


def test_the_first_weights_of_a_version_stay() -> None:
    first = apply(None, transitions.freeze(EXPERIMENT, now=NOW))
    deployed = EXPERIMENT._replace(arms={"call": 90, "control": 10})

    again = apply(first.item, transitions.freeze(deployed, now=NOW + 1))

    assert (again.won, again.item["arms"]) == (False, {"call": 50, "control": 50})
    assert (
        transitions.freeze(EXPERIMENT._replace(version=3), now=NOW).key != transitions.freeze(EXPERIMENT, now=NOW).key
    )


# ---- what cannot be written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edge",
    [
        lambda reason: transitions.suppress(CHECK, UNIT, reason, now=NOW),
        lambda reason: transitions.release(CHECK, UNIT, MINE, reason, rejected=True, now=NOW),
        lambda reason: transitions.give_up(CHECK, UNIT, MINE, reason, now=NOW),
    ],
)
def test_a_reason_of_any_length_and_kind_can_be_written(edge: Callable[[str], Change]) -> None:
    assert edge("<html>" * 100_000).set["reason"] == ("<html>" * 100)[:LONGEST_REASON]
    assert edge("caf\u00e9 \ud800!").set["reason"] == "café ?!"
