"""What others do, as steps of the same model: no claim at all, and one that expires, like Powertools' idempotency."""

from constructs_lib.runtime._shared.change import Change, Condition, Written
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.protocol import Steps
from constructs_lib.runtime.delayed_check.row import Row, State, key_of
from constructs_lib.runtime.delayed_check.steps import Contact, IsSettled, Placed, Refused, Unsure, Write
from constructs_lib.runtime.flow_control.errors import RetryLater


def naive(case: Case) -> Steps[None]:
    """The plain handler behind a delay: it reads the order, calls, and writes down that it has."""
    if (yield IsSettled()):
        yield Write(_to(case, State.NOT_ELIGIBLE, ()))
        return
    yield from _call(case)
    yield Write(_to(case, State.DIALED, ()))


def powertools(case: Case) -> Steps[None]:
    """The plain contact within a record: in progress until its invocation must have ended, then anybody's again."""
    expires = case.now() + int(case.clock.remaining() * 1000)
    in_progress = _to(case, State.CLAIMED, (Condition("state", "=", State.DECIDED),))
    expired = (Condition("state", "=", State.CLAIMED), Condition("claimed_until", "<=", case.now()))
    claim = in_progress._replace(
        when=(*in_progress.when, expired), set={**in_progress.set, "claim": case.nonce, "claimed_until": expires}
    )
    written: Written = yield Write(claim)
    row = Row.of(written.item)
    if not written.won:
        if row is not None and row.state is State.CLAIMED:
            raise RetryLater
        return
    try:
        yield from _call(case)
    except RetryLater:
        # What raised is forgotten, so that it can be tried again.
        yield Write(_to(case, State.DECIDED, ()))
        raise
    yield Write(_to(case, State.DIALED, ()))


def _call(case: Case) -> Steps[None]:
    answer: Placed | Refused | Unsure = yield Contact("call", "", case.clock.remaining())
    if not isinstance(answer, Placed):
        raise RetryLater


def _to(case: Case, state: State, when: tuple[Condition, ...]) -> Change:
    return Change(key=key_of(case.check, case.order.unit), when=(when,), set={"state": state})
