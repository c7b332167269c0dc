"""The kit for authors keeps its word: delays, duplicates, Scheduler, and what is the same in each run."""

import doctest
import json
from datetime import UTC, datetime

import pytest

from constructs_lib.runtime.delayed_check import testing
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import CheckRunner, Experiment
from tests.runtime.delayed_check.shop import HALF, Shop, began, is_told, order_check


def test_the_example_in_its_docstring_works() -> None:
    assert doctest.testmod(testing).failed == 0
    assert doctest.testmod(testing).attempted > 0


def test_an_order_is_checked_when_it_is_due_then_contacted_and_published(runner: CheckRunner, shop: Shop) -> None:
    runner.start("order-1")
    runner.run()

    row, outcome = runner.orders["order-1"], runner.outcome_of("order-1")
    assert (row.state, row.provider_id, shop.calls) == (State.DIALED, "call-1", ["order-1"])
    assert outcome is not None
    assert (outcome["state"], outcome["provider_id"], outcome["due_at"]) == (
        "DIALED",
        "call-1",
        "2027-01-15T08:05:00.000Z",
    )
    assert (began(runner, "check"), runner.lateness, runner.metrics[Metric.LATENESS]) == ([300.0], [0.0], 1)
    assert [(each.unit, each.arm, each.at) for each in runner.contacts] == [("order-1", None, 300.0)]
    assert (list(runner.orders), len(runner.orders), runner.dead_letters) == (["order-1"], 1, [])


def test_an_as_handler_is_run_as_its_class_is(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop).as_handler())

    runner.start("order-1")
    runner.run()

    assert shop.calls == ["order-1"]


@pytest.mark.parametrize("ago", [0, 100, 299.5, 300, 400])
def test_the_delay_counts_from_when_the_order_was_placed(ago: float, runner: CheckRunner) -> None:
    runner.start("order-1", placed_at=runner.now.timestamp() - ago)
    runner.run()

    (checked,) = began(runner, "check")
    assert max(0, 300 - ago) <= checked < max(0, 300 - ago) + 1


@pytest.mark.parametrize("seed", range(5))
def test_a_long_delay_crosses_scheduler_and_is_never_early(seed: int, shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), delay=3600, deadline=7200, seed=seed)
    runner.start("order-1")
    runner.run_until(3479)
    assert began(runner, "check") == []
    runner.run()

    first, second = began(runner, "check")
    # Two minutes early, anywhere in that minute; then SQS, by whole seconds.
    assert 3480 <= first < 3540
    assert 3600 <= second < 3601
    assert len(runner.simulation.outbound.schedules) == 1


def test_scheduler_sends_at_different_moments_of_its_minute(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), delay=3600, deadline=7200)
    for number in range(50):
        runner.start(f"order-{number}")
    runner.run_until(3599)

    moments = began(runner, "check")
    assert len({round(moment) for moment in moments}) > 20
    assert 3480 <= min(moments) < max(moments) < 3540


def test_a_message_that_comes_too_early_is_delayed_again(runner: CheckRunner, shop: Shop) -> None:
    runner.start("order-1")
    runner.at(10, lambda: runner.deliver_again("order-1", queue="check"))
    runner.run()

    assert began(runner, "check") == [10.0, 300.0, 300.0]
    assert shop.calls == ["order-1"]


def test_a_message_is_delivered_again_as_often_as_that_is_asked_for(runner: CheckRunner, shop: Shop) -> None:
    runner.start("order-1")
    runner.at(400, lambda: runner.deliver_again("order-1", queue="contact", times=3))
    runner.run()

    assert began(runner, "contact") == [300.0, 400.0, 400.0, 400.0]
    assert shop.calls == ["order-1"]


@pytest.mark.parametrize("queue", ["start", "check", "contact"])
def test_duplicates_are_really_delivered(queue: str, runner: CheckRunner, shop: Shop) -> None:
    runner.duplicate(queue=queue, times=2)
    runner.start("order-1")
    runner.run()

    assert len(began(runner, queue)) == 3
    assert shop.calls == ["order-1"]
    assert is_told(runner)


def test_a_producer_that_starts_twenty_times_sends_twenty_messages(runner: CheckRunner, shop: Shop) -> None:
    runner.start("order-1", times=20)
    runner.run()

    assert (len(began(runner, "start")), shop.calls) == (20, ["order-1"])


def test_duplicates_can_be_of_one_order_one_queue_a_share_and_later(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), seed=3)
    runner.duplicate("order-1", queue="check", times=3, within=60)
    runner.duplicate(queue="start", share=0.25)
    for number in range(200):
        runner.start(f"order-{number}")
    runner.run()

    checks = began(runner, "check")
    assert 220 <= len(began(runner, "start")) <= 280
    # A start that comes twice may send its check twice.
    assert 203 <= len(checks) <= len(began(runner, "start")) + 3
    late = [moment for moment in checks if moment > 300]
    assert len(set(late)) == 3
    assert max(late) <= 360
    assert shop.most_calls() == 1


def test_a_duplicate_on_the_stream_is_published_twice_under_one_id(runner: CheckRunner) -> None:
    runner.duplicate(queue="stream")
    runner.start("order-1")
    runner.run()

    assert len(runner.outcomes) == 2
    assert len({detail["event_id"] for detail in runner.outcomes}) == 1


def test_a_schedule_is_made_once_and_may_fire_twice(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), delay=3600, deadline=7200)
    runner.duplicate(queue="start", times=2)
    runner.duplicate(queue="scheduler")
    runner.start("order-1")
    runner.run_until(3599)

    assert (len(began(runner, "start")), len(began(runner, "check"))) == (3, 2)
    runner.run()
    assert shop.calls == ["order-1"]


@pytest.mark.parametrize("hours", [1, 2])
def test_in_a_night_that_changes_the_clocks_an_order_is_due_after_its_delay(hours: int, shop: Shop) -> None:
    """At 02:30 in Berlin, on 25 October 2026, it is 00:30 UTC or 01:30 UTC: the offset tells which."""
    night = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    runner = CheckRunner(order_check(shop), begins_at=night)
    placed = f"2026-10-25T02:30:00+0{hours}:00"
    after = 5400 if hours == 1 else 1800
    runner.at(after, lambda: runner.start("order-1", placed_at=placed))
    runner.run()

    assert [contact.at for contact in runner.contacts] == [after + 300]


def test_time_stops_where_it_is_told_to(runner: CheckRunner, shop: Shop) -> None:
    runner.start("order-1")
    runner.run_until(299)
    assert (runner.seconds, shop.calls, runner.now) == (299, [], datetime(2027, 1, 15, 8, 4, 59, tzinfo=UTC))
    runner.clock.sleep(1)
    assert (runner.seconds, shop.calls) == (300, ["order-1"])


def test_a_test_that_fails_in_the_middle_of_time_fails(runner: CheckRunner) -> None:
    runner.start("order-1")
    runner.at(100, lambda: pytest.fail("as it should"))

    with pytest.raises(pytest.fail.Exception, match="as it should"):
        runner.run()

    assert runner.seconds == 100
    runner.run()
    assert runner.orders["order-1"].state is State.DIALED


def test_the_same_seed_makes_the_same_day(shop: Shop) -> None:
    def day(seed: int) -> str:
        runner = CheckRunner(order_check(shop), experiment=HALF, seed=seed)
        runner.duplicate(share=0.2, within=30)
        runner.kill(share=0.2)
        for number in range(50):
            runner.start(f"order-{number}")
        runner.run()
        return json.dumps([*runner.runs, [row.state for row in runner.orders.values()]])

    assert day(1) == day(1)
    assert day(1) != day(2)


def test_a_dry_run_says_what_would_be_decided_and_does_nothing(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), experiment=HALF)
    shop.settled.add("order-3")

    found = runner.dry_run(
        "order-1", "order-2", "order-3", {"unit": "order-1", "placed_at": runner.now.timestamp() - 700}
    )

    assert [line["state"] for line in found] == ["DECIDED", "CONTROL", "NOT_ELIGIBLE", "EXPIRED"]
    assert (runner.table.records, shop.calls, runner.contacts) == ({}, [], [])


def test_what_the_kit_cannot_do_is_refused(runner: CheckRunner, shop: Shop) -> None:
    check = order_check(shop)
    with pytest.raises(TypeError, match=r"runs a CheckHandler class or what its as_handler\(\) made \(got str\)"):
        CheckRunner("order_check")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="delay must be at least 0 and below deadline, got 600 and 600 seconds"):
        CheckRunner(check, delay=600)
    with pytest.raises(ValueError, match="contacts_per_second must be above 0, got 0"):
        CheckRunner(check, contacts_per_second=0)
    with pytest.raises(ValueError, match="add up to 100, got 99"):
        CheckRunner(check, experiment=Experiment("key", 1, {"call": 50, "control": 49}, "control"))
    with pytest.raises(ValueError, match=r"control must be one of the arms \['call', 'control'\], got 'none'"):
        CheckRunner(check, experiment=HALF._replace(control="none"))
    with pytest.raises(ValueError, match=r"after must be one of start, wait, .*, got 'dial'"):
        runner.kill(after="dial")
    with pytest.raises(ValueError, match="queue must be one of start, check, contact, scheduler, stream, got 'dead'"):
        runner.duplicate(queue="dead")
    with pytest.raises(ValueError, match=r"step must be one of start, freeze, .*, got 'contact'"):
        runner.throttle("contact")
    with pytest.raises(KeyError):
        runner.deliver_again("order-1", queue="check")
    with pytest.raises(KeyError):
        runner.orders["order-1"]
