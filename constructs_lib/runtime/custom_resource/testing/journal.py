"""What the library would log and count."""

from collections import Counter

from constructs_lib.runtime.custom_resource.calls import Failure
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Note


class MemoryJournal:
    """Keeps it.

    Attributes:
        notes: The texts of what happened, in order.
        metrics: The counts, by `contract.Metric`.
        failures: What the author's methods failed with.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.metrics: Counter[str] = Counter()
        self.failures: list[Failure] = []

    def note(self, note: Note, about: Request | None) -> None:  # noqa: ARG002 - the log's signature
        """Keep what the protocol has to say."""
        self.notes.append(note.text)
        if note.metric is not None:
            self.metrics[note.metric] += 1

    def failure(self, failure: Failure) -> None:
        """Keep that a method failed."""
        self.failures.append(failure)

    def forget(self) -> None:
        """Drop the texts; the counts stay."""
        self.notes.clear()
        self.failures.clear()
