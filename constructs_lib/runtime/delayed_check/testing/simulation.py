"""A check with all that belongs to it, in memory and in virtual time: queues, functions, table, stream and bus."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from constructs_lib.runtime.delayed_check import start
from constructs_lib.runtime.delayed_check.contract import (
    CONTACT_BACKOFF,
    USUAL_BACKOFF,
    Settings,
    backoff_cap,
    contact_workers,
    receives,
    start_retry,
)
from constructs_lib.runtime.delayed_check.dry_run import DRY_RUN
from constructs_lib.runtime.delayed_check.handler import DelayedCheckHandler
from constructs_lib.runtime.delayed_check.outcomes import OutcomesHandler
from constructs_lib.runtime.delayed_check.performer import World
from constructs_lib.runtime.delayed_check.queue_handler import QueueHandler
from constructs_lib.runtime.delayed_check.testing.duplicates import Duplicates
from constructs_lib.runtime.delayed_check.testing.journal import CheckJournal, CheckLogger
from constructs_lib.runtime.delayed_check.testing.lambda_service import Clock, FlowClock, Function, Functions
from constructs_lib.runtime.delayed_check.testing.memory_world import (
    CheckTable,
    Contacted,
    MemoryBus,
    MemoryOutbound,
    MemorySwitch,
    watched,
)
from constructs_lib.runtime.delayed_check.testing.pipe import Pipe, Shape
from constructs_lib.runtime.delayed_check.testing.stream import Stream
from constructs_lib.runtime.delayed_check.world import COUNTED_BY_THE_STREAM
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from constructs_lib.runtime.flow_control.testing.records import queue_arn

QUEUES = ("start", "check", "contact")

#: As the construct has them. What an invocation had that was killed is given to another after two timeouts.
_START = Shape(workers=10, batch_size=10, timeout=10, visibility_timeout=20, max_receive_count=0, is_quick=True)
_CHECK_BATCH, _VISIBILITY = 10, 2


class Simulation:
    """Runs a check.

    Args:
        handler: The author's.
        settings: The check's, but for its queues.
        contacts_per_second: What the provider takes.
        check_concurrency: How many batches of ten checks are worked on at once.
        timeout: Seconds that one invocation may take.
        max_receive_count: Receives of a check or a contact before it is dead-lettered.
        clock: The time.
        random: For everything that is left to chance.

    Attributes:
        table: The rows.
        switch: The kill switch.
        journal: What was logged and counted of orders.
        logger: What was logged of messages.
        functions: Where the functions run.
        duplicates: What is delivered more than once.
        outbound: Scheduler, and the way into the queues.
        shapes: How the queues are consumed, by name.
        flows: What flow control is told of them, by name.
        pipes: The queues, by name.
        contacts: The calls of the author's `contact`.
        stream: The table's.
        bus: Where outcomes are published.
    """

    def __init__(
        self,
        handler: DelayedCheckHandler,
        settings: Settings,
        *,
        contacts_per_second: float,
        check_concurrency: int,
        timeout: float,
        max_receive_count: int,
        clock: Clock,
        random: Random,
    ) -> None:
        self.clock = clock
        self.journal = CheckJournal()
        self.logger = CheckLogger()
        self.functions = Functions(clock, random=random)
        self.duplicates = Duplicates(random)
        self.switch = MemorySwitch(self.functions)
        self.contacts: list[Contacted] = []
        self.flows: dict[str, FlowSettings] = {}
        self.bus = MemoryBus(self.functions)
        self._began_at = clock.time
        self._random = random
        self._settings = settings._replace(
            start_queue_arn=queue_arn("start"),
            check_queue_arn=queue_arn("check"),
            contact_queue_arn=queue_arn("contact"),
        )
        shapes = _shapes(contacts_per_second, check_concurrency, timeout=timeout, max_receive_count=max_receive_count)
        shapes["start"] = _START._replace(max_receive_count=receives(start_retry(settings.deadline)))
        self.shapes = shapes
        self.pipes = {
            name: Pipe(name, clock=clock, functions=self.functions, duplicates=self.duplicates, shape=shapes[name])
            for name in QUEUES
        }
        self.stream = Stream(clock, functions=self.functions, duplicates=self.duplicates)
        self.table = CheckTable(clock, functions=self.functions, stream=self.stream.feed)
        self.outbound = MemoryOutbound(
            clock,
            functions=self.functions,
            duplicates=self.duplicates,
            random=random,
            pipes={queue_arn(name): pipe for name, pipe in self.pipes.items()},
        )
        self._connect(handler, shapes, contacts_per_second=contacts_per_second)

    def _connect(
        self, handler: DelayedCheckHandler, shapes: Mapping[str, Shape], *, contacts_per_second: float
    ) -> None:
        """Give the queues and the stream their functions."""
        author_class = watched(handler.check_class, self.functions, self._contacted)
        author = DelayedCheckHandler(author_class, logger=self.logger)
        starter = QueueHandler(start.job_of, logger=self.logger)
        for name, pipe in self.pipes.items():
            shape = shapes[name]
            flow = self.flows[name] = FlowSettings(
                queue_arn=queue_arn(name),
                dead_letter_queue_arn=queue_arn(f"{name}-dead-letters"),
                pace=shape.workers / contacts_per_second if name == "contact" else 0.0,
                max_receive_count=shape.max_receive_count,
                backoff_cap=self._backoff_cap(name),
            )
            pipe.make_handler = self._maker(starter if name == "start" else author, pipe, flow)
        publisher = OutcomesHandler().using(settings=self._settings, publish=self.bus.publish, journal=self.journal)
        self.stream.make_handler = lambda: publisher

    def dry_run(self, asked: list[object]) -> list[dict[str, Any]]:
        """Invoke the author's function with a dry run; what it returned."""
        found: list[dict[str, Any]] = self.pipes["check"].make_handler()({DRY_RUN: asked}, None)
        return found

    def _backoff_cap(self, name: str) -> int:
        """As the construct has it."""
        if name == "start":
            return backoff_cap(start_retry(self._settings.deadline))
        least = CONTACT_BACKOFF if name == "contact" else USUAL_BACKOFF
        return backoff_cap(self._settings.deadline - self._settings.delay, least=least)

    def _maker(self, function: QueueHandler, pipe: Pipe, flow: FlowSettings) -> Callable[[], Function]:
        def make() -> Function:
            world = World(
                table=self.table,
                outbound=self.outbound,
                switch=self.switch,
                journal=self.journal.without(COUNTED_BY_THE_STREAM),
                experiments={},
            )
            return function.using(
                settings=self._settings,
                world=world,
                clock=FlowClock(self.clock),
                random=self._random.random,
                queues=pipe.queue,
                flow=flow,
            )

        return make

    def _contacted(self, unit: str, arm: str | None, token: str) -> None:
        self.contacts.append(Contacted(unit, arm, token, self.clock.time - self._began_at))


def _shapes(
    contacts_per_second: float, check_concurrency: int, *, timeout: float, max_receive_count: int
) -> dict[str, Shape]:
    """How the queues of checks and contacts are consumed, by name."""
    check = Shape(
        workers=check_concurrency,
        batch_size=_CHECK_BATCH,
        timeout=timeout,
        visibility_timeout=_VISIBILITY * timeout,
        max_receive_count=max_receive_count,
    )
    workers = contact_workers(contacts_per_second, longest=timeout - REPORTING_RESERVE)
    contact = check._replace(workers=workers, batch_size=1)
    return {"check": check, "contact": contact}
