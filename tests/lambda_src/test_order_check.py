"""What the shop knows of an order check: when an order is settled, whom not to call, and how Twilio is asked.

A whole day of orders is in test_order_check_day.py.
"""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import twilio_calls

from constructs_lib.runtime.delayed_check import Ambiguous, CheckHandler, Rejected
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import Settings
from constructs_lib.runtime.delayed_check.transitions import Order
from tests.helpers.lambda_src import Function, load
from tests.helpers.order_desk import ACCOUNT, PHONE, MemoryOrders, MemoryTwilio, client_error
from tests.runtime.custom_resource.loopback import RESET, Loopback, Reply, serving

PLACED_AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
PLACED = round(PLACED_AT.timestamp() * 1000)
TOKEN = "0f" * 16


class Clock:
    def now(self) -> int:
        return PLACED + 300_000

    def remaining(self) -> float:
        return 5.0


def context(*, timeout: float = 5.0) -> Context:
    order = Order("order-1", PLACED, PLACED + 300_000, PLACED + 600_000)
    return Context(Case(order=order, settings=Settings("order-check"), clock=Clock(), nonce="n"), timeout=timeout)


@pytest.fixture
def orders() -> MemoryOrders:
    return MemoryOrders()


@pytest.fixture
def function(orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch) -> Function:
    return order_check(orders, monkeypatch)


def order_check(orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch) -> Function:
    # What the function does to the library's logger ends with the test.
    for name, value in {"handlers": [], "propagate": True}.items():
        monkeypatch.setattr(logging.getLogger("constructs_lib.runtime"), name, value)
    monkeypatch.setattr(twilio_calls, "account", lambda: ACCOUNT)
    loaded = load("order_check")
    loaded.module._orders = lambda: orders  # type: ignore[attr-defined]
    return loaded


@pytest.fixture
def check(function: Function) -> CheckHandler:
    made = function.module.OrderCheck()
    assert isinstance(made, CheckHandler)
    return made


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> MemoryTwilio:
    fake = MemoryTwilio()
    monkeypatch.setattr(twilio_calls, "place", fake.place)
    monkeypatch.setattr(twilio_calls, "find", fake.find)
    return fake


@pytest.mark.parametrize(("status", "settled"), [("placed", False), ("accepted", True), ("cancelled", True)])
def test_an_order_is_settled_when_it_is_no_longer_just_placed(
    check: CheckHandler, orders: MemoryOrders, status: str, settled: bool
) -> None:
    orders.put("order-1", status=status)

    assert check.is_settled(context(), "order-1") is settled


def test_an_order_that_is_gone_is_settled(check: CheckHandler) -> None:
    assert check.is_settled(context(), "order-1") is True


@pytest.mark.parametrize(("fields", "reason"), [({"do_not_call": True}, "opted out"), ({}, None)])
def test_who_has_opted_out_is_not_called(
    check: CheckHandler, orders: MemoryOrders, fields: dict[str, bool], reason: str | None
) -> None:
    orders.put("order-1", **fields)

    assert check.suppress(context(), "order-1") == reason
    assert check.suppress(context(), "order-2") is None


@pytest.mark.usefixtures("twilio")
def test_the_number_is_read_where_it_is_dialled_and_nowhere_else(check: CheckHandler, orders: MemoryOrders) -> None:
    orders.put("order-1")
    fields = []
    for ask in (
        lambda: check.is_settled(context(), "order-1"),
        lambda: check.suppress(context(), "order-1"),
        lambda: check.contact(context(), "order-1", "call", TOKEN),
    ):
        ask()
        fields.append([read["ExpressionAttributeNames"]["#field"] for read in orders.reads])
        orders.reads.clear()

    assert fields == [["status"], ["do_not_call"], ["phone"]]


def test_a_call_is_made_to_the_customer_and_reported_under_order_and_token(
    check: CheckHandler, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    orders.put("order-1")

    assert check.contact(context(), "order-1", "call", TOKEN) == "CA1"

    [made] = twilio.calls
    assert (made["account"], made["to"]) == (ACCOUNT, PHONE)
    assert made["report_to"] == f"https://shop.example/prod/reports/order-1/{TOKEN}"
    assert 0 < made["timeout"] <= 5


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Twilio on this machine, instead of the one in memory."""
    with serving(Reply(201, b'{"sid": "CA7"}')) as loopback:
        monkeypatch.setattr(twilio_calls, "account", lambda: ACCOUNT._replace(url=loopback.endpoint))
        yield loopback


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, b'{"code": 21211}'), Rejected("Twilio answers 400, error 21211", retry=False)),
        (Reply(401), Rejected("Twilio answers 401")),
        (Reply(429, headers={"Retry-After": "3"}), Rejected("Twilio answers 429", after=3)),
        (Reply(500), Ambiguous("Twilio answers 500")),
        (Reply(503), Ambiguous("Twilio answers 503")),
        (Reply(201, b"{}"), Ambiguous("Twilio answers 201")),
        (Reply(RESET), Ambiguous("no answer: ProtocolError")),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else type(value).__name__,
)
def test_what_twilio_says_decides_whether_the_order_may_be_tried_again(
    function: Function, orders: MemoryOrders, server: Loopback, reply: Reply, error: Exception
) -> None:
    orders.put("order-1")
    server.say(reply)

    with pytest.raises(type(error)) as caught:
        function.module.OrderCheck().contact(context(), "order-1", "call", TOKEN)

    assert vars(caught.value) == vars(error)
    [line] = function.lines_with(message="call", order_id="order-1", arm="call")
    assert line["result"] == ("rejected" if isinstance(error, Rejected) else "ambiguous")


def test_a_call_over_a_real_connection_ends_with_twilios_id(
    check: CheckHandler, orders: MemoryOrders, server: Loopback
) -> None:
    orders.put("order-1")

    assert check.contact(context(), "order-1", "call", TOKEN) == "CA7"
    assert len(server.received) == 1


@pytest.mark.parametrize("fault", ["table", "secret", "variable", "time"])
def test_what_fails_before_the_call_leaves_the_order_to_be_tried_again(
    check: CheckHandler, orders: MemoryOrders, twilio: MemoryTwilio, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Of another exception the library could not know that nothing was sent, and would never try again."""
    orders.put("order-1")
    if fault == "table":
        orders.faults = [client_error("ProvisionedThroughputExceededException")]
    elif fault == "secret":
        monkeypatch.setattr(twilio_calls, "account", raising(KeyError("auth_token")))
    elif fault == "variable":
        monkeypatch.delenv("REPORTS_URL")

    with pytest.raises(Rejected, match="not sent: ") as caught:
        check.contact(context(timeout=0.1 if fault == "time" else 5.0), "order-1", "call", TOKEN)
    assert caught.value.retry is True
    assert twilio.asked == 0


def raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.parametrize("left", [None, {"order_id": "order-1", "status": "placed"}], ids=["nothing", "no number"])
def test_an_order_whose_number_is_gone_at_the_call_is_not_tried_again(
    check: CheckHandler, orders: MemoryOrders, twilio: MemoryTwilio, left: dict[str, Any] | None
) -> None:
    if left is not None:
        orders.items["order-1"] = left

    with pytest.raises(Rejected, match="no number any more") as caught:
        check.contact(context(), "order-1", "call", TOKEN)
    assert caught.value.retry is False
    assert twilio.asked == 0


def test_one_call_to_the_customer_between_check_and_deadline_is_the_orders(
    check: CheckHandler, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    orders.put("order-1")
    assert check.reconcile(context(), "order-1", TOKEN) is None

    twilio.place(ACCOUNT, to=PHONE, timeout=5)
    assert check.reconcile(context(), "order-1", TOKEN) == "CA1"


def test_two_calls_to_the_customer_leave_a_doubt(
    check: CheckHandler, orders: MemoryOrders, twilio: MemoryTwilio
) -> None:
    orders.put("order-1")
    for _ in range(2):
        twilio.place(ACCOUNT, to=PHONE, timeout=5)

    assert check.reconcile(context(), "order-1", TOKEN) is None


def test_the_search_reaches_from_the_check_to_a_minute_past_the_deadline(
    check: CheckHandler, orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.put("order-1")
    asked: dict[str, Any] = {}

    def find(account: twilio_calls.Account, **search: object) -> list[str]:
        assert account is ACCOUNT
        asked.update(search)
        return []

    monkeypatch.setattr(twilio_calls, "find", find)

    check.reconcile(context(), "order-1", TOKEN)

    assert (asked["since"].minute, asked["until"].minute) == (5, 11)


def test_of_an_order_that_is_gone_nothing_can_be_found(check: CheckHandler, twilio: MemoryTwilio) -> None:
    twilio.place(ACCOUNT, to=PHONE, timeout=5)

    assert check.reconcile(context(), "order-1", TOKEN) is None


@pytest.mark.usefixtures("twilio")
def test_a_call_logs_and_counts_and_no_line_has_the_number(
    function: Function, orders: MemoryOrders, capsys: pytest.CaptureFixture[str]
) -> None:
    orders.put("order-1")
    check = function.module.OrderCheck()
    check.contact(context(), "order-1", "call", TOKEN)
    check.reconcile(context(), "order-1", TOKEN)

    assert function.lines_with(message="call", result="placed", order_id="order-1", arm="call", call_sid="CA1")
    written = json.dumps(function.lines) + "".join(capsys.readouterr())
    assert "CallsPlaced" in written
    assert PHONE.lstrip("+") not in written
    assert "the-token" not in written


def test_the_librarys_lines_have_the_form_of_the_functions_own(function: Function) -> None:
    logging.getLogger("constructs_lib.runtime.delayed_check").warning("a duplicate", extra={"unit": "order-1"})

    [line] = function.lines_with(message="a duplicate", unit="order-1")
    assert line["level"] == "WARNING"
