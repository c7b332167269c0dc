"""What a test sees of a check that runs in the kit."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from constructs_lib.runtime.delayed_check.row import Row, key_of
from constructs_lib.runtime.delayed_check.testing.journal import LogLine
from constructs_lib.runtime.delayed_check.testing.lambda_service import Run
from constructs_lib.runtime.delayed_check.testing.memory_world import CheckTable, Contacted, MemoryBus
from constructs_lib.runtime.delayed_check.testing.pipe import DeadLetter
from constructs_lib.runtime.delayed_check.testing.simulation import Simulation


class Observed:
    """A check that runs, as it is seen.

    Args:
        simulation: The check.
        check: Its name.
    """

    def __init__(self, simulation: Simulation, *, check: str) -> None:
        self.simulation = simulation
        self.clock = simulation.clock
        self.table = simulation.table
        self._check = check
        self._began_at = simulation.clock.time

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self.clock.time, tz=UTC)

    @property
    def seconds(self) -> float:
        """Seconds since the test began."""
        return self.clock.time - self._began_at

    @property
    def orders(self) -> Mapping[str, Row]:
        """The rows, by order."""
        return _Orders(self.table, self._check)

    @property
    def contacts(self) -> list[Contacted]:
        """The calls of the author's `contact`."""
        return self.simulation.contacts

    @property
    def outcomes(self) -> list[Mapping[str, Any]]:
        """The details of the events on the bus, with their duplicates."""
        return self.simulation.bus.details

    def outcome_of(self, unit: str) -> Mapping[str, Any] | None:
        """The newest event about an order, which stands for it; None where there is none."""
        return self.simulation.bus.newest.get(unit)

    @property
    def bus(self) -> MemoryBus:
        """Where outcomes are published; it can be made to refuse them."""
        return self.simulation.bus

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """What is in the three dead-letter queues."""
        return [letter for pipe in self.simulation.pipes.values() for letter in pipe.dead_letters()]

    @property
    def lateness(self) -> list[float]:
        """Seconds from the time at which an order was due to its decision, for each decision."""
        return self.simulation.journal.lateness

    @property
    def notes(self) -> list[str]:
        """What the library would have logged of orders."""
        return self.simulation.journal.notes

    @property
    def lines(self) -> list[LogLine]:
        """What it would have logged of messages: started, completed, to be tried again, failed."""
        return self.simulation.logger.lines

    @property
    def metrics(self) -> Counter[str]:
        """How often it would have counted, by `contract.Metric`."""
        return self.simulation.journal.metrics

    @property
    def failures(self) -> list[Exception]:
        """What the author's methods failed with, but for Rejected and Ambiguous; and rows that cannot be read."""
        return self.simulation.journal.failures

    @property
    def runs(self) -> list[Run]:
        """The invocations, in the order in which they ended."""
        return self.simulation.functions.runs


class _Orders(Mapping[str, Row]):
    """Rows of a table, by order."""

    def __init__(self, table: CheckTable, check: str) -> None:
        self._table = table
        self._check = check

    def __getitem__(self, unit: str) -> Row:
        row = Row.of(self._table.records.get(key_of(self._check, unit), {}))
        if row is None:
            raise KeyError(unit)
        return row

    def __iter__(self) -> Iterator[str]:
        return (item["unit"] for item in self._table.records.values() if "unit" in item)

    def __len__(self) -> int:
        return sum(1 for _ in self)
