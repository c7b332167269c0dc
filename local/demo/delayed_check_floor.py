"""How late the emulator itself is with what was delayed: without the library, in the same run."""

import json
import time
from datetime import UTC, datetime

from local.clients import Clients
from local.logs import LogReader

#: Who Scheduler is told to be; the emulator asks nobody's permission.
_ROLE = "arn:aws:iam::000000000000:role/floor"


class Floor:
    """A plain queue and a function of nothing behind it.

    Args:
        clients: Where they are.
        queue_url: The queue.
        logs: What the function logs.
    """

    def __init__(self, clients: Clients, *, queue_url: str, logs: LogReader) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._logs = logs

    def send(self, delay: int) -> None:
        """Send a message that SQS delays."""
        body = {"kind": "delay", "due_at": time.time() + delay}
        self._clients.client("sqs").send_message(
            QueueUrl=self._queue_url, MessageBody=json.dumps(body), DelaySeconds=delay
        )

    def schedule(self, name: str, seconds: int) -> None:
        """Have Scheduler send a message in so many seconds."""
        due = datetime.fromtimestamp(int(time.time()) + seconds, UTC)
        arn = self._clients.client("sqs").get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        self._clients.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": _ROLE, "Input": json.dumps({"kind": "crossing", "due_at": due.timestamp()})},
            ActionAfterCompletion="DELETE",
        )

    def lateness(self, kind: str) -> list[float]:
        """Seconds by which each message was late that came so far: kind `delay` or `crossing`."""
        lines = (line.fields for line in self._logs.read().lines if line.fields["message"] == "floor")
        return [round(line["at"] - line["due_at"], 3) for line in lines if line["kind"] == kind]
