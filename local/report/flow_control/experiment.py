"""Everything that a run of the flow-control experiment found out, as it is written to `demo.json`."""

from dataclasses import dataclass, field
from typing import Any

from local.measure import Result, Series
from local.report.saved import content_of, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of an order's story.

    Attributes:
        seconds: Since the order was sent.
        service: Who logged it.
        what: What happened.
    """

    seconds: float
    service: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version's run.

    Attributes:
        title: Its name in the report.
        result: Its figures.
        story: One order by its correlation id.
        story_of: That order's number and correlation id.
    """

    title: str
    result: Result
    story: list[Moment] = field(default_factory=list)
    story_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Both versions, and what they had in common.

    Attributes:
        made_at: When, as ISO 8601 with the offset.
        machine: What it ran on.
        load: The load in words.
        limit: Calls per second that the courier allows.
        burst: Calls that it allows at once.
        workers: N, the flow's largest concurrency.
        sizing: All that the construct derived.
        without: The version that calls as fast as orders come in.
        with_: The version with flow control.
        notes: What a reader must know to judge the figures.
        warnings: What makes this run's figures doubtful.
    """

    made_at: str
    machine: str
    load: str
    limit: float
    burst: int
    workers: int
    sizing: dict[str, Any]
    without: Version
    with_: Version
    notes: list[str]
    warnings: list[str]

    @property
    def versions(self) -> tuple[Version, Version]:
        """Without, then with: the problem before the cure."""
        return (self.without, self.with_)

    def to_json(self) -> str:
        """The content of `demo.json`."""
        return to_text(self, experiment="flow_control")

    @classmethod
    def from_json(cls, text: str) -> "Experiment":
        """Read a `demo.json` of this version back.

        Raises:
            ValueError: The text is not JSON, or not of this experiment.
            KeyError: A version is missing.
            TypeError: Another version of this code wrote it.
        """
        content = content_of(text, experiment="flow_control")
        for name in ("without", "with_"):
            content[name] = _version(content[name])
        return cls(**content)


def _version(content: dict[str, Any]) -> Version:
    result = content["result"]
    result["series"] = Series(**result["series"])
    return Version(
        title=content["title"],
        result=Result(**result),
        story=[Moment(**moment) for moment in content["story"]],
        story_of=content["story_of"],
    )
