import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.helpers.lambda_src import Function, load
from tests.helpers.order_desk import PHONE, MemoryOrders, client_error
from tests.lambda_src.test_order_notification import FakeEvents

ORDER = {"order_id": "order-1", "phone": PHONE}


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def orders() -> MemoryOrders:
    return MemoryOrders()


@pytest.fixture
def function(orders: MemoryOrders, events: FakeEvents, monkeypatch: pytest.MonkeyPatch) -> Function:
    # An operator may ask Powertools to log events; an order's holds the number. Read when the function is loaded.
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    loaded = load("orders")
    loaded.module._orders = lambda: loaded.module.Orders(orders)  # type: ignore[attr-defined]
    loaded.module._events = lambda: events  # type: ignore[attr-defined]
    return loaded


def place(function: Function, body: object) -> dict[str, Any]:
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    return answered(function({"httpMethod": "POST", "pathParameters": None, "body": text}))


def advance(function: Function, order_id: str) -> dict[str, Any]:
    return answered(function({"httpMethod": "POST", "pathParameters": {"order_id": order_id}, "body": None}))


def answered(answer: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": answer["statusCode"], **json.loads(answer["body"])}


def test_an_order_becomes_a_row_with_the_phone_number_and_an_event_without_it(
    function: Function, orders: MemoryOrders, events: FakeEvents
) -> None:
    answer = place(function, ORDER)

    [entry] = events.entries
    row = orders.items["order-1"]
    assert row == {**ORDER, "do_not_call": False, "status": "placed", "placed_at": answer["placed_at"]}
    assert datetime.fromisoformat(answer["placed_at"]).utcoffset() is not None
    assert answer == {"status_code": 201, "order_id": "order-1", "status": "placed", "placed_at": row["placed_at"]}
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("orders", "order-hub", "notify-order")
    assert json.loads(entry["Detail"]) == {"order_id": "order-1", "placed_at": row["placed_at"]}


def test_an_order_that_comes_again_is_published_again_with_the_time_of_the_first(
    function: Function, events: FakeEvents
) -> None:
    first, second = place(function, ORDER), place(function, ORDER)

    assert first == second
    assert len({entry["Detail"] for entry in events.entries}) == 1
    assert len(events.entries) == 2


@pytest.mark.parametrize("other", [{"phone": "+4915100000002"}, {"do_not_call": True}])
def test_another_order_with_the_same_id_is_refused(
    function: Function, orders: MemoryOrders, events: FakeEvents, other: dict[str, Any]
) -> None:
    place(function, ORDER)

    assert place(function, {**ORDER, **other})["status_code"] == 409
    assert orders.items["order-1"]["phone"] == PHONE
    assert len(events.entries) == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (None, "must be JSON"),
        (f"{{no json {PHONE}", "must be JSON"),
        ("[1]", "got list"),
        ({"phone": PHONE}, "order_id"),
        ({"order_id": "", "phone": PHONE}, "order_id"),
        ({"order_id": 7, "phone": PHONE}, "order_id"),
        ({"order_id": "a/b", "phone": PHONE}, "order_id"),
        ({"order_id": "o" * 65, "phone": PHONE}, "order_id"),
        ({"order_id": "order-1"}, "phone"),
        ({"order_id": "order-1", "phone": PHONE.replace("+", "00")}, "E.164"),
        ({"order_id": "order-1", "phone": f"{PHONE}\n"}, "E.164"),
        ({**ORDER, "do_not_call": "yes"}, "do_not_call"),
    ],
)
def test_what_is_no_order_answers_400_and_goes_nowhere_and_no_number_is_repeated(
    function: Function, orders: MemoryOrders, events: FakeEvents, body: object, fault: str
) -> None:
    answer = place(function, body)

    assert answer["status_code"] == 400
    assert fault in answer["message"]
    assert orders.items == {}
    assert events.entries == []
    assert "15100000001" not in json.dumps([answer, function.lines])


@pytest.mark.parametrize(
    "error",
    [client_error("ThrottlingException"), EndpointConnectionError(endpoint_url="https://events.example")],
    ids=["throttled", "unreachable"],
)
def test_an_order_whose_event_the_bus_does_not_take_is_to_be_sent_again(
    function: Function, events: FakeEvents, error: Exception
) -> None:
    events.error = error
    assert place(function, ORDER)["status_code"] == 503

    events.error = None
    assert place(function, ORDER)["status_code"] == 201
    assert len(events.entries) == 1


def test_an_event_that_is_refused_in_a_successful_call_is_not_acknowledged(
    function: Function, events: FakeEvents
) -> None:
    events.refusal = {"ErrorCode": "InternalFailure", "ErrorMessage": "sorry"}

    assert place(function, ORDER)["status_code"] == 503


def test_an_order_is_advanced_once_and_again(function: Function, orders: MemoryOrders) -> None:
    place(function, ORDER)

    for _ in range(2):
        assert advance(function, "order-1") == {"status_code": 200, "order_id": "order-1", "status": "accepted"}
    assert orders.items["order-1"]["status"] == "accepted"


def test_an_order_that_there_is_not_cannot_be_advanced(function: Function, orders: MemoryOrders) -> None:
    assert advance(function, "order-1")["status_code"] == 404
    assert orders.items == {}


@pytest.mark.parametrize("request_", [place, advance])
def test_a_table_that_fails_is_no_answer(function: Function, orders: MemoryOrders, request_: Any) -> None:  # noqa: ANN401 - either
    orders.faults = [client_error("ProvisionedThroughputExceededException")]

    with pytest.raises(type(orders.faults[0])):
        request_(function, ORDER if request_ is place else "order-1")


def test_each_request_logs_its_story_and_no_phone_number(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    place(function, ORDER)
    advance(function, "order-1")

    told = [(line["operation"], line["http_status"], line["order_id"]) for line in function.lines_with(message="order")]
    assert told == [("place", 201, "order-1"), ("advance", 200, "order-1")]
    written = json.dumps(function.lines) + "".join(capsys.readouterr())
    assert "OrdersPlaced" in written
    assert "15100000001" not in written
