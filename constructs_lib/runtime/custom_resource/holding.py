"""Taking a request: claim it, wait for whoever holds it, take it over, or find that nothing is left to do."""

from collections.abc import Generator
from typing import Any

from constructs_lib.runtime._shared.change import Change, Item, Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import claims
from constructs_lib.runtime.custom_resource.answering import answer, resume
from constructs_lib.runtime.custom_resource.case import Case
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.decision import Verdict, decide
from constructs_lib.runtime.custom_resource.errors import OutOfTime, StartFailed
from constructs_lib.runtime.custom_resource.record import Operation, Phase, is_acknowledged, operation
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.response import failure
from constructs_lib.runtime.custom_resource.steps import Note, Step, Wait, Write

#: Seconds of an invocation that no waiting may use: a claim, a commit and an answer must still fit.
_RESERVE = 1.0
#: Seconds between two looks at a record that somebody else holds: the first, how it grows, and the longest.
_FIRST_LOOK, _GROWTH, _LONGEST_LOOK = 0.25, 1.5, 5.0


def hold(case: Case, *, giving_up: bool = False) -> Generator[Step, Any, Item | None]:
    """Claim the request; None when there is nothing to do for it any more, or somebody else does it."""
    time_at_first, look = case.clock.remaining(), _FIRST_LOOK
    written = yield from write(case, claims.claim(case.request, case.holder()), patient=giving_up)
    while not _is_held(written, case):
        item = written.item
        decision = decide(item, case.request, case.clock.now())
        verdict = decision.verdict
        if verdict is Verdict.WAIT:
            look = yield from _wait(case, decision.until, look, for_answer=not giving_up)
            change = claims.claim(case.request, case.holder())
        elif verdict in (Verdict.CLAIM, Verdict.CLAIM_AGAIN):
            if not giving_up and case.clock.remaining() < time_at_first / 2:
                raise OutOfTime("the other invocation's lease has ended, too late for this one to begin; the next will")
            yield from _note_takeover(case, item)
            change = claims.take_over(item, case.request, case.holder(), again=verdict is Verdict.CLAIM_AGAIN)
        elif verdict is Verdict.REFUSE:
            change = _refusal(case, item)
        elif (yield from _without_claim(case, item, verdict, giving_up=giving_up)):
            return None
        else:
            change = claims.take_over(item, case.request, case.holder())
        written = yield from write(case, change, patient=giving_up)
        if written.won and verdict is Verdict.REFUSE:
            yield Note(Metric.STALE_DROPPED, "the Delete of this resource came before its Create, which is refused")
            yield from answer(case, written.item)
            return None
    return written.item


def hold_tick(case: Case) -> Generator[Step, Any, tuple[Case, Item | None]]:
    """Claim a waiting request; also returns the case with the request as the record has it."""
    look, request_id = _FIRST_LOOK, case.request.request_id
    written = yield from write(case, claims.take_tick(None, case.request, case.holder()))
    while True:
        item = written.item
        known = operation(item, request_id)
        if known is None:
            yield Note(Metric.STALE_DROPPED, "nothing is known of the request that was to be polled")
            return case, None
        case = case._replace(request=_as_asked(case.request, known, item))
        if _is_held(written, case):
            return case, item
        if known.status.settled:
            if not is_acknowledged(item, request_id):
                yield from answer(case, item)
            return case, None
        if item["phase"] == Phase.RUNNING and item["lease"] >= case.clock.now():
            look = yield from _wait(case, item["lease"], look, for_answer=True)
            change = claims.take_tick(None, case.request, case.holder())
        else:
            yield from _note_takeover(case, item)
            change = claims.take_tick(item, case.request, case.holder())
        written = yield from write(case, change)


def _without_claim(case: Case, item: Item, verdict: Verdict, *, giving_up: bool) -> Generator[Step, Any, bool]:
    """Do what a delivery can do that does not hold the request; False when nobody can go on with it."""
    if verdict is Verdict.REPLAY:
        yield Note(Metric.REPLAYED, "the request was settled already; its answer is sent again")
        yield from answer(case, item)
    elif verdict is Verdict.RESUME:
        try:
            yield from resume(case, item)
        except StartFailed:
            if giving_up:
                return False
            raise
        yield Note(Metric.DUPLICATE_SUPPRESSED, "the request waits for long work; this delivery has nothing to do")
    elif verdict is Verdict.DROP:
        yield Note(Metric.STALE_DROPPED, "the event is older than what has been done since; it is dropped")
    else:
        yield Note(Metric.DUPLICATE_SUPPRESSED, "the request was answered already; this delivery has nothing to do")
    return True


def write(case: Case, change: Change, *, patient: bool = False) -> Generator[Step, Any, Written]:
    """Write; `patient`: try again for as long as there is time, because what was done must be written down."""
    look = _FIRST_LOOK
    while True:
        try:
            written: Written = yield Write(change)
        except TableUnavailable:
            if not patient or case.clock.remaining() < look + 2 * _RESERVE:
                raise
        else:
            return written
        yield Wait(look)
        look = min(look * _GROWTH, _LONGEST_LOOK)


def _wait(case: Case, until: int, look: float, *, for_answer: bool) -> Generator[Step, Any, float]:
    """Wait a little for a holder; returns how long to wait next time.

    `for_answer`: the holder may be about to answer, which is worth waiting for, even if its lease would outlive this
    invocation.

    Raises:
        OutOfTime: This invocation must end, or cannot outlast the lease.
    """
    left, spare = (until - case.clock.now()) / 1000, case.clock.remaining() - _RESERVE
    if spare <= 0 or (left >= spare and not for_answer):
        raise OutOfTime("another invocation holds the request for longer than this one may run; the next will wait on")
    yield Wait(max(min(look, left + 0.001, spare), 0.001))
    return min(look * _GROWTH, _LONGEST_LOOK)


def _note_takeover(case: Case, item: Item) -> Generator[Step, Any, None]:
    if item["phase"] == Phase.RUNNING:
        text = f"the invocation that held request {item['cur']} was cut off; {case.request.request_id} is taken up"
        yield Note(Metric.LEASE_TAKEOVER, text)


def _refusal(case: Case, item: Item) -> Change:
    physical_id = case.request.physical_id or case.token(item)
    body = failure(case.request, physical_id, "the Delete of this resource came first, so it is not created any more")
    return claims.refuse(item, case.request, body, case.clock.now())


def _is_held(written: Written, case: Case) -> bool:
    # A client's own retry hides the first write's success behind a failed condition: the nonce tells.
    mine = written.item.get("owner") == case.me and written.item.get("phase") == Phase.RUNNING
    return mine and written.item.get("cur") == case.request.request_id


def _as_asked(request: Request, known: Operation, item: Item) -> Request:
    return request._replace(
        type=known.type,
        url=item.get(f"url:{request.request_id}", ""),
        url_digest=known.url_digest,
        physical_id=known.physical_id,
        resource_type=known.resource_type,
    )
