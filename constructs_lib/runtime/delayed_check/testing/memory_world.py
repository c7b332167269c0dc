"""What the handlers work on, in memory: table, queues and Scheduler, bus, kill switch, and the author's own class."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Change, Item, Written
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import KEY_SEPARATOR, RUN, Settings
from constructs_lib.runtime.delayed_check.outbound import Published
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.steps import Schedule
from constructs_lib.runtime.delayed_check.testing.duplicates import Duplicates
from constructs_lib.runtime.delayed_check.testing.lambda_service import Clock, Functions
from constructs_lib.runtime.delayed_check.testing.pipe import Pipe

#: Scheduler sends at some moment of the minute that it was given.
_MINUTE = 60.0


class CheckTable(MemoryTable):
    """The rows; whoever writes one may be killed before and after, and what is written is streamed.

    Args:
        clock: The time.
        functions: Who writes.
        stream: Takes a row before and after a change.
    """

    def __init__(self, clock: Clock, *, functions: Functions, stream: Callable[[Item | None, Item], None]) -> None:
        super().__init__(clock)
        self._functions = functions
        self._feed = stream

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold.

        Raises:
            TableUnavailable: As it was told to fail.
        """
        before = self.records.get(change.key)
        with self._functions.step(point_of_write(change), change.key.partition(KEY_SEPARATOR)[2] or None):
            try:
                return super().write(change)
            finally:
                after = self.records.get(change.key)
                # Also when its answer got lost: the stream knows what was written.
                if after is not None and after != before:
                    self._feed(before, after)


def point_of_write(change: Change) -> str:
    """The step that a change is."""
    match change.set.get("state"):
        case None:
            return "freeze"
        case State.SCHEDULED:
            return "start"
        case State.CLAIMED:
            return "claim"
    if "decided_at" in change.set:
        return "decide"
    is_report = any(condition.attribute == "token" for conditions in change.when for condition in conditions)
    return "report" if is_report else "record"


class MemoryOutbound:
    """SQS and Scheduler; each message is delivered as often as the duplicates say.

    Args:
        clock: The time.
        functions: Who sends.
        duplicates: What is delivered more than once.
        random: For the moment of the minute.
        pipes: The queues, by ARN.

    Attributes:
        schedules: The names of what was scheduled.
    """

    def __init__(
        self, clock: Clock, *, functions: Functions, duplicates: Duplicates, random: Random, pipes: Mapping[str, Pipe]
    ) -> None:
        self.schedules: set[str] = set()
        self._clock = clock
        self._functions = functions
        self._duplicates = duplicates
        self._random = random
        self._pipes = pipes

    def send(self, queue_arn: str, body: Mapping[str, Any], *, delay: int = 0) -> None:
        """Send a message, to be received after so many seconds at the earliest."""
        pipe = self._pipes[queue_arn]
        with self._functions.step("wait" if pipe.name == "check" else "send", body["unit"]):
            pipe.send(body, delay=delay)

    def schedule(self, schedule: Schedule, settings: Settings) -> None:
        """Send a message to the check queue within a minute, and not before it; once for each name."""
        pipe = self._pipes[settings.check_queue_arn]
        with self._functions.step("wait", schedule.body["unit"]):
            if schedule.name in self.schedules:
                return
            self.schedules.add(schedule.name)
            for _ in self._duplicates.delays("scheduler", schedule.body["unit"]):
                at = schedule.at / 1000 + self._random.random() * _MINUTE
                self._clock.at(at, lambda: pipe.send(schedule.body))


class MemoryBus:
    """The event bus that outcomes go to.

    Args:
        functions: Who publishes.

    Attributes:
        details: Those of the events, with their duplicates.
        newest: By order, the one that stands for it.
    """

    def __init__(self, functions: Functions) -> None:
        self.details: list[Mapping[str, Any]] = []
        self.newest: dict[str, Mapping[str, Any]] = {}
        self._functions = functions
        self._refusals = 0

    def refuse(self, times: int = 1) -> None:
        """Take none of the events that it is given the next times."""
        self._refusals += times

    def publish(self, details: Sequence[Mapping[str, Any]], event_bus: str) -> Published:  # noqa: ARG002 - as EventBridge
        """Take events."""
        with self._functions.step("publish"):
            if self._refusals:
                self._refusals -= 1
                return Published(0, "it was told to refuse them")
            for detail in details:
                self.details.append(detail)
                known = self.newest.get(detail["unit"])
                if known is None or known["revision"] <= detail["revision"]:
                    self.newest[detail["unit"]] = detail
        return Published(len(details))


class MemorySwitch:
    """The kill switch.

    Args:
        functions: Who reads it.

    Attributes:
        value: What it holds; None: it cannot be read.
    """

    def __init__(self, functions: Functions) -> None:
        self.value: str | None = RUN
        self._functions = functions

    def read(self, name: str) -> str | None:  # noqa: ARG002 - as performer.Switch has it
        """Its value; None where it cannot be read."""
        with self._functions.step("switch"):
            return self.value


class Contacted(NamedTuple):
    """One call of the author's `contact`.

    Attributes:
        unit: The order.
        arm: Its arm.
        token: The contact's.
        at: When, in seconds since the test began.
    """

    unit: str
    arm: str | None
    token: str
    at: float


def watched(
    author: type[CheckHandler], functions: Functions, on_contact: Callable[[str, str | None, str], None]
) -> type[CheckHandler]:
    """An author's class, around whose methods a function may be killed, and that tells of each contact."""

    def around(name: str) -> Callable[..., Any]:
        method = getattr(author, name)

        def call(self: CheckHandler, ctx: Context, unit: str, *more: Any) -> Any:  # noqa: ANN401 - the author's
            with functions.step(name, unit):
                if name == "contact":
                    on_contact(unit, *more)
                return method(self, ctx, unit, *more)

        return call

    names = ("is_settled", "contact", "suppress", "reconcile")
    # What it does not define stays undefined: that counts.
    defined = [name for name in names if name == "suppress" or getattr(author, name) is not getattr(CheckHandler, name)]
    members: dict[str, Any] = {"__module__": author.__module__, **{name: around(name) for name in defined}}
    return type(author.__name__, (author,), members)
