"""A message as the author's function sees it: envelopes opened, correlation id found. Pure."""

from collections.abc import Callable, Mapping
from json import loads
from typing import Any

from constructs_lib.runtime.flow_control.errors import MalformedBody
from constructs_lib.runtime.flow_control.response import Headers, check_response

#: Envelopes inside envelopes that are opened: an event through a topic is 2, and a loop of forwarders is nobody's wish.
MOST_ENVELOPES = 5

#: No receive count is longer; Python refuses to read an integer of thousands of digits.
_MOST_DIGITS = 9

_EVENT_KEYS = frozenset(("id", "source", "detail-type", "detail"))


class Message:
    """One SQS message, and what its handling may need.

    Attributes:
        body: The parsed JSON. An EventBridge event or an SNS notification is opened: the body is the event's detail,
            or the parsed message of the notification.
        raw: The record as Lambda delivered it.
        id: The SQS message id.
        correlation_id: The message attribute `correlation_id`, else `correlation_id` in the body (or in its
            `metadata` or `meta_data`), else the event's id, else the message id.
        attempt: How often the message has been received, this time included; 1 when SQS does not say.
        timeout: Seconds that the call may take. Give it to the HTTP client.
        called: Whether the downstream was called. Set it to False where it was not: the message then takes up none of
            the downstream's rate, and its worker goes on at once.
    """

    __slots__ = ("_now", "attempt", "body", "called", "correlation_id", "id", "raw", "timeout")

    def __init__(
        self,
        *,
        raw: Mapping[str, Any],
        body: Any,  # noqa: ANN401 - whatever JSON holds
        correlation_id: str,
        timeout: float,
        now: Callable[[], float],
    ) -> None:
        self.raw = raw
        self.body = body
        self.id: str = raw["messageId"]
        self.correlation_id = correlation_id
        self.attempt = _attempt(raw)
        self.timeout = timeout
        self.called = True
        self._now = now

    def check(self, status: int, headers: Headers | None = None) -> None:
        """Say what an HTTP answer means for this message.

        Returns for 2xx. 3xx and 4xx are permanent (a redirect that the client did not follow stays one), except 429.
        That, 5xx, and whatever is no final answer (0, 1xx, 600 and more) are tried again: not before the time in a
        Retry-After header, in seconds or as a date, when there is one.

        Args:
            status: The HTTP status.
            headers: The answer's headers, names in any case: a dict, an `http.client` message, or pairs.

        Raises:
            RetryLater: The call should be made again later; `throttled` for 429.
            PermanentError: The same call would be refused again.
        """
        check_response(status, headers, self._now)

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, correlation_id={self.correlation_id!r}, attempt={self.attempt})"


def open_message(
    record: Mapping[str, Any], *, timeout: float, now: Callable[[], float]
) -> tuple[Message, MalformedBody | None]:
    """The message in a record, and what is wrong with its body (which is then None)."""
    clues: list[object] = [_value(record.get("messageAttributes"), "stringValue")]
    body, event_id, defect = None, None, None
    try:
        body, topic_clue, event_id = _open(record.get("body"))
        clues += [topic_clue, *_clues_in(body)]
    except MalformedBody as error:
        defect = error
    clues += [event_id, record["messageId"]]
    correlation_id = next(text for text in map(_text, clues) if text)
    return Message(raw=record, body=body, correlation_id=correlation_id, timeout=timeout, now=now), defect


def _open(text: object) -> tuple[Any, object, object]:
    """Body, correlation id among the topic's attributes, id of the innermost event."""
    topic_clue: object = None
    event_id: object = None
    body = _parse(text)
    for _ in range(MOST_ENVELOPES):
        if not isinstance(body, dict):
            break
        if body.keys() >= _EVENT_KEYS and isinstance(body["detail"], dict):
            event_id = body["id"]
            body = body["detail"]
        elif body.get("Type") == "Notification" and "TopicArn" in body and isinstance(body.get("Message"), str):
            topic_clue = topic_clue or _value(body.get("MessageAttributes"), "Value")
            body = _parse(body["Message"])
        else:
            break
    return body, topic_clue, event_id


def _parse(text: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(text, str):
        msg = f"the body is not JSON text (it is {type(text).__name__})"
        raise MalformedBody(msg)
    try:
        return loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        msg = "the body is nested too deeply to be parsed"
    except ValueError as error:
        # The error's own text never quotes the body, which may hold what must not be in a log.
        msg = f"the body is not JSON: {error}"
    raise MalformedBody(msg)


def _refuse_constant(name: str) -> object:
    # Python reads NaN and Infinity; JSON has neither, and the downstream would refuse them.
    msg = f"{name} is no JSON value"
    raise ValueError(msg)


def _value(attributes: object, key: str) -> object:
    attribute = attributes.get("correlation_id") if isinstance(attributes, dict) else None
    return attribute.get(key) if isinstance(attribute, dict) else None


def _clues_in(body: object) -> list[object]:
    if not isinstance(body, dict):
        return []
    holders = (body, body.get("metadata"), body.get("meta_data"))
    return [holder.get("correlation_id") for holder in holders if isinstance(holder, dict)]


def _text(clue: object) -> str:
    """The clue as a correlation id, or nothing if it is none."""
    if isinstance(clue, int | float) and not isinstance(clue, bool):
        return str(clue)
    return clue if isinstance(clue, str) and clue.strip() else ""


def _attempt(record: Mapping[str, Any]) -> int:
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    text = str(count)
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 1
