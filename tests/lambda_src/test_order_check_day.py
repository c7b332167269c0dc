"""A whole day of orders through the example's own function: duplicates of everything, kills, a Twilio with moods."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from random import Random
from typing import Any

import pytest
import twilio_calls
from twilio_calls import NoAnswer, NotTaken

from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import CheckRunner, Experiment
from tests.helpers.order_desk import MemoryOrders, MemoryTwilio
from tests.lambda_src.conftest import ENVIRONMENT
from tests.lambda_src.test_order_check import order_check

DAY = 86_400
DELAY, DEADLINE = 300, 600
HALF = Experiment(key="order-check", version=1, arms={"call": 50, "control": 50}, control="control")
ORDERS = 600
#: What becomes of the orders, in turn: accepted in time, by a customer who has opted out, accepted after the check,
#: and never.
ENDINGS = ("accepted", "opted out", "accepted late", "stuck", "stuck", "stuck")


class Day:
    """A day of orders, and what Twilio saw of it.

    Args:
        runner: The check.
        orders: The shop's table.
        twilio: Who calls.
        seed: Of what is left to chance.

    Attributes:
        placed_at: When each order was placed.
        called_at: Each call that Twilio made: order and time.
        written: What the function logged and counted.
    """

    def __init__(self, runner: CheckRunner, orders: MemoryOrders, twilio: MemoryTwilio, *, seed: int) -> None:
        self.runner, self.orders, self.twilio = runner, orders, twilio
        self.placed_at: dict[str, float] = {}
        self.called_at: list[tuple[str, float]] = []
        self.written = ""
        self._random = Random(seed)  # noqa: S311 - the same in each run is what it is for

    def begin(self) -> None:
        """Plan what happens; `runner.run()` lets it happen."""
        for number in range(ORDERS):
            unit, ending = f"order-{number}", ENDINGS[number % len(ENDINGS)]
            at = self._random.random() * DAY
            self.placed_at[unit] = at
            self.runner.at(at, partial(self._place, unit, ending))
            if ending.startswith("accepted"):
                later = self._random.uniform(*((1, DELAY - 1) if ending == "accepted" else (DELAY + 30, DEADLINE)))
                self.runner.at(at + later, partial(self._accept, unit))

    def _place(self, unit: str, ending: str) -> None:
        # Each customer has a number of its own.
        phone = f"+49151{int(unit.partition('-')[2]):08}"
        self.orders.put(unit, phone=phone, do_not_call=ending == "opted out")
        self.runner.start(unit)

    def _accept(self, unit: str) -> None:
        self.orders.items[unit]["status"] = "accepted"

    def place_call(self, account: twilio_calls.Account, **call: Any) -> str:  # noqa: ANN401 - as MemoryTwilio takes it
        """Take a second for a call, refuse some, and lose the answers of some."""
        self.runner.clock.sleep(self._random.uniform(0.1, 1))
        mood = self._random.random()
        ending: Exception | None = None
        if mood < 0.1:
            ending = NotTaken("Twilio answers 429", after=2)
        elif mood < 0.15:
            ending = NoAnswer("no answer: ReadTimeoutError")
        self.twilio.endings = [ending]
        unit, token = call["report_to"].split("/")[-2:]
        if not isinstance(ending, NotTaken):
            self.called_at.append((unit, self.runner.seconds))
            self.runner.at(self.runner.seconds + 20, lambda: self.runner.record_outcome(unit, token, "answered"))
        return self.twilio.place(account, **call)


@pytest.fixture(scope="module", params=[1, 2])
def day(request: pytest.FixtureRequest) -> Iterator[Day]:
    orders, stdout = MemoryOrders(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        function = order_check(orders, patch)
        handler = function.module.handler
        runner = CheckRunner(handler, delay=DELAY, deadline=DEADLINE, experiment=HALF, seed=request.param)
        found = Day(runner, orders, MemoryTwilio(), seed=request.param)
        patch.setattr(twilio_calls, "place", found.place_call)
        patch.setattr(twilio_calls, "find", found.twilio.find)
        runner.duplicate(share=0.5, times=3, within=400)
        runner.kill(share=0.02)
        found.begin()
        runner.run()
        found.written = json.dumps(function.lines) + stdout.getvalue()
        yield found


def test_nobody_is_called_twice_too_late_in_the_control_or_for_nothing(day: Day) -> None:
    rows = day.runner.orders
    times = Counter(unit for unit, _ in day.called_at)

    assert len(times) > ORDERS // 8
    assert set(times.values()) == {1}
    for unit, at in day.called_at:
        assert DELAY <= at - day.placed_at[unit] < DEADLINE
        assert rows[unit].arm == "call"
        assert ENDINGS[int(unit.partition("-")[2]) % len(ENDINGS)] not in ("accepted", "opted out")


def test_each_order_has_one_outcome_whatever_happened(day: Day) -> None:
    runner = day.runner

    assert len(runner.orders) == ORDERS
    assert len({outcome["event_id"] for outcome in runner.outcomes}) == ORDERS
    ends = {unit: runner.outcome_of(unit) for unit in runner.orders}
    for unit, row in runner.orders.items():
        newest = ends[unit]
        assert newest is not None
        assert newest["state"] == row.state
        assert row.state not in (State.SCHEDULED, State.DECIDED, State.CLAIMED)


def test_what_is_settled_belongs_to_no_arm_and_the_others_are_split_in_half(day: Day) -> None:
    rows = day.runner.orders
    decided = [row.arm for row in rows.values() if row.arm is not None]

    settled = [row for row in rows.values() if row.state is State.NOT_ELIGIBLE]
    assert len(settled) >= ORDERS // 6
    assert {row.arm for row in settled} == {None}
    assert 0.4 < decided.count("call") / len(decided) < 0.6
    assert "opted out" in {row.reason for row in rows.values() if row.state is State.SUPPRESSED}


def test_what_nobody_knows_is_counted_and_the_calls_that_were_made_are_found(day: Day) -> None:
    assert day.runner.metrics[Metric.UNKNOWN] > 0
    called = {unit for unit, _ in day.called_at}
    unknown = {unit for unit, row in day.runner.orders.items() if row.state is State.UNKNOWN}
    assert not unknown & called


def test_no_number_is_in_a_row_a_message_an_outcome_or_a_line(day: Day) -> None:
    rows = json.dumps([row._asdict() for row in day.runner.orders.values()])
    letters = json.dumps([letter._asdict() for letter in day.runner.dead_letters])
    written = "".join([rows, letters, json.dumps(day.runner.outcomes), day.written, *day.runner.notes])

    assert day.written.count("CA") > ORDERS // 8
    assert "+49" not in written
    assert "49151" not in written


def test_an_order_that_is_accepted_while_twilio_has_no_time_is_not_called_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders, twilio = MemoryOrders(), MemoryTwilio(endings=[NotTaken("Twilio answers 429", after=30)])
    monkeypatch.setattr(twilio_calls, "place", twilio.place)
    handler = order_check(orders, monkeypatch).module.handler
    runner = CheckRunner(handler, delay=DELAY, deadline=DEADLINE)
    orders.put("order-1")

    runner.start("order-1")
    runner.at(DELAY + 20, partial(orders.put, "order-1", status="accepted"))
    runner.run()

    assert (twilio.asked, twilio.calls) == (1, [])
    row = runner.orders["order-1"]
    assert (row.state, row.reason, row.attempts) == (State.SUPPRESSED, "settled", 1)


def test_a_call_whose_answer_is_lost_is_found_at_twilio_and_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, twilio = MemoryOrders(), MemoryTwilio(endings=[NoAnswer("no answer: ReadTimeoutError")])
    for name in ("place", "find"):
        monkeypatch.setattr(twilio_calls, name, getattr(twilio, name))
    runner = CheckRunner(order_check(orders, monkeypatch).module.handler, delay=DELAY, deadline=DEADLINE)
    orders.put("order-1")

    runner.start("order-1")
    runner.run()

    row = runner.orders["order-1"]
    assert (row.state, row.provider_id, len(twilio.calls)) == (State.DIALED, "CA1", 1)
    assert runner.metrics[Metric.UNKNOWN] == 1


def test_a_call_that_never_arrived_stays_unknown_and_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, twilio = MemoryOrders(), MemoryTwilio()
    for name, fake in {"place": no_answer, "find": twilio.find}.items():
        monkeypatch.setattr(twilio_calls, name, fake)
    runner = CheckRunner(order_check(orders, monkeypatch).module.handler, delay=DELAY, deadline=DEADLINE)
    orders.put("order-1")

    runner.start("order-1")
    runner.run()

    row = runner.orders["order-1"]
    assert (row.state, row.asked) == (State.UNKNOWN, 3)
    assert "the provider knows of none" in str(row.reason)


def no_answer(*_: object, **__: object) -> str:
    raise NoAnswer("no answer: ReadTimeoutError")
