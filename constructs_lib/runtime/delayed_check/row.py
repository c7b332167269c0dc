"""The one row of an order: its states, and what it holds. Pure."""

from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.delayed_check.contract import KEY_SEPARATOR


class State(StrEnum):
    """What is known of an order, and what may still happen to it."""

    #: It will be looked at when it is due.
    SCHEDULED = "SCHEDULED"
    #: It is to be contacted, in an arm.
    DECIDED = "DECIDED"
    #: One invocation has the right to contact it. No time takes that right away again.
    CLAIMED = "CLAIMED"
    #: The provider has taken the contact, under its id.
    DIALED = "DIALED"
    #: The provider has said what came of it.
    OUTCOME = "OUTCOME"
    #: It had settled before it was due, so it belongs to no arm.
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    #: It is in the control arm.
    CONTROL = "CONTROL"
    #: It was to be contacted, and there was a reason not to.
    SUPPRESSED = "SUPPRESSED"
    #: Its deadline had passed.
    EXPIRED = "EXPIRED"
    #: It may have been contacted, and nobody knows. It is never contacted again.
    UNKNOWN = "UNKNOWN"


#: What may follow what. Each edge is one conditional write. A state follows itself where only a detail is added.
#: Nothing asks this at run time, where each transition has its own condition: the tests, and the model check, which
#: plays every interleaving, hold the transitions to these edges.
EDGES: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset(
        {State.DECIDED, State.CONTROL, State.NOT_ELIGIBLE, State.SUPPRESSED, State.EXPIRED},
    ),
    State.DECIDED: frozenset({State.CLAIMED, State.SUPPRESSED, State.EXPIRED, State.OUTCOME}),
    State.CLAIMED: frozenset({State.DIALED, State.DECIDED, State.EXPIRED, State.UNKNOWN, State.OUTCOME}),
    State.DIALED: frozenset({State.OUTCOME}),
    State.UNKNOWN: frozenset({State.UNKNOWN, State.DIALED, State.OUTCOME}),
    # A provider that had refused reports a contact all the same: what it says of its own calls is believed.
    State.EXPIRED: frozenset({State.OUTCOME}),
    State.SUPPRESSED: frozenset({State.OUTCOME}),
    State.OUTCOME: frozenset({State.OUTCOME}),
    State.CONTROL: frozenset(),
    State.NOT_ELIGIBLE: frozenset(),
}

#: The states that are published, the newest standing for the order: in the others its story is not told yet.
PUBLISHED = frozenset(State) - {State.SCHEDULED, State.DECIDED, State.CLAIMED}


class Row(NamedTuple):
    """An order's row; times are milliseconds since the epoch.

    Attributes:
        unit: The order.
        state: Its state.
        placed_at: When it was placed.
        due_at: When it is looked at.
        deadline_at: From when on nobody is contacted.
        arm: Its arm of the experiment.
        experiment: The experiment's key.
        version: The experiment's version.
        reason: Why it is in its state.
        decided_at: When it was decided.
        token: Names its contact to the provider, which gives it back; nobody can guess it.
        claim: Who holds the right to contact it.
        claimed_until: When that invocation is surely over.
        attempts: How often the provider has surely refused.
        provider_id: The provider's id of the contact.
        outcome: What the provider says came of it.
        not_before: Before when the provider, which refused, does not want to be asked again.
        asked: How often the provider was asked for an unknown contact.
        by: The message that started or decided it.
        recorded_at: When the row last changed, by the clock of whoever changed it.
        revision: How often it has changed: of two events of an order, the one with the higher revision stands.
    """

    unit: str
    state: State
    placed_at: int = 0
    due_at: int = 0
    deadline_at: int = 0
    arm: str | None = None
    experiment: str | None = None
    version: int | None = None
    reason: str | None = None
    decided_at: int | None = None
    token: str | None = None
    claim: str | None = None
    claimed_until: int = 0
    attempts: int = 0
    provider_id: str | None = None
    outcome: str | None = None
    not_before: int = 0
    asked: int = 0
    by: str | None = None
    recorded_at: int = 0
    revision: int = 0

    @classmethod
    def of(cls, item: Item) -> "Row | None":
        """The row that an item is; None where it is none: there is no item, or it is another of the table's."""
        if "unit" not in item or item.get("state") not in State.__members__:
            return None
        fields = {name: item[name] for name in cls._fields if name in item}
        return cls(**{**fields, "state": State(item["state"])})


def key_of(check: str, unit: str) -> str:
    """The partition key of an order's row."""
    return f"{check}{KEY_SEPARATOR}{unit}"


def event_id_of(check: str, unit: str) -> str:
    """The id under which an order's outcome is published, however often and however it becomes more precise."""
    return sha256(key_of(check, unit).encode(errors="surrogatepass")).hexdigest()
