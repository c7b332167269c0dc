"""The changes by which an invocation takes a request: each one conditional update, made only if nobody was faster."""

from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Change, Condition, Item
from constructs_lib.runtime._shared.contract import PARTITION_KEY, TIME_TO_LIVE
from constructs_lib.runtime.custom_resource.record import (
    VERSION,
    Being,
    Operation,
    Phase,
    Status,
    instance,
    intent_of,
    operation,
    to_value,
    token_of,
)
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.response import failure, presentable


class Holder(NamedTuple):
    """Who claims, and for how long. Give the fields by name.

    Attributes:
        me: A nonce.
        now: Milliseconds.
        lease: Milliseconds until which the holder may act.
        deadline: Milliseconds after which the request is no longer polled.
        makes: Whether the request makes a new resource.
        replace_on: Properties whose change means a new resource.
    """

    me: str
    now: int
    lease: int
    deadline: int
    makes: bool
    replace_on: frozenset[str] = frozenset()


def claim(request: Request, holder: Holder) -> Change:
    """Claim a new request for a resource that nobody works on, without having read the record."""
    started = Operation(
        type=request.type,
        status=Status.RUNNING,
        url_digest=request.url_digest,
        physical_id=request.physical_id,
        resource_type=request.resource_type,
        claimed_at=holder.now,
        deadline=holder.deadline,
    )
    fresh = (Condition("phase", "=", Phase.IDLE.value), Condition(f"op:{request.request_id}", "absent"))
    alternatives: tuple[tuple[Condition, ...], ...] = ((Condition(PARTITION_KEY, "absent"),), fresh)
    if request.signed_at is not None:
        in_order = (*fresh, Condition("signed_at", "<=", request.signed_at))
        alternatives = ((Condition(PARTITION_KEY, "absent"),), in_order, (*fresh, Condition("signed_at", "absent")))
    return Change(
        key=request.key,
        when=alternatives,
        set={**_held_by(request, holder, started), **_intent(request, holder, started)},
        add={"fence": 1},
    )


def take_over(item: Item, request: Request, holder: Holder, *, again: bool = False) -> Change:
    """Claim a request for a resource whose record was read: it is free, or its holder's lease has ended.

    Another request that is at work is settled in the same write, or its next delivery would make its resource after
    all. `again`: the request had failed, and what it left is to be removed first.
    """
    known = operation(item, request.request_id)
    started = _restarted(request, known, holder)
    changes = _held_by(request, holder, started)
    mine = instance(item, token_of(request, started.generation))
    if again and mine is not None and mine.being is Being.GONE:
        # What it had made is surely removed: a vendor would answer the old token with what is gone.
        started = started._replace(generation=started.generation + 1)
        changes[f"op:{request.request_id}"] = to_value(started)
        mine = None
    if mine is None:
        changes |= _intent(request, holder, started)
    elif again and mine.physical_id is not None:
        being = to_value(mine._replace(being=Being.DELETING))
        changes[f"inst:{token_of(request, started.generation)}"] = being
    if item["phase"] in (Phase.RUNNING, Phase.WAITING) and item["cur"] != request.request_id:
        changes |= _cancelled(item, request)
    return Change(
        key=request.key,
        when=(_as_read(item),),
        set=changes,
        remove=("state", "polling", "next_in", "unseen", TIME_TO_LIVE),
        add={"fence": 1},
    )


def take_tick(item: Item | None, request: Request, holder: Holder) -> Change:
    """Claim the waiting request for a poll; with the record, one whose poller was killed."""
    waiting = (Condition("phase", "=", Phase.WAITING.value), Condition("cur", "=", request.request_id))
    return Change(
        key=request.key,
        when=(waiting if item is None else _as_read(item),),
        set={"owner": holder.me, "lease": holder.lease, "phase": Phase.RUNNING.value},
        add={"fence": 1},
    )


def redirect(item: Item, request: Request) -> Change:
    """Have the request that waits answered where CloudFormation asked last."""
    known = operation(item, request.request_id)
    assert known is not None  # noqa: S101 - the record was read because it has this operation
    changes = {
        f"op:{request.request_id}": to_value(_asked_at(known, request.url_digest)),
        f"url:{request.request_id}": request.url,
    }
    return Change(key=request.key, when=(_as_read(item),), set=changes)


def refuse(item: Item, request: Request, body: str, now: int) -> Change:
    """Settle a request that must not be carried out any more."""
    refused = Operation(
        type=request.type,
        status=Status.FAILED,
        url_digest=request.url_digest,
        physical_id=request.physical_id,
        claimed_at=now,
    )
    changes = {f"op:{request.request_id}": to_value(refused), f"resp:{request.request_id}": body}
    return Change(key=request.key, when=(_as_read(item),), set=changes)


def _held_by(request: Request, holder: Holder, started: Operation) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "v": VERSION,
        "phase": Phase.RUNNING.value,
        "owner": holder.me,
        "lease": holder.lease,
        "cur": request.request_id,
        f"op:{request.request_id}": to_value(started),
    }
    if request.signed_at is not None:
        changes["signed_at"] = request.signed_at
    return changes


def _as_read(item: Item) -> tuple[Condition, ...]:
    return (Condition("fence", "=", item["fence"]), Condition("phase", "=", item["phase"]))


def _intent(request: Request, holder: Holder, started: Operation) -> dict[str, Any]:
    return intent_of(request, started, holder.replace_on) if holder.makes else {}


def _restarted(request: Request, known: Operation | None, holder: Holder) -> Operation:
    known = known or Operation(
        type=request.type, status=Status.FAILED, url_digest=request.url_digest, attempt=0, deadline=holder.deadline
    )
    return _asked_at(known, request.url_digest)._replace(
        status=Status.RUNNING,
        attempt=known.attempt + 1,
        physical_id=request.physical_id,
        resource_type=request.resource_type,
        claimed_at=holder.now,
        deadline=holder.deadline if known.status.settled else known.deadline,
    )


def _asked_at(known: Operation, url_digest: str) -> Operation:
    if known.url_digest == url_digest:
        return known
    earlier = f"{known.earlier_urls} {known.url_digest}".strip()
    return known._replace(url_digest=url_digest, earlier_urls=earlier)


def _cancelled(item: Item, by: Request) -> dict[str, Any]:
    request_id = item["cur"]
    known = operation(item, request_id)
    assert known is not None  # noqa: S101 - a record at work has the operation that it works on
    cancelled = by._replace(request_id=request_id, type=known.type, physical_id=known.physical_id)
    token = token_of(cancelled, known.generation)
    made = instance(item, token)
    physical_id = presentable(known.physical_id or (made.physical_id if made else None), otherwise=token)
    body = failure(cancelled, physical_id, f"cancelled: a later {by.type} of this resource came in")
    return {f"op:{request_id}": to_value(known._replace(status=Status.FAILED)), f"resp:{request_id}": body}
