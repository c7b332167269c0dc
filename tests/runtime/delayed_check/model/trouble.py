"""The model's world with its trouble: lost answers, kills, zombies, and the time that passes."""

from collections.abc import Iterator

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime._shared.errors import TableUnavailable, Unanswered
from constructs_lib.runtime.delayed_check.contacting import ASK_AFTER
from constructs_lib.runtime.delayed_check.row import State as RowState
from constructs_lib.runtime.delayed_check.steps import Contact, IsSettled, MayContact, Reconcile, Send, Write
from tests.runtime._shared.replay import Place
from tests.runtime.delayed_check.model.setting import SOON, Delivery, State
from tests.runtime.delayed_check.model.world import NOT_BEGUN, Move, World


class TroubledWorld(World):
    """Adds what goes wrong."""

    def fail(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        step, kinds, name = place.step, self.setup.kinds, f"{state.slots[slot].kind} {slot}"
        if isinstance(step, Write):
            after, lost = self.write(state, place)[1], TableUnavailable("throttled")
            if "table lost" in kinds:
                yield f"{name} cannot write", self.on(state, slot, place, lost, "lost")
            if "table done" in kinds:
                yield f"{name} writes unknowingly", self.on(after, slot, place, lost, "lost")
            if "retried write" in kinds:  # the client has tried twice, and hides the first success
                won, after = self.write(after, place)
                answer = Written(won, self.items[after.item])
                yield f"{name} writes twice: {won}", self.on(after, slot, place, answer, (won, after.item))
        elif isinstance(step, Send):
            away = Unanswered("SQS is away")
            if "send lost" in kinds:
                yield f"{name} cannot send", self.on(state, slot, place, away, "lost")
            if "send done" in kinds:
                yield f"{name} sends unknowingly", self.on(self.send(state, step), slot, place, away, "lost")
        elif isinstance(step, MayContact) and "read" in kinds:
            yield f"{name} cannot read the switch", self.on(state, slot, place, None, "unreadable")
        elif (isinstance(step, IsSettled) and "read" in kinds) or (isinstance(step, Reconcile) and "lookup" in kinds):
            yield f"{name}: {type(step).__name__} raises", self.again(state, slot, place)

    def kill(self, state: State, slot: int, place: Place) -> Iterator[Move]:
        if not state.kills:
            return
        name = f"{state.slots[slot].kind} {slot}"
        killed = state._replace(kills=state.kills - 1)
        yield f"{name} killed before {type(place.step).__name__}", self.again(killed, slot, place)
        if isinstance(place.step, Contact):
            taken = self.report(killed._replace(open=state.open + 1, taken=True))
            yield f"{name} killed in flight", self.again(taken, slot, place)
        if isinstance(place.step, Write) and self.setup.late_writes:
            landing = self.again(killed, slot, place, may_have_written=True)
            yield f"{name} killed in a write", landing._replace(landing=(*state.landing, place.id))
        one = state.slots[slot]
        if self.setup.zombies and one.twin_of < 0:
            twin = Delivery(one.kind, 0, NOT_BEGUN, slot)
            yield f"{name} comes again", killed._replace(slots=(*state.slots, twin))

    def pass_time(self, state: State) -> Iterator[Move]:
        if state.now < self.setup.deadline:
            passed = self._later if self.setup.deadline > SOON else _soon
            yield "the deadline passes", passed(state, self.setup.deadline)
        row = self.row(state)
        if row is None:
            return
        if row.state is RowState.CLAIMED and state.now < row.claimed_until:
            slot, attempt = map(int, (row.claim or "").split("."))
            is_alive = state.slots[slot].attempt == attempt and state.slots[slot].place >= 0
            if not is_alive:
                yield "the claim's time ends", self._later(state, row.claimed_until)
            elif self.setup.zombies and state.kills:
                yield (
                    "the claim's time ends, its holder lives",
                    self._later(state._replace(kills=state.kills - 1), row.claimed_until),
                )
        if row.state is RowState.DECIDED and state.now < row.not_before:
            yield "the provider may be asked again", _soon(state, row.not_before)
        if row.state is RowState.UNKNOWN and self.setup.reconciles and row.asked < len(ASK_AFTER):
            ask_at = row.recorded_at + ASK_AFTER[row.asked] * 1000
            if state.now < ask_at:
                yield "it is time to ask", self._later(state, ask_at)

    def _later(self, state: State, now: int) -> State:
        """Much time has passed. Whoever has done nothing yet may as well begin now: nobody lives for so long."""
        slots = tuple(
            one._replace(place=NOT_BEGUN) if one.place >= 0 and not self._has_written(one.place) else one
            for one in state.slots
        )
        return state._replace(now=now, slots=slots)

    def _has_written(self, place: int) -> bool:
        return any(isinstance(one.answer, Written | Exception) for one in self.places[place].path)


def _soon(state: State, now: int) -> State:
    return state._replace(now=now)
