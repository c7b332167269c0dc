"""Whole days in the kit, and a kill or an outage at each step: what is promised of every order holds."""

# ruff: noqa: ARG002
# An author's methods take what they are called with, whether they need it or not.

from functools import partial
from itertools import count

import pytest

from constructs_lib.runtime.delayed_check import Ambiguous, Context, Rejected
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import POINTS, SENDS, WRITES, CheckRunner
from tests.runtime.delayed_check.shop import HALF, MOMENTS, Shop, is_told, order_check, reconciled, states

DAY = 86_400


def is_kept(runner: CheckRunner, shop: Shop, *, orders: int) -> None:
    """Assert what the library promises of every order."""
    assert len(runner.orders) == orders
    assert runner.dead_letters == []
    assert is_told(runner)
    assert shop.most_calls() <= 1
    # Each decision is noted once, but for those whose answer got lost with a kill.
    assert len(runner.lateness) <= orders
    rows = runner.orders
    for contact in runner.contacts:
        row = rows[contact.unit]
        assert contact.at + runner.clock.time - runner.seconds < row.deadline_at / 1000
        # One that the provider surely had refused may have settled, or become too late, before it was tried again.
        assert row.state in {State.DIALED, State.UNKNOWN, State.OUTCOME} or row.attempts > 0
        assert row.arm == contact.arm
        assert contact.arm != "control"


def test_a_day_of_orders_with_duplicates_kills_and_a_moody_provider(shop: Shop) -> None:
    """3,000 orders; a third of them settles around the time at which it is due."""
    settled: list[str] = []

    def place(number: int) -> None:
        unit = f"order-{number}"
        runner.start(unit, times=20 if number % 100 == 0 else 1)
        if number % 3 == 0:
            runner.at(runner.seconds + 100 + number % 250, lambda: shop.settled.add(unit))

    class Moody(order_check(shop)):  # type: ignore[misc] # made by a function
        def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
            if unit in shop.settled:
                settled.append(unit)
            number = next(numbers)
            if number % 50 == 10:
                raise Rejected("429", after=30)
            if number % 50 == 30:
                runner.clock.sleep(40)
            provider_id = shop.call(unit)
            if number % 50 == 20:
                raise Ambiguous("timeout")
            return provider_id

    numbers = count()
    runner = CheckRunner(Moody, experiment=HALF)
    runner.duplicate(share=0.01, within=90)
    runner.kill(share=0.01)
    for number in range(3000):
        runner.at(number * DAY / 3000, partial(place, number))
    runner.run()

    is_kept(runner, shop, orders=3000)
    assert settled == []
    found = states(runner)
    assert 800 <= found[State.NOT_ELIGIBLE] <= 1000
    assert found[State.UNKNOWN] > 10
    assert abs(found[State.CONTROL] - 1050) < 150
    assert found[State.DIALED] > 900
    assert found.total() == 3000
    killed = [run for run in runner.runs if run.outcome.startswith("killed")]
    assert {run.function for run in killed} == {"start", "check", "contact", "outcomes"}
    assert len(runner.lateness) >= 2990
    assert min(runner.lateness) >= 0


@pytest.mark.parametrize("seed", range(8))
def test_an_hour_in_which_everything_goes_wrong_breaks_no_promise(seed: int, shop: Shop) -> None:
    runner = CheckRunner(reconciled(shop), experiment=HALF, seed=seed)
    runner.duplicate(share=0.3, times=2, within=200)
    runner.kill(share=0.1)
    for step in (*WRITES, *SENDS):
        runner.throttle(step, share=0.05, times=1000)
        runner.throttle(step, share=0.05, times=1000, after_writing=True)
    for number in range(60):
        runner.at(number * 60, partial(runner.start, f"order-{number}", times=2))
    runner.at(1200, lambda: runner.table.go_away(100))
    runner.at(2400, lambda: runner.bus.refuse(5))
    runner.run()

    is_kept(runner, shop, orders=60)


def test_a_thousand_orders_in_one_second(shop: Shop) -> None:
    """At one call a second, what is not called by the deadline is not called at all; nor what settles meanwhile."""
    runner = CheckRunner(order_check(shop), experiment=HALF)
    settled = {f"order-{number}" for number in range(0, 1000, 4)}
    runner.at(400, lambda: shop.settled.update(settled))
    runner.duplicate(share=0.02)
    for number in range(1000):
        runner.at(number / 1000, partial(runner.start, f"order-{number}"))
    runner.run()

    is_kept(runner, shop, orders=1000)
    found = states(runner)
    assert max(runner.lateness) < 2
    assert found[State.DIALED] + found[State.EXPIRED] + found[State.CONTROL] + found[State.SUPPRESSED] == 1000
    assert 270 <= found[State.DIALED] <= 301
    assert found[State.SUPPRESSED] > 20
    assert max(contact.at for contact in runner.contacts) < 600
    assert [contact for contact in runner.contacts if contact.unit in settled and contact.at > 400] == []


@pytest.mark.parametrize(("when", "point"), MOMENTS)
@pytest.mark.parametrize("author", [order_check, reconciled])
def test_a_kill_at_any_step_breaks_no_promise(when: str, point: str, author: type, shop: Shop) -> None:
    runner = CheckRunner(author(shop), experiment=HALF)
    for number in range(10):
        runner.start(f"order-{number}", times=2)
    runner.kill(**{when: point})  # type: ignore[arg-type] # a name of its arguments
    if point == "reconcile":
        runner.kill(after="contact")
    runner.run()

    killed = [run for run in runner.runs if run.outcome == f"killed: {when} {point}"]
    is_kept(runner, shop, orders=10)
    assert len(killed) == (0 if point == "reconcile" and author is order_check else 1)
    asked = point == "reconcile"
    called = asked or (when, point) in {("after", "contact"), ("before", "record")}
    silent = (when, point) in {("after", "claim"), ("before", "contact")}
    assert states(runner)[State.UNKNOWN] == (silent or (called and author is order_check))


@pytest.mark.parametrize("after_writing", [False, True])
@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("step", [step for step in (*WRITES, *SENDS) if step != "report"])
def test_a_table_or_a_queue_that_fails_at_any_edge_breaks_no_promise(
    step: str, times: int, after_writing: bool, shop: Shop
) -> None:
    runner = CheckRunner(reconciled(shop), experiment=HALF)
    runner.throttle(step, times=times, after_writing=after_writing)
    for number in range(10):
        runner.start(f"order-{number}")
    runner.run()

    is_kept(runner, shop, orders=10)
    said = [line.text for line in runner.lines] + runner.notes
    assert 0 < sum(f"{step} was " in text for text in said) <= times


def test_a_table_that_is_away_for_minutes_breaks_no_promise(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    for number in range(600):
        runner.at(number, partial(runner.start, f"order-{number}"))
    runner.at(350, lambda: runner.table.go_away(120))
    runner.run()

    is_kept(runner, shop, orders=600)


def test_a_bus_that_refuses_for_hours_is_told_everything_later_in_its_order(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    runner.bus.refuse(60)
    for number in range(20):
        runner.start(f"order-{number}")
    runner.run_until(330)
    assert runner.outcomes == []
    for contact in runner.contacts[:5]:
        runner.record_outcome(contact.unit, contact.token, "answered")
    runner.run()

    is_kept(runner, shop, orders=20)
    assert [detail["state"] for detail in runner.outcomes] == ["DIALED"] * 20 + ["OUTCOME"] * 5
    assert runner.seconds > 3600


def test_what_the_bus_never_takes_is_given_up_after_hours_for_somebody_to_look_at(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    runner.bus.refuse(1_000_000)
    runner.start("order-1")
    runner.run()

    assert (runner.outcome_of("order-1"), runner.orders["order-1"].state) == (None, State.DIALED)
    assert len(runner.simulation.stream.failures) == 1
    assert 6 * 3600 < runner.seconds < 7 * 3600


def test_every_point_is_one_that_can_be_reached(shop: Shop) -> None:
    """A point that no invocation passes would make the tests above say nothing."""
    runner = CheckRunner(reconciled(shop), experiment=HALF)
    for point in POINTS:
        runner.kill(after=point)
    for number in range(20):
        runner.start(f"order-{number}")
    runner.run()

    outcomes = [run.outcome for run in runner.runs]
    assert [point for point in POINTS if f"killed: after {point}" not in outcomes] == []
