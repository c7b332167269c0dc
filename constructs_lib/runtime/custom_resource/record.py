"""The record of one logical resource: one item, read as values.

    pk                StackId|LogicalResourceId
    v ttl             the version of this form; when the record of a resource that is gone is removed (seconds)
    phase             IDLE, RUNNING (somebody holds the lease), WAITING (between two polls), TOMBSTONE (it is gone)
    fence owner lease the holder: how many there have been, this one's nonce, and until when it may act (milliseconds)
    cur               the request that was claimed last
    signed_at         when that request's URL was signed, where it says so
    unseen            on a TOMBSTONE: the Delete came, and no Create had been seen
    op:REQUEST        what is known of a request (Operation)
    resp:REQUEST      its committed answer, as it is sent
    ack:REQUEST       which URL has had that answer
    url:REQUEST       where to answer, while a request waits between polls
    state polling next_in  of the request that waits: what poll gets, the instance that it polls, and when
    inst:TOKEN        a resource that was, or may have been, made (Instance)

Attributes are flat: one update cannot make a map and something in it.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource.digest import digest
from constructs_lib.runtime.custom_resource.request import Request, RequestType
from constructs_lib.runtime.custom_resource.token import derive

VERSION = 1

#: Milliseconds by which CloudFormation may give up on a Create later than the handler does.
_LATE = 60_000


class Phase(StrEnum):
    """What the resource's record is about."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    TOMBSTONE = "TOMBSTONE"


class Status(StrEnum):
    """How far a request has got."""

    RUNNING = "RUNNING"
    WAITING = "WAITING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def settled(self) -> bool:
        """Whether its answer is committed."""
        return self in (Status.SUCCEEDED, Status.FAILED)


class Being(StrEnum):
    """What is known of a resource's existence."""

    #: Somebody set out to make it.
    INTENT = "INTENT"
    #: It exists, and CloudFormation has not been told so.
    CREATED = "CREATED"
    #: Its making failed in a way that leaves open whether it exists.
    UNSURE = "UNSURE"
    #: It exists, and its id is committed as a success.
    LIVE = "LIVE"
    #: It is to be deleted before it may be made again.
    DELETING = "DELETING"
    #: It does not exist.
    GONE = "GONE"
    #: It may exist, nobody can delete it, and somebody was told.
    REPORTED = "REPORTED"

    @property
    def loose(self) -> bool:
        """Whether it may exist without CloudFormation's knowing."""
        return self not in (Being.LIVE, Being.GONE, Being.REPORTED)


class Operation(NamedTuple):
    """A request, as far as it has got. Give the fields by name.

    Attributes:
        type: What was asked.
        status: How far it is.
        attempt: How often it was claimed.
        generation: How often its token was renewed, each time after its resource had surely been removed.
        url_digest: The URL that it came with last.
        earlier_urls: The digests of those that it came with before, space-separated.
        physical_id: The id that it came with.
        resource_type: Such as "Custom::Elastigroup".
        replaces: Whether the author's update has asked for a new resource.
        claimed_at: Milliseconds, of the last claim.
        deadline: Milliseconds after which it is no longer polled.
    """

    type: RequestType
    status: Status
    url_digest: str
    attempt: int = 1
    generation: int = 0
    earlier_urls: str = ""
    physical_id: str | None = None
    resource_type: str = ""
    replaces: bool = False
    claimed_at: int = 0
    deadline: int = 0


class Instance(NamedTuple):
    """A resource that was, or may have been, made. Give the fields by name.

    Attributes:
        being: What is known of its existence.
        request_id: The request that it was made for.
        made_by: That request's type.
        attempt: The attempt of the request in which the intent was written.
        physical_id: Its id, once known.
        made_with: The digest of the properties that it was made with.
        kept: The digest of those that it keeps as long as it lives: their change means a new resource.
    """

    being: Being
    request_id: str
    made_by: RequestType
    attempt: int = 1
    physical_id: str | None = None
    made_with: str = ""
    kept: str = ""


def to_value(known: Operation | Instance) -> dict[str, Any]:
    """The map in the item. What has its default is left out: each 1,024 bytes of an item are paid for at each write."""
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in known._asdict().items()
        if name not in known._field_defaults or value != known._field_defaults[name]
    }


def operation(item: Item, request_id: str) -> Operation | None:
    """What is known of a request."""
    value = item.get(f"op:{request_id}")
    return None if value is None else _operation(value)


def operations(item: Item) -> dict[str, Operation]:
    """All requests that are known, by their ids."""
    return {name[3:]: _operation(value) for name, value in item.items() if name.startswith("op:")}


def instance(item: Item, token: str) -> Instance | None:
    """The resource of a token."""
    value = item.get(f"inst:{token}")
    return None if value is None else _instance(value)


def instances(item: Item) -> dict[str, Instance]:
    """All resources that are known, by their tokens, the oldest name first."""
    return {name[5:]: _instance(value) for name, value in sorted(item.items()) if name.startswith("inst:")}


def token_of(request: Request, generation: int) -> str:
    """The token under which a request's resource is made."""
    return derive(request.stack_id, request.logical_id, request.request_id, generation)


def intent_of(request: Request, started: Operation, replace_on: Collection[str]) -> dict[str, Any]:
    """The attribute that says that a request sets out to make its resource."""
    token = token_of(request, started.generation)
    intent = Instance(
        being=Being.INTENT,
        request_id=request.request_id,
        made_by=request.type,
        attempt=started.attempt,
        made_with=digest(token, request.properties),
        kept=digest(token, request.properties, replace_on),
    )
    return {f"inst:{token}": to_value(intent)}


def _operation(value: Mapping[str, Any]) -> Operation:
    known = {name: value[name] for name in Operation._fields if name in value}
    return Operation(**{**known, "status": Status(known["status"])})


def _instance(value: Mapping[str, Any]) -> Instance:
    known = {name: value[name] for name in Instance._fields if name in value}
    return Instance(**{**known, "being": Being(known["being"])})


def is_acknowledged(item: Item, request_id: str) -> bool:
    """Whether CloudFormation has the request's answer; one that was given before it asked again is not that."""
    known, given = operation(item, request_id), item.get(f"ack:{request_id}")
    return known is not None and given is not None and given not in known.earlier_urls.split()


class Targets(NamedTuple):
    """What a Delete is about.

    Attributes:
        instances: The resources to delete, by their tokens.
        foreign: The id itself is to be deleted, because the record knows nothing of it.
    """

    instances: Mapping[str, Instance]
    foreign: bool = False


def targets(item: Item, request: Request) -> Targets:
    """Which resources a Delete is about."""
    known = instances(item)
    matching = {token: one for token, one in known.items() if request.physical_id in (one.physical_id, token)}
    if matching:
        return Targets({token: one for token, one in matching.items() if one.being not in (Being.GONE, Being.REPORTED)})
    # CloudFormation makes up an id where it has no answer to a Create. What such Creates made is what it means; an
    # author's delete must not be asked for the made-up id while the record knows that.
    unheard = {other for other in operations(item) if _may_be_unheard(item, other, request)}
    meant = {
        token: one
        for token, one in known.items()
        if one.made_by == "Create" and (one.being.loose or (one.being is Being.LIVE and one.request_id in unheard))
    }
    return Targets(meant, foreign=not meant and not unheard)


def _may_be_unheard(item: Item, create_id: str, request: Request) -> bool:
    """Whether a Create's answer may not have been heard when this Delete was sent.

    That the answer was given does not tell: CloudFormation accepts one, and ignores it, when it has given up waiting.
    But then it asks for nothing else than the Delete, and does so within the time that the Create was given.
    """
    known = operations(item)
    create = known[create_id]
    if create.type != "Create":
        return False
    if not is_acknowledged(item, create_id):
        return True
    if any(one.type == "Update" and one.claimed_at >= create.claimed_at for one in known.values()):
        return False
    return request.signed_at is None or request.signed_at * 1000 <= create.deadline + _LATE
