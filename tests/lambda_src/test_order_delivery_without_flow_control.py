import ast
import json
from collections.abc import Callable

import pytest

from tests.helpers.lambda_src import LAMBDA_SRC, FakeCourier, Function

ORDER = {"order_id": "o-1", "item": "widget"}
EVENT = {"detail-type": "notify-order", "detail": {**ORDER, "metadata": {"correlation_id": "c-1"}}}


@pytest.fixture
def function(delivery: Callable[[str], Function]) -> Function:
    return delivery("order_delivery_without_flow_control")


@pytest.fixture
def waits(function: Function) -> list[float]:
    """The waits between attempts, which a test does not wait."""
    seconds: list[float] = []
    function.module.deliver.retry.sleep = seconds.append
    return seconds


def statuses(function: Function) -> list[str]:
    return [line["status"] for line in function.lines if "status" in line]


def test_an_order_is_delivered_at_the_first_attempt(
    function: Function, courier: FakeCourier, waits: list[float]
) -> None:
    function(EVENT)

    [request] = courier.requests
    assert json.loads(request["body"]) == ORDER
    assert request["headers"]["x-api-key"] == "the-key"
    assert request["headers"]["Idempotency-Key"] == "c-1"
    assert request["timeout"].total == 3
    assert waits == []
    assert statuses(function) == ["START", "COMPLETED"]


def test_five_attempts_with_three_to_eight_seconds_between_then_lambda_has_its_turn(
    function: Function, courier: FakeCourier, waits: list[float]
) -> None:
    courier.statuses = [503, 429, 0, 400, 503]

    with pytest.raises(function.module.DeliveryFailed, match="503"):
        function(EVENT)

    calls = function.lines_with(message="courier call", correlation_id="c-1", order_id="o-1")
    assert [line["http_status"] for line in calls] == [503, 429, 0, 400, 503]
    assert len(waits) == 4
    assert all(3 <= wait <= 8 for wait in waits)
    assert statuses(function) == ["START", "FAILED"]


def test_a_later_attempt_completes_the_order(function: Function, courier: FakeCourier, waits: list[float]) -> None:
    courier.statuses = [503, 503, 200]

    function(EVENT)

    assert len(courier.requests) == 3
    assert len(waits) == 2
    assert statuses(function) == ["START", "COMPLETED"]


@pytest.mark.parametrize("variable", ["COURIER_URL", "COURIER_API_KEY_SECRET"])
def test_a_missing_variable_is_named_with_the_fix_and_not_retried(
    function: Function, courier: FakeCourier, waits: list[float], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(RuntimeError, match=rf"{variable} is not set: .*OrderHubWithoutFlowControlStack"):
        function(EVENT)

    assert courier.requests == []
    assert waits == []
    assert statuses(function) == ["START", "FAILED"]


def test_both_delivery_functions_call_the_courier_alike() -> None:
    """The comparison is between ways to retry, so the call itself must not differ."""

    def call(name: str) -> str:
        tree = ast.parse((LAMBDA_SRC / name / "handler.py").read_text(encoding="utf-8"))
        [function] = [node for node in tree.body if getattr(node, "name", "") == "call_courier"]
        return ast.dump(function)

    assert call("order_delivery") == call("order_delivery_without_flow_control")
