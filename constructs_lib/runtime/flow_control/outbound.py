"""The only input and output of the library: three calls of SQS."""

from collections.abc import Callable
from typing import Any, Protocol

from constructs_lib.runtime.flow_control.dead_letter import dead_letter, without_reason
from constructs_lib.runtime.flow_control.event import Record, queue_arn_of

#: How SQS says, in its two protocols, that a message is longer than 1 MiB.
_TOO_LARGE = ("InvalidParameterValue", "com.amazonaws.sqs#InvalidParameterValue", "InvalidParameterValueException")


class Outbound(Protocol):
    """What the handler asks of SQS. An exception means that it did not happen."""

    def hide(self, record: Record, seconds: int) -> None:
        """Make the message visible again after so many seconds, and not before."""

    def move(self, record: Record, queue_arn: str, code: str, reason: str) -> None:
        """Send the message to a dead-letter queue, whole, with the reason."""


class Queues:
    """Clients of SQS by region, and URLs of queues; made at their first use and kept.

    Args:
        make_client: Makes the client of a region.
    """

    def __init__(self, make_client: Callable[[str], Any]) -> None:
        self._make_client = make_client
        self._clients: dict[str, Any] = {}
        self._urls: dict[str, str] = {}

    def client_and_url(self, arn: str) -> tuple[Any, str]:
        """The client for a queue, and the queue's URL."""
        _, _, _, region, account, name = arn.split(":")
        if region not in self._clients:
            self._clients[region] = self._make_client(region)
        client = self._clients[region]
        # Asked for rather than put together: its form differs between partitions, regions and custom endpoints.
        if arn not in self._urls:
            answer = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
            self._urls[arn] = answer["QueueUrl"]
        return client, self._urls[arn]


class Sqs:
    """The real thing."""

    def __init__(self) -> None:
        self._queues = Queues(_make_client)

    def hide(self, record: Record, seconds: int) -> None:
        """ChangeMessageVisibility."""
        client, url = self._queues.client_and_url(queue_arn_of(record))
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds)

    def move(self, record: Record, queue_arn: str, code: str, reason: str) -> None:
        """SendMessage; the original is deleted by Lambda, once the batch has been reported."""
        letter = dead_letter(record, queue_arn=queue_arn, code=code, reason=reason)
        client, url = self._queues.client_and_url(queue_arn)
        try:
            client.send_message(QueueUrl=url, **letter)
        except client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _TOO_LARGE:
                raise
            # The reason is in the log; the message matters more.
            client.send_message(QueueUrl=url, **without_reason(letter))


class Nowhere:
    """For an author's unit test, which has no queue: nothing is called, and nothing breaks."""

    def hide(self, record: Record, seconds: int) -> None:
        """Do nothing."""

    def move(self, record: Record, queue_arn: str, code: str, reason: str) -> None:
        """Do nothing."""


def _make_client(region: str) -> Any:  # noqa: ANN401 - botocore makes the class at run time
    # Imported here, because a batch without a failure needs neither; botocore, because boto3 takes twice the time.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    # Reporting must not take the function past its timeout: better to give up, and let the queue's own timeout act.
    patience = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return get_session().create_client("sqs", region_name=region, config=patience)
