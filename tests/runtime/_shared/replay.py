"""A delivery, replayed: what it does next depends on nothing but what it was answered so far, and when.

A generator cannot be copied, so a delivery that stands at a step is remembered as the path of answers that led there.
What comes next is found once for each path, by replaying it on a new generator.
"""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime._shared.errors import Unanswered

#: Seconds that each invocation has, all the time: that time runs out is a move of the model.
REMAINING = 60.0


class Clock:
    """The time of a replay."""

    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        """Milliseconds."""
        return self.time

    def remaining(self) -> float:
        """Seconds until this invocation is killed."""
        return REMAINING


class Entry(NamedTuple):
    """One answer on a path; an exception is raised in the generator."""

    answer: Any
    now: int


class Place:
    """Where a delivery stands: its next step, or how it ended.

    Attributes:
        step: What it asks for; None at its end.
        failed: It ended with an exception after which Lambda delivers again.
        crashed: Any other exception: a fault of the protocol.
        result: What it returned.
        notes: What it noted on the way from the place before.
        path: The answers that led here.
        before: The place before; None where it begins.
        began: When the invocation began.
        id: A number of its own.
        script: Whose place it is.
    """

    __slots__ = ("before", "began", "children", "crashed", "failed", "id", "notes", "path", "result", "script", "step")

    def __init__(self, step: Any, notes: list[Any], path: tuple[Entry, ...], began: int) -> None:  # noqa: ANN401 - any
        self.step = step
        self.began = began
        self.before: Place | None = None
        self.failed = False
        self.crashed: Exception | None = None
        self.id = 0
        self.result: Any = None
        self.script: Script
        self.notes = tuple(notes)
        self.path = path
        self.children: dict[Any, Place] = {}

    @property
    def has_written(self) -> bool:
        """Whether a change of its was made, as far as it knows; what it does not know of, it counts too."""
        return any(not isinstance(one.answer, Written) or one.answer.won for one in self.path)


#: Makes the generator of one invocation.
Begin = Callable[[Clock], Generator[Any, Any, Any]]


class Script:
    """All that one invocation can do.

    Args:
        begin: Makes its generator.
        places: All places of all scripts, by their ids.
        note: The step that says something and asks for nothing.
    """

    def __init__(self, begin: Begin, *, places: list[Place], note: type) -> None:
        self._begin = begin
        self._places = places
        self._note = note
        self._roots: dict[int, Place] = {}

    def root(self, now: int) -> Place:
        """The first step of an invocation that begins at a time."""
        if now not in self._roots:
            self._roots[now] = self._replay(now, ())
        return self._roots[now]

    def after(self, place: Place, known_as: Any, entry: Entry) -> Place:  # noqa: ANN401 - hashable
        """The place that an answer leads to; `known_as` stands for the answer among its alternatives."""
        child = place.children.get(known_as)
        if child is None:
            child = place.children[known_as] = self._replay(place.began, (*place.path, entry))
            child.before = place
        return child

    def _replay(self, began: int, path: tuple[Entry, ...]) -> Place:
        clock = Clock()
        clock.time = began
        flow = self._begin(clock)
        notes: list[Any] = []
        try:
            step = self._skip(flow, next(flow), notes)
            for entry in path:
                notes = []
                clock.time = entry.now
                is_error = isinstance(entry.answer, Exception)
                step = flow.throw(entry.answer) if is_error else flow.send(entry.answer)
                step = self._skip(flow, step, notes)
        except StopIteration as stop:
            place = Place(None, notes, path, began)
            place.result = stop.value
            return self._placed(place)
        except Unanswered:
            place = Place(None, notes, path, began)
            place.failed = True
            return self._placed(place)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            place = Place(None, notes, path, began)
            place.crashed = error
            return self._placed(place)
        flow.close()
        return self._placed(Place(step, notes, path, began))

    def _placed(self, place: Place) -> Place:
        place.script, place.id = self, len(self._places)
        self._places.append(place)
        return place

    def _skip(self, flow: Generator[Any, Any, Any], step: Any, notes: list[Any]) -> Any:  # noqa: ANN401 - any step
        while isinstance(step, self._note):
            notes.append(step)
            step = flow.send(None)
        return step
