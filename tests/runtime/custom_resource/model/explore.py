"""Visits every state that a setup can get into, once, and checks each."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from constructs_lib.runtime.custom_resource.record import Being, instances, token_of
from tests.runtime.custom_resource.model.polling import PollingWorld
from tests.runtime.custom_resource.model.setting import MADE_UP, Setup, State, Told, request_of
from tests.runtime.custom_resource.model.vendor import VendorCall, id_of
from tests.runtime.custom_resource.model.world import World

#: A kind of finding, and what was found.
Fault = tuple[str, str]


class Finding(NamedTuple):
    """Something that must not be, and the moves that lead there."""

    what: str
    trace: tuple[str, ...]


class Explored(NamedTuple):
    """What was found.

    Attributes:
        states: How many there are.
        made: The most resources that one request made.
        findings: One of each kind.
        seconds: How long it took.
    """

    states: int
    made: int
    findings: dict[str, Finding]
    seconds: float


def explore(setup: Setup, *, traces: bool = False, most: int | None = None) -> Explored:
    """Visit all states.

    A state that was visited is remembered by its hash of 64 bits: that two of two million have the same is less likely
    than one in a million.

    Args:
        setup: What is explored.
        traces: Remember how each state was reached; takes more memory.
        most: Stop after so many states.
    """
    world = World(setup) if setup.polls is None else PollingWorld(setup)
    began, made = time.perf_counter(), 0
    request_by_token = _requests_by_token(setup)
    seen = {hash(world.first())}
    reached: dict[State, tuple[State, str]] = {}
    todo = [world.first()]
    findings: dict[str, Finding] = {}
    while todo and (most is None or len(seen) <= most):
        state = todo.pop()
        by_request = Counter(request_by_token.get(token, token) for token, _ in state.vendor)
        made = max(made, *by_request.values(), 0)
        can_go_on = False
        for label, after in world.moves(state):
            can_go_on = can_go_on or after != state
            if hash(after) not in seen:
                seen.add(hash(after))
                todo.append(after)
                if traces:
                    reached[after] = state, label
        for kind, what in _faults(world, state, can_go_on=can_go_on):
            if kind not in findings:
                findings[kind] = Finding(what, _trace(reached, state))
    for place in world.places:
        if place.crashed is not None:
            findings.setdefault("crash", Finding(repr(place.crashed), tuple(map(repr, place.path))))
    if todo:
        findings["unfinished"] = Finding(f"there are more than {most} states", ())
    return Explored(len(seen), made, findings, time.perf_counter() - began)


def _faults(world: World, state: State, *, can_go_on: bool) -> Iterator[Fault]:
    answers = world.answers(state)
    bodies = {one.name: {other.body for other in answers if other.name == one.name} for one in answers}
    yield from (("contradiction", f"{name}: {sorted(all_)}") for name, all_ in bodies.items() if len(all_) > 1)
    yield from _made_up_deletes(world, state)
    if world.is_over(state):
        yield from _faults_at_the_end(world, state, {one.name: one for one in answers})
    elif not can_go_on:
        yield "stuck", "nobody can go on"


def _made_up_deletes(world: World, state: State) -> Iterator[Fault]:
    """An author's delete must not be asked for an id that nobody made while the record knows which was."""
    item = world.items[state.item]
    for slot, (attempt, place) in enumerate(state.slots):
        step = world.places[place].step if place >= 0 else None
        if not (isinstance(step, VendorCall) and step == VendorCall("delete", MADE_UP)):
            continue
        known = [one for one in instances(item).values() if one.being not in (Being.GONE, Being.REPORTED)]
        if known and item.get("owner") == f"{slot}.{attempt}":
            yield "made up", f"the record knows {known}"


def _faults_at_the_end(world: World, state: State, answers: dict[str, Told]) -> Iterator[Fault]:
    record = json.dumps(world.items[state.item])
    for asked in world.setup.asked:
        is_dropped = asked.name in state.dropped or world.is_given_up(state, asked.name)
        if asked.name not in answers and world.is_asked(state, asked) and not is_dropped:
            yield "unanswered", f"{asked.name} was never answered; {record}"
    alive = {id_of(place) for place, (_, alive) in enumerate(state.vendor) if alive}
    if left := alive - _expected(world, state, answers):
        yield "left", f"{sorted(left)} of {state.vendor} live; {record}"


def _expected(world: World, state: State, answers: dict[str, Told]) -> set[str]:
    """What may live in the end: what CloudFormation knows, and what the record will have deleted, or has reported."""
    known = instances(world.items[state.item])
    deleted, update = answers.get("Delete"), answers.get("Update")
    if deleted is not None and deleted.status == "SUCCESS":
        told = {update.physical_id} if update is not None and update.status == "SUCCESS" else set()
        kept = set()
    else:
        back = answers.get("Rollback")
        is_back = back is not None and back.status == "SUCCESS"
        told = {one.physical_id for one in answers.values() if one.name != "Update" or not is_back}
        heard = {asked.request_id or asked.name for asked in world.setup.asked if asked.name in answers}
        kept = {of for of, one in known.items() if one.being.loose or one.request_id not in heard}
    if world.setup.mode == "N":
        kept |= {of for of, one in known.items() if one.being is Being.REPORTED}
    ids = told | {known[of].physical_id for of in kept}
    return {id_of(place) for place, (token, _) in enumerate(state.vendor) if token in kept or id_of(place) in ids}


def _trace(reached: dict[State, tuple[State, str]], state: State) -> tuple[str, ...]:
    moves = []
    while state in reached:
        state, label = reached[state]
        moves.append(label)
    return tuple(reversed(moves))


def _requests_by_token(setup: Setup) -> dict[str, str]:
    """The request of each token that it may have."""
    tokens: dict[str, str] = {}
    for asked in setup.asked:
        request = request_of(asked, MADE_UP)
        tokens |= {token_of(request, generation): request.request_id for generation in range(4)}
    return tokens
