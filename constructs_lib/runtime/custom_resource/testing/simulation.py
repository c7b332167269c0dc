"""Lambda's queue and Step Functions in virtual time: who runs when, who is killed, and who tries again."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.testing.clock import VirtualClock
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.contract import (
    DONE,
    FIRST_TICK_RETRY,
    GRACE,
    NEXT_IN,
    TICK,
    Settings,
    tick_retries,
)
from constructs_lib.runtime.custom_resource.errors import StartFailed
from constructs_lib.runtime.custom_resource.handler import Job, job_of
from constructs_lib.runtime.custom_resource.performer import World
from constructs_lib.runtime.custom_resource.steps import Answer, Clock, Start
from constructs_lib.runtime.custom_resource.testing.answers import ResponseBucket
from constructs_lib.runtime.custom_resource.testing.events import SERVICE_TOKEN, failure_record
from constructs_lib.runtime.custom_resource.testing.invocation import Invocation, Kind, Serve
from constructs_lib.runtime.custom_resource.testing.journal import MemoryJournal

#: Seconds after which Lambda delivers a failed event again.
RETRIES = (60.0, 120.0)


class Run(NamedTuple):
    """One invocation that has ended.

    Attributes:
        kind: An event of CloudFormation's, a tick of Step Functions', or a record of the on-failure path.
        attempt: 1, 2 or 3; of a tick, one more for each retry.
        outcome: How it ended: returned, raised, killed after a step, or timed out.
        seconds: How long it took.
    """

    kind: Kind
    attempt: int
    outcome: str
    seconds: float


def provider(author: Callable[[], Author], settings: Settings) -> Serve:
    """What the function of a provider does with an event."""

    def serve(event: object, world: World, clock: Clock) -> Job | None:
        return job_of(event, author=author, settings=settings, world=world, clock=clock, environ={})

    return serve


class Simulation:
    """Runs a provider's function.

    Args:
        serve: What the function does with an event, step by step; `provider` makes that of a ResourceHandler.
        timeout: Seconds that one invocation may take.
        grace: Seconds that a lease outlives its invocation's deadline.
        max_event_age: Seconds after which Lambda delivers an event no more.
        clock: The time.
        table: The records; default: an empty table.

    Attributes:
        table: The records.
        bucket: The answers.
        journal: What was logged and counted.
        runs: The invocations that have ended.
        poll_orders: Kills of ticks, as `kills.orders` makes them.
    """

    def __init__(
        self,
        serve: Serve,
        *,
        timeout: float,
        grace: float = GRACE,
        max_event_age: float = float("inf"),
        clock: VirtualClock,
        table: MemoryTable | None = None,
    ) -> None:
        self.table = MemoryTable(clock) if table is None else table
        self.bucket = ResponseBucket(clock)
        self.journal = MemoryJournal()
        self.runs: list[Run] = []
        self.poll_orders: list[str] = []
        self.clock = clock
        self._serve = serve
        self._timeout = timeout
        self._max_event_age = max_event_age
        self._world = World(
            table=self.table,
            outbound=self,
            journal=self.journal,
            sleep=clock.sleep,
            function_arn=SERVICE_TOKEN,
        )
        self._queue: list[tuple[float, int, Invocation]] = []
        self._numbers = count()
        self._executions: set[tuple[str, str, int]] = set()
        self._start_failures = 0
        self._tick_retries = tick_retries(timeout + grace)

    def send(self, event: Any, *, delay: float = 0.0, orders: list[str] | None = None) -> None:  # noqa: ANN401 - JSON
        """Queue an event for the function, as an asynchronous invocation does.

        Args:
            event: What it is invoked with.
            delay: Seconds until the first invocation.
            orders: Kills, for all of the event's invocations together.
        """
        now = self.clock.time
        self._add(Invocation(event, kind="event", at=now + delay, sent_at=now, orders=[] if orders is None else orders))

    def fail_to_start(self, times: int = 1) -> None:
        """Let Step Functions refuse the next executions."""
        self._start_failures += times

    def run(self, until: Callable[[], bool] | None = None, *, deadline: float = float("inf")) -> None:
        """Let everything happen that is to happen.

        Args:
            until: Stop when this is so.
            deadline: Stop at this time.
        """
        queue, latest = self._queue, self.clock.time
        while queue and queue[0][0] <= deadline and not (until is not None and until()):
            self._advance(heappop(queue)[2])
            latest = max(latest, self.clock.time)
        # Invocations that overlap each have their own time: what is left is when the last of them ended.
        self.clock.time = deadline if queue and queue[0][0] > deadline else latest

    def forget(self) -> None:
        """Drop what was kept of the past, but for the records: a run of hundreds of thousands of requests is long."""
        self.runs.clear()
        self.bucket.forget()
        self.journal.forget()
        self._executions.clear()

    def put(self, url: str, body: str, *, seconds: float) -> Answer:
        """Answer CloudFormation."""
        return self.bucket.put(url, body, seconds=seconds)

    def start(self, start: Start, *, state_machine_arn: str, function_arn: str) -> None:  # noqa: ARG002 - one loop only
        """Start the loop that polls; one that is or was started stays as it is.

        Raises:
            StartFailed: As it was told to.
        """
        if self._start_failures:
            self._start_failures -= 1
            raise StartFailed("Step Functions is away")
        if (start.key, start.request_id, start.attempt) not in self._executions:
            self._executions.add((start.key, start.request_id, start.attempt))
            tick = {TICK: {"pk": start.key, "request_id": start.request_id}}
            at = self.clock.time + start.next_in
            self._add(Invocation(tick, kind="tick", at=at, sent_at=at, orders=self.poll_orders))

    def _add(self, invocation: Invocation) -> None:
        heappush(self._queue, (invocation.time, next(self._numbers), invocation))

    def _advance(self, invocation: Invocation) -> None:
        """Perform steps until somebody else's come first."""
        while invocation.outcome is None:
            invocation.advance(self.clock, world=self._world, timeout=self._timeout, serve=self._serve)
            if self._queue and self._queue[0][0] <= invocation.time and invocation.outcome is None:
                self._add(invocation)
                return
        self.runs.append(
            Run(invocation.kind, invocation.attempt, invocation.outcome, invocation.time - invocation.began_at)
        )
        if invocation.kind == "tick":
            self._after_tick(invocation)
        elif invocation.error is not None:
            self._after_failure(invocation, *invocation.error)

    def _after_failure(self, failed: Invocation, error_type: str, message: str) -> None:
        """Lambda delivers the event again, and in the end a record of the failure, to the same function."""
        wait = RETRIES[failed.attempt - 1] if failed.attempt <= len(RETRIES) else None
        if wait is not None and failed.time + wait <= failed.sent_at + self._max_event_age:
            self._add(_repeated(failed, wait))
            return
        record = failure_record(failed.event, error_type=error_type, message=message, runs=failed.attempt)
        self._add(Invocation(record, kind="failure record", at=failed.time, sent_at=failed.time, orders=failed.orders))

    def _after_tick(self, tick: Invocation) -> None:
        """Step Functions repeats a failed tick, then has the function give up; else it polls on until it is done."""
        about = tick.event[TICK]
        if tick.error is None:
            if tick.result is not None and not tick.result[DONE]:
                at = tick.time + tick.result[NEXT_IN]
                self._add(Invocation({TICK: about}, kind="tick", at=at, sent_at=at, orders=tick.orders))
        elif tick.attempt <= self._tick_retries:
            self._add(_repeated(tick, FIRST_TICK_RETRY * 2 ** (tick.attempt - 1)))
        elif "cause" not in about:
            given_up = {TICK: {**about, "cause": tick.error[0]}}
            self._add(Invocation(given_up, kind="tick", at=tick.time, sent_at=tick.time, orders=tick.orders))


def _repeated(failed: Invocation, wait: float) -> Invocation:
    return Invocation(
        failed.event,
        kind=failed.kind,
        at=failed.time + wait,
        sent_at=failed.sent_at,
        orders=failed.orders,
        attempt=failed.attempt + 1,
    )
