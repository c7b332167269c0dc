"""One invocation of the function, step by step."""

from collections.abc import Callable
from typing import Any, Literal

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime._shared.testing.clock import InvocationClock, VirtualClock
from constructs_lib.runtime._shared.testing.killed import Killed
from constructs_lib.runtime.custom_resource.handler import Job
from constructs_lib.runtime.custom_resource.performer import World
from constructs_lib.runtime.custom_resource.steps import Clock
from constructs_lib.runtime.custom_resource.testing.kills import KillSwitch

Kind = Literal["event", "tick", "failure record"]

Serve = Callable[[object, World, Clock], Job | None]
"""What a function does with an event: the steps, and who performs them; None when it is none of its own."""


class Invocation:
    """An invocation that is to come, or has begun.

    Args:
        event: What the function is invoked with.
        kind: What that is.
        at: When it begins, in seconds since the epoch.
        sent_at: When the event was sent.
        orders: Kills, shared by the event's invocations.
        attempt: The first, or which repetition.

    Attributes:
        time: How far it has got, in seconds since the epoch.
        outcome: How it ended, in words; None while it has not.
        result: What it returned.
        error: What it raised, as Lambda reports it: type and text.
    """

    __slots__ = (
        "_answer",
        "_deadline",
        "_failure",
        "_job",
        "_switch",
        "attempt",
        "began_at",
        "error",
        "event",
        "kind",
        "orders",
        "outcome",
        "result",
        "sent_at",
        "time",
    )

    def __init__(
        self,
        event: Any,  # noqa: ANN401 - JSON
        *,
        kind: Kind,
        at: float,
        sent_at: float,
        orders: list[str],
        attempt: int = 1,
    ) -> None:
        self.event = event
        self.kind = kind
        self.time = self.began_at = at
        self.sent_at = sent_at
        self.orders = orders
        self.attempt = attempt
        self.outcome: str | None = None
        self.result: dict[str, Any] | None = None
        self.error: tuple[str, str] | None = None
        self._job: Job | None = None
        self._switch: KillSwitch | None = None
        self._deadline = 0.0
        self._answer: Any = None
        self._failure: Unanswered | None = None

    def advance(
        self,
        clock: VirtualClock,
        *,
        world: World,
        timeout: float,
        serve: Serve,
    ) -> None:
        """Perform one step; the first time, read the event and perform the first one.

        Args:
            clock: The time, which is set to this invocation's.
            world: What the steps are performed on.
            timeout: Seconds that the invocation may take.
            serve: What the function does with its event.
        """
        clock.time = self.time
        try:
            if self._job is None:
                self._deadline = self.time + timeout
                if self.orders:
                    self._switch = KillSwitch(self.orders, world.table)
                    world = world._replace(table=self._switch)
                self._job = serve(self.event, world, InvocationClock(clock, self._deadline))
            self._step()
        except Killed as killed:
            self._end(
                f"killed after {killed}", error=("Runtime.ExitError", "Runtime exited with error: signal: killed")
            )
        except Exception as error:  # noqa: BLE001 - what Lambda calls a failed invocation
            self._end("raised", error=(type(error).__name__, str(error)))
        self.time = clock.time
        if self.time > self._deadline:
            self.time = self._deadline
            self._end("timed out", error=("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"))

    def _step(self) -> None:
        job = self._job
        if job is None:  # it was none of ours
            self._end("returned")
            return
        try:
            failure, self._failure = self._failure, None
            step = job.steps.send(self._answer) if failure is None else job.steps.throw(failure)
        except StopIteration as stop:
            self.result = stop.value
            self._end("returned")
            return
        self._answer = None
        try:
            self._answer = job.perform(step)
        except Unanswered as unanswered:
            self._failure = unanswered
        if self._switch is not None:
            self._switch.passed(step)

    def _end(self, outcome: str, *, error: tuple[str, str] | None = None) -> None:
        self.outcome = outcome
        self.error = error
