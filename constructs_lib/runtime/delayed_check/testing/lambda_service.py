"""Lambda: invocations that overlap in virtual time, are killed where it was ordered, and end when their time is up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.errors import TableUnavailable, Unanswered
from constructs_lib.runtime._shared.testing.killed import Killed
from constructs_lib.runtime._shared.testing.timeline import Timeline
from constructs_lib.runtime.flow_control.testing.clock import FakeContext

Function = Callable[[Mapping[str, Any], object], Any]
"""A Lambda handler."""

#: The steps of the functions, in their order: of a start, of a check, of a contact, and of what is published.
POINTS = (
    "start",
    "wait",
    "is_settled",
    "freeze",
    "suppress",
    "decide",
    "send",
    "switch",
    "claim",
    "contact",
    "record",
    "reconcile",
    "publish",
    "return",
)
#: Those that are writes of rows, and so can fail; a provider's report is one too.
WRITES = ("start", "freeze", "decide", "claim", "record", "report")
#: Those that are messages to the check queue and to the contact queue, and can fail too.
SENDS = ("wait", "send")

#: An invocation that is killed somewhere is so at one of its first moments: two for each step, and its end.
_MOMENTS = {"start": 5, "check": 11, "contact": 13, "outcomes": 3}


class Run(NamedTuple):
    """An invocation that has ended.

    Attributes:
        function: "start", "check", "contact" or "outcomes".
        messages: How many messages, or records of the stream, it was given.
        units: The orders that it was about.
        began_at: Seconds since the epoch.
        seconds: How long it took.
        outcome: "returned", or why it did not.
    """

    function: str
    messages: int
    units: tuple[str, ...]
    began_at: float
    seconds: float
    outcome: str


class Trouble:
    """An invocation to kill, or a write to let fail, as a test has ordered.

    Args:
        when: "before" or "after" the point.
        point: One of POINTS; None: somewhere, for a share of the invocations.
        times: How often.
        unit: Only where it is about this order.
        share: How many of those that could be are.
    """

    __slots__ = ("point", "share", "times", "unit", "when")

    def __init__(self, when: str, point: str | None, *, times: float, unit: str | None, share: float) -> None:
        self.when = when
        self.point = point
        self.times = times
        self.unit = unit
        self.share = share

    def is_about(self, units: tuple[str | None, ...]) -> bool:
        """Whether it is meant for one of these orders."""
        return self.unit is None or self.unit in units


class Invocation:
    """One that runs.

    Args:
        units: The orders that it is about.
        deadline: When it is killed.

    Attributes:
        units: The orders that it is about.
        deadline: When it is killed.
        killed: By what; None while it lives.
        moments_left: Until it is killed somewhere; None: it is not.
    """

    __slots__ = ("deadline", "killed", "moments_left", "units")

    def __init__(self, units: tuple[str, ...], deadline: float) -> None:
        self.units = units
        self.deadline = deadline
        self.killed: str | None = None
        self.moments_left: int | None = None

    def kill(self, by: str) -> None:
        """End it.

        Raises:
            Killed: Always.
        """
        self.killed = self.killed or by
        raise Killed(self.killed)


class Clock(Timeline):
    """The time of the kit.

    Attributes:
        current: The invocation that is at work; None where it is a test.
    """

    def __init__(self, start: float) -> None:
        super().__init__(start)
        self.current: Invocation | None = None

    def sleep(self, seconds: float, /) -> None:
        """Let time pass: in an author's method, that is a call which takes so long, and others work meanwhile.

        Raises:
            Killed: The invocation's time is up before.
        """
        me = self.current
        if me is None:
            super().sleep(seconds)
            return
        left = max(0.0, me.deadline - self.time)
        self.current = None
        super().sleep(min(seconds, left))
        self.current = me
        if seconds >= left:
            me.kill("timed out")

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What is done here is not done by the invocation at work."""
        me, self.current = self.current, None
        try:
            yield
        finally:
            self.current = me


class FlowClock:
    """The time as the `time` module has it.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        """Seconds."""
        return self._clock.time

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._clock.time

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""
        self._clock.sleep(seconds)


class Functions:
    """Where functions run.

    Args:
        clock: The time.
        random: For those that are killed somewhere.

    Attributes:
        runs: The invocations that have ended.
    """

    def __init__(self, clock: Clock, *, random: Random) -> None:
        self.runs: list[Run] = []
        self._clock = clock
        self._random = random
        self._kills: list[Trouble] = []
        self._failures: list[Trouble] = []

    def kill(self, trouble: Trouble) -> None:
        """Have invocations killed."""
        self._kills.append(trouble)

    def fail(self, trouble: Trouble) -> None:
        """Have writes fail."""
        self._failures.append(trouble)

    def invoke(
        self, name: str, handler: Function, event: Mapping[str, Any], *, units: Iterable[str | None], timeout: float
    ) -> tuple[bool, Any]:
        """Invoke a function; whether it returned, and what.

        Args:
            name: The function's.
            handler: Its handler.
            event: What it is invoked with.
            units: The orders that the event is about.
            timeout: Seconds that it may take.
        """
        clock, began_at = self._clock, self._clock.time
        about = tuple(unit for unit in dict.fromkeys(units) if unit is not None)
        clock.current = invocation = Invocation(about, began_at + timeout)
        invocation.moments_left = self._fuse(name, about)
        outcome, answer = "returned", None
        try:
            answer = handler(event, FakeContext(FlowClock(clock), timeout))
            with self.step("return"):
                pass
        except Killed as killed:
            outcome = f"killed: {killed}"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what Lambda calls a failed invocation
            outcome = f"raised {type(error).__name__}: {error}"
        finally:
            clock.current = None
        self.runs.append(Run(name, len(event["Records"]), about, began_at, clock.time - began_at, outcome))
        return outcome == "returned", answer

    @contextmanager
    def step(self, point: str, unit: str | None = None) -> Iterator[None]:
        """A step of the function that is at work: before and after it the function may be killed.

        Raises:
            Killed: It is.
            Unanswered: It was told to fail; a TableUnavailable where it is a write.
        """
        self.reach("before", point, unit)
        self._may_fail("before", point, unit)
        try:
            yield
        finally:
            # Also after what failed: a contact that raised may have reached its provider.
            self.reach("after", point, unit)
        self._may_fail("after", point, unit)

    def reach(self, when: str, point: str, unit: str | None = None) -> None:
        """Get to a moment of the invocation at work, and be killed there if it was ordered.

        Raises:
            Killed: It was, or it is dead already.
        """
        me = self._clock.current
        if me is None:
            return
        if me.killed is not None:
            me.kill(me.killed)
        if me.moments_left is not None:
            me.moments_left -= 1
            if me.moments_left <= 0 or point == "return":
                me.kill(f"{when} {point}")
        if self._is_ordered(self._kills, when, point, me.units if unit is None else (unit,)):
            me.kill(f"{when} {point}")

    def _may_fail(self, when: str, point: str, unit: str | None) -> None:
        if self._failures and self._is_ordered(self._failures, when, point, (unit,)):
            what = "was told to fail" if when == "before" else "was done, and its answer got lost"
            raise (TableUnavailable if point in WRITES else Unanswered)(f"{point} {what}")

    def _is_ordered(self, troubles: list[Trouble], when: str, point: str, units: tuple[str | None, ...]) -> bool:
        for trouble in troubles:
            if trouble.point != point or trouble.when != when or trouble.times < 1:
                continue
            if not trouble.is_about(units) or (trouble.share < 1 and self._random.random() >= trouble.share):
                continue
            trouble.times -= 1
            return True
        return False

    def _fuse(self, name: str, units: tuple[str, ...]) -> int | None:
        somewhere = [trouble for trouble in self._kills if trouble.point is None and trouble.is_about(units)]
        if any(self._random.random() < trouble.share for trouble in somewhere):
            return self._random.randint(1, _MOMENTS[name])
        return None
