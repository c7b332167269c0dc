"""The model's world with long work: each loop of Step Functions is one more slot, whose invocations are its polls."""

from collections.abc import Iterator
from typing import Any

from constructs_lib.runtime.custom_resource import protocol
from constructs_lib.runtime.custom_resource.contract import DONE
from constructs_lib.runtime.custom_resource.errors import StartFailed
from constructs_lib.runtime.custom_resource.request import Tick
from constructs_lib.runtime.custom_resource.steps import Start
from tests.runtime._shared.replay import Clock, Place
from tests.runtime.custom_resource.model import vendor
from tests.runtime.custom_resource.model.script import Script
from tests.runtime.custom_resource.model.setting import KEY, SETTINGS, State
from tests.runtime.custom_resource.model.vendor import Author, Reply, VendorCall
from tests.runtime.custom_resource.model.world import DONE_WITH, EXHAUSTED, NOT_BEGUN, Move, World

#: A loop's attempts are numbered through; each poll that went well begins at the next multiple of this.
_POLL = 100


class PollingWorld(World):
    """Adds the polls."""

    @property
    def _attempts(self) -> int:
        """Of one poll: Step Functions repeats it more often than Lambda."""
        return self.setup.retries + 2

    def begin(self, state: State, slot: int, attempt: int) -> Iterator[Move]:
        """A delivery, or a poll, begins."""
        if slot < len(self.events):
            yield from super().begin(state, slot, attempt)
            return
        place = self._poll(state, slot, attempt).root(state.now)
        yield f"poll {slot}.{attempt} begins", self.at(state, slot, attempt, place)

    def at(self, state: State, slot: int, attempt: int, place: Place) -> State:
        """A poll that went well is followed by another, until the work is done."""
        is_well = place.step is None and not place.failed
        if slot < len(self.events) or not is_well or place.crashed is not None:
            return super().at(state, slot, attempt, place)
        if place.result[DONE]:
            return self.with_slot(state, slot, (0, DONE_WITH))
        return self.with_slot(state, slot, (attempt - attempt % _POLL + _POLL, NOT_BEGUN))

    def again(self, state: State, slot: int, attempt: int) -> State:
        """Step Functions repeats a poll, and has the function give up when it was repeated often enough."""
        if slot < len(self.events):
            return super().again(state, slot, attempt)
        is_over = attempt % _POLL + 1 >= 2 * self._attempts
        return self.with_slot(state, slot, (0, EXHAUSTED) if is_over else (attempt + 1, NOT_BEGUN))

    def perform(self, state: State, slot: int, attempt: int, place: Place) -> Iterator[Move]:
        """The steps that only long work has, and all others."""
        step = place.step
        if isinstance(step, Start):
            loop = (step.request_id, step.attempt)
            is_new = loop not in state.started
            started = (*state.started, loop) if is_new else state.started
            slots = (*state.slots, (0, NOT_BEGUN)) if is_new else state.slots
            after = state._replace(started=started, slots=slots)
            yield f"{slot}.{attempt} starts polls", self.on(after, slot, place, None, None)
        if isinstance(step, VendorCall) and step.kind == "poll" and state.polls:
            after = state._replace(polls=state.polls - 1)
            yield f"{slot}.{attempt} not yet", self.on(after, slot, place, Reply(), Reply())
        yield from super().perform(state, slot, attempt, place)

    def fail(self, state: State, slot: int, attempt: int, place: Place) -> Iterator[Move]:
        """Also: Step Functions is away."""
        if isinstance(place.step, Start) and "start" in self.setup.kinds:
            away = StartFailed("Step Functions is away")
            yield f"{slot}.{attempt} cannot start", self.on(state, slot, place, "away", away)
        yield from super().fail(state, slot, attempt, place)

    def _poll(self, state: State, slot: int, attempt: int) -> Script:
        request_id, _ = state.started[slot - len(self.events)]
        known_as = (slot, attempt, request_id)
        if known_as not in self.scripts:
            cause = "killed" if attempt % _POLL >= self._attempts else None
            traits = vendor.traits(self.setup.mode)

            def begin(clock: Clock) -> Any:  # noqa: ANN401 - a generator of steps
                common: dict[str, Any] = {
                    "settings": SETTINGS,
                    "traits": traits,
                    "clock": clock,
                    "me": f"{slot}.{attempt}",
                }
                return protocol.tick(Tick(KEY, request_id).request, cause=cause, **common)

            author = Author(KEY, replaces=False, checkpoints=self.setup.checkpoints, polls=True)
            self.scripts[known_as] = Script(begin, author=author, places=self.places)
        return self.scripts[known_as]
