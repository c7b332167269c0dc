"""The changes by which the holder of a request works and lets go: each one conditional update, refused to others."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Change, Condition, Item
from constructs_lib.runtime._shared.contract import TIME_TO_LIVE
from constructs_lib.runtime.custom_resource.record import (
    Being,
    Instance,
    Operation,
    Phase,
    Status,
    instances,
    intent_of,
    operation,
    operations,
    to_value,
    token_of,
)
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Call

#: Days that the record of a resource which is gone is kept: Lambda may deliver an event for six hours.
_TOMBSTONE_DAYS = 7
#: Requests that are remembered beyond the unanswered ones.
_REMEMBERED = 5


def renew(item: Item, request: Request, me: str, replace_on: Collection[str]) -> Change:
    """Give the request a new token: what the old one had made is removed."""
    known = _running(item, request)
    old = token_of(request, known.generation)
    renewed = known._replace(generation=known.generation + 1)
    gone = Instance(being=Being.GONE, request_id=request.request_id, made_by=request.type)
    return Change(
        key=request.key,
        when=(holds(item, me),),
        set={
            f"op:{request.request_id}": to_value(renewed),
            f"inst:{old}": to_value(gone),
            **intent_of(request, renewed, replace_on),
        },
    )


def intend(item: Item, request: Request, me: str, replace_on: Collection[str]) -> Change:
    """Write down that the request will make a new resource, which could not be known when it was claimed."""
    replacing = _running(item, request)._replace(replaces=True)
    intent = intent_of(request, replacing, replace_on)
    return Change(
        key=request.key, when=(holds(item, me),), set={f"op:{request.request_id}": to_value(replacing), **intent}
    )


def checkpoint(key: str, call: Call, physical_id: str) -> Change:
    """Write down that the resource which a call makes exists."""
    made = {**call.record, "physical_id": physical_id}
    still_held = (Condition("fence", "=", call.fence), Condition("phase", "=", Phase.RUNNING.value))
    return Change(key=key, when=(still_held,), set={f"inst:{call.token}": made})


class Settled(NamedTuple):
    """How a request ends. Give the fields by name.

    Attributes:
        status: SUCCEEDED or FAILED.
        body: The answer.
        instances: The resources of which something else is known now, by their tokens.
        gone: Whether the logical resource has no resource any more.
        unseen: Whether it was deleted without a Create having been seen.
    """

    status: Status
    body: str
    instances: Mapping[str, Instance] = {}
    gone: bool = False
    unseen: bool = False


def commit(item: Item, request: Request, outcome: Settled, *, me: str, now: int) -> Change:
    """Settle the request, and let go of the resource. Before this write nothing may be answered."""
    settled = _running(item, request)._replace(status=outcome.status)
    changes: dict[str, Any] = {
        "phase": (Phase.TOMBSTONE if outcome.gone else Phase.IDLE).value,
        f"op:{request.request_id}": to_value(settled),
        f"resp:{request.request_id}": outcome.body,
        **{f"inst:{token}": to_value(one) for token, one in outcome.instances.items()},
    }
    if outcome.gone:
        changes[TIME_TO_LIVE] = now // 1000 + _TOMBSTONE_DAYS * 86400
        changes["unseen"] = outcome.unseen
    return Change(
        key=request.key,
        when=(holds(item, me),),
        set=changes,
        remove=("lease", "state", "polling", "next_in", *_forgotten(item, request.request_id, changes)),
    )


class Poll(NamedTuple):
    """What the next poll needs: its state as JSON text, the token of the resource, and seconds to wait."""

    state: str
    polling: str
    next_in: int


def pause(item: Item, request: Request, poll: Poll, *, me: str, made: Mapping[str, Instance]) -> Change:
    """Let go of the resource until the next poll."""
    waiting = _running(item, request)._replace(status=Status.WAITING)
    changes: dict[str, Any] = {
        "phase": Phase.WAITING.value,
        f"op:{request.request_id}": to_value(waiting),
        f"url:{request.request_id}": request.url,
        "state": poll.state,
        "polling": poll.polling,
        "next_in": poll.next_in,
        **{f"inst:{token}": to_value(one) for token, one in made.items()},
    }
    return Change(key=request.key, when=(holds(item, me),), set=changes, remove=("lease",))


def acknowledge(request: Request, *, body: str | None = None) -> Change:
    """Remember that CloudFormation has the answer; `body` replaces it by what may be kept of it.

    One who is late with that must not forget the URL at which CloudFormation has asked again.
    """
    is_known = Condition(f"op:{request.request_id}", "exists")
    url = f"url:{request.request_id}"
    changes = {f"ack:{request.request_id}": request.url_digest}
    if body is not None:
        changes[f"resp:{request.request_id}"] = body
    return Change(
        key=request.key,
        when=((is_known, Condition(url, "absent")), (is_known, Condition(url, "=", request.url))),
        set=changes,
        remove=(url,),
    )


def look(item: Item, request: Request, *, me: str) -> Change:
    """A change of nothing; whoever has lost the lease is refused it, and shown the record."""
    return Change(key=request.key, when=(holds(item, me),), set={"owner": me})


def holds(item: Item, me: str) -> tuple[Condition, ...]:
    """The condition of everything that a holder writes: nobody has claimed since, and it has not let go itself."""
    return (
        Condition("fence", "=", item["fence"]),
        Condition("owner", "=", me),
        Condition("phase", "=", Phase.RUNNING.value),
    )


def _running(item: Item, request: Request) -> Operation:
    known = operation(item, request.request_id)
    assert known is not None  # noqa: S101 - whoever holds the record has written it
    return known


def _forgotten(item: Item, request_id: str, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """What the record need not keep: the oldest acknowledged requests, and what they made that is gone."""
    acknowledged = sorted(
        (known.claimed_at, other)
        for other, known in operations(item).items()
        if f"ack:{other}" in item and other != request_id
    )
    forgotten = {other for _, other in acknowledged[:-_REMEMBERED]}
    gone = [
        f"inst:{token}"
        for token, one in instances(item).items()
        if one.request_id in forgotten and one.being is Being.GONE and f"inst:{token}" not in changes
    ]
    return (*(f"{kind}:{other}" for other in sorted(forgotten) for kind in ("op", "resp", "ack")), *gone)
