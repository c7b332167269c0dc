"""A vendor as the model sees it, and an author who calls it: pure.

Its state is a tuple of what was ever made, as (token, alive); a resource's id is its place in it.
"""

from collections.abc import Generator
from typing import Any, Literal, NamedTuple

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import transitions
from constructs_lib.runtime.custom_resource.steps import Call, Called, How, Made, Pending, Raised, Traits, Write

#: T: it honours a token. Q: it can be asked what a token has made. N: neither.
Mode = Literal["T", "Q", "N"]
State = tuple[tuple[str, bool], ...]

_BROKEN = Raised(How.ERROR, "the vendor did not answer")


class VendorCall(NamedTuple):
    """A request to the vendor; `about` is a token or an id."""

    kind: Literal["create", "find", "delete", "poll"]
    about: str


class Reply(NamedTuple):
    """What the vendor answered: the id of a resource, or that there is none; `broken`: nothing that can be read.

    Of a poll: an id where the work is done.
    """

    physical_id: str | None = None
    broken: bool = False


def id_of(place: int) -> str:
    """The id of the resource that was made as the `place`th."""
    return f"r-{place}"


def perform(mode: Mode, state: State, call: VendorCall) -> tuple[State, Reply]:
    """What a request does to the vendor."""
    with_token = [place for place, (token, _) in enumerate(state) if token == call.about]
    match call.kind:
        case "find":
            alive = [place for place in with_token if state[place][1]]
            return state, Reply(id_of(alive[0]) if alive else None)
        case "poll":
            return state, Reply(call.about)
        case "create" if mode == "T" and with_token:
            # Also when it is gone by now: a vendor answers a used token with what it had made for it.
            return state, Reply(id_of(with_token[0]))
        case "create":
            return (*state, (call.about, True)), Reply(id_of(len(state)))
    places = [place for place, (_, alive) in enumerate(state) if alive and id_of(place) == call.about]
    if not places:
        return state, Reply(None)
    place = places[0]
    return (*state[:place], (state[place][0], False), *state[place + 1 :]), Reply(call.about)


def traits(mode: Mode) -> Traits:
    """What the author's class says of such a vendor."""
    return Traits(can_find=mode == "Q", honours_token=mode == "T")


class Author(NamedTuple):
    """An author's class.

    Attributes:
        key: The record's key.
        replaces: An update makes a new resource; otherwise there is nothing to change.
        checkpoints: It says what was created before it returns.
        polls: Its work takes longer than a call.
    """

    key: str
    replaces: bool
    checkpoints: bool
    polls: bool = False

    def begun(self, physical_id: str | None) -> Made | Pending:
        """What it returns for a resource that it has made, or that is on its way out."""
        return Pending(physical_id) if self.polls else Made(physical_id)


def serve_author(author: Author, call: Call) -> Generator[VendorCall | Write, Any, Called]:
    """The author's method: calls the vendor, and may say that something was created."""
    match call.method:
        case "update":
            return Called(Raised(How.REPLACE) if author.replaces else Made())
        case "find":
            reply: Reply = yield VendorCall("find", call.token)
            return Called(_BROKEN if reply.broken else Made(reply.physical_id))
        case "delete":
            reply = yield VendorCall("delete", call.physical_id or "")
            found = author.begun(call.physical_id) if reply.physical_id else Raised(How.NOT_FOUND)
            return Called(_BROKEN if reply.broken else found)
        case "poll":
            reply = yield VendorCall("poll", call.physical_id or "")
            return Called(_BROKEN if reply.broken else Made() if reply.physical_id else Pending())
    return (yield from _create(author, call))


def _create(author: Author, call: Call) -> Generator[VendorCall | Write, Any, Called]:
    reply: Reply = yield VendorCall("create", call.token)
    if reply.broken or reply.physical_id is None:
        return Called(_BROKEN)
    if author.checkpoints:
        try:
            written: Written = yield Write(transitions.checkpoint(author.key, call, reply.physical_id))
        except TableUnavailable:  # the id is committed with the outcome
            written = Written(won=True, item={})
        if not written.won:
            return Called(Raised(How.LEASE_LOST), checkpoint=reply.physical_id)
        return Called(author.begun(reply.physical_id), checkpoint=reply.physical_id)
    return Called(author.begun(reply.physical_id))
