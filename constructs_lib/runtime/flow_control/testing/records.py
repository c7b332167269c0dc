"""What Lambda, EventBridge and SNS make of a message."""

import json
from collections.abc import Mapping
from typing import Any

_REGION, _ACCOUNT = "eu-west-1", "123456789012"


def queue_arn(name: str) -> str:
    """The ARN of a queue that does not exist."""
    return f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{name}"


def sqs_record(
    body: object,
    *,
    message_id: str = "message-1",
    attributes: Mapping[str, str] | None = None,
    group: str | None = None,
    attempt: int = 1,
    queue: str = "queue",
) -> dict[str, Any]:
    """A record as Lambda delivers it. A body that is no string is written as JSON; attributes are strings."""
    system = {"ApproximateReceiveCount": str(attempt), "SentTimestamp": "0"}
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}-{attempt}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": system if group is None else {**system, "MessageGroupId": group},
        "messageAttributes": {
            name: {"dataType": "String", "stringValue": value} for name, value in (attributes or {}).items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": _REGION,
    }


def sqs_event(*records: Mapping[str, Any]) -> dict[str, Any]:
    """What the handler is invoked with."""
    return {"Records": list(records)}


def eventbridge_event(
    detail: Mapping[str, Any], *, event_id: str = "event-1", detail_type: str = "test", source: str = "test"
) -> dict[str, Any]:
    """The body that an EventBridge rule sends."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": detail_type,
        "source": source,
        "account": _ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": _REGION,
        "resources": [],
        "detail": detail,
    }


def sns_notification(message: object, *, attributes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The body that an SNS topic sends without raw delivery. A message that is no string is written as JSON."""
    return {
        "Type": "Notification",
        "MessageId": "notification-1",
        "TopicArn": f"arn:aws:sns:{_REGION}:{_ACCOUNT}:topic",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-01-01T00:00:00.000Z",
        "MessageAttributes": {name: {"Type": "String", "Value": value} for name, value in (attributes or {}).items()},
    }
