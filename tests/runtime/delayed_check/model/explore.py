"""Visits every state that a setup can get into, once, and checks each."""

import time
from collections.abc import Iterator, Set
from typing import NamedTuple

from constructs_lib.runtime.delayed_check.row import PUBLISHED
from constructs_lib.runtime.delayed_check.row import State as RowState
from tests.runtime.delayed_check.model.setting import Setup, State
from tests.runtime.delayed_check.model.trouble import TroubledWorld
from tests.runtime.delayed_check.model.world import MOST_CONTACTS, World

#: How often the same order may be contacted, and decided.
ONCE = 1
#: The states that say that nobody was contacted.
_NOT_CONTACTED = frozenset({RowState.NOT_ELIGIBLE, RowState.CONTROL, RowState.SUPPRESSED, RowState.EXPIRED})


class Finding(NamedTuple):
    """Something that must not be, and the moves that lead there."""

    what: str
    trace: tuple[str, ...]


class Explored(NamedTuple):
    """What was found.

    Attributes:
        states: How many there are.
        contacts: The most contacts of the one order that were not surely refused.
        ends: The states of the row in which all may end.
        findings: One of each kind.
        violations: How many states have one.
        seconds: How long it took.
    """

    states: int
    contacts: int
    ends: frozenset[str]
    findings: dict[str, Finding]
    violations: int
    seconds: float


def explore(setup: Setup, *, most: int = 3_000_000, until: Set[str] = frozenset()) -> Explored:
    """Visit all states.

    Args:
        setup: What is explored.
        most: Stop after so many states, which is a finding.
        until: Stop when these have been found.
    """
    world, began = TroubledWorld(setup), time.perf_counter()
    known = {world.first(): 0}
    states, reached = [world.first()], [(-1, "")]
    findings: dict[str, Finding] = {}
    ends: set[str] = set()
    todo, violations, contacts = [0], 0, 0
    sources: list[list[int]] = [[]]
    while todo and len(states) <= most:
        number = todo.pop()
        state = states[number]
        contacts = max(contacts, state.open)
        for label, after in world.moves(state):
            found = known.get(after)
            if found is None:
                found = known[after] = len(states)
                states.append(after)
                reached.append((number, label))
                sources.append([])
                todo.append(found)
            sources[found].append(number)
        faults = list(_faults(world, state))
        violations += bool(faults)
        for kind, what in faults:
            findings.setdefault(kind, Finding(what, _trace(reached, number)))
        if world.is_over(state) and (row := world.row(state)):
            ends.add(str(row.state))
        if until and until <= findings.keys() | world.faults.keys():
            break
    stuck = _stuck(sources, [number for number, state in enumerate(states) if world.is_over(state)])
    if stuck is not None and not todo and contacts <= MOST_CONTACTS:
        findings["stuck"] = Finding("it never comes to an end", _trace(reached, stuck))
    for kind, what in world.faults.items():
        findings.setdefault(kind, Finding(what, ()))
    if todo and not until:
        findings["unfinished"] = Finding(f"there are more than {most} states", ())
    return Explored(len(states), contacts, frozenset(ends), findings, violations, time.perf_counter() - began)


def _faults(world: World, state: State) -> Iterator[tuple[str, str]]:
    if state.open > ONCE:
        yield "twice", f"contacted {state.open} times"
    if state.decisions > ONCE:
        yield "decided twice", f"decided {state.decisions} times"
    if not world.is_over(state):
        return
    row = world.row(state)
    if row is None or row.state not in PUBLISHED:
        yield "untold", f"all messages are done with, and the row is {row and row.state}"
    elif state.taken and (row.state in _NOT_CONTACTED or row.outcome == "failed"):
        yield "untrue", f"the provider has the contact, and the row is {row.state} {row.outcome}"
    elif row.state is RowState.DIALED and not state.taken:
        yield "untrue", "the provider has no contact, and the row is DIALED"
    if state.decisions != ONCE:
        yield "undecided", f"decided {state.decisions} times"


def _stuck(sources: list[list[int]], ends: list[int]) -> int | None:
    """A state from which no end can be reached."""
    can_end = bytearray(len(sources))
    todo = list(ends)
    for number in ends:
        can_end[number] = True
    while todo:
        for source in sources[todo.pop()]:
            if not can_end[source]:
                can_end[source] = True
                todo.append(source)
    found = can_end.find(0)
    return None if found < 0 else found


def _trace(reached: list[tuple[int, str]], number: int) -> tuple[str, ...]:
    moves = []
    while number > 0:
        number, label = reached[number]
        moves.append(label)
    return tuple(reversed(moves))
