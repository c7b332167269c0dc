"""What happens to an order, as generators of steps: started, checked, contacted, reported. Decides; does nothing.

Any message may come twice, late, early, or again after a kill between any two steps. Each generator therefore begins
from what the row says, and no edge is taken but by a conditional write.
"""

from collections.abc import Generator
from hashlib import sha256
from typing import Any, TypeVar

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime.delayed_check import transitions
from constructs_lib.runtime.delayed_check.bucketing import bucket
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.contract import Experiment, Metric, Settings
from constructs_lib.runtime.delayed_check.errors import UnknownContact
from constructs_lib.runtime.delayed_check.messages import check_body, contact_body
from constructs_lib.runtime.delayed_check.row import Row, State, key_of
from constructs_lib.runtime.delayed_check.steps import (
    Frozen,
    IsSettled,
    Note,
    Schedule,
    Send,
    Step,
    Suppression,
    Write,
)
from constructs_lib.runtime.delayed_check.timing import Delay, iso, wait_until
from constructs_lib.runtime.delayed_check.transitions import Decision, Order
from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater

_T = TypeVar("_T")
Steps = Generator[Step, Any, _T]

#: A message that came too early so often goes back to its queue instead of on a further round: Lambda stops chains of
#: some 16 messages that a function sends to itself.
MOST_HOPS = 8
#: Seconds after which any message may send what another one should have sent; before that, only the same one again.
#: So a duplicate has no duplicate of its own, and one that was killed, dead-lettered and redriven is not lost.
RESEND_AFTER = 60
#: Seconds that SQS hides a message at most.
_LONGEST_HIDING = 43_200


def start(order: Order, settings: Settings, *, now: int, message_id: str = "") -> Steps[None]:
    """Begin a check. An order that is started already keeps its times."""
    written: Written = yield Write(transitions.schedule(settings.check, order, by=message_id, now=now))
    row = Row.of(written.item)
    if not written.won and row is not None:
        if row.state is not State.SCHEDULED:
            yield Note(f"started again, and is {row.state} already")
            return
        if not _may_send_again(row, message_id, now=now):
            return
        order = Order(row.unit, row.placed_at, row.due_at, row.deadline_at)
    yield from _wait(order, settings, now=now)


def _may_send_again(row: Row, message_id: str, *, now: int) -> bool:
    """Whether whoever wrote the row may have been killed before it sent a message, and nobody else would send it."""
    return row.by == message_id or now - row.recorded_at > RESEND_AFTER * 1000


def _wait(order: Order, settings: Settings, *, now: int) -> Steps[None]:
    waiting = wait_until(
        order.due_at,
        now=now,
        longest_sqs_delay=settings.longest_sqs_delay,
        schedule_lead=settings.schedule_lead,
        can_schedule=bool(settings.schedule_group),
    )
    if isinstance(waiting, Delay):
        yield Send("check", check_body(order), waiting.seconds)
    else:
        yield Schedule(schedule_name(settings.check, order), waiting.at, check_body(order))


def schedule_name(check: str, order: Order) -> str:
    """What Scheduler knows an order by: 64 letters, digits, hyphens and underscores at most."""
    return sha256(f"{key_of(check, order.unit)}@{order.due_at}".encode(errors="surrogatepass")).hexdigest()


def check(case: Case, *, hops: int = 0) -> Steps[None]:
    """Look at an order that is due, and decide. What becomes of a decision to contact is the contact queue's.

    Raises:
        PermanentError: There is no such order.
        RetryLater: It came too early too often.
    """
    now = case.now()
    if now < case.order.due_at:
        yield from _delay_again(case, hops, now=now)
        return
    decision: Decision = yield from decide(case)
    now = case.now()
    written: Written = yield Write(
        transitions.decide(
            case.check,
            case.order,
            decision,
            experiment=case.settings.experiment,
            token=case.nonce,
            by=case.message_id,
            now=now,
        )
    )
    row = Row.of(written.item)
    if row is None:
        raise PermanentError(f"there is no row for {case.order.unit!r}: start the check again, and redrive nothing")
    if written.won:
        yield Note(f"{row.state}", Metric.LATENESS, (now - case.order.due_at) / 1000)
        if row.state is State.EXPIRED:
            yield Note("the deadline has passed", Metric.EXPIRED)
    if row.state is State.DECIDED and (written.won or _may_send_again(row, case.message_id, now=now)):
        yield Send("contact", contact_body(case.order, arm=row.arm))


def decide(case: Case) -> Steps[Decision]:
    """What is to become of an order now, without a trace of it: the same for a check and for a dry run."""
    if case.is_too_late():
        return Decision(State.EXPIRED, reason=f"checked after the deadline, {iso(case.order.deadline_at)}")
    if (yield IsSettled()):
        return Decision(State.NOT_ELIGIBLE, reason="settled")
    experiment: Experiment | None = None
    arm: str | None = None
    if case.settings.experiment is not None:
        experiment = yield Frozen()
        arm = bucket(experiment.key, experiment.version, case.order.unit, experiment.arms)
    # Of both arms, or the reasons not to contact would make them differ.
    reason: str | None = yield Suppression(arm)
    if experiment is not None and arm == experiment.control:
        return Decision(State.CONTROL, arm, reason)
    return Decision(State.DECIDED if reason is None else State.SUPPRESSED, arm, reason)


def _delay_again(case: Case, hops: int, *, now: int) -> Steps[None]:
    if hops >= MOST_HOPS:
        left = (case.order.due_at - now) / 1000
        raise RetryLater(after=min(left, _LONGEST_HIDING))
    waiting = wait_until(
        case.order.due_at,
        now=now,
        longest_sqs_delay=case.settings.longest_sqs_delay,
        schedule_lead=case.settings.schedule_lead,
        can_schedule=False,
    )
    assert isinstance(waiting, Delay)  # noqa: S101 - nothing else without Scheduler
    yield Send("check", check_body(case.order, hops=hops + 1), waiting.seconds)


def record(unit: str, token: str, outcome: str, settings: Settings, *, now: int) -> Steps[bool]:
    """Write down what the provider says came of a contact; the first outcome stands. Whether this is it.

    Raises:
        UnknownContact: No contact of this order has that token.
    """
    written: Written = yield Write(transitions.report(settings.check, unit, token, outcome, now=now))
    row = Row.of(written.item)
    if row is None or row.token != token:
        raise UnknownContact(f"no contact of {unit!r} has this token: the report is not of a contact of this check's")
    if not written.won and row.outcome != outcome:
        yield Note(f"reported {outcome!r}, and is {row.outcome!r} already")
    return row.outcome == outcome
