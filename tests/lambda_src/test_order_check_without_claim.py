"""The naive check does what it was written for, and shows what it was not written for."""

import json
from typing import Any

import pytest
import twilio_calls
from twilio_calls import NoAnswer, NotTaken

from tests.helpers.lambda_src import Function, load
from tests.helpers.order_desk import ACCOUNT, PHONE, MemoryOrders, MemoryTwilio
from tests.runtime.custom_resource.loopback import Reply, serving

REAL_PLACE = twilio_calls.place


@pytest.fixture
def orders() -> MemoryOrders:
    return MemoryOrders()


@pytest.fixture(autouse=True)
def twilio(monkeypatch: pytest.MonkeyPatch) -> MemoryTwilio:
    fake = MemoryTwilio()
    monkeypatch.setattr(twilio_calls, "place", fake.place)
    return fake


@pytest.fixture
def function(orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch) -> Function:
    monkeypatch.setattr(twilio_calls, "account", lambda: ACCOUNT)
    loaded = load("order_check_without_claim")
    loaded.module._orders = lambda: orders  # type: ignore[attr-defined]
    return loaded


def batch(*order_ids: str) -> dict[str, Any]:
    """The orders' events as SQS delivers them."""
    records = []
    for number, order_id in enumerate(order_ids):
        event = {"detail-type": "OrderPlaced", "detail": {"order_id": order_id, "placed_at": "2026-11-21T10:00:00Z"}}
        records.append({"messageId": f"m-{number}", "body": json.dumps(event), "eventSource": "aws:sqs"})
    return {"Records": records}


def in_arm(function: Function, arm: str) -> str:
    """The first order that is in an arm."""
    names = (f"order-{number}" for number in range(100))
    return next(name for name in names if function.module.arm_of(name) == arm)


def results(function: Function) -> list[tuple[str, str]]:
    return [(line["order_id"], line["result"]) for line in function.lines_with(message="order checked")]


def test_half_of_the_open_orders_are_called_about(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    names = [f"order-{number}" for number in range(400)]
    for name in names:
        orders.put(name)

    for start in range(0, 400, 10):
        assert function(batch(*names[start : start + 10])) == {"batchItemFailures": []}

    called = [name for name, result in results(function) if result == "called"]
    assert len(called) == len(twilio.calls)
    assert 160 <= len(called) <= 240
    assert {call["to"] for call in twilio.calls} == {PHONE}


@pytest.mark.parametrize(
    ("fields", "result"), [({"status": "accepted"}, "settled"), ({"do_not_call": True}, "opted out")]
)
def test_who_need_not_or_must_not_be_called_is_not(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio, fields: dict[str, Any], result: str
) -> None:
    name = in_arm(function, "call")
    orders.put(name, **fields)

    function(batch(name))

    assert results(function) == [(name, result)]
    assert twilio.asked == 0


def test_an_order_that_is_gone_and_one_in_control_are_not_called_about(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    control = in_arm(function, "control")
    orders.put(control)

    function(batch(control, "gone"))

    assert results(function) == [(control, "control"), ("gone", "settled")]
    assert twilio.asked == 0


def test_one_order_that_fails_comes_back_without_the_others(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    name, control = in_arm(function, "call"), in_arm(function, "control")
    for each in (name, control):
        orders.put(each)
    twilio.endings = [NotTaken("Twilio answers 429")]

    assert function(batch(name, control)) == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    assert results(function) == [(control, "control")]
    assert function.lines_with(message="order not checked", order_id=name)


def test_a_message_that_comes_again_is_a_call_that_is_made_again(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    name = in_arm(function, "call")
    orders.put(name)

    function(batch(name))
    function(batch(name))

    assert len(twilio.calls) == 2


def test_a_call_whose_answer_is_lost_is_made_again(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    name, control = in_arm(function, "call"), in_arm(function, "control")
    for each in (name, control):
        orders.put(each)
    twilio.endings = [NoAnswer("no answer: ReadTimeoutError")]

    assert function(batch(name, control))["batchItemFailures"] == [{"itemIdentifier": "m-0"}]
    function(batch(name))

    assert len(twilio.calls) == 2


def test_an_order_is_called_about_however_late_it_is(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    name = in_arm(function, "call")
    orders.put(name, placed_at="2020-01-01T00:00:00Z")

    function(batch(name))

    assert len(twilio.calls) == 1


def test_no_line_has_the_number_or_the_token(
    function: Function, orders: MemoryOrders, twilio: MemoryTwilio, capsys: pytest.CaptureFixture[str]
) -> None:
    name, control = in_arm(function, "call"), in_arm(function, "control")
    for each in (name, control):
        orders.put(each)
    twilio.endings = [NoAnswer("no answer: ReadTimeoutError")]

    function(batch(name, control))
    function(batch(name))

    written = json.dumps(function.lines) + "".join(capsys.readouterr())
    assert "OrdersChecked" in written
    assert PHONE.lstrip("+") not in written
    assert ACCOUNT.auth_token not in written


def test_the_call_itself_is_the_one_of_the_function_with_the_library(
    orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison is between ways to remember, so the request must not differ."""
    with serving(Reply(201, b'{"sid": "CA1"}')) as twilio:
        monkeypatch.setattr(twilio_calls, "place", REAL_PLACE)
        monkeypatch.setattr(twilio_calls, "account", lambda: ACCOUNT._replace(url=twilio.endpoint))
        function = load("order_check_without_claim")
        function.module._orders = lambda: orders  # type: ignore[attr-defined]
        name = in_arm(function, "call")
        orders.put(name)

        function(batch(name))

    assert results(function) == [(name, "called")]
    assert twilio.received[0].path == "/2010-04-01/Accounts/AC1/Calls.json"
