"""What the protocol asks the world to do, one step at a time, and what the world answers.

`protocol.py` is made of generators of these steps and does nothing itself. The handlers perform them for real; the
test kit and the model check perform them in memory, in whatever order, and stop wherever a function may be killed.
A step that could not be done raises `Unanswered` in the generator.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from constructs_lib.runtime._shared.change import Change


class Write(NamedTuple):
    """Make a change. Answered with `Written`."""

    change: Change


class Frozen(NamedTuple):
    """Read the experiment as it was when its version began. Answered with an `Experiment`."""


class IsSettled(NamedTuple):
    """Ask the author whether there is nothing left to do. Answered with a bool."""


class Suppression(NamedTuple):
    """Ask the author for a reason not to contact. Answered with the reason, or None."""

    arm: str | None


class MayContact(NamedTuple):
    """Read the kill switch. Answered with a bool; None where it cannot be read."""


class Contact(NamedTuple):
    """Let the author contact the order. Answered with `Placed`, `Refused` or `Unsure`, and never with an exception.

    Attributes:
        arm: The order's; None without an experiment.
        token: Names the contact.
        timeout: Seconds that it may take.
    """

    arm: str | None
    token: str
    timeout: float


class Placed(NamedTuple):
    """The provider has taken the contact."""

    provider_id: str


class Refused(NamedTuple):
    """The provider surely has not.

    Attributes:
        reason: What it said.
        after: Seconds before which it does not want to be asked again; None where it does not say.
        retry: Whether asking again can help.
    """

    reason: str
    after: float | None = None
    retry: bool = True


class Unsure(NamedTuple):
    """It may have."""

    reason: str


class Reconcile(NamedTuple):
    """Ask the author whether the provider knows of a contact. Answered with its id, or None."""

    token: str


class Send(NamedTuple):
    """Send a message, to be received after `delay` seconds at the earliest. Answered with None."""

    queue: Literal["check", "contact"]
    body: Mapping[str, Any]
    delay: int = 0


class Schedule(NamedTuple):
    """Have Scheduler send a message to the check queue; once, however often it is asked. Answered with None.

    Attributes:
        name: Two schedules of one name are one.
        at: When, in milliseconds since the epoch; Scheduler knows seconds.
        body: The message's.
    """

    name: str
    at: int
    body: Mapping[str, Any]


class Note(NamedTuple):
    """Log, and where there is a metric count. Answered with None. The text may hold nothing personal."""

    text: str
    metric: str | None = None
    value: float = 1.0


Step = Write | Frozen | IsSettled | Suppression | MayContact | Contact | Reconcile | Send | Schedule | Note


class Clock(Protocol):
    """The time, and how much of it this message has."""

    def now(self) -> int:
        """Milliseconds since the epoch."""

    def remaining(self) -> float:
        """Seconds until the handling of this message must end."""
