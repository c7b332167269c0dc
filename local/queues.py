"""What a queue holds, and where its messages end that nobody could handle."""

import json

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


def dead_letters_of(clients: Clients, url: str) -> str | None:
    """The address of a queue's dead letter queue; None where it has none."""
    policy = clients.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    text = policy.get("Attributes", {}).get("RedrivePolicy")
    return url_of(clients, json.loads(text)["deadLetterTargetArn"]) if text else None
