"""The records of an SQS event. Pure."""

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]

_FIX = (
    "this function expects batches of SQS messages: let FlowControlledQueue invoke it, and in a test build the event "
    "with constructs_lib.runtime.flow_control.testing.sqs_event"
)


def records_in(event: object) -> list[Record]:
    """The event's records.

    Raises:
        ValueError: It is not what SQS sends through an event source mapping.
    """
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list):
        msg = f"expected an event with a list of Records, got {_describe(event)}; {_FIX}"
        raise ValueError(msg)  # noqa: TRY004 - to the caller it is one mistake: the wrong event
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("messageId"), str):
            msg = f"expected Records with a messageId, got {_describe(record)}; {_FIX}"
            raise ValueError(msg)  # noqa: TRY004 - as above
        if record.get("eventSource", "aws:sqs") != "aws:sqs":
            msg = f"expected Records from aws:sqs, got one from {record['eventSource']!r}; {_FIX}"
            raise ValueError(msg)
    return records


def queue_arn_of(record: Record) -> str:
    """The queue that the record came from; empty when it does not say."""
    return str(record.get("eventSourceARN") or "")


def attribute_of(record: Record, name: str) -> str | None:
    """A system attribute such as MessageGroupId, when the record has it."""
    attributes = record.get("attributes")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return value if isinstance(value, str) and value else None


def fifo_group_of(record: Record) -> str | None:
    """The group whose order must be kept; None on a standard queue, where a group only means fairness."""
    return attribute_of(record, "MessageGroupId") if queue_arn_of(record).endswith(".fifo") else None


def _describe(value: object) -> str:
    if isinstance(value, Mapping):
        return f"one with the keys {sorted(map(str, value))}"
    return f"{type(value).__name__}"
