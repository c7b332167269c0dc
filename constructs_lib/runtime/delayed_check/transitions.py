"""The edges of an order's state machine: each a conditional write that only holds in the state that it starts from.

SCHEDULED ─> DECIDED ─> CLAIMED ─> DIALED ─> OUTCOME
    │           │  ^       │ │        ^         ^
    │           │  └───────┘ └──> UNKNOWN ──────┘      rejected: back to DECIDED; no answer: UNKNOWN, for good
    │           └──> SUPPRESSED, EXPIRED
    └──> NOT_ELIGIBLE, CONTROL, SUPPRESSED, EXPIRED
"""

from collections.abc import Mapping
from math import ceil
from typing import NamedTuple

from constructs_lib.runtime._shared.change import Change, Condition, Value
from constructs_lib.runtime._shared.contract import PARTITION_KEY, TIME_TO_LIVE
from constructs_lib.runtime.delayed_check.contract import VERSION_SEPARATOR, Experiment, Settings
from constructs_lib.runtime.delayed_check.row import State, key_of

#: Days after which DynamoDB may remove the row of an order that is done with. One that may still be told something, or
#: of which nobody knows whether it was contacted, stays.
KEPT_DAYS = 90
_DAY = 86_400
_DONE = frozenset({State.NOT_ELIGIBLE, State.CONTROL, State.SUPPRESSED, State.EXPIRED, State.OUTCOME})

#: Characters of a reason that are kept: an author may give a provider's whole page, and a row or an event that is too
#: large could not be written.
LONGEST_REASON = 500

#: The failed outcome of a contact that the provider will never take.
FAILED = "failed"

#: Whoever knows the token has it from a contact, whatever the row thinks became of that.
_CAN_HAVE_OUTCOME = (
    State.DECIDED,
    State.CLAIMED,
    State.DIALED,
    State.UNKNOWN,
    State.EXPIRED,
    State.SUPPRESSED,
)


class Order(NamedTuple):
    """What every message says of its order; times are milliseconds since the epoch."""

    unit: str
    placed_at: int
    due_at: int
    deadline_at: int

    @classmethod
    def placed(cls, unit: str, placed_at: int, settings: Settings) -> "Order":
        """An order, with the times that the check's settings give it."""
        due_at, deadline_at = (placed_at + round(seconds * 1000) for seconds in (settings.delay, settings.deadline))
        return cls(unit, placed_at, due_at, deadline_at)


class Decision(NamedTuple):
    """What is to become of an order."""

    state: State
    arm: str | None = None
    reason: str | None = None


def schedule(check: str, order: Order, *, by: str, now: int) -> Change:
    """(nothing) -> SCHEDULED, by a message."""
    return Change(
        key=key_of(check, order.unit),
        when=((Condition(PARTITION_KEY, "absent"),),),
        set={**order._asdict(), "state": State.SCHEDULED, "by": by, "recorded_at": now, "revision": 1},
    )


def decide(
    check: str, order: Order, decision: Decision, *, experiment: Experiment | None, token: str, by: str, now: int
) -> Change:
    """SCHEDULED -> DECIDED, CONTROL, NOT_ELIGIBLE, SUPPRESSED or EXPIRED: decision and exposure are this one write.

    Args:
        check: The check's name.
        order: The order.
        decision: What is to become of it.
        experiment: The experiment that its arm is of.
        token: Will name its contact to the provider.
        by: The message that had it decided.
        now: The time.
    """
    said: dict[str, Value] = {"decided_at": now, "by": by}
    if decision.arm is not None:
        said["arm"] = decision.arm
    if experiment is not None:
        said |= {"experiment": experiment.key, "version": experiment.version}
    if decision.state is State.DECIDED:
        said["token"] = token
    return _edge(check, order.unit, (State.SCHEDULED,), decision.state, now=now, reason=decision.reason, more=said)


def suppress(check: str, unit: str, reason: str, *, now: int) -> Change:
    """DECIDED -> SUPPRESSED: shortly before the contact there was a reason not to."""
    return _edge(check, unit, (State.DECIDED,), State.SUPPRESSED, now=now, reason=reason)


def expire(check: str, unit: str, reason: str, *, now: int) -> Change:
    """DECIDED -> EXPIRED."""
    return _edge(check, unit, (State.DECIDED,), State.EXPIRED, now=now, reason=reason)


def claim(check: str, unit: str, claim: str, *, until: int, now: int) -> Change:
    """DECIDED -> CLAIMED: from here on, nobody else will ever contact the order.

    Args:
        check: The check's name.
        unit: The order.
        claim: Tells this claim from any other.
        until: When the invocation that claims is surely over; then its silence means that nobody knows.
        now: The time.
    """
    more = {"claim": claim, "claimed_until": until}
    # What the provider said to an earlier attempt is no longer why it is in its state.
    change = _edge(check, unit, (State.DECIDED,), State.CLAIMED, now=now, more=more, remove=("reason", "not_before"))
    (decided,) = change.when
    free = ((*decided, Condition("not_before", "absent")), (*decided, Condition("not_before", "<=", now)))
    return change._replace(when=free)


def release(
    check: str, unit: str, claim: str, reason: str, *, rejected: bool, now: int, after: float | None = None
) -> Change:
    """CLAIMED -> DECIDED, by whoever holds the claim and knows that nothing was sent.

    Args:
        check: The check's name.
        unit: The order.
        claim: The holder's.
        reason: Why it was not contacted.
        rejected: The provider refused, which counts as an attempt.
        now: The time.
        after: Seconds before which nobody may claim it again, whatever message comes: the provider asked for that.
    """
    change = _edge(
        check,
        unit,
        (State.CLAIMED,),
        State.DECIDED,
        now=now,
        reason=reason,
        more={"not_before": now + ceil(after * 1000)} if after else None,
        remove=("claim", "claimed_until"),
        holder=claim,
    )
    return change._replace(add={**change.add, "attempts": 1}) if rejected else change


def expire_claim(check: str, unit: str, claim: str, reason: str, *, now: int) -> Change:
    """CLAIMED -> EXPIRED, by whoever holds the claim and knows that nothing was sent."""
    return _edge(check, unit, (State.CLAIMED,), State.EXPIRED, now=now, reason=reason, holder=claim)


def fail(check: str, unit: str, claim: str, reason: str, *, now: int) -> Change:
    """CLAIMED -> OUTCOME, by whoever holds the claim and knows that the provider will never take the contact."""
    more = {"outcome": FAILED}
    return _edge(check, unit, (State.CLAIMED,), State.OUTCOME, now=now, reason=reason, more=more, holder=claim)


def dial(check: str, unit: str, claim: str, provider_id: str, *, now: int) -> Change:
    """CLAIMED -> DIALED; also from UNKNOWN, when others gave this claim up before its answer came."""
    more = {"provider_id": _short(provider_id)}
    return _edge(
        check, unit, (State.CLAIMED, State.UNKNOWN), State.DIALED, now=now, more=more, remove=("reason",), holder=claim
    )


def name_outcome(check: str, unit: str, claim: str, provider_id: str, *, now: int) -> Change:
    """OUTCOME -> OUTCOME with the provider's id: its report was faster than its answer."""
    more = {"provider_id": _short(provider_id)}
    return _edge(check, unit, (State.OUTCOME,), State.OUTCOME, now=now, more=more, holder=claim)


def give_up(check: str, unit: str, claim: str, reason: str, *, now: int) -> Change:
    """CLAIMED -> UNKNOWN: whether the holder of that claim sent something, nobody knows."""
    return _edge(check, unit, (State.CLAIMED,), State.UNKNOWN, now=now, reason=reason, holder=claim)


def find(check: str, unit: str, claim: str, provider_id: str, *, now: int) -> Change:
    """UNKNOWN -> DIALED: the provider knows of the contact."""
    more = {"provider_id": _short(provider_id)}
    return _edge(
        check, unit, (State.UNKNOWN,), State.DIALED, now=now, reason="found at the provider", more=more, holder=claim
    )


def miss(check: str, unit: str, claim: str, reason: str, *, asked: int, now: int) -> Change:
    """UNKNOWN -> UNKNOWN: the provider was asked, and knows of no contact."""
    more = {"asked": asked}
    return _edge(check, unit, (State.UNKNOWN,), State.UNKNOWN, now=now, reason=reason, more=more, holder=claim)


def report(check: str, unit: str, token: str, outcome: str, *, now: int) -> Change:
    """Any state that a contact may be in -> OUTCOME, by whoever knows the token."""
    change = _edge(check, unit, _CAN_HAVE_OUTCOME, State.OUTCOME, now=now, more={"outcome": outcome})
    known = tuple((*conditions, Condition("token", "=", token)) for conditions in change.when)
    return change._replace(when=known)


def freeze(experiment: Experiment, *, now: int) -> Change:
    """(nothing) -> an experiment as its version began; who comes later reads that instead of writing."""
    return Change(
        key=f"{experiment.key}{VERSION_SEPARATOR}{experiment.version}",
        when=((Condition(PARTITION_KEY, "absent"),),),
        set={"arms": dict(experiment.arms), "control": experiment.control, "recorded_at": now},
    )


def _edge(
    check: str,
    unit: str,
    sources: tuple[State, ...],
    target: State,
    *,
    now: int,
    reason: str | None = None,
    more: Mapping[str, Value] | None = None,
    remove: tuple[str, ...] = (),
    holder: str | None = None,
) -> Change:
    held = () if holder is None else (Condition("claim", "=", holder),)
    said: dict[str, Value] = {"state": target, "recorded_at": now, **(more or {})}
    if reason is not None:
        said["reason"] = _short(reason)
    if target in _DONE:
        said[TIME_TO_LIVE] = now // 1000 + KEPT_DAYS * _DAY
    return Change(
        key=key_of(check, unit),
        when=tuple((Condition("state", "=", source), *held) for source in sources),
        set=said,
        remove=remove,
        add={"revision": 1},
    )


def _short(text: str) -> str:
    # Also without lone surrogates, which no request could carry.
    return text[:LONGEST_REASON].encode(errors="replace").decode()
