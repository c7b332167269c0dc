import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.helpers.lambda_src import Function, load


class FakeEvents:
    """An event bus that remembers, or fails as it is told."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refusal: dict[str, str] | None = None
        self.error: Exception | None = None

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - the API's name
        if self.error:
            raise self.error
        self.entries += Entries
        return {"FailedEntryCount": 1 if self.refusal else 0, "Entries": [self.refusal or {"EventId": "e-1"}]}


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def notification(events: FakeEvents) -> Function:
    function = load("order_notification")
    function.module._events = lambda: events  # type: ignore[attr-defined]
    return function


def request(body: str | None) -> dict[str, Any]:
    return {"body": body, "requestContext": {"requestId": "r-1"}}


ORDER = {"order_id": "o-1", "item": "widget"}


def test_an_order_goes_to_the_bus_with_the_request_id_as_correlation_id(
    notification: Function, events: FakeEvents
) -> None:
    answer = notification(request(json.dumps(ORDER)))

    [entry] = events.entries
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"request_id": "r-1", "correlation_id": "r-1"}
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("orders", "order-hub", "notify-order")
    assert json.loads(entry["Detail"]) == {**ORDER, "metadata": {"correlation_id": "r-1"}}


def test_an_order_that_is_taken_logs_one_start(notification: Function) -> None:
    notification(request(json.dumps(ORDER)))

    [line] = notification.lines_with(status="START")
    assert line["message"] == "order received"
    assert (line["order_id"], line["correlation_id"]) == ("o-1", "r-1")


def test_an_order_counts_as_a_business_metric(notification: Function, capsys: pytest.CaptureFixture[str]) -> None:
    notification(request(json.dumps(ORDER)))

    assert json.loads(capsys.readouterr().out)["OrdersReceived"] == [1.0]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (None, "must be JSON"),
        ("", "must be JSON"),
        ("{no json", "must be JSON"),
        ("[1]", "with an order_id"),
        ("1", "with an order_id"),
        ("{}", "with an order_id"),
        ('{"order_id": ""}', "with an order_id"),
        ('{"order_id": 7}', "a string"),
        ('{"order_id": "o-1", "metadata": {}}', "must not have a field metadata"),
    ],
)
def test_what_is_no_order_answers_400_with_the_fault_and_goes_nowhere(
    notification: Function, events: FakeEvents, body: str | None, fault: str
) -> None:
    answer = notification(request(body))

    assert answer["statusCode"] == 400
    assert fault in json.loads(answer["body"])["message"]
    assert events.entries == []
    assert notification.lines_with(status="START") == []
    assert len(notification.lines_with(status="FAILED")) == 1


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "too many"}}, "PutEvents"),
        EndpointConnectionError(endpoint_url="https://events.example"),
    ],
    ids=["throttled", "unreachable"],
)
def test_an_order_that_the_bus_does_not_take_is_not_acknowledged(
    notification: Function, events: FakeEvents, error: Exception
) -> None:
    events.error = error

    assert notification(request(json.dumps(ORDER)))["statusCode"] == 503
    assert len(notification.lines_with(status="FAILED", order_id="o-1")) == 1


def test_a_refused_entry_in_a_successful_call_is_not_acknowledged(notification: Function, events: FakeEvents) -> None:
    events.refusal = {"ErrorCode": "InternalFailure", "ErrorMessage": "sorry"}

    assert notification(request(json.dumps(ORDER)))["statusCode"] == 503
    assert notification.lines_with(reason="InternalFailure: sorry")
