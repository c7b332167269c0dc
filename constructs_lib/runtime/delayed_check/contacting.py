"""At most one contact of an order, as a generator of steps: claim, contact, and what came of it."""

from typing import assert_never

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check import transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.protocol import Steps
from constructs_lib.runtime.delayed_check.row import PUBLISHED, Row, State
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    IsSettled,
    MayContact,
    Note,
    Placed,
    Reconcile,
    Refused,
    Suppression,
    Unsure,
    Write,
)
from constructs_lib.runtime.delayed_check.timing import iso
from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater

#: Seconds that a claim outlives its invocation: how far two clocks may be apart.
GRACE = 10.0
#: Seconds of a message's time that are kept for writing down what came of the contact.
RESERVE = 0.5
#: Seconds; a contact that would have less is not begun.
SHORTEST_CONTACT = 1.0
#: Seconds for which what was asked before the claim counts. A slow table may use them up; then it is asked again.
FRESH = 2.0
#: Seconds after which a provider that refused is asked again at the earliest, even if it says "at once": a message has
#: only so many receives.
SHORTEST_WAIT = 1.0
#: How often a write is repeated, after botocore's own retries, that says what came of a contact.
INSISTENCE = 2
#: Seconds after which the provider is asked for an unknown contact, each time.
ASK_AFTER = (60, 300, 900)


def contact(case: Case, *, arm: str | None) -> Steps[None]:
    """Contact an order, unless something speaks against it.

    Raises:
        RetryLater: It is to be tried again: the provider refused, the claim is somebody else's for now, there was too
            little time, or an unknown contact will be asked for.
        PermanentError: There is no such order.
    """
    written, asked_at = yield from _begin(case, arm)
    row = Row.of(written.item)
    if row is None:
        raise PermanentError(f"there is no row for {case.order.unit!r}: start the check again, and redrive nothing")
    if row.state is State.CLAIMED and row.claim == case.nonce:
        # Also when the write was refused: then its first try was made, and only the answer got lost.
        yield from _dial(case, row, asked_at)
    elif not written.won:
        yield from _found(case, row)


def _begin(case: Case, arm: str | None) -> Steps[tuple[Written, int]]:
    """Claim the order, or write down why not; and when it was asked whether anything speaks against it."""
    unit = case.order.unit
    written: Written
    if case.is_too_late():
        missed = f"not contacted by the deadline, {iso(case.order.deadline_at)}"
        written = yield Write(transitions.expire(case.check, unit, missed, now=case.now()))
        if written.won:
            yield Note(missed, Metric.EXPIRED)
        return written, case.now()
    reason = yield from _reason_not_to(arm)
    if reason is not None:
        written = yield Write(transitions.suppress(case.check, unit, reason, now=case.now()))
        return written, case.now()
    if case.clock.remaining() < RESERVE + SHORTEST_CONTACT:
        raise RetryLater
    now = case.now()
    until = now + round((case.clock.remaining() + GRACE) * 1000)
    # One that was made by a try whose answer got lost would look to all others like a contact that may be under way.
    written = yield from _insist(transitions.claim(case.check, unit, case.nonce, until=until, now=now))
    return written, now


def _reason_not_to(arm: str | None) -> Steps[str | None]:
    # What changes most often last, since each of the author's methods may take some seconds.
    reason: str | None = yield Suppression(arm)
    if reason is not None:
        return reason
    if (yield IsSettled()):
        return "settled"
    allowed: bool | None = yield MayContact()
    if allowed is None:
        yield Note("the kill switch cannot be read, so nobody is contacted for now", Metric.SWITCH_UNREADABLE)
        raise RetryLater
    return None if allowed else "kill switch"


def _dial(case: Case, row: Row, asked_at: int) -> Steps[None]:
    unit, claim = case.order.unit, case.nonce
    timeout = min(case.clock.remaining() - RESERVE, case.seconds_to_deadline())
    if case.is_too_late():
        reason = f"claimed, and not contacted by the deadline, {iso(case.order.deadline_at)}"
        yield from _insist(transitions.expire_claim(case.check, unit, claim, reason, now=case.now()))
        yield Note(reason, Metric.EXPIRED)
    elif timeout < SHORTEST_CONTACT or case.now() - asked_at > FRESH * 1000:
        reason = "the claim took too long"
        yield from _insist(transitions.release(case.check, unit, claim, reason, rejected=False, now=case.now()))
        raise RetryLater
    else:
        answer: Placed | Refused | Unsure = yield Contact(row.arm, row.token or "", timeout)
        match answer:
            case Placed():
                yield from _placed(case, answer)
            case Refused():
                yield from _refused(case, answer)
            case Unsure():
                yield from _give_up(case, claim, answer.reason)
            case _:
                assert_never(answer)


def _placed(case: Case, placed: Placed) -> Steps[None]:
    unit, provider_id = case.order.unit, placed.provider_id
    written = yield from _insist(transitions.dial(case.check, unit, case.nonce, provider_id, now=case.now()))
    row = Row.of(written.item)
    if not written.won and row is not None and row.state is State.OUTCOME and row.provider_id is None:
        yield Write(transitions.name_outcome(case.check, unit, case.nonce, provider_id, now=case.now()))


def _refused(case: Case, refused: Refused) -> Steps[None]:
    unit, claim, reason = case.order.unit, case.nonce, f"rejected: {refused.reason}"
    after = None if refused.after is None else max(SHORTEST_WAIT, refused.after)
    if not refused.retry:
        yield from _insist(transitions.fail(case.check, unit, claim, reason, now=case.now()))
    elif case.is_too_late(after or 0.0):
        yield from _insist(transitions.expire_claim(case.check, unit, claim, reason, now=case.now()))
        yield Note("the provider refused until the deadline", Metric.EXPIRED)
    else:
        change = transitions.release(case.check, unit, claim, reason, rejected=True, now=case.now(), after=after)
        yield from _insist(change)
        yield Note(reason)
        raise RetryLater(after=after, throttled=after is not None)


def _insist(change: Change) -> Steps[Written]:
    """Write down what only this invocation knows: if it cannot, nobody will ever know.

    A change that was made by a try whose answer got lost is refused to the next, which then sees its own claim.
    """
    for _ in range(INSISTENCE):
        try:
            written: Written = yield Write(change)
        except Unanswered as failure:
            yield Note(f"not written down, tried again: {failure}")
        else:
            return written
    written = yield Write(change)
    return written


def _found(case: Case, row: Row) -> Steps[None]:
    """What to do about an order that somebody else has dealt with."""
    if row.state is State.CLAIMED:
        left = (row.claimed_until - case.now()) / 1000
        if left > 0:
            raise RetryLater(after=left)
        yield from _give_up(case, row.claim or "", "the invocation that claimed it ended without a word")
    elif row.state is State.UNKNOWN:
        yield from _ask(case, row)
    elif row.state is State.SCHEDULED:
        raise PermanentError(f"{row.unit!r} is not decided yet: nobody may be contacted before that")
    elif row.state is State.DECIDED:
        # The provider refused, and asked for some time.
        raise RetryLater(after=max(1.0, (row.not_before - case.now()) / 1000))


def _give_up(case: Case, claim: str, reason: str) -> Steps[None]:
    """Whether the order was contacted, nobody knows; it is never contacted again."""
    written = yield from _insist(transitions.give_up(case.check, case.order.unit, claim, reason, now=case.now()))
    row = Row.of(written.item)
    if written.won:
        yield Note(f"it is not known whether the order was contacted: {reason}", Metric.UNKNOWN)
    if row is None:
        return
    if row.state is State.UNKNOWN and case.can_reconcile:
        raise RetryLater(after=ASK_AFTER[0])
    if row.state not in PUBLISHED:
        # Whoever was given up is back, and has released its claim: this message may be the last one of the order's.
        raise RetryLater(after=1)


def _ask(case: Case, row: Row) -> Steps[None]:
    if not case.can_reconcile or row.asked >= len(ASK_AFTER):
        return
    left = ASK_AFTER[row.asked] - (case.now() - row.recorded_at) / 1000
    if left > 0:
        # A duplicate message: another one is to ask, or this one, but not before its time.
        raise RetryLater(after=left)
    unit, claim, asked = case.order.unit, row.claim or "", row.asked + 1
    provider_id: str | None = yield Reconcile(row.token or "")
    if provider_id is not None:
        yield Write(transitions.find(case.check, unit, claim, provider_id, now=case.now()))
        return
    reason = f"{(row.reason or 'unknown').partition('; asked')[0]}; asked {asked} times, the provider knows of none"
    yield Write(transitions.miss(case.check, unit, claim, reason, asked=asked, now=case.now()))
    if asked < len(ASK_AFTER):
        raise RetryLater(after=ASK_AFTER[asked])
