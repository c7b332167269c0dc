"""Who is connected with whom in an app: queues, what consumes them, what sends to them, and what watches them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks import alarms, mappings, sources
from constructs_lib.flow_control.checks.alarms import Alarm
from constructs_lib.flow_control.checks.app import App, Resource
from constructs_lib.flow_control.checks.conditions import groups, together
from constructs_lib.flow_control.checks.functions import Function, Functions
from constructs_lib.flow_control.checks.mappings import EventSourceMapping
from constructs_lib.flow_control.checks.permissions import Permissions
from constructs_lib.flow_control.checks.queues import Queue, Queues
from constructs_lib.flow_control.checks.sources import Source
from constructs_lib.flow_control.checks.triggers import Triggers

_K = TypeVar("_K")
_V = TypeVar("_V")


class Connections:
    """What was found in an app, by queue and by function.

    Attributes:
        app: The app.
        queues: Its queues, and those it refers to.
        functions: The functions that consume them.
        permissions: What its policies allow.
        triggers: What else invokes the functions.
        mappings: All mappings of queues; sources and alarms likewise.
    """

    def __init__(self, app: App) -> None:
        self.app, self.queues, self.functions = app, Queues(app), Functions(app)
        # Before the alarms, which call a queue of another app by a part of the ARN that others know it by.
        self._dead_letter_queues = self.queues.dead_letter_queues()
        self.mappings = list(mappings.find(app, self.queues, self.functions))
        self.sources = list(sources.find(app, self.queues))
        self._ends = set(sources.ends(app, self.queues))
        self.alarms = list(alarms.find(app, self.queues))
        self.permissions = Permissions(app)
        self.triggers = Triggers(app, self.permissions, queue_mappings=[each.resource for each in self.mappings])
        self._consuming = _grouped((each.queue, each) for each in self.mappings)
        self._invoking = _grouped((each.function, each) for each in self.mappings)
        # The mappings by whom they invoke, and by where the failed messages of what they poll go.
        self._redriving = _grouped(
            ((each.function, self.queues.redrive(each.queue).dead_letter_queue), each)
            for each in self.mappings
            if each.is_enabled is True
        )
        self._feeding = _grouped((each.queue, each) for each in self.sources)
        self._watching = _grouped((each.queue, each) for each in self.alarms)

    def consuming(self, queue: Queue) -> list[EventSourceMapping]:
        """The mappings that poll a queue."""
        return self._consuming.get(queue, [])

    def invoking(self, function: Function) -> list[EventSourceMapping]:
        """The mappings of queues that invoke a function."""
        return self._invoking.get(function, [])

    def feeding(self, queue: Queue) -> list[Source]:
        """What sends to a queue."""
        return self._feeding.get(queue, [])

    def watching(self, queue: Queue) -> list[Alarm]:
        """The alarms on a queue."""
        return self._watching.get(queue, [])

    def takes_dead_letters(self, queue: Queue) -> bool | Unknown:
        """Whether a queue is the dead-letter queue of another; of one that is in no template, that may be elsewhere."""
        if queue in self._dead_letter_queues:
            return True
        return UNKNOWN if queue.resource is None else False

    def is_an_end(self, queue: Queue) -> bool:
        """Whether failures end in a queue, those of another queue, or what a service could not deliver."""
        return queue in self._dead_letter_queues or queue in self._ends

    def consumes_own_dead_letters(self, mapping: EventSourceMapping) -> bool:
        """Whether the mapping's queue is the dead-letter queue of another that its function consumes."""
        redriving = self._redriving.get((mapping.function, mapping.queue), [])
        return mapping.is_enabled is True and any(together(each.resource, mapping.resource) for each in redriving)

    def consumers(self, queue: Queue) -> list[str]:
        """The functions that poll a queue; where conditions decide, the most that certainly do together."""
        polling = _working(self.consuming(queue))
        return max(([*dict.fromkeys(each.function.name for each in group)] for group in polling), key=len, default=[])

    def grouped(self, queue: Queue, beside: Resource | None = None) -> tuple[list[str], list[str]]:
        """The paths of what sends to a queue with a message group, and of what sends without one.

        Where conditions decide, these are sources that certainly exist together, of both kinds if there are such; and
        together with a resource, if one is given.
        """
        sending = [each for each in self.feeding(queue) if beside is None or together(each.resource, beside)]
        found: list[tuple[list[str], list[str]]] = [([], [])]
        for group in groups(sending, lambda each: each.resource):
            yes, no = ([each.resource.path for each in group if each.is_grouped is kind] for kind in (True, False))
            found.append((yes, no))
        return max(found, key=lambda pair: (bool(pair[0]) + bool(pair[1]), len(pair[0]), len(pair[1])))

    def mapped_concurrency(self, function: Function) -> int | Unknown | None:
        """The sum of the maxima of a function's mappings; None when one has none.

        Where conditions decide, it is the largest sum of mappings that certainly exist together.
        In provisioned mode a mapping cannot have one; what its pollers need is a rule of its own.
        """
        working = (each for each in self.invoking(function) if each.is_enabled is not False)
        limited = [each for each in working if each.minimum_pollers is None]
        maxima = [each.max_concurrency for each in limited]
        if None in maxima:
            return None
        if UNKNOWN in maxima:
            return UNKNOWN
        sums = (
            sum(each.max_concurrency for each in group if isinstance(each.max_concurrency, int))
            for group in _working(limited)
        )
        return max(sums, default=0)


def _working(found: Iterable[EventSourceMapping]) -> Iterator[list[EventSourceMapping]]:
    """Mappings that certainly poll together, in groups; of those that may be disabled, one at a time."""
    seen = list(found)
    enabled = [each for each in seen if each.is_enabled is True]
    for may_be in [[], *([each] for each in seen if each.is_enabled is UNKNOWN)]:
        yield from groups([*enabled, *may_be], lambda each: each.resource)


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, list[_V]]:
    found: dict[_K, list[_V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
