"""What a request does while it holds the lease: the author's calls, and what they come to."""

import json
import math
from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource import transitions
from constructs_lib.runtime.custom_resource.case import Case, call
from constructs_lib.runtime.custom_resource.digest import digest
from constructs_lib.runtime.custom_resource.leftovers import loose, reap, remove, unsure
from constructs_lib.runtime.custom_resource.making import make
from constructs_lib.runtime.custom_resource.record import (
    Being,
    Instance,
    Status,
    instance,
    instances,
    operation,
    operations,
    targets,
)
from constructs_lib.runtime.custom_resource.response import Unanswerable, failure, presentable, success
from constructs_lib.runtime.custom_resource.steps import Called, How, Made, Pending, Raised, Step, Write
from constructs_lib.runtime.custom_resource.transitions import Poll, Settled

#: Seconds between two polls where the author does not say.
_NEXT_IN = 10
#: Step Functions ends an execution after 25,000 events, and a poll takes nine.
_MOST_POLLS = 2500


class Paused(NamedTuple):
    """The request goes on later: what the next poll needs, and the resources of which something is known now."""

    poll: Poll
    made: Mapping[str, Instance]


class Lost(NamedTuple):
    """The lease was lost in the middle; `physical_id` is what was made until then."""

    physical_id: str | None = None


Result = Settled | Paused | Lost


def carry_out(case: Case, item: Item) -> Generator[Step, Any, Result]:
    """Do what the request asks, or go on where a killed run has stopped."""
    if case.request.type == "Create":
        return (yield from _make(case, item))
    if case.request.type == "Update":
        return (yield from _update(case, item))
    return (yield from _delete(case, item, done={}))


def poll(case: Case, item: Item) -> Generator[Step, Any, Result]:
    """Ask once whether long work is done, and go on when it is."""
    token = item["polling"]
    made = instance(item, token) if token else None
    physical_id = made.physical_id if made else case.request.physical_id
    state = json.loads(item["state"])
    called = yield from call(case, item, "poll", token=token or case.token(item), physical_id=physical_id, state=state)
    outcome = called.outcome
    if isinstance(outcome, Pending):
        # None from poll: nothing new.
        again = outcome if outcome.physical_id else Pending(state=state, next_in=outcome.next_in or item["next_in"])
        return Paused(_poll(case, item, again, polling=token), {})
    if case.request.type == "Delete":
        if isinstance(outcome, Made):
            gone = made._replace(being=Being.GONE) if made else None
            return (yield from _delete(case, item, done={token: gone}))
        return _delete_failed(case, outcome, {})
    if isinstance(outcome, Made):
        outcome = outcome._replace(physical_id=physical_id)
    if made is not None:
        return (yield from _settle_made(case, item, Called(outcome, checkpoint=made.physical_id)))
    return (yield from _settle_updated(case, item, Called(outcome)))


def fail(case: Case, item: Item, reason: str) -> Settled:
    """Settle the request as failed without calling the author."""
    token = case.token(item)
    made, known = instance(item, token), operation(item, case.request.request_id)
    if case.request.type != "Create":
        return Settled(status=Status.FAILED, body=failure(case.request, case.request.physical_id or token, reason))
    if made is None or (known is not None and made.attempt == known.attempt and made.being is Being.INTENT):
        # This very claim wrote the intent, and nothing was done since.
        gone = Instance(being=Being.GONE, request_id=case.request.request_id, made_by="Create")
        text = f"{reason}; nothing was created"
        return Settled(status=Status.FAILED, body=failure(case.request, token, text), instances={token: gone})
    left = made._replace(being=Being.CREATED) if made.physical_id else made
    body = failure(case.request, presentable(made.physical_id, otherwise=token), reason)
    return Settled(status=Status.FAILED, body=body, instances={token: left})


def _make(case: Case, item: Item) -> Generator[Step, Any, Result]:
    held, called = yield from make(case, item)
    return (yield from _settle_made(case, held, called))


def _settle_made(case: Case, item: Item, called: Called) -> Generator[Step, Any, Result]:
    """What the making of a resource comes to, for a Create or a replacement."""
    token = case.token(item)
    outcome, body = _checked(case, called, current="")
    physical_id = called.checkpoint or outcome.physical_id
    mine = instance(item, token)
    assert mine is not None  # noqa: S101 - the intent is written before anything is made
    mine = mine._replace(being=Being.CREATED, physical_id=physical_id)
    match outcome:
        case Raised(how=How.LEASE_LOST):
            return Lost(physical_id)
        case Pending():
            # Before the pause: the polls have no properties to make anything again with, to learn its id.
            others = yield from reap(case, item, loose(case, item, but=token))
            return Paused(_poll(case, item, outcome, polling=token), {**others, token: mine._replace(attempt=0)})
        case Made():
            live = mine._replace(being=Being.LIVE, physical_id=outcome.physical_id)
            others = yield from reap(case, item, loose(case, item, but=token))
            return Settled(status=Status.SUCCEEDED, body=body, instances={**others, token: live})
    if physical_id is None:
        mine = mine._replace(being=Being.GONE if outcome.how is How.FAILED else Being.UNSURE)
    if case.request.type == "Create":  # CloudFormation rolls it back, with a Delete of the id that it is told
        body = failure(case.request, presentable(physical_id, otherwise=token), outcome.reason)
        return Settled(status=Status.FAILED, body=body, instances={token: mine})
    return (yield from _update_failed(case, item, outcome, {token: mine}))


def _update(case: Case, item: Item) -> Generator[Step, Any, Result]:
    token = case.token(item)
    if instance(item, token) is None or _is_kept(case, item):
        called = yield from call(case, item, "update", token=token, physical_id=case.request.physical_id)
        if not (isinstance(called.outcome, Raised) and called.outcome.how is How.REPLACE):
            return (yield from _settle_updated(case, item, called))
        written = yield Write(transitions.intend(item, case.request, case.me, case.traits.replace_on))
        if not written.won:
            return Lost()
        item = written.item
    return (yield from _make(case, item))


def _is_kept(case: Case, item: Item) -> bool:
    """Whether the resource is already what would be made anew.

    CloudFormation compares with what it asked for last. Where that had failed, the rollback looks like a change, and to
    make a new resource would have it delete the one that was never touched (aws-cdk #17040).
    """
    current, known = case.request.physical_id, operation(item, case.request.request_id)
    if known is None or known.replaces or not case.makes_anew():
        return False
    return any(
        one.being is Being.LIVE
        and one.physical_id == current
        and one.kept == digest(token, case.request.properties, case.traits.replace_on)
        for token, one in instances(item).items()
    )


def _settle_updated(case: Case, item: Item, called: Called) -> Generator[Step, Any, Result]:
    """What an update in place comes to; an author may also have made a new resource, and returned its id."""
    token, current = case.token(item), case.request.physical_id or ""
    outcome, body = _checked(case, called, current=current)
    new = called.checkpoint or outcome.physical_id
    mine, intent = {}, instance(item, token)
    if new is not None and new != current:
        mine = {token: case.unforeseen(token)._replace(physical_id=new)}
    elif intent is not None and intent.being is Being.INTENT:
        mine = {token: intent._replace(being=Being.GONE)}  # it was not carried out
    match outcome:
        case Raised(how=How.LEASE_LOST):
            return Lost(new)
        case Pending():
            others = yield from reap(case, item, loose(case, item, but=token))
            return Paused(
                _poll(case, item, outcome, polling=token if new not in (None, current) else ""), {**others, **mine}
            )
        case Made():
            physical_id = outcome.physical_id or current
            others = yield from reap(case, item, loose(case, item, but=token))
            if mine and mine[token].being is Being.CREATED:
                mine = {token: mine[token]._replace(being=Being.LIVE, physical_id=physical_id)}
            return Settled(status=Status.SUCCEEDED, body=body, instances={**others, **mine})
    return (yield from _update_failed(case, item, outcome, mine))


def _update_failed(
    case: Case, item: Item, outcome: Raised, mine: Mapping[str, Instance]
) -> Generator[Step, Any, Settled]:
    """CloudFormation keeps the old resource, and never learns of what was to replace it."""
    own = {token: one for token, one in mine.items() if one.being.loose}
    left = yield from reap(case, item, {**loose(case, item, but=case.token(item)), **own})
    body = failure(case.request, case.request.physical_id or "", outcome.reason)
    return Settled(status=Status.FAILED, body=body, instances={**mine, **left})


def _delete(case: Case, item: Item, *, done: Mapping[str, Instance | None]) -> Generator[Step, Any, Result]:
    """Delete what the id is about; `done`: what earlier polls have seen go, "" for the id itself."""
    about = targets(item, case.request)
    known = {token: one for token, one in done.items() if one is not None}
    # What else is left goes first: the polls of long work have not got the properties that it may take.
    if case.has_properties:
        left = {token: one for token, one in loose(case, item, but="").items() if token not in about.instances}
        known |= yield from reap(case, item, left)
    for token, one in about.instances.items():
        if token in done:
            continue
        removed = yield from remove(case, item, token, one)
        if isinstance(removed, Pending):
            return Paused(
                _poll(case, item, removed, polling=token),
                {**known, token: one._replace(physical_id=removed.physical_id)},
            )
        if isinstance(removed, Raised):
            unknown = unsure(one._replace(physical_id=removed.physical_id or one.physical_id))
            return _delete_failed(case, removed, {**known, token: unknown})
        known[token] = removed
    if about.foreign and "" not in done:
        called = yield from call(case, item, "delete", token=case.token(item), physical_id=case.request.physical_id)
        if isinstance(called.outcome, Pending):
            return Paused(_poll(case, item, called.outcome, polling=""), known)
        if isinstance(called.outcome, Raised) and called.outcome.how is not How.NOT_FOUND:
            return _delete_failed(case, called.outcome, known)
    return (yield from _deleted(case, item, known))


def _deleted(case: Case, item: Item, known: Mapping[str, Instance]) -> Generator[Step, Any, Settled]:
    left = {token: one for token, one in loose(case, item, but="").items() if token not in known}
    known = {**known, **(yield from reap(case, item, left))}
    lives = any(one.being is Being.LIVE and token not in known for token, one in instances(item).items())
    return Settled(
        status=Status.SUCCEEDED,
        body=success(case.request, case.request.physical_id or "", {}, no_echo=frozenset()),
        instances=known,
        gone=not lives,
        unseen=not instances(item) and all(one.type != "Create" for one in operations(item).values()),
    )


def _delete_failed(case: Case, outcome: Raised, known: Mapping[str, Instance]) -> Settled | Lost:
    if outcome.how is How.LEASE_LOST:
        return Lost()
    body = failure(case.request, case.request.physical_id or "", outcome.reason)
    return Settled(status=Status.FAILED, body=body, instances=known)


def _checked(case: Case, called: Called, *, current: str) -> tuple[Made | Pending | Raised, str]:
    """The outcome, and for one that was made its answer; a failure where CloudFormation would not take that answer.

    `current` is the id that a method which returns none has kept.
    """
    outcome = called.outcome
    physical_id = called.checkpoint or outcome.physical_id or case.request.physical_id
    if isinstance(outcome, Pending) and case.settings.state_machine_arn is None:
        reason = "the handler returned InProgress, which nobody polls: pass polls=True to the IdempotentProvider"
        return Raised(How.FAILED, reason, physical_id), ""
    if not isinstance(outcome, Made):
        return outcome, ""
    try:
        no_echo = case.traits.no_echo
        return outcome, success(case.request, outcome.physical_id or current, outcome.attributes, no_echo=no_echo)
    except Unanswerable as unanswerable:
        # Without an id that can be deleted, what exists is not known.
        return Raised(How.FAILED if physical_id else How.ERROR, str(unanswerable), physical_id or None), ""


def _poll(case: Case, item: Item, pending: Pending, *, polling: str) -> Poll:
    known = operation(item, case.request.request_id)
    left = (known.deadline - case.clock.now()) / 1000 if known else 0.0
    least = max(1, math.ceil(case.settings.total_timeout / _MOST_POLLS))
    # The last one comes when the time is over, and says so.
    wished = min(_NEXT_IN if pending.next_in is None else pending.next_in, left + 1)
    seconds = max(least, math.ceil(wished))
    return Poll(state=json.dumps(pending.state), polling=polling, next_in=seconds)
