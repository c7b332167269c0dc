import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.lambda_src import Context, FakeCourier, Function

ORDER = {"order_id": "o-1", "item": "widget"}


def queue_event(detail: object) -> dict[str, Any]:
    """An order's event as SQS delivers it, kept whole by the rule."""
    event = {"id": "e-1", "source": "order-hub", "detail-type": "notify-order", "detail": detail}
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders",
    }
    return {"Records": [record]}


ORDER_EVENT = queue_event({**ORDER, "metadata": {"correlation_id": "c-1"}})


@pytest.fixture
def function(delivery: Callable[[str], Function]) -> Function:
    return delivery("order_delivery")


def statuses(function: Function) -> list[str]:
    return [line["status"] for line in function.lines if "status" in line]


def test_the_courier_gets_the_plain_order_with_key_and_idempotency_key(
    function: Function, courier: FakeCourier
) -> None:
    result = function(ORDER_EVENT)

    [request] = courier.requests
    assert result == {"batchItemFailures": []}
    assert (request["method"], request["url"]) == ("POST", "https://courier.example/deliveries")
    assert json.loads(request["body"]) == ORDER
    assert request["headers"]["x-api-key"] == "the-key"
    assert request["headers"]["x-correlation-id"] == "c-1"
    assert request["headers"]["Idempotency-Key"] == "c-1"


def test_a_delivered_order_logs_its_story(function: Function) -> None:
    function(ORDER_EVENT)

    [call] = function.lines_with(message="courier call")
    assert statuses(function) == ["START", "COMPLETED"]
    assert (call["http_status"], call["order_id"], call["correlation_id"]) == (200, "o-1", "c-1")
    assert isinstance(call["called_at"], float)
    assert call["duration"] >= 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_that_may_pass_goes_back_to_the_queue_after_one_attempt(
    function: Function, courier: FakeCourier, status: int
) -> None:
    courier.statuses = [status]

    result = function(ORDER_EVENT)

    assert result == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert statuses(function) == ["START", "RETRY"]
    assert [line["http_status"] for line in function.lines_with(message="courier call")] == [status]


def test_no_answer_is_an_attempt_with_status_0_and_is_tried_again(function: Function, courier: FakeCourier) -> None:
    courier.statuses = [0]

    function(ORDER_EVENT)

    assert statuses(function) == ["START", "RETRY"]
    assert [line["http_status"] for line in function.lines_with(message="courier call")] == [0]


def test_an_order_that_the_courier_refuses_is_not_tried_again(function: Function, courier: FakeCourier) -> None:
    courier.statuses = [400]

    function(ORDER_EVENT)

    assert statuses(function) == ["START", "FAILED"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_and_the_order_kept(function: Function, courier: FakeCourier, status: int) -> None:
    courier.statuses = [status]

    function(ORDER_EVENT)

    assert statuses(function) == ["START", "RETRY"]
    [retry] = function.lines_with(status="RETRY")
    assert f"HTTP {status}" in retry["reason"]
    assert "COURIER_API_KEY_SECRET" in retry["reason"]


@pytest.mark.parametrize("detail", [[1], "order", None])
def test_a_message_without_an_order_is_not_tried_again(
    function: Function, courier: FakeCourier, detail: object
) -> None:
    event = queue_event(None)
    event["Records"][0]["body"] = json.dumps(detail)

    function(event)

    assert statuses(function) == ["START", "FAILED"]
    assert courier.requests == []


def test_a_call_ends_before_the_function_does(function: Function, courier: FakeCourier) -> None:
    function(ORDER_EVENT, Context(remaining=4_000))

    [request] = courier.requests
    assert 0 < request["timeout"].total < 4


def test_the_key_is_read_once_in_five_minutes(function: Function, secrets_read: list[dict[str, Any]]) -> None:
    function(ORDER_EVENT)

    assert secrets_read == [{"name": "courier-api-key", "max_age": 300}]


@pytest.mark.parametrize("variable", ["COURIER_URL", "COURIER_API_KEY_SECRET"])
def test_a_missing_variable_is_named_with_the_fix(
    function: Function, courier: FakeCourier, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)

    result = function(ORDER_EVENT)

    assert result == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert courier.requests == []
    assert any(
        f"{variable} is not set" in json.dumps(line) and "OrderHubStack" in json.dumps(line) for line in function.lines
    )
