"""The model's world: one row, one provider, and messages, of which each is not begun, at a step, or done with."""

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib.runtime._shared.change import Item, Written, apply
from constructs_lib.runtime.delayed_check import contacting, protocol, transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.contract import DEADLINE_MARGIN
from constructs_lib.runtime.delayed_check.row import EDGES, Row
from constructs_lib.runtime.delayed_check.row import State as RowState
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    Frozen,
    IsSettled,
    MayContact,
    Note,
    Placed,
    Reconcile,
    Refused,
    Send,
    Suppression,
    Unsure,
    Write,
)
from constructs_lib.runtime.flow_control.errors import RetryLater
from tests.runtime._shared.replay import Clock, Entry, Place, Script
from tests.runtime.delayed_check.model import peers
from tests.runtime.delayed_check.model.setting import CHECK, UNIT, Delivery, Kind, Setup, State

#: Where a message is that stands at no step.
NOT_BEGUN, DONE_WITH = -1, -2
#: A peer would go on for ever.
MOST_CONTACTS = 2

Move = tuple[str, State]


class World:
    """The rules by which a state becomes another.

    Args:
        setup: What is explored.

    Attributes:
        faults: What must not be and was seen on the way, by kind, and the message that did it.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.settings = setup.settings
        self.items: list[Item] = [{}]
        self.places: list[Place] = []
        self.faults: dict[str, str] = {}
        self._item_ids = {"{}": 0}
        self._scripts: dict[tuple[Kind, int, int, int, str], Script] = {}
        self._written: dict[tuple[int, int], tuple[bool, int]] = {}

    def first(self) -> State:
        """A start has come, or an order is due."""
        setup, item = self.setup, 0
        if not setup.starts:
            made = apply(None, transitions.schedule(CHECK, setup.order, by="start", now=setup.order.placed_at))
            item = self._item_id(made.item)
        kinds: list[Kind] = ["start"] * setup.starts if setup.starts else ["check"] * setup.checks
        slots = tuple(Delivery(kind, 0, NOT_BEGUN) for kind in kinds)
        budget = (setup.kills, setup.refusals, setup.faults)
        return State(item, 0, slots, 0, False, False, False, 0, *budget, False)

    def row(self, state: State) -> Row | None:
        """The order's row."""
        return Row.of(self.items[state.item])

    def is_over(self, state: State) -> bool:
        """Whether every message has come to its end; the provider need not have reported."""
        return all(one.place == DONE_WITH or one.kind == "report" for one in state.slots)

    def moves(self, state: State) -> Iterator[Move]:
        """What may happen next."""
        if state.open > MOST_CONTACTS:
            return
        for slot, one in enumerate(state.slots):
            if one.place == NOT_BEGUN:
                # Messages of one kind are alike, so that they may as well begin in this order.
                if not slot or state.slots[slot - 1] != one or one.attempt:
                    place = self._script(state, slot).root(state.now)
                    yield f"{one.kind} {slot}.{one.attempt} begins", self.at(state, slot, place)
            elif one.place >= 0:
                yield from self._perform(state, slot, self.places[one.place])
                yield from self.kill(state, slot, self.places[one.place])
        if self.setup.settles and not state.settled:
            yield "the order settles", state._replace(settled=True)
        if self.setup.stops and not state.stopped:
            yield "the kill switch is set", state._replace(stopped=True)
        for index, landing in enumerate(state.landing):
            after = self.write(state, self.places[landing])[1]
            yield "a write lands", after._replace(landing=(*state.landing[:index], *state.landing[index + 1 :]))
        yield from self.pass_time(state)

    # ---- a message ---------------------------------------------------------------------------------------------

    def _script(self, state: State, slot: int) -> Script:
        one, row = state.slots[slot], self.row(state)
        known_as = (one.kind, slot, one.attempt, one.twin_of, (row and row.token) or "")
        if known_as not in self._scripts:
            self._scripts[known_as] = Script(lambda clock: self._begin(clock, known_as), places=self.places, note=Note)
        return self._scripts[known_as]

    def _begin(self, clock: Clock, known_as: tuple[Kind, int, int, int, str]) -> Any:  # noqa: ANN401 - steps
        kind, slot, attempt, twin_of, token = known_as
        message = "message" if self.setup.same_message else f"message {twin_of if twin_of >= 0 else slot}"
        if kind == "start":
            return protocol.start(self.setup.order, self.settings, now=clock.now(), message_id=message)
        if kind == "report":
            return protocol.record(UNIT, token, "answered", self.settings, now=clock.now())
        case = Case(
            order=self.setup.order,
            settings=self.settings,
            clock=clock,
            nonce=self._nonce(slot, attempt),
            message_id=message,
            can_reconcile=self.setup.reconciles,
        )
        if kind == "check":
            return peers.naive(case) if self.setup.protocol == "naive" else protocol.check(case)
        return peers.powertools(case) if self.setup.protocol == "powertools" else contacting.contact(case, arm="call")

    def at(self, state: State, slot: int, place: Place) -> State:
        """A message comes to a place; what can only be answered in one way is answered at once."""
        while (answer := self._only_answer(place.step)) is not None:
            answer = answer[0]
            place = place.script.after(place, (repr(answer), state.now), Entry(answer, state.now))
        if place.step is not None:
            return self.changed(state, slot, place=place.id)
        if place.failed or isinstance(place.crashed, RetryLater):
            return self.again(state, slot, place)
        if place.crashed is not None:
            self.faults.setdefault("crash", f"{state.slots[slot].kind}: {place.crashed!r}")
        for number, one in enumerate(state.slots):
            if one in self._twins(state, slot) and one.place == NOT_BEGUN:
                state = self.changed(state, number, place=DONE_WITH)
        return self.changed(state, slot, place=DONE_WITH)

    def _twins(self, state: State, slot: int) -> list[Delivery]:
        """The other deliveries of the same message."""
        message = self._message(state.slots[slot], slot)
        others = enumerate(state.slots) if self.setup.zombies else ()
        return [one for number, one in others if number != slot and self._message(one, number) == message]

    def _message(self, one: Delivery, slot: int) -> int:
        return one.twin_of if one.twin_of >= 0 else slot

    def _only_answer(self, step: object) -> tuple[Any] | None:
        if isinstance(step, Frozen):
            return (self.settings.experiment,)
        if isinstance(step, Suppression):
            return (None,)
        if isinstance(step, IsSettled) and not self.setup.settles and "read" not in self.setup.kinds:
            return (False,)
        if isinstance(step, MayContact) and not self.setup.stops and "read" not in self.setup.kinds:
            return (True,)
        return None

    def again(self, state: State, slot: int, place: Place, *, may_have_written: bool = False) -> State:
        """The message comes again, if it is still there; under another name where one may have been written down."""
        if any(twin.place == DONE_WITH for twin in self._twins(state, slot)):
            return self.changed(state, slot, place=DONE_WITH)
        nonce = self._nonce(slot, state.slots[slot].attempt)
        may_have_written = may_have_written or any(
            isinstance(one.answer, Exception)
            or (isinstance(one.answer, Written) and (one.answer.won or one.answer.item.get("claim") == nonce))
            for one in place.path
        )
        attempt = state.slots[slot].attempt + may_have_written
        return self.changed(state, slot, attempt=attempt, place=NOT_BEGUN)

    def _nonce(self, slot: int, attempt: int) -> str:
        return f"{slot}.{0 if self.setup.same_nonce else attempt}"

    def changed(self, state: State, slot: int, *, place: int, attempt: int | None = None) -> State:
        before = state.slots[slot]
        one = before._replace(place=place, attempt=before.attempt if attempt is None else attempt)
        return state._replace(slots=(*state.slots[:slot], one, *state.slots[slot + 1 :]))

    def on(self, state: State, slot: int, place: Place, answer: Any, known_as: Any = None) -> State:  # noqa: ANN401
        known_as = (repr(answer) if known_as is None else known_as, state.now)
        return self.at(state, slot, place.script.after(place, known_as, Entry(answer, state.now)))

    # ---- its steps ---------------------------------------------------------------------------------------------

    def _perform(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        step, name = place.step, f"{state.slots[slot].kind} {slot}"
        if isinstance(step, Write):
            won, after = self.write(state, place)
            written = Written(won, self.items[after.item])
            label = f"{name} writes {written.item.get('state')}: {won}"
            yield label, self.on(after, slot, place, written, (won, after.item))
        elif isinstance(step, IsSettled):
            yield f"{name} reads settled", self.on(state, slot, place, state.settled)
        elif isinstance(step, MayContact):
            yield f"{name} reads the switch", self.on(state, slot, place, not state.stopped)
        elif isinstance(step, Send):
            yield f"{name} sends", self.on(self.send(state, step), slot, place, None)
        elif isinstance(step, Reconcile):
            found = "CA1" if state.taken else None
            yield f"{name} asks", self.on(state, slot, place, found)
        elif isinstance(step, Contact):
            yield from self._contact(state, slot, place)
        if state.faults:
            yield from self.fail(state._replace(faults=state.faults - 1), slot, place)

    def _contact(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        self._check_contact(place)
        name = f"contact {slot}"
        asked = state._replace(open=state.open + 1)
        taken = self.report(asked._replace(taken=True))
        yield f"{name} is placed", self.on(taken, slot, place, Placed("CA1"))
        if self.setup.doubts:
            yield f"{name} is placed unknowingly", self.on(taken, slot, place, Unsure("timeout"))
            yield f"{name} is lost", self.on(asked, slot, place, Unsure("timeout"), "lost")
        if state.refusals:
            refused = state._replace(refusals=state.refusals - 1)
            refused = self.report(refused) if self.setup.lies else refused
            yield f"{name} is refused", self.on(refused, slot, place, Refused("busy", self.setup.after))
            if self.setup.fails:
                yield f"{name} is refused for good", self.on(refused, slot, place, Refused("no", retry=False))

    def _check_contact(self, place: Place) -> None:
        """What must hold of each request, by what its own invocation has read."""
        if place.path[-1].now + DEADLINE_MARGIN * 1000 >= self.setup.deadline:
            self.faults.setdefault("late", "contacted after its own clock had shown the deadline")
        if place.step.arm == "control":
            self.faults.setdefault("control", "the control arm was contacted")
        after, before = place, place.before
        while before is not None:
            answer = after.path[-1].answer
            if (isinstance(before.step, IsSettled) and answer) or (isinstance(before.step, MayContact) and not answer):
                self.faults.setdefault("heedless", f"contacted after {before.step} was {answer}")
            after, before = before, before.before

    def report(self, state: State) -> State:
        if not self.setup.reports or state.reported:
            return state
        return state._replace(reported=True, slots=(*state.slots, Delivery("report", 0, NOT_BEGUN)))

    def send(self, state: State, step: Send) -> State:
        return state._replace(slots=(*state.slots, Delivery(step.queue, 0, NOT_BEGUN)))

    def write(self, state: State, place: Place) -> tuple[bool, State]:
        """Make a change, and look at the edge that it goes along."""
        known = self._written.get((state.item, place.id))
        if known is None:
            written = apply(self.items[state.item], place.step.change)
            item = self._item_id(written.item) if written.won else state.item
            known = self._written[state.item, place.id] = (written.won, item)
        won, item = known
        before, after = Row.of(self.items[state.item]), Row.of(self.items[item])
        if won and before is not None and after is not None:
            if after.state not in EDGES[before.state]:
                self.faults.setdefault("edge", f"{before.state} -> {after.state}")
            if before.state is RowState.SCHEDULED:
                state = state._replace(decisions=state.decisions + 1)
        return won, state._replace(item=item)

    def _item_id(self, item: Item) -> int:
        text = json.dumps(item, sort_keys=True)
        if text not in self._item_ids:
            self._item_ids[text] = len(self.items)
            self.items.append(item)
        return self._item_ids[text]

    # ---- what trouble.py adds ----------------------------------------------------------------------------------

    def fail(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        """A step goes wrong."""
        raise NotImplementedError

    def kill(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        """A message is cut off at a step, or comes again beside itself."""
        raise NotImplementedError

    def pass_time(self, state: State) -> Iterator[Move]:
        """A time comes for which somebody waits."""
        raise NotImplementedError
