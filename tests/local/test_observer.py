"""When the fate of every order is known, and when the wait is over."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from local.demo import observer as module
from local.demo.observer import Hub, Observer
from local.load import Sent

OUTPUTS = {
    "Hub": {"NotificationFunctionName": "notification", "DeliveryFunctionName": "delivery"},
    "Queued": {
        "NotificationFunctionName": "notification",
        "DeliveryFunctionName": "delivery",
        "QueueUrl": "queue",
        "DeadLetterQueueUrl": "dead",
    },
    "SlowCourierStack": {"CourierFunctionName": "courier"},
}


class FakeEmulator:
    """Functions that log what the test says, and queues that hold what it says."""

    def __init__(self) -> None:
        self.logged: dict[str, list[dict[str, Any]]] = {}
        self.waiting = {"queue": "0", "dead": "0"}
        self.invoked: list[dict[str, Any]] = []

    def client(self, _service: str) -> SimpleNamespace:
        return SimpleNamespace(
            get_function_configuration=lambda **named: {"LoggingConfig": {"LogGroup": named["FunctionName"]}},
            filter_log_events=lambda **named: {"events": self.logged.get(named["logGroupName"], [])},
            get_queue_attributes=lambda **named: {"Attributes": {"count": self.waiting[named["QueueUrl"]]}},
            invoke=lambda **named: self.invoked.append(named),
        )

    def log(self, function: str, *, at: float = 10.0, **fields: object) -> None:
        events = self.logged.setdefault(function, [])
        message = json.dumps(fields)
        events.append({"logStreamName": str(len(events)), "timestamp": int(at * 1000), "message": message})

    def accept(self, order: str) -> None:
        self.log("courier", message="delivery", outcome="accepted", accepted_at=5.0, order_id=order)


@pytest.fixture
def emulator() -> FakeEmulator:
    return FakeEmulator()


def observer(emulator: Any, stack: str = "Hub") -> Observer:  # noqa: ANN401 - a stand-in
    return Observer(emulator, OUTPUTS, Hub(stack=stack, prefix="x", title="X", longest_wait=10, workers=3))


def test_orders_are_settled_when_the_courier_took_them(emulator: FakeEmulator) -> None:
    observed = observer(emulator)
    emulator.accept("x-1")
    observed.look()

    assert observed.settled({"x-1"})
    assert not observed.settled({"x-1", "x-2"})


def test_an_order_is_settled_when_lambda_has_tried_it_three_times(emulator: FakeEmulator) -> None:
    observed = observer(emulator)
    for attempt in range(3):
        observed.look()
        assert not observed.settled({"x-1"}), attempt
        emulator.log("delivery", message="delivery started", status="START", order_id="x-1", attempt=attempt)
    observed.look()

    assert observed.settled({"x-1"})


def test_with_a_queue_orders_are_settled_when_it_is_empty(emulator: FakeEmulator) -> None:
    observed = observer(emulator, "Queued")
    emulator.waiting["queue"] = "1"
    assert not observed.settled({"x-1"})

    emulator.waiting["queue"] = "0"
    assert observed.settled({"x-1"})


def test_it_is_quiet_only_after_the_longest_wait_and_an_invocation(
    emulator: FakeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    observed = observer(emulator)
    observed.look()

    now = 10 + module.LONGEST_INVOCATION - 0.1
    assert not observed.quiet()
    emulator.accept("x-1")
    observed.look()
    now += 1
    assert not observed.quiet()
    now += 10 + module.LONGEST_INVOCATION
    assert observed.quiet()


def test_the_run_holds_the_measured_orders_and_nothing_of_the_warm_up(emulator: FakeEmulator) -> None:
    observed = observer(emulator, "Queued")
    emulator.waiting["dead"] = "1"
    call: dict[str, Any] = {"message": "courier call", "http_status": 200, "duration": 0.1, "correlation_id": "c"}
    for order, at in (("warm-up-x-1", 1.0), ("x-1", 4.0)):
        emulator.accept(order)
        emulator.log("delivery", **call, called_at=at, order_id=order)
    for ended in (2_000, 6_000):
        report = f"REPORT RequestId: r{ended}\tDuration: 500 ms\t"
        emulator.logged["delivery"].append({"logStreamName": "r", "timestamp": ended, "message": report})
    sent = [Sent(number=0, order_id="x-1", sent_at=3.0, status=200, correlation_id="c")]

    run = observed.run(sent, cut="")

    assert [call.order_id for call in run.calls] == ["x-1"]
    assert [acceptance.order_id for acceptance in run.acceptances] == ["x-1"]
    assert [invocation.began for invocation in run.invocations] == [5.5]
    assert (run.dead_lettered, run.waiting) == (1, 0)


def test_functions_are_started_with_an_order_each(emulator: FakeEmulator) -> None:
    orders = observer(emulator).start_functions()

    events = [json.loads(call["Payload"])["detail"] for call in emulator.invoked]
    assert {event["order_id"] for event in events} == orders
    assert len(orders) == 3
    assert all(call["InvocationType"] == "Event" for call in emulator.invoked)
