"""Scenarios of a catalogue of failures: each plays on a stage, in memory or on the emulator."""

from collections.abc import Callable
from typing import Any, NamedTuple

#: Plays on the stage of its slice.
Play = Callable[[Any], None]


class Scenario(NamedTuple):
    """A row of the catalogue of failures, or a fault of the same kind, and what must come of it."""

    row: str
    play: Play

    @property
    def name(self) -> str:
        """The row, and the scenario's sentence."""
        return f"{self.row}: {self.play.__name__.replace('_', ' ')}"


class Scenarios(list[Scenario]):
    """The scenarios of a module, in order."""

    def row(self, row: int | str) -> Callable[[Play], Play]:
        """Add a scenario."""

        def add(play: Play) -> Play:
            self.append(Scenario(f"{row:02}" if isinstance(row, int) else row, play))
            return play

        return add
