"""Everything that a run of the custom-resource experiment found out, as it is written to `custom_resource.json`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.report.saved import content_of, to_text

#: How the reason of an answer begins that says that a group may be left.
AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One group in the vendor's ledger. Times in seconds since the request."""

    group: str
    made: float
    deleted: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to CloudFormation.

    Attributes:
        seconds: Since the request.
        status: SUCCESS or FAILED.
        physical_id: The resource's id that it gives.
        taken: Whether it arrived.
    """

    seconds: float
    status: str
    physical_id: str
    taken: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request at one provider.

    Attributes:
        ledger: The groups that the vendor made for it.
        replies: The answers, to the Create alone; none where CloudFormation itself got them.
        status: Of the stack, for a real one.
        reason: What CloudFormation was told of a failure.
        allowed: How many groups the requests of this interleaving ask for.
        seconds: Until the first answer that arrived, or until the stack was done; None: never.
    """

    ledger: list[Entry]
    replies: list[Reply] = field(default_factory=list)
    status: str = ""
    reason: str = ""
    allowed: int = 1
    seconds: float | None = None

    @property
    def made(self) -> int:
        """Groups made."""
        return len(self.ledger)

    @property
    def left(self) -> int:
        """Groups that exist after everything was deleted: billed, and known to nobody."""
        return sum(entry.deleted is None for entry in self.ledger)

    @property
    def contradicts_itself(self) -> bool:
        """Whether two answers to one request differ in their status or in the resource's id."""
        return len({(reply.status, reply.physical_id) for reply in self.replies}) > 1

    @property
    def is_reported(self) -> bool:
        """Whether CloudFormation was told that a group may be left: the vendor offers no way to know."""
        return self.reason.startswith(AMBIGUOUS)

    @property
    def faults(self) -> list[str]:
        """What must not be, in words; empty when the outcome is right."""
        found = []
        if self.made > self.allowed:
            found.append(f"{self.made} groups made, {self.allowed} asked for")
        if self.left > self.is_reported:
            found.append(f"{self.left} left after the Delete")
        if self.contradicts_itself:
            found.append("contradictory answers")
        if self.seconds is None:
            found.append("never answered")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaving:
    """One thing that happens between CloudFormation, Lambda and the vendor, played at both providers.

    Attributes:
        title: What happens.
        origin: Who makes it happen: "stack" (CloudFormation and Lambda themselves), "delivered again" (events that
            CloudFormation has sent, delivered as Lambda would), "rig" (an event that this emulator does not send).
        mode: What the vendor offers: T(okens), Q(ueries by tag), N(either).
        naive: What came out with CDK's Provider.
        ours: What came out with IdempotentProvider.
    """

    title: str
    origin: str
    mode: str
    naive: Outcome
    ours: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Creates and Deletes at one provider, over time.

    Attributes:
        requests: Creates asked for, each followed by its Delete.
        again: Of those, delivered more than once.
        seconds: How long it took.
        first: Per second: groups made, the first of each request.
        extra: Per second: groups made beyond the first.
        left: Groups that exist in the end.
        contradictions: Requests whose answers differ.
        unanswered: Requests without an answer.
        invocations: Of the provider's functions, for all Creates, Deletes and repeated deliveries.
        p50: Median seconds from a Create to its answer.
    """

    requests: int
    again: int
    seconds: float
    first: list[int]
    extra: list[int]
    left: int
    contradictions: int
    unanswered: int
    invocations: int
    p50: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Both providers, and what they had in common.

    Attributes:
        made_at: When, as ISO 8601 with the offset.
        machine: What it ran on.
        kill_after: The step after which the worker was killed.
        interleavings: What was played.
        naive: The load at CDK's Provider.
        ours: The load at IdempotentProvider.
        calls: Of DynamoDB, that an operation takes at IdempotentProvider: by operation, then by call.
        share: One in how many Creates of the load was delivered again.
        notes: What a reader must know to judge the figures.
        warnings: What makes this run's figures doubtful.
    """

    made_at: str
    machine: str
    kill_after: str
    interleavings: list[Interleaving]
    naive: Traffic
    ours: Traffic
    calls: dict[str, dict[str, float]]
    share: int
    notes: list[str]
    warnings: list[str]

    def to_json(self) -> str:
        """The content of `custom_resource.json`."""
        return to_text(self, experiment="custom_resource")

    @classmethod
    def from_json(cls, text: str) -> "Experiment":
        """Read a `custom_resource.json` of this version back.

        Raises:
            ValueError: The text is not JSON, or not of this experiment.
            KeyError: A part is missing.
            TypeError: Another version of this code wrote it.
        """
        content = content_of(text, experiment="custom_resource")
        for name in ("naive", "ours"):
            content[name] = Traffic(**content[name])
        content["interleavings"] = [
            Interleaving(**{**one, "naive": _outcome(one["naive"]), "ours": _outcome(one["ours"])})
            for one in content["interleavings"]
        ]
        return cls(**content)


def total(interleavings: Sequence[Interleaving]) -> tuple[int, int]:
    """How many interleavings went wrong: naive, ours."""
    return (
        sum(bool(one.naive.faults) for one in interleavings),
        sum(bool(one.ours.faults) for one in interleavings),
    )


def _outcome(content: dict[str, Any]) -> Outcome:
    ledger = [Entry(**entry) for entry in content.pop("ledger")]
    replies = [Reply(**reply) for reply in content.pop("replies")]
    return Outcome(ledger=ledger, replies=replies, **content)
