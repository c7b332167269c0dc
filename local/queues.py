"""What a queue holds."""

from collections.abc import Mapping
from typing import Any

from local.clients import Clients


def messages_in(clients: Clients, url: str) -> int:
    """How many messages a queue holds, in flight or delayed too."""
    counts = clients.client("sqs").get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return sum(int(value) for value in counts.values())


def url_of(clients: Clients, arn: str) -> str:
    """The address of a queue."""
    return clients.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


def read_all(clients: Clients, url: str, *, hidden: int) -> list[dict[str, Any]]:
    """The messages of a queue with their attributes, kept there, and hidden from others for so many seconds."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        answer: Any = clients.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=hidden
        )
        new = {one["MessageId"]: one for one in answer.get("Messages", [])}
        if new.keys() <= found.keys():
            return list(found.values())
        found |= new


def reason_of(message: Mapping[str, Any]) -> str | None:
    """Why a message is a dead letter, as the library wrote it there; None where nobody did."""
    attribute = message.get("MessageAttributes", {}).get("ERROR_MESSAGE")
    return attribute["StringValue"] if attribute else None
