"""Does many things at their times, several at once."""

import heapq
import itertools
import queue
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Act = Callable[[], None]


class Timetable:
    """What is to be done when.

    Args:
        workers: How many things are done at once at most.
    """

    def __init__(self, *, workers: int = 12) -> None:
        self._workers = workers
        self._entries: list[tuple[float, int, Act]] = []
        self._order = itertools.count()
        self._failures: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._late: queue.SimpleQueue[float] = queue.SimpleQueue()

    def at(self, seconds: float, act: Act) -> None:
        """Do something so many seconds after the beginning."""
        heapq.heappush(self._entries, (seconds, next(self._order), act))

    @property
    def ends(self) -> float:
        """When the last thing begins, in seconds after the beginning."""
        return max((seconds for seconds, _, _ in self._entries), default=0.0)

    def run(self) -> None:
        """Do everything, and return when it is done."""
        began = time.monotonic()
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                while self._entries:
                    seconds, _, act = heapq.heappop(self._entries)
                    time.sleep(max(0.0, began + seconds - time.monotonic()))
                    pool.submit(self._do, act, began + seconds)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def failures(self) -> list[str]:
        """What did not work, in words, as far as it was not told yet."""
        return [self._failures.get() for _ in range(self._failures.qsize())]

    def latest(self) -> float:
        """By how many seconds something was begun too late at most, as far as that was not told yet."""
        return max((self._late.get() for _ in range(self._late.qsize())), default=0.0)

    def _do(self, act: Act, planned: float) -> None:
        self._late.put(time.monotonic() - planned)
        try:
            act()
        except Exception as error:  # noqa: BLE001 - one thing that fails must not keep the others from being done
            self._failures.put(f"{type(error).__name__}: {error}")
