"""The model's world: one record, one vendor, CloudFormation, and deliveries of which each stands at a step."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.runtime._shared.change import Item, Written, apply
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import protocol
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Answer, Put, Traits, Wait, Write
from tests.runtime._shared.replay import Clock, Entry, Place
from tests.runtime.custom_resource.model import peers, vendor
from tests.runtime.custom_resource.model.script import Script
from tests.runtime.custom_resource.model.setting import KEY, MADE_UP, SETTINGS, Asked, Setup, State, Told, request_of
from tests.runtime.custom_resource.model.vendor import Author, Reply, VendorCall

#: Milliseconds by which a lease has surely ended.
_AGE = 100_000
#: Where a delivery is that stands at no step.
NOT_BEGUN, DONE_WITH, EXHAUSTED = -1, -2, -3

Move = tuple[str, State]


class World:
    """The rules by which a state becomes another.

    Args:
        setup: What is explored.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.events = [asked for asked in setup.asked for _ in range(asked.deliveries)]
        self.items: list[Item] = [{}]
        self.told: list[Told] = []
        self.places: list[Place] = []
        self._item_ids = {"{}": 0}
        self._told_ids: dict[Told, int] = {}
        self.scripts: dict[tuple[int, int, str], Script] = {}
        self._written: dict[tuple[int, int], tuple[bool, int]] = {}

    def first(self) -> State:
        """Nothing has happened."""
        slots = tuple((0, NOT_BEGUN) for _ in self.events)
        setup = self.setup
        return State(0, (), 0, slots, (), (), setup.kills, setup.faults, "", (), polls=setup.polls or 0)

    def moves(self, state: State) -> Iterator[Move]:
        """What may happen next."""
        for slot, (attempt, place) in enumerate(state.slots):
            if place == NOT_BEGUN:
                yield from self.begin(state, slot, attempt)
            elif place >= 0:
                yield from self.perform(state, slot, attempt, self.places[place])
                yield from self._kill(state, slot, attempt, self.places[place])
        for index, call in enumerate(state.landing):
            landed = state._replace(landing=(*state.landing[:index], *state.landing[index + 1 :]))
            if isinstance(call, int):
                yield "a write lands", landed._replace(item=self._write(state.item, self.places[call])[1])
            else:
                after, _ = vendor.perform(self.setup.mode, state.vendor, call)
                yield f"{call.kind} lands", landed._replace(vendor=after)
        yield from self._pass_time(state)

    def is_over(self, state: State) -> bool:
        """Whether every delivery has come to its end."""
        waiting = {slot for slot, event in enumerate(self.events) if not self.is_asked(state, event)}
        ends = (place in (DONE_WITH, EXHAUSTED) or slot in waiting for slot, (_, place) in enumerate(state.slots))
        return not state.landing and all(ends)

    def is_given_up(self, state: State, name: str) -> bool:
        """Whether every delivery of a request was killed for good."""
        ends = [place for event, (_, place) in zip(self.events, state.slots, strict=False) if event.name == name]
        return all(place == EXHAUSTED for place in ends)

    def answers(self, state: State) -> list[Told]:
        """What CloudFormation was told."""
        return [self.told[one] for one in state.puts]

    def begin(self, state: State, slot: int, attempt: int) -> Iterator[Move]:
        event = self.events[slot]
        # Deliveries of one event are alike, so that they may as well begin in this order.
        if attempt == 0 and slot and self.events[slot - 1] == event and state.slots[slot - 1] == (0, NOT_BEGUN):
            return
        told = {one.name: one.physical_id for one in self.answers(state)}
        if not self.is_asked(state, event):
            return
        ids = self._ids(state, event, told)
        for physical_id in ids:
            place = self._script(slot, attempt, physical_id).root(state.now)
            is_named = len(ids) > 1 or (event.type == "Delete" and not event.names)
            begun = state._replace(physical_id=physical_id) if is_named else state
            yield f"{slot}.{attempt} begins {physical_id}", self.at(begun, slot, attempt, place)

    def is_asked(self, state: State, event: Asked) -> bool:
        """Whether CloudFormation has come to ask this: it updates what it knows to exist."""
        answers = {one.name: one.status for one in self.answers(state)}
        return not event.after or (
            event.after in answers and (event.type != "Update" or answers[event.after] == "SUCCESS")
        )

    def _ids(self, state: State, event: Asked, told: Mapping[str, str]) -> list[str]:
        """What it may name: what CloudFormation was told when it asked, or an id of its own making."""
        if event.type == "Create":
            return [""]
        if event.names:
            return [told[event.names]]
        if state.physical_id:
            return [state.physical_id]
        return [MADE_UP, *sorted({one for name, one in told.items() if name != event.name})]

    def _script(self, slot: int, attempt: int, physical_id: str) -> Script:
        event = self.events[slot]
        known_as = (slot, attempt, physical_id)
        script = self.scripts.get(known_as)
        if script is None:
            request = request_of(event, physical_id)
            is_last = attempt > self.setup.retries
            traits = vendor.traits(self.setup.mode)
            begin = _BEGIN[self.setup.protocol](request, f"{slot}.{attempt}", traits, is_last=is_last)
            author = Author(KEY, replaces=event.name != "Rollback", checkpoints=self.setup.checkpoints)
            author = author._replace(polls=self.setup.polls is not None)
            script = Script(begin, author=author, places=self.places)
            self.scripts[known_as] = script
        return script

    def at(self, state: State, slot: int, attempt: int, place: Place) -> State:
        """The state in which a delivery has got to a place."""
        if any("dropped" in note.text for note in place.notes) and place.step is None:
            name = self.events[slot].name
            state = state._replace(dropped=tuple(sorted({*state.dropped, name})))
        if place.step is not None:
            return self.with_slot(state, slot, (attempt, place.id))
        if not place.failed:
            return self.with_slot(state, slot, (0, DONE_WITH))
        return self.again(state, slot, attempt)

    def again(self, state: State, slot: int, attempt: int) -> State:
        """Lambda delivers again, or has done so often enough."""
        attempts = (self.setup.retries + 1) * (2 if self.setup.protocol == "ours" else 1)
        after = (attempt + 1, NOT_BEGUN) if attempt + 1 < attempts else (0, EXHAUSTED)
        return self.with_slot(state, slot, after)

    def with_slot(self, state: State, slot: int, value: tuple[int, int]) -> State:
        return state._replace(slots=(*state.slots[:slot], value, *state.slots[slot + 1 :]))

    def perform(self, state: State, slot: int, attempt: int, place: Place) -> Iterator[Move]:
        step, name = place.step, f"{slot}.{attempt}"
        if isinstance(step, Write):
            won, item = self._write(state.item, place)
            after = state._replace(item=item)
            yield (
                f"{name} write {won}",
                self.on(after, slot, place, (won, item), Written(won, self.items[item])),
            )
        elif isinstance(step, VendorCall):
            vendor_state, reply = vendor.perform(self.setup.mode, state.vendor, step)
            after = state._replace(vendor=vendor_state)
            label = f"{name} {step.kind} {step.about[:8]} -> {reply.physical_id}"
            yield label, self.on(after, slot, place, reply, reply)
        elif isinstance(step, Put):
            after = self._tell(state, step)
            label = f"{name} put {self.told[self._tell_id(step)].status}"
            yield label, self.on(after, slot, place, Answer.DELIVERED, Answer.DELIVERED)
        elif isinstance(step, Wait):
            if place.path and isinstance(place.path[-1].answer, Exception):
                yield f"{name} waits", self.on(state, slot, place, None, None)
            else:  # it will look again, as if it had just begun
                yield f"{name} waits", self.with_slot(state, slot, (attempt, NOT_BEGUN))
        if state.faults:
            yield from self.fail(state._replace(faults=state.faults - 1), slot, attempt, place)

    def fail(self, state: State, slot: int, attempt: int, place: Place) -> Iterator[Move]:
        step, kinds, name = place.step, self.setup.kinds, f"{slot}.{attempt}"
        if isinstance(step, Wait) and "late" in kinds:
            yield f"{name} runs out of time", self.again(state, slot, attempt)
        if isinstance(step, Put) and "put" in kinds:
            yield f"{name} cannot put", self.on(state, slot, place, Answer.FAILED, Answer.FAILED)
        if isinstance(step, VendorCall):
            broken = Reply(broken=True)
            if "refused" in kinds:
                yield f"{name} {step.kind} refused", self.on(state, slot, place, broken, broken)
            if "reply lost" in kinds:
                after = state._replace(vendor=vendor.perform(self.setup.mode, state.vendor, step)[0])
                yield f"{name} {step.kind}, reply lost", self.on(after, slot, place, broken, broken)
        if isinstance(step, Write):
            _, item = self._write(state.item, place)
            lost = TableUnavailable("throttled")
            if "table lost" in kinds:
                yield f"{name} cannot write", self.on(state, slot, place, "lost", lost)
            if "table done" in kinds:
                after = state._replace(item=item)
                yield f"{name} writes unknowingly", self.on(after, slot, place, "lost", lost)
            if "retried write" in kinds:  # the client has tried twice, and hides the first success
                won, item = self._write(item, place)
                answer = Written(won, self.items[item])
                after = state._replace(item=item)
                yield f"{name} writes twice: {won}", self.on(after, slot, place, (won, item), answer)

    def on(self, state: State, slot: int, place: Place, known_as: Any, answer: Any) -> State:  # noqa: ANN401
        child = place.script.after(place, (known_as, state.now), Entry(answer, state.now))
        return self.at(state, slot, state.slots[slot][0], child)

    def _kill(self, state: State, slot: int, attempt: int, place: Place) -> Iterator[Move]:
        if not state.kills or isinstance(place.step, Wait):
            return
        killed = self.again(state._replace(kills=state.kills - 1), slot, attempt)
        yield f"{slot}.{attempt} killed before {type(place.step).__name__}", killed
        if isinstance(place.step, VendorCall) and place.step.kind == "create" and not self.setup.in_bound:
            yield f"{slot}.{attempt} killed in flight", killed._replace(landing=(*killed.landing, place.step))
        if isinstance(place.step, Write) and self.setup.late_writes:
            yield f"{slot}.{attempt} killed in a write", killed._replace(landing=(*killed.landing, place.id))

    def _pass_time(self, state: State) -> Iterator[Move]:
        item = self.items[state.item]
        if item.get("phase") != "RUNNING" or item["lease"] < state.now:
            return
        slot, attempt = map(int, item["owner"].split("."))
        is_alive = state.slots[slot][0] == attempt and state.slots[slot][1] >= 0
        if not is_alive:
            yield "the lease ends", self._later(state)
        elif self.setup.zombies and state.kills:
            yield "the lease ends, its holder lives", self._later(state._replace(kills=state.kills - 1))

    def _later(self, state: State) -> State:
        """Time has passed. Whoever has done nothing yet may as well begin now: nobody lives for so long."""
        slots = tuple(
            (attempt, NOT_BEGUN) if place >= 0 and not self.places[place].has_written else (attempt, place)
            for attempt, place in state.slots
        )
        return state._replace(now=state.now + _AGE, slots=slots)

    def _write(self, item: int, place: Place) -> tuple[bool, int]:
        known = self._written.get((item, place.id))
        if known is None:
            written = apply(self.items[item], place.step.change)
            known = self._written[item, place.id] = (written.won, self._item_id(written.item) if written.won else item)
        return known

    def _item_id(self, item: Item) -> int:
        text = json.dumps(item, sort_keys=True)
        if text not in self._item_ids:
            self._item_ids[text] = len(self.items)
            self.items.append(item)
        return self._item_ids[text]

    def _tell(self, state: State, put: Put) -> State:
        return state._replace(puts=tuple(sorted({*state.puts, self._tell_id(put)})))

    def _tell_id(self, put: Put) -> int:
        content: Mapping[str, str] = json.loads(put.body)
        told = Told(put.url.removeprefix("https://"), content["Status"], content["PhysicalResourceId"], put.body)
        if told not in self._told_ids:
            self._told_ids[told] = len(self.told)
            self.told.append(told)
        return self._told_ids[told]


def _ours(request: Request, me: str, traits: Traits, *, is_last: bool) -> Any:  # noqa: ANN401 - makes a generator
    def begin(clock: Clock) -> Any:  # noqa: ANN401 - a generator of steps
        common: dict[str, Any] = {"settings": SETTINGS, "traits": traits, "clock": clock, "me": me}
        if is_last:
            return protocol.give_up(request, cause="killed", **common)
        return protocol.serve(request, **common)

    return begin


_BEGIN = {"ours": _ours, "naive": peers.naive, "powertools": peers.powertools}
