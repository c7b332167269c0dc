"""What is sent to the dead-letter queue: the message as it came, and why it is there. Pure."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime.flow_control.contract import ERROR_CODE_ATTRIBUTE, ERROR_MESSAGE_ATTRIBUTE
from constructs_lib.runtime.flow_control.event import Record, attribute_of

#: The ERROR_CODE of a message that could still be retried, but has been received as often as the queue allows.
RETRIES_EXHAUSTED = "RETRIES_EXHAUSTED"

#: SQS allows this many attributes on a message.
MOST_ATTRIBUTES = 10

#: Characters of the reason that are kept on the message; the log has all of it.
LONGEST_REASON = 1000

#: What SQS forbids in a message: control characters but tab, newline and return; surrogates; U+FFFE and U+FFFF.
_FORBIDDEN = dict.fromkeys(
    code for span in (range(0x20), range(0xD800, 0xE000), (0xFFFE, 0xFFFF)) for code in span if code not in (9, 10, 13)
)


def without_reason(letter: Mapping[str, Any]) -> dict[str, Any]:
    """The same letter, no larger than the message was: for a body that leaves no room within SQS's limit of 1 MiB."""
    ours = (ERROR_CODE_ATTRIBUTE, ERROR_MESSAGE_ATTRIBUTE)
    attributes = {name: value for name, value in letter["MessageAttributes"].items() if name not in ours}
    return {**letter, "MessageAttributes": attributes}


def dead_letter(record: Record, *, queue_arn: str, code: str, reason: str) -> dict[str, Any]:
    """The parameters of SendMessage, but for the QueueUrl.

    The body goes byte for byte, and so do the attributes. The reason goes with them as ERROR_CODE and ERROR_MESSAGE,
    the names that EventBridge uses, as far as SQS leaves room; those of an earlier stay in the queue are replaced.
    """
    letter: dict[str, Any] = {"MessageBody": record["body"], "MessageAttributes": _attributes(record, code, reason)}
    if trace := attribute_of(record, "AWSTraceHeader"):
        letter["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    if group := attribute_of(record, "MessageGroupId"):
        letter["MessageGroupId"] = group
    if queue_arn.endswith(".fifo"):
        # A redriven message has the same body as the first time: a hash of the body could drop it as a duplicate.
        letter["MessageDeduplicationId"] = record["messageId"]
    return letter


def _attributes(record: Record, code: str, reason: str) -> dict[str, dict[str, Any]]:
    originals = record.get("messageAttributes") or {}
    attributes = {name: _as_sent(value) for name, value in originals.items()}
    text = reason.translate(_FORBIDDEN)[:LONGEST_REASON] or code
    # The message first: where there is room for one only, it is the reason that a person needs.
    for name, value in ((ERROR_MESSAGE_ATTRIBUTE, text), (ERROR_CODE_ATTRIBUTE, code)):
        if name in attributes or len(attributes) < MOST_ATTRIBUTES:
            attributes[name] = {"DataType": "String", "StringValue": value}
    return attributes


def _as_sent(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute as Lambda delivers it, in the form in which SQS takes it."""
    kind = attribute["dataType"]
    if kind.startswith("Binary"):
        return {"DataType": kind, "BinaryValue": b64decode(attribute["binaryValue"])}
    return {"DataType": kind, "StringValue": attribute["stringValue"]}
