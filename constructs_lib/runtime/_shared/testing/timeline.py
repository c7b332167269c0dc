"""Virtual time in which things overlap: who sleeps lets happen what happens meanwhile."""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread

from constructs_lib.runtime._shared.testing.clock import VirtualClock

_FOREVER = float("inf")


class Event:
    """Something that is to happen.

    Attributes:
        do: What; None once it is cancelled.
        is_quick: Whether it never sleeps.
    """

    __slots__ = ("do", "is_quick")

    def __init__(self, do: Callable[[], object] | None, *, is_quick: bool = False) -> None:
        self.do = do
        self.is_quick = is_quick

    def cancel(self) -> None:
        """Let it not happen; time does not wait for it either."""
        self.do = None


class Timeline(VirtualClock):
    """A heap of events, and the one thread that is at work on them at any time.

    What an event does runs to its end before the next, unless it sleeps past that one: then another thread goes on with
    the events, and the sleeper's own event wakes it. Never do two of them run at once, so that whatever happens depends
    on the order of the events alone, and is the same in each run.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        super().__init__(start)
        self._events: list[tuple[float, int, Event]] = []
        self._numbers = count()
        self._until = -_FOREVER
        self._is_running = False
        self._failure: BaseException | None = None
        self._ended = Lock()
        self._ended.acquire()

    def at(self, time: float, do: Callable[[], object], *, is_quick: bool = False) -> Event:
        """Let something happen at a time; at once when that has passed.

        Args:
            time: When.
            do: What.
            is_quick: It never sleeps: whoever sleeps then can do it meanwhile, which saves a change of threads.
        """
        event = Event(do, is_quick=is_quick)
        heappush(self._events, (time, next(self._numbers), event))
        return event

    def run(self, until: float = _FOREVER) -> None:
        """Let happen what is to happen up to a time, and that time come.

        Raises:
            RuntimeError: It is running already: this was called by something that happens.
        """
        if self._is_running:
            msg = "time runs already: what happens in it may sleep, and may not run it"
            raise RuntimeError(msg)
        self._is_running, self._until = True, until
        try:
            self._go_on()
            self._ended.acquire()
        finally:
            self._is_running, self._until = False, -_FOREVER
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        if until != _FOREVER:
            self.time = max(self.time, until)

    def sleep(self, seconds: float, /) -> None:
        """Let time pass, and happen what happens meanwhile."""
        wake = self.time + seconds
        if not self._is_running:
            self.run(wake)
            return
        self._do_quick(min(wake, self._until))
        if self._next() > wake <= self._until:
            self.time = wake
            return
        asleep = Lock()
        asleep.acquire()
        heappush(self._events, (wake, next(self._numbers), _Waking(asleep)))
        self._go_on()
        asleep.acquire()

    def _do_quick(self, until: float) -> None:
        """Let happen what is quick, up to a time or to the first thing that is not."""
        while self._next() <= until and self._events[0][2].is_quick:
            time, _, event = heappop(self._events)
            self.time = max(self.time, time)
            try:
                assert event.do is not None  # noqa: S101 - `_next` has dropped what is cancelled
                event.do()
            except BaseException as failure:  # noqa: BLE001 - it is no failure of whoever sleeps
                self.at(self.time, partial(_fail, failure))

    def _next(self) -> float:
        """When the next event is."""
        while self._events and self._events[0][2].do is None:
            heappop(self._events)
        return self._events[0][0] if self._events else _FOREVER

    def _go_on(self) -> None:
        Thread(target=self._work, name="timeline", daemon=True).start()

    def _work(self) -> None:
        """Let events happen, until somebody who slept goes on with them, or there are none."""
        try:
            while self._next() <= self._until and self._events:
                time, _, event = heappop(self._events)
                self.time = max(self.time, time)
                if isinstance(event, _Waking):
                    event.asleep.release()
                    return
                if event.do is not None:
                    event.do()
        except BaseException as failure:  # noqa: BLE001 - it is raised again, in the thread that waits for this one
            self._failure = failure
        self._ended.release()


def _fail(failure: BaseException) -> None:
    raise failure


class _Waking(Event):
    """Somebody who sleeps is to be woken."""

    __slots__ = ("asleep",)

    def __init__(self, asleep: Lock) -> None:
        super().__init__(asleep.release)
        self.asleep = asleep
