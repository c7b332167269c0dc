"""Everything that a run of the delayed-check experiment found out, as it is written to `delayed_check.json`.

Records only: what they add up to is computed from them, in `records.py` and `summary.py`. All times are seconds since
the version's run began, by one clock.
"""

from dataclasses import dataclass, field
from typing import Any

from local.report.saved import content_of, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact request that reached the provider, in the provider's own ledger.

    Attributes:
        at: When it came.
        status: What the provider answered; None where it let the caller wait in vain.
        rang: Whether it called the customer, whatever it answered.
        provider_id: Its id of the call; empty where it made none.
    """

    at: float
    status: int | None
    rang: bool
    provider_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A worker of this order that was killed.

    Attributes:
        at: When.
        after: The step after which, in words.
    """

    at: float
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One outcome event of an order, as often as it came.

    Attributes:
        event_id: Its id.
        state: What it says of the order.
        revision: Which change of its row that was.
        recorded_at: When that was written down.
        arm: The order's arm that it says.
        outcome: What came of the contact, as it says.
    """

    event_id: str
    state: str
    revision: int
    recorded_at: float
    arm: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order at one version.

    Attributes:
        unit: Its id.
        placed_at: When it was placed.
        due_at: When it is to be looked at.
        deadline_at: From when on nobody may be contacted.
        starts: When its check was started, each time.
        again: Other messages that the demo delivered again, by kind: check, contact, report, stream.
        kills: Its workers that were killed.
        decisions: How often it was decided: changes of its row away from SCHEDULED; naive: functions that decided.
        exposures: How often it was written into an arm.
        decided_at: When it was first decided; None: never.
        state: Its row's in the end; empty where the version has no rows.
        arm: Its arm; None where it belongs to none.
        reason: Its row's.
        outcome: Its row's: what the provider said came of the contact.
        provider_id: Its row's.
        contacts: Contact requests, in the order of their coming.
        settled_at: When it advanced, by itself or because of a call; None: never, so it was cancelled.
        events: Outcome events, in the order of their coming.
    """

    unit: str
    placed_at: float
    due_at: float
    deadline_at: float
    starts: list[float] = field(default_factory=list)
    again: dict[str, int] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    decisions: int = 0
    exposures: int = 0
    decided_at: float | None = None
    state: str = ""
    arm: str | None = None
    reason: str | None = None
    outcome: str | None = None
    provider_id: str | None = None
    contacts: list[Contact] = field(default_factory=list)
    settled_at: float | None = None
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version's run.

    Attributes:
        orders: Every order that was placed; those at the same place in both versions are alike.
        lateness: Seconds from when an order was due to its first decision; negative where that was early.
        dead_letters: Messages in the end, by dead letter queue.
        reasons: The same by queue and reason, in words.
        invocations: By function, of the whole run.
        writes: Writes of the version's own table, by operation, of the whole run.
        metrics: Sums of the metrics that the functions printed, by name; what came twice is counted twice.
        raised: The orders for which the metric of unknown contacts was printed.
    """

    orders: list[Order]
    lateness: list[float] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    invocations: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What both versions were told.

    Attributes:
        delay: Seconds from an order's placing to its check.
        deadline: Seconds from an order's placing until nobody may be contacted.
        scale: How many seconds of the real case one second stands for.
        calls_per_second: Contacts that the provider allows.
        experiment: The experiment's key.
        arms: Weights by arm.
        control: The arm that is not contacted.
    """

    delay: float
    deadline: float
    scale: float
    calls_per_second: float
    experiment: str
    arms: dict[str, int]
    control: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Both versions, and what they had in common.

    Attributes:
        made_at: When, as ISO 8601 with the offset.
        machine: What it ran on.
        load: Orders, duplicates, kills and the provider's faults, in words.
        settings: What both versions were told.
        naive: Without a claim, behind a queue with a fixed delay.
        ours: DelayedCheck.
        floor: How late the emulator itself is with a delayed message that a function of nothing receives, in seconds;
            measured in the same run.
        crossing: Lateness of checks at DelayedCheck that crossed EventBridge Scheduler, in seconds.
        crossing_floor: How late the emulator's Scheduler itself is.
        notes: What a reader must know to judge the figures.
        warnings: What makes this run's figures doubtful.
    """

    made_at: str
    machine: str
    load: str
    settings: Settings
    naive: Version
    ours: Version
    floor: list[float] = field(default_factory=list)
    crossing: list[float] = field(default_factory=list)
    crossing_floor: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The content of `delayed_check.json`."""
        return to_text(self, experiment="delayed_check")

    @classmethod
    def from_json(cls, text: str) -> "Experiment":
        """Read a `delayed_check.json` of this version back.

        Raises:
            ValueError: The text is not JSON, or not of this experiment.
            KeyError: A part is missing.
            TypeError: Another version of this code wrote it.
        """
        content = content_of(text, experiment="delayed_check")
        for name in ("naive", "ours"):
            content[name] = _version(content[name])
        content["settings"] = Settings(**content["settings"])
        return cls(**content)


def _version(content: dict[str, Any]) -> Version:
    return Version(**{**content, "orders": [_order(one) for one in content["orders"]]})


def _order(content: dict[str, Any]) -> Order:
    parts = {
        "kills": [Kill(**one) for one in content["kills"]],
        "contacts": [Contact(**one) for one in content["contacts"]],
        "events": [Event(**one) for one in content["events"]],
    }
    return Order(**{**content, **parts})
