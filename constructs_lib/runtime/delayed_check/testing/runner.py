"""Drives a CheckHandler through whole days of orders, as SQS, Lambda, Scheduler and DynamoDB would."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime._shared.testing.given import handler_of
from constructs_lib.runtime.delayed_check import protocol
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.contract import Settings, receives
from constructs_lib.runtime.delayed_check.handler import DelayedCheckHandler
from constructs_lib.runtime.delayed_check.messages import read_outcome, read_unit
from constructs_lib.runtime.delayed_check.steps import Note, Step, Write
from constructs_lib.runtime.delayed_check.testing.arguments import ExperimentLike, check_named, experiment_of
from constructs_lib.runtime.delayed_check.testing.lambda_service import POINTS, SENDS, WRITES, Clock, Trouble
from constructs_lib.runtime.delayed_check.testing.observed import Observed
from constructs_lib.runtime.delayed_check.testing.simulation import QUEUES, Simulation

#: 15 January 2027, 08:00 UTC.
_BEGINS_AT = 1_800_000_000.0
#: The name of the check, which is the construct's own and not the experiment's key.
_CHECK = "check"


class CheckRunner(Observed):
    """A DelayedCheck in memory and in virtual time; its name, which rows and outcomes have, is "check".

    Args:
        handler: A CheckHandler class, or what its as_handler() made.
        delay: Seconds from `placed_at` to the check.
        deadline: Seconds from `placed_at` after which nobody is contacted.
        experiment: The experiment; None: every order that is due is contacted.
        contacts_per_second: What the provider takes.
        check_concurrency: As the construct's.
        timeout: Seconds that one invocation may take.
        max_receive_count: Receives of a check or a contact before it is dead-lettered. Default: as the construct has
            it, so many that retries outlast the deadline.
        begins_at: The time at which the test begins; default: 15 January 2027, 08:00 UTC.
        seed: Of everything that is left to chance.

    Raises:
        TypeError: The handler is neither.
        ValueError: The delay is not below the deadline, the rate not above 0, or the experiment's arms are none.

    Attributes:
        clock: The time: `clock.sleep(1.5)` in a method is a call that takes 1.5 seconds, while others work.
        table: The rows; it can be made to fail, and to go away.
        simulation: What else there is.
    """

    def __init__(
        self,
        handler: type[CheckHandler] | DelayedCheckHandler,
        *,
        delay: float = 300.0,
        deadline: float = 600.0,
        experiment: ExperimentLike | None = None,
        contacts_per_second: float = 1.0,
        check_concurrency: int = 10,
        timeout: float = 30.0,
        max_receive_count: int | None = None,
        begins_at: datetime | None = None,
        seed: int = 1,
    ) -> None:
        if not 0 <= delay < deadline:
            raise ValueError(f"delay must be at least 0 and below deadline, got {delay:g} and {deadline:g} seconds")
        if contacts_per_second <= 0:
            raise ValueError(f"contacts_per_second must be above 0, got {contacts_per_second:g}")
        self._settings = Settings(
            check=_CHECK,
            table_name="rows",
            delay=delay,
            deadline=deadline,
            schedule_group="schedules",
            kill_switch="kill-switch",
            experiment=experiment_of(experiment),
        )
        simulation = Simulation(
            handler_of(handler, base=CheckHandler, made=DelayedCheckHandler, runner="CheckRunner"),
            self._settings,
            contacts_per_second=contacts_per_second,
            check_concurrency=check_concurrency,
            timeout=timeout,
            max_receive_count=max_receive_count or receives(deadline - delay),
            clock=Clock(_BEGINS_AT if begins_at is None else begins_at.timestamp()),
            random=Random(seed),  # noqa: S311 - the same in each run is what it is for
        )
        super().__init__(simulation, check=self._settings.check)

    def start(self, unit: str, placed_at: object = None, *, times: int = 1) -> None:
        """Say that an order was placed, as a producer or an event rule does.

        Args:
            unit: The order.
            placed_at: When; a datetime, or whatever a producer may send. Default: now.
            times: How often that is said.
        """
        said = self.now if placed_at is None else placed_at
        for _ in range(times):
            self.send_start({"unit": unit, "placed_at": said.isoformat() if isinstance(said, datetime) else said})

    def send_start(self, body: object) -> None:
        """Put anything into the start queue, good or bad: text as it is, anything else as JSON."""
        self.simulation.pipes["start"].send(body)

    def at(self, seconds: float, happens: Callable[[], object]) -> None:
        """Let something happen so many seconds after the test began; at once where that has passed."""
        self.clock.at(self._began_at + seconds, happens)

    def run(self) -> None:
        """Let everything happen that is to happen."""
        self.clock.run()

    def run_until(self, seconds: float) -> None:
        """Let happen what is to happen up to so many seconds after the test began."""
        self.clock.run(self._began_at + seconds)

    def duplicate(
        self,
        unit: str | None = None,
        *,
        queue: str | None = None,
        share: float = 1.0,
        times: int = 1,
        within: float = 0.0,
    ) -> None:
        """From now on, have what is sent delivered more often.

        Args:
            unit: What is about this order only; default: about any.
            queue: "start", "check", "contact", "scheduler" or "stream" only; default: all of them.
            share: The share of the messages; the rest are delivered once.
            times: How many times more.
            within: Up to so many seconds later; default: at the same moment.
        """
        check_named("queue", queue, (*QUEUES, "scheduler", "stream"))
        self.simulation.duplicates.add(unit=unit, queue=queue, share=share, times=times, within=within)

    def deliver_again(self, unit: str, *, queue: str, times: int = 1) -> None:
        """Deliver the last message about an order once more now, whatever became of it.

        Raises:
            KeyError: There was none.
        """
        check_named("queue", queue, QUEUES)
        self.simulation.pipes[queue].deliver_again(unit, times)

    def kill(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        times: int = 1,
        unit: str | None = None,
        share: float = 1.0,
    ) -> None:
        """From now on, kill invocations: nothing of them goes on, and their messages come back.

        Args:
            after: One of POINTS: when that has been done, and before anybody knows.
            before: One of POINTS.
            times: How many are killed.
            unit: That of this order only; default: of any.
            share: The share of those that get there. Without `after` and `before`: of all invocations, without end,
                each somewhere.
        """
        check_named("after", after, POINTS)
        check_named("before", before, POINTS)
        when, point = ("after", after) if before is None else ("before", before)
        self.simulation.functions.kill(Trouble(when, point, times=times, unit=unit, share=share))

    def throttle(
        self, step: str, *, times: int = 1, unit: str | None = None, share: float = 1.0, after_writing: bool = False
    ) -> None:
        """From now on, have writes of one kind fail; `table.fail` and `table.go_away` are for all of them.

        Args:
            step: "start", "freeze", "decide", "claim" or "record"; "report" for a provider's; "wait" or "send" for the
                message to the check queue or the contact queue.
            times: How many.
            unit: Of this order only; default: of any.
            share: The share of those that are made.
            after_writing: They are made all the same, and only the answers get lost.
        """
        check_named("step", step, (*WRITES, *SENDS))
        when = "after" if after_writing else "before"
        self.simulation.functions.fail(Trouble(when, step, times=times, unit=unit, share=share))

    def record_outcome(self, unit: str, token: str, outcome: str) -> bool:
        """Report what came of a contact, as a provider's webhook does with the library's `record_outcome`.

        Raises:
            UnknownContact: As `record_outcome`; so for InvalidInput.
            Unanswered: The table failed.
        """
        now = int(self.clock.time * 1000)
        steps = protocol.record(read_unit(unit), token, read_outcome(outcome), self._settings, now=now)
        # The webhook is a function of its own, also where a provider's double calls it while `contact` runs.
        with self.clock.elsewhere():
            return run(steps, lambda step: self._report(step, unit))

    def dry_run(self, *asked: object) -> list[dict[str, Any]]:
        """What would be decided now, with nothing written and nobody contacted.

        Args:
            asked: Orders, each its id, or a map of unit and placed_at.
        """
        return self.simulation.dry_run(list(asked))

    def redrive(self) -> int:
        """Move all dead letters back into their queues, as an operator does; how many."""
        return sum(pipe.redrive() for pipe in self.simulation.pipes.values())

    @property
    def kill_switch(self) -> str | None:
        """What the kill switch holds: "run", "stop", anything else; None: it cannot be read. To be set."""
        return self.simulation.switch.value

    @kill_switch.setter
    def kill_switch(self, value: str | None) -> None:
        self.simulation.switch.value = value

    def _report(self, step: Step, unit: str) -> Any:  # noqa: ANN401 - each step has an answer of its own
        match step:
            case Write(change):
                return self.table.write(change)
            case Note():
                return self.simulation.journal.note(step, check=self._settings.check, unit=unit)
