"""What the protocol asks the world to do, one step at a time, and what the world answers.

`protocol.py` is a generator of these steps and does nothing itself. The handler performs them for real; the test kit,
the model check and the soak perform them in memory, in whatever order, and stop wherever a function may be killed.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol

from constructs_lib.runtime._shared.change import Change, Item, Value
from constructs_lib.runtime.custom_resource.request import RequestType


class Write(NamedTuple):
    """Make a change. Answered with `Written`."""

    change: Change


class Call(NamedTuple):
    """Call a method of the author's. Answered with `Called`.

    Attributes:
        method: Which.
        token: The token that the call sees in its context.
        fence: The fence under which a checkpoint of the call may be written (transitions.checkpoint).
        made_for: The request that the call is made for.
        made_by: That request's type.
        resource_type: Such as "Custom::Elastigroup".
        record: What a checkpoint of the call writes, but for the id.
        properties: Those that the author gets, where they are not the request's.
        physical_id: For update and delete.
        state: For poll.
    """

    method: Literal["create", "update", "delete", "find", "poll"]
    token: str
    fence: int
    made_for: str
    made_by: RequestType
    resource_type: str = ""
    record: Item = {}  # noqa: RUF012 - nobody changes an Item
    properties: Mapping[str, Any] | None = None
    physical_id: str | None = None
    state: Value = None


class Made(NamedTuple):
    """The method returned. `physical_id` is None where it gave none: find found nothing, update keeps the id."""

    physical_id: str | None = None
    attributes: Mapping[str, Any] = {}


class Pending(NamedTuple):
    """The method returned InProgress, or poll returned None (then `physical_id` is None)."""

    physical_id: str | None = None
    state: Value = None
    next_in: float | None = None


class How(Enum):
    """How a method ended that did not return."""

    #: It raised Failed: what exists is known, which is `physical_id`, or nothing.
    FAILED = "failed"
    #: It raised NotFound.
    NOT_FOUND = "not found"
    #: It raised anything else, or returned what it may not: whether something exists is not known.
    ERROR = "error"
    #: It called ctx.replace().
    REPLACE = "replace"
    #: A checkpoint found the lease lost: somebody else has taken the request over.
    LEASE_LOST = "lease lost"


class Raised(NamedTuple):
    """The method did not return; `reason` is what to tell CloudFormation, secrets taken out."""

    how: How
    reason: str = ""
    physical_id: str | None = None


class Called(NamedTuple):
    """How a call ended; `checkpoint` is the id that it gave to ctx.created(), which the record has."""

    outcome: Made | Pending | Raised
    checkpoint: str | None = None


class Put(NamedTuple):
    """Answer CloudFormation. Answered with `Answer`."""

    url: str
    body: str


class Answer(Enum):
    """What became of an answer."""

    DELIVERED = "delivered"
    #: The URL is no longer valid; trying again cannot help.
    REFUSED = "refused"
    #: Not in the time that there was.
    FAILED = "failed"


class Wait(NamedTuple):
    """Do nothing for a while. Answered with None."""

    seconds: float


class Start(NamedTuple):
    """Start the polling of long work, unless it is started. Answered with None."""

    key: str
    request_id: str
    attempt: int
    next_in: float


class Note(NamedTuple):
    """Log, and count. Answered with None. The text may hold no secret."""

    metric: str | None
    text: str


Step = Write | Call | Put | Wait | Start | Note


class Clock(Protocol):
    """The time, and how much of it this invocation has left."""

    def now(self) -> int:
        """Milliseconds since the epoch."""

    def remaining(self) -> float:
        """Seconds until this invocation is killed."""


class Traits(NamedTuple):
    """What the protocol must know of the author's class.

    Attributes:
        can_find: It has `find`.
        honours_token: `create` may be repeated with the same token: the vendor makes one resource per token.
        replace_on: Properties whose change means a new resource.
        no_echo: Attributes that CloudFormation must not show.
    """

    can_find: bool = False
    honours_token: bool = False
    replace_on: frozenset[str] = frozenset()
    no_echo: frozenset[str] = frozenset()
