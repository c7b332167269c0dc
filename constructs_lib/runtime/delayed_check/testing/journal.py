"""What the library would log and count, kept in memory."""

from collections import Counter
from collections.abc import Mapping, Set
from copy import copy
from typing import Any, NamedTuple

from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.steps import Note


class CheckJournal:
    """Keeps what the library would log and count.

    Attributes:
        notes: The texts of what happened, in order.
        metrics: The counts, by `contract.Metric`.
        lateness: Seconds from the time at which an order was due to its decision, for each.
        failures: What the author's methods failed with, and the reading of rows.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.metrics: Counter[str] = Counter()
        self.lateness: list[float] = []
        self.failures: list[Exception] = []
        self._uncounted: Set[str] = frozenset()

    def without(self, uncounted: Set[str]) -> "CheckJournal":
        """The same journal for somebody by whom these metrics are not counted, because somebody else does."""
        other = copy(self)
        other._uncounted = uncounted  # noqa: SLF001 - it is one of us
        return other

    def note(self, note: Note, *, check: str, unit: str | None) -> None:
        """Keep what the protocol has to say."""
        self.notes.append(f"{unit or check}: {note.text}")
        if note.metric is not None and note.metric not in self._uncounted:
            self.metrics[note.metric] += 1
        if note.metric == Metric.LATENESS:
            self.lateness.append(note.value)

    def failure(self, method: str, error: Exception, *, check: str, unit: str) -> None:  # noqa: ARG002 - as Journal
        """Keep that a method failed."""
        self.failures.append(error)


class LogLine(NamedTuple):
    """What flow control logged.

    Attributes:
        level: "info", "warning" or "error".
        text: The line.
        fields: Its `extra` keys, such as `status` and `reason`.
    """

    level: str
    text: str
    fields: Mapping[str, object]


class CheckLogger:
    """A logger that keeps its lines, because a day of orders has tens of thousands.

    Attributes:
        lines: The lines, in order.
    """

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Keep a line."""
        self._keep("info", msg, args, kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Keep a line."""
        self._keep("warning", msg, args, kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Keep a line."""
        self._keep("error", msg, args, kwargs)

    def _keep(self, level: str, msg: str, args: tuple[object, ...], kwargs: Mapping[str, Any]) -> None:
        self.lines.append(LogLine(level, msg % args, kwargs.get("extra") or {}))
