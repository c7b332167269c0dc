"""The table of records in memory: DynamoDB's rules, and its failures."""

from constructs_lib.runtime._shared.change import Change, Item, Written, apply
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime._shared.testing.clock import VirtualClock


class MemoryTable:
    """A table.

    Args:
        clock: The time, for outages.

    Attributes:
        records: The items, by partition key.
        writes: How many changes it was asked for.
    """

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.records: dict[str, Item] = {}
        self.writes = 0
        self._clock = clock or VirtualClock()
        self._away_until = 0.0
        self._lost_requests = 0
        self._lost_answers = 0

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold.

        Raises:
            TableUnavailable: As it was told to fail.
        """
        self.writes += 1
        if self._lost_requests or self._clock.time < self._away_until:
            self._lost_requests = max(0, self._lost_requests - 1)
            raise TableUnavailable("the table is away")
        written = self.change(change)
        if self._lost_answers:
            self._lost_answers -= 1
            raise TableUnavailable("the table's answer got lost")
        return written

    def change(self, change: Change) -> Written:
        """Make a change, if its conditions hold, whatever was told to fail."""
        written = apply(self.records.get(change.key), change)
        if written.won:
            self.records[change.key] = written.item
        return written

    def fail(self, times: int = 1, *, after_writing: bool = False) -> None:
        """Let the next writes fail.

        Args:
            times: How many.
            after_writing: The changes are made all the same, and only the answers get lost.
        """
        if after_writing:
            self._lost_answers += times
        else:
            self._lost_requests += times

    def go_away(self, seconds: float = float("inf")) -> None:
        """Let every write fail for some time, from now; 0 ends that."""
        self._away_until = self._clock.time + seconds
