"""How one event is served: claim, side effect, size check, commit, answer, acknowledge, in this order.

Nothing is done without the claim, nothing is answered without the commit, and every write is refused to whoever has
lost the lease. The functions are generators of steps (steps.py): they decide, and somebody else acts.
"""

from collections.abc import Generator
from typing import Any

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import transitions
from constructs_lib.runtime.custom_resource.answering import NOT_DELIVERED, answer, resume
from constructs_lib.runtime.custom_resource.case import Case, call
from constructs_lib.runtime.custom_resource.contract import DONE, NEXT_IN, Metric, Settings
from constructs_lib.runtime.custom_resource.errors import NotDelivered
from constructs_lib.runtime.custom_resource.holding import hold, hold_tick, write
from constructs_lib.runtime.custom_resource.record import instances, is_acknowledged, operation
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.response import failure
from constructs_lib.runtime.custom_resource.steps import Answer, Clock, How, Note, Put, Raised, Step, Traits
from constructs_lib.runtime.custom_resource.transitions import Settled
from constructs_lib.runtime.custom_resource.work import Lost, Paused, Result, carry_out, fail, poll


def serve(request: Request, *, settings: Settings, traits: Traits, clock: Clock, me: str) -> Generator[Step, Any, None]:
    """Serve an event of CloudFormation's.

    Raises:
        Unanswered: Lambda must deliver the event again.
    """
    case = Case(request=request, settings=settings, traits=traits, clock=clock, me=me)
    item = yield from hold(case)
    if item is not None:
        yield from _finish(case, item, (yield from carry_out(case, item)))


def give_up(
    request: Request, *, cause: str, settings: Settings, traits: Traits, clock: Clock, me: str
) -> Generator[Step, Any, None]:
    """Answer for an event whose every attempt was cut off. The author is not called: that may be what kills.

    While another delivery of the request is at work, that one answers. Where the table cannot be reached until this
    run ends, nobody else can commit an answer either, and FAILED goes out uncommitted.

    Raises:
        Unanswered: Lambda must deliver the event again.
    """
    case = Case(request=request, settings=settings, traits=traits, clock=clock, me=me, has_properties=False)
    reason = f"the function ended without an answer on every attempt: {cause}"
    try:
        item = yield from hold(case, giving_up=True)
    except TableUnavailable as unavailable:
        text = f"{reason}; its table cannot be reached ({unavailable}), and this attempt made nothing"
        yield Note(Metric.GAVE_UP, text)
        physical_id = request.physical_id or case.token({})
        if (yield Put(request.url, failure(request, physical_id, text))) is not Answer.DELIVERED:
            raise NotDelivered(NOT_DELIVERED) from unavailable
        return
    if item is not None:
        yield Note(Metric.GAVE_UP, reason)
        yield from _finish(case, item, fail(case, item, reason))


def tick(
    request: Request, *, cause: str | None = None, settings: Settings, traits: Traits, clock: Clock, me: str
) -> Generator[Step, Any, dict[str, object]]:
    """Poll long work once. `cause`: polling has failed for good, and the request is to be settled as failed.

    Returns:
        Whether it is done, and otherwise how many seconds to wait.

    Raises:
        Unanswered: The tick must be repeated.
    """
    case = Case(request=request, settings=settings, traits=traits, clock=clock, me=me, has_properties=False)
    try:
        return (yield from _tick(case, cause))
    except NotDelivered:
        if cause is None:
            raise
        yield Note(Metric.UNDELIVERABLE, NOT_DELIVERED)
        return {DONE: True}


def _tick(case: Case, cause: str | None) -> Generator[Step, Any, dict[str, object]]:
    case, item = yield from hold_tick(case)
    if item is None:
        return {DONE: True}
    known = operation(item, case.request.request_id)
    if cause is not None:
        result: Result = fail(case, item, f"polling failed: {cause}")
    elif known is not None and case.clock.now() > known.deadline:
        result = fail(case, item, f"not done within the total timeout of {case.settings.total_timeout:g} s")
    else:
        result = yield from poll(case, item)
    yield from _finish(case, item, result, start=False)
    return {DONE: False, NEXT_IN: result.poll.next_in} if isinstance(result, Paused) else {DONE: True}


def _finish(case: Case, item: Item, result: Result, *, start: bool = True) -> Generator[Step, Any, None]:
    """Commit what the work came to, and answer; or have it polled."""
    if isinstance(result, Lost):
        written = yield from write(case, transitions.look(item, case.request, me=case.me))
        yield from _lost(case, written.item, result.physical_id)
        return
    if isinstance(result, Paused):
        change = transitions.pause(item, case.request, result.poll, me=case.me, made=result.made)
    else:
        change = transitions.commit(item, case.request, result, me=case.me, now=case.clock.now())
    written = yield from write(case, change, patient=True)
    if not written.won and not _was_written(written.item, case, result):
        yield from _lost(case, written.item, _made_by(result, case, item))
    elif isinstance(result, Settled):
        yield from answer(case, written.item)
    elif start:
        yield from resume(case, written.item)


def _lost(case: Case, item: Item, made: str | None) -> Generator[Step, Any, None]:
    """Another invocation has taken the request over: this one's result counts no more, and must leave nothing.

    The other may have settled the request for the sake of its own, and will then not answer it.
    """
    yield Note(Metric.FENCE_LOST, f"the lease was lost; the result of this run ({made or 'no resource'}) is discarded")
    known = operation(item, case.request.request_id)
    if known is not None and not known.status.settled:
        return
    if made is not None and made not in {one.physical_id for one in instances(item).values()}:
        yield from _remove_lost(case, item, made)
    is_asked_here = known is not None and case.request.url_digest == known.url_digest
    if is_asked_here and not is_acknowledged(item, case.request.request_id):
        yield from answer(case, item)


def _remove_lost(case: Case, item: Item, made: str) -> Generator[Step, Any, None]:
    if case.settings.on_orphan == "report":
        yield Note(Metric.ORPHANED, f"{made} was made by a run that had lost its lease, and nobody will delete it")
        return
    called = yield from call(case, item, "delete", token=case.token(item), physical_id=made)
    if isinstance(called.outcome, Raised) and called.outcome.how is not How.NOT_FOUND:
        text = f"{made} was made by a run that had lost its lease, and is left: {called.outcome.reason}"
        yield Note(Metric.ORPHANED, text)
        return
    yield Note(Metric.ORPHAN_REAPED, f"deleted {made}, which was made by a run that had lost its lease")


def _was_written(item: Item, case: Case, result: Result) -> bool:
    request_id = case.request.request_id
    if isinstance(result, Settled):  # others may have gone on since, and know that it is committed
        return item.get(f"resp:{request_id}") == result.body
    return item.get("owner") == case.me and f"url:{request_id}" in item


def _made_by(result: Result, case: Case, item: Item) -> str | None:
    made = {} if isinstance(result, Lost) else result.instances if isinstance(result, Settled) else result.made
    mine = made.get(case.token(item))
    return mine.physical_id if mine is not None and case.request.type != "Delete" else None
