"""What is really asked of SQS, Scheduler and EventBridge, read off the wire by an HTTP server on this machine."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check.outbound import Outbound, Published
from constructs_lib.runtime.delayed_check.steps import Schedule
from tests.runtime.custom_resource.loopback import HANG_UP, RESET, Loopback, Reply
from tests.runtime.delayed_check.server import Server
from tests.runtime.delayed_check.stage import CHECK, SETTINGS

#: A port that nobody listens on.
NOWHERE = "http://127.0.0.1:9"
QUEUE_URL = Reply(200, b'{"QueueUrl": "http://127.0.0.1:1/check"}')
BODY = {"unit": "order-1", "kind": "check"}
SCHEDULED = SETTINGS._replace(
    schedule_group="checks",
    schedule_role_arn="arn:aws:iam::123456789012:role/scheduler",
    schedule_dead_letter_arn="arn:aws:sqs:eu-west-1:123456789012:dead",
)
SCHEDULE = Schedule(name="a" * 64, at=1_795_000_020_000, body=BODY)


def refusal(code: str, message: str = "because") -> Reply:
    return Reply(400, json.dumps({"__type": code, "message": message}).encode(), {"x-amzn-ErrorType": code})


def asked(loopback: Loopback) -> list[tuple[str, dict[str, Any]]]:
    """What was asked, and with what."""
    return [
        (request.headers.get("X-Amz-Target", request.path), json.loads(request.body)) for request in loopback.received
    ]


# ---- messages ------------------------------------------------------------------------------------------------------


def test_a_message_is_sent_with_its_own_delay(server: Server) -> None:
    loopback = server(QUEUE_URL, Reply(200, b'{"MessageId": "1"}'))
    outbound = Outbound()

    outbound.send(CHECK, BODY, delay=287)
    outbound.send(CHECK, BODY)

    (name, where), (action, sent), (_, again) = asked(loopback)
    assert (name, where) == (
        "AmazonSQS.GetQueueUrl",
        {"QueueName": "check", "QueueOwnerAWSAccountId": "123456789012"},
    )
    assert (action, sent.pop("QueueUrl")) == ("AmazonSQS.SendMessage", "http://127.0.0.1:1/check")
    assert sent == {"MessageBody": json.dumps(BODY), "DelaySeconds": 287}
    assert again["DelaySeconds"] == 0
    assert {request.headers["Authorization"].split("/")[2] for request in loopback.received} == {"eu-west-1"}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refusal("AccessDenied"), "AccessDenied: because"),
        (refusal("com.amazonaws.sqs#QueueDoesNotExist"), "QueueDoesNotExist"),
        (Reply(RESET), "ConnectionClosedError|EndpointConnectionError|ConnectionError"),
        (Reply(HANG_UP), "ConnectionClosedError"),
    ],
)
def test_a_message_that_is_not_taken_is_an_error_of_ours(server: Server, reply: Reply, said: str) -> None:
    server(reply)

    with pytest.raises(Unanswered, match=f"^the queue {re.escape(CHECK)} did not take a message: .*({said})"):
        Outbound().send(CHECK, BODY)


# ---- schedules -----------------------------------------------------------------------------------------------------


def test_a_schedule_is_for_once_in_utc_and_removes_itself(server: Server) -> None:
    loopback = server(Reply(200, b'{"ScheduleArn": "arn:x"}'))

    Outbound().schedule(SCHEDULE, SCHEDULED)

    ((path, content),) = asked(loopback)
    content.pop("ClientToken")
    assert path == f"/schedules/{'a' * 64}"
    assert content == {
        "ActionAfterCompletion": "DELETE",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "GroupName": "checks",
        "ScheduleExpression": "at(2026-11-18T11:07:00)",
        "ScheduleExpressionTimezone": "UTC",
        "Target": {
            "Arn": CHECK,
            "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:123456789012:dead"},
            "Input": json.dumps(BODY),
            "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
        },
    }
    assert loopback.received[0].headers["Authorization"].split("/")[2] == "eu-west-1"


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_a_schedule_is_not_moved_by_the_machine_s_own_time_zone(server: Server) -> None:
    loopback = server(Reply(200, b'{"ScheduleArn": "arn:x"}'))

    Outbound().schedule(SCHEDULE, SCHEDULED)

    assert asked(loopback)[0][1]["ScheduleExpression"] == "at(2026-11-18T11:07:00)"


def test_without_a_dead_letter_queue_there_is_none(server: Server) -> None:
    loopback = server(Reply(200, b'{"ScheduleArn": "arn:x"}'))

    Outbound().schedule(SCHEDULE, SCHEDULED._replace(schedule_dead_letter_arn=""))

    assert "DeadLetterConfig" not in asked(loopback)[0][1]["Target"]


def test_a_schedule_that_exists_will_do(server: Server) -> None:
    loopback = server(refusal("ConflictException"))

    Outbound().schedule(SCHEDULE, SCHEDULED)

    assert len(loopback.received) == 1


@pytest.mark.parametrize("code", ["ValidationException", "ServiceQuotaExceededException", "ResourceNotFoundException"])
def test_a_schedule_that_is_not_taken_is_an_error_of_ours(server: Server, code: str) -> None:
    server(refusal(code))

    with pytest.raises(Unanswered, match=f"the schedule group checks did not take a schedule: {code}: because"):
        Outbound().schedule(SCHEDULE, SCHEDULED)


# ---- events --------------------------------------------------------------------------------------------------------


def details(count: int) -> list[dict[str, Any]]:
    return [{"event_id": str(number), "unit": f"order-{number}"} for number in range(count)]


def taken(count: int, *, but: int | None = None) -> Reply:
    entries: list[dict[str, str]] = [{"EventId": str(number)} for number in range(count)]
    if but is not None:
        entries[but] = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
    return Reply(200, json.dumps({"Entries": entries, "FailedEntryCount": int(but is not None)}).encode())


def test_events_go_to_the_bus_by_tens_in_their_order(server: Server) -> None:
    loopback = server(taken(10), taken(10), taken(3))

    assert Outbound().publish(details(23), "outcomes") == Published(23)

    requests = asked(loopback)
    assert {action for action, _ in requests} == {"AWSEvents.PutEvents"}
    entries = [entry for _, request in requests for entry in request["Entries"]]
    assert [len(request["Entries"]) for _, request in requests] == [10, 10, 3]
    assert [json.loads(entry["Detail"]) for entry in entries] == details(23)
    assert {(entry["EventBusName"], entry["Source"], entry["DetailType"]) for entry in entries} == {
        ("outcomes", "constructs-lib.delayed-check", "DelayedCheckOutcome")
    }


def test_what_the_bus_did_not_take_is_named_by_its_place(server: Server) -> None:
    loopback = server(taken(10), taken(10, but=4), taken(3))

    assert Outbound().publish(details(23), "outcomes") == Published(14, "ThrottlingException: Rate exceeded")
    # What comes behind waits: it comes again, after what was not taken.
    assert len(loopback.received) == 2


def test_a_request_that_fails_leaves_what_went_before(server: Server) -> None:
    server(taken(10), refusal("AccessDeniedException"))

    taken_, trouble = Outbound().publish(details(15), "outcomes")

    assert taken_ == 10
    assert trouble == "the event bus outcomes did not take events: AccessDeniedException: because"


def test_nothing_to_publish_asks_nothing(server: Server) -> None:
    loopback = server(taken(0))

    assert Outbound().publish([], "outcomes") == Published(0)
    assert loopback.received == []


def test_a_bus_elsewhere_is_asked_there(server: Server) -> None:
    loopback = server(taken(1))

    Outbound().publish(details(1), "arn:aws:events:ap-south-1:123456789012:event-bus/outcomes")

    assert loopback.received[0].headers["Authorization"].split("/")[2] == "ap-south-1"


def test_out_of_reach_is_an_error_of_ours_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    outbound = Outbound()

    with pytest.raises(Unanswered, match="EndpointConnectionError"):
        outbound.send(CHECK, BODY)
    with pytest.raises(Unanswered, match="EndpointConnectionError"):
        outbound.schedule(SCHEDULE, SCHEDULED)
    assert outbound.publish(details(1), "outcomes").taken == 0
