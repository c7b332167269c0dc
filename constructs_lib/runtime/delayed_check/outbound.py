"""What leaves a function besides rows: messages, schedules, and the events that tell of outcomes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check.contract import DETAIL_TYPE, EVENT_SOURCE, Settings
from constructs_lib.runtime.delayed_check.steps import Schedule
from constructs_lib.runtime.delayed_check.timing import moment
from constructs_lib.runtime.flow_control.outbound import Queues

#: EventBridge takes so many events at a time.
_MOST_EVENTS = 10


class Published(NamedTuple):
    """What became of events.

    Attributes:
        taken: How many the bus has surely taken, from the first on; those behind it may have been taken too.
        trouble: What was said of the first that it did not take.
    """

    taken: int
    trouble: str = ""


class Outbound:
    """The real thing. Clients and queue URLs are made at their first use and kept."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}
        self._queues = Queues(lambda region: self._client("sqs", region))

    def send(self, queue_arn: str, body: Mapping[str, Any], *, delay: int = 0) -> None:
        """Send a message, to be received after so many seconds at the earliest.

        Raises:
            Unanswered: The queue did not take it, or its answer got lost.
        """
        with _answering(f"the queue {queue_arn} did not take a message"):
            client, url = self._queues.client_and_url(queue_arn)
            client.send_message(QueueUrl=url, MessageBody=json.dumps(body), DelaySeconds=delay)

    def schedule(self, schedule: Schedule, settings: Settings) -> None:
        """Have Scheduler send a message to the check queue. A schedule of that name that exists already will do.

        Raises:
            Unanswered: Scheduler did not take it, or its answer got lost.
        """
        queue_arn = settings.check_queue_arn
        target: dict[str, Any] = {
            "Arn": queue_arn,
            "RoleArn": settings.schedule_role_arn,
            "Input": json.dumps(schedule.body),
        }
        if settings.schedule_dead_letter_arn:
            target["DeadLetterConfig"] = {"Arn": settings.schedule_dead_letter_arn}
        with _answering(f"the schedule group {settings.schedule_group} did not take a schedule", "ConflictException"):
            self._client("scheduler", _region(queue_arn)).create_schedule(
                Name=schedule.name,
                GroupName=settings.schedule_group,
                ScheduleExpression=f"at({moment(schedule.at):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=target,
            )

    def publish(self, details: Sequence[Mapping[str, Any]], event_bus: str) -> Published:
        """Put outcome events on a bus, in their order."""
        for begin in range(0, len(details), _MOST_EVENTS):
            chunk = details[begin : begin + _MOST_EVENTS]
            try:
                taken, trouble = self._put(chunk, event_bus)
            except Unanswered as error:
                return Published(begin, str(error))
            if taken < len(chunk):
                return Published(begin + taken, trouble)
        return Published(len(details))

    def _put(self, details: Sequence[Mapping[str, Any]], event_bus: str) -> Published:
        entries = [
            {
                "EventBusName": event_bus,
                "Source": EVENT_SOURCE,
                "DetailType": DETAIL_TYPE,
                "Detail": json.dumps(detail),
            }
            for detail in details
        ]
        with _answering(f"the event bus {event_bus} did not take events"):
            client = self._client("events", _region(event_bus) if event_bus.startswith("arn:") else None)
            answers = client.put_events(Entries=entries)["Entries"]
        for place, answer in enumerate(answers):
            if "EventId" not in answer:
                return Published(place, f"{answer.get('ErrorCode')}: {answer.get('ErrorMessage')}")
        return Published(len(details))

    def _client(self, service: str, region: str | None) -> Any:  # noqa: ANN401 - botocore makes the class at run time
        known = (service, region or "")
        if known not in self._clients:
            from constructs_lib.runtime._shared.client import make_client  # noqa: PLC0415 - slow, see the store

            self._clients[known] = make_client(service, region=region, read_timeout=3)
        return self._clients[known]


@contextmanager
def _answering(trouble: str, *fine: str) -> Iterator[None]:
    """Turn botocore's errors into ours.

    Raises:
        Unanswered: There was one, and its code is not a fine one.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow, see the store

    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        code = said.get("Code", "an unnamed error")
        if code not in fine:
            raise Unanswered(f"{trouble}: {code}: {said.get('Message', '')}") from None
    except BotoCoreError as error:
        raise Unanswered(f"{trouble}: {type(error).__name__}") from None


def _region(arn: str) -> str:
    return arn.split(":")[3]
