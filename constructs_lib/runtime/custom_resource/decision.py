"""What to do with a request whose first claim was refused: pure, from the record as it is and the time.

A first claim succeeds when nobody works on the resource and the request is new (transitions.claim).
"""

from enum import Enum
from typing import NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource.record import Operation, Phase, Status, operation
from constructs_lib.runtime.custom_resource.request import Request


class Verdict(Enum):
    """What to do."""

    #: Nothing: it has been answered at this URL, or is an old delivery of a request that was asked again since.
    DONE = "done"
    #: Send the committed answer.
    REPLAY = "replay"
    #: Wait for whoever holds the resource.
    WAIT = "wait"
    #: Claim it: it is free, or its holder was killed.
    CLAIM = "claim"
    #: Claim it, to do again what had failed: CloudFormation asks with a new URL.
    CLAIM_AGAIN = "claim again"
    #: It waits between polls: see that somebody polls.
    RESUME = "resume"
    #: Refuse it: its Delete has come already.
    REFUSE = "refuse"
    #: Drop it without an answer: it is older than what has happened since, and was answered at its time.
    DROP = "drop"


class Decision(NamedTuple):
    """A verdict; `until` is, for WAIT, when the holder's lease ends, in milliseconds."""

    verdict: Verdict
    until: int = 0


def decide(item: Item, request: Request, now: int) -> Decision:
    """What to do with a request, given the record."""
    known = operation(item, request.request_id)
    if known is None:
        return _decide_new(item, request, now)
    if request.url_digest in known.earlier_urls.split():
        return Decision(Verdict.DONE)
    if known.status.settled:
        return _decide_settled(item, request, known, now)
    if known.status is Status.WAITING:
        return Decision(Verdict.RESUME)
    return _held(item, now) or Decision(Verdict.CLAIM)


def _decide_settled(item: Item, request: Request, known: Operation, now: int) -> Decision:
    if item.get(f"ack:{request.request_id}") == request.url_digest:
        return Decision(Verdict.DONE)
    if known.status is Status.SUCCEEDED or request.url_digest == known.url_digest:
        return Decision(Verdict.REPLAY)
    # It failed, and CloudFormation asks again under the same id (aws-cdk #35957).
    if _is_older(request, item):
        return Decision(Verdict.DROP)
    return _held(item, now) or Decision(Verdict.CLAIM_AGAIN)


def _decide_new(item: Item, request: Request, now: int) -> Decision:
    held = _held(item, now)
    if held is not None:
        return held
    if item["phase"] == Phase.TOMBSTONE and item.get("unseen") and request.type != "Delete":
        # Its Delete overtook it, unless its URL was surely signed later: then the resource is made anew.
        is_newer = request.signed_at is not None and request.signed_at > item.get("signed_at", request.signed_at)
        return Decision(Verdict.CLAIM if is_newer else Verdict.REFUSE)
    return Decision(Verdict.DROP if _is_older(request, item) else Verdict.CLAIM)


def _held(item: Item, now: int) -> Decision | None:
    if item["phase"] == Phase.RUNNING and item["lease"] >= now:
        return Decision(Verdict.WAIT, until=item["lease"])
    return None


def _is_older(request: Request, item: Item) -> bool:
    return request.signed_at is not None and request.signed_at < item.get("signed_at", request.signed_at)
