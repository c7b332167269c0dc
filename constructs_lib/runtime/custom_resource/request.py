"""One request of CloudFormation's, read from its event; and the two other events that a provider's function gets."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from constructs_lib.runtime.custom_resource.contract import RESPONSE_HOSTS, TICK

RequestType = Literal["Create", "Update", "Delete"]

#: Bytes of a physical id that CloudFormation takes.
LONGEST_PHYSICAL_ID = 1024
#: Bytes of the other ids, twice what CloudFormation's have: with a physical id they fit into any answer.
_LONGEST_ID = 512
#: The first would make two records' keys equal, the others are two characters in an answer.
_NOT_IN_IDS = frozenset('|"\\')

#: What CloudFormation adds to an author's properties.
_NOT_PROPERTIES = frozenset({"ServiceToken", "ServiceTimeout"})


class Request(NamedTuple):
    """A request. Give the fields by name.

    Attributes:
        type: What is asked.
        request_id: CloudFormation's id of it; the same for each delivery, and for some retries of failed requests.
        stack_id: The stack's ARN.
        logical_id: The resource's name in the template.
        resource_type: Such as "Custom::Elastigroup".
        url: The ResponseURL. It is signed: no log, no error message and no state machine may show it.
        url_digest: Tells deliveries of one request (same URL) from its being asked again (another URL).
        signed_at: Epoch seconds at which the URL was signed; None where it does not say.
        physical_id: The resource's id; None on Create.
        properties: ResourceProperties, without ServiceToken and ServiceTimeout.
        old_properties: OldResourceProperties, likewise; empty but on Update.
    """

    type: RequestType
    request_id: str
    stack_id: str
    logical_id: str
    resource_type: str
    url: str
    url_digest: str
    signed_at: int | None = None
    physical_id: str | None = None
    properties: Mapping[str, Any] = {}
    old_properties: Mapping[str, Any] = {}

    @property
    def key(self) -> str:
        """The partition key of the resource's record."""
        return f"{self.stack_id}|{self.logical_id}"


class NotARequest(Exception):
    """An event is not CloudFormation's, and must not be answered.

    Attributes:
        reason: Why not; without the URL.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FailureRecord(NamedTuple):
    """What Lambda hands to the on-failure destination when it has given an event up. Give the fields by name.

    Attributes:
        request_payload: The event.
        cause: Why it was given up, for people; without URLs.
        nested: The destination's own run was given up too, at least once.
    """

    request_payload: Any
    cause: str
    nested: bool = False


class Tick(NamedTuple):
    """A call of Step Functions, for a request that waits between polls. Give the fields by name.

    Attributes:
        key: The partition key of the resource's record.
        request_id: The request.
        cause: Why the loop has given up; None while it goes on.
    """

    key: str
    request_id: str
    cause: str | None = None

    @property
    def request(self) -> Request:
        """The request as far as a tick knows it; the record has its type, its URL and the rest."""
        stack_id, _, logical_id = self.key.rpartition("|")
        return Request(
            type="Create",
            request_id=self.request_id,
            stack_id=stack_id,
            logical_id=logical_id,
            resource_type="",
            url="",
            url_digest="",
        )


def read(event: object, *, response_hosts: frozenset[str] = frozenset()) -> Request:
    """The request in a custom resource's event.

    Args:
        event: What Lambda got.
        response_hosts: host:port of ResponseURLs to accept besides CloudFormation's own.

    Raises:
        NotARequest: It is none, or its answer would go somewhere else than to CloudFormation.
    """
    if not isinstance(event, Mapping):
        raise NotARequest(f"the event is {_kind(event)}, not a JSON object")
    kind = _text(event, "RequestType")
    if kind not in ("Create", "Update", "Delete"):
        raise NotARequest(f"RequestType is {_short(kind)}, not Create, Update or Delete")
    url = _text(event, "ResponseURL", longest=None)
    from constructs_lib.runtime.custom_resource import address  # noqa: PLC0415 - slow, and no tick needs it

    if fault := address.fault(url, response_hosts):
        raise NotARequest(f"ResponseURL is not CloudFormation's: {fault}")
    return Request(
        type=cast("RequestType", kind),
        request_id=_text(event, "RequestId"),
        stack_id=_text(event, "StackId"),
        logical_id=_text(event, "LogicalResourceId"),
        resource_type=_text(event, "ResourceType") if "ResourceType" in event else "",
        url=url,
        url_digest=address.digest(url),
        signed_at=address.signed_at(url),
        physical_id=None if kind == "Create" else _text(event, "PhysicalResourceId", longest=LONGEST_PHYSICAL_ID),
        properties=_properties(event, "ResourceProperties"),
        old_properties=_properties(event, "OldResourceProperties") if kind == "Update" else {},
    )


def response_hosts(environ: Mapping[str, str]) -> frozenset[str]:
    """The hosts, as host:port, that local deployments accept in a ResponseURL."""
    return frozenset(filter(None, (one.strip().lower() for one in environ.get(RESPONSE_HOSTS, "").split(","))))


def failure_of(event: object) -> FailureRecord | None:
    """What Lambda gave up, if the event is the record of that; a record within a record is opened too."""
    record = _failure_record(event)
    if record is None:
        return None
    nested = False
    while inner := _failure_record(record["requestPayload"]):
        record, nested = inner, True
    # The innermost record's cause: why the event itself was given up.
    return FailureRecord(request_payload=record["requestPayload"], cause=_cause(record), nested=nested)


def tick_of(event: object) -> Tick | None:
    """The tick, if the event is one."""
    payload = event.get(TICK) if isinstance(event, Mapping) else None
    if not isinstance(payload, Mapping):
        return None
    key, request_id, cause = payload.get("pk"), payload.get("request_id"), payload.get("cause")
    if not (isinstance(key, str) and key and isinstance(request_id, str) and request_id):
        return None
    return Tick(key=key, request_id=request_id, cause=None if cause is None else _bounded(_error_text(cause)))


def is_batch(event: object) -> bool:
    """Whether the event is of an event source mapping (SQS, Kinesis, DynamoDB; Kafka, MQ, DocumentDB), or shaped so."""
    return isinstance(event, Mapping) and ("Records" in event or "eventSource" in event)


def _text(event: Mapping[Any, Any], field: str, *, longest: int | None = _LONGEST_ID) -> str:
    value = event.get(field)
    if not isinstance(value, str) or not value:
        raise NotARequest(f"{field} is {_kind(value)}, not text" if value != "" else f"{field} is empty")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise NotARequest(f"{field} has half characters") from None
    if min(value) < " " or (longest == _LONGEST_ID and not _NOT_IN_IDS.isdisjoint(value)):
        raise NotARequest(f"{field} has characters that CloudFormation's do not have")
    if longest is not None and size > longest:
        raise NotARequest(f"{field} is {size} bytes long, CloudFormation's have at most {longest}")
    return value


def _properties(event: Mapping[Any, Any], field: str) -> dict[str, Any]:
    value = event.get(field, {})
    if not isinstance(value, Mapping):
        raise NotARequest(f"{field} is {_kind(value)}, not a JSON object")
    return {name: one for name, one in value.items() if name not in _NOT_PROPERTIES}


def _failure_record(event: object) -> Mapping[str, Any] | None:
    if not isinstance(event, Mapping) or "requestPayload" not in event:
        return None
    about = event.get("requestContext")
    return event if isinstance(about, Mapping) and isinstance(about.get("condition"), str) else None


def _cause(record: Mapping[str, Any]) -> str:
    about = record["requestContext"]
    runs = about.get("approximateInvokeCount")
    after = f" after {runs} runs" if isinstance(runs, int) else ""
    text = _error_text(record.get("responsePayload"))
    return _bounded(f"Lambda gave up{after} ({about['condition']})" + (f": {text}" if text else ""))


def _error_text(payload: object) -> str:
    """What Lambda or Step Functions says of an error."""
    if isinstance(payload, str):
        # Step Functions gives a function's error as JSON in a text.
        return _error_text(opened) or payload if (opened := _opened(payload)) else payload
    if not isinstance(payload, Mapping):
        return ""
    if isinstance(said := payload.get("Cause"), str) and (opened := _opened(said)):
        payload = opened
    texts = (payload.get(name) for name in ("errorType", "Error", "errorMessage", "Cause"))
    return ": ".join(one for one in texts if isinstance(one, str) and one)


def _opened(text: str) -> dict[str, Any] | None:
    from json import loads  # noqa: PLC0415 - failures are rare

    try:
        content = loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) and "errorMessage" in content else None


def _bounded(text: str) -> str:
    from constructs_lib.runtime.custom_resource.redact import without_addresses  # noqa: PLC0415 - failures are rare

    longest = 500
    text = without_addresses(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"


def _short(text: str) -> str:
    longest = 40
    return repr(text if len(text) <= longest else f"{text[:longest]}...")
