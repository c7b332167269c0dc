"""What a provider, a kill switch, a producer or an operator does to a check in the kit."""

# ruff: noqa: ARG002
# An author's methods take what they are called with, whether they need it or not.

from datetime import UTC, datetime

import pytest

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check import Ambiguous, Context, Rejected
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from tests.runtime.delayed_check.shop import HALF, Shop, is_told, order_check, reconciled


def test_contacts_keep_the_provider_s_pace(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), contacts_per_second=2, deadline=1200)
    for number in range(100):
        runner.start(f"order-{number}")
    runner.run()

    moments = [contact.at for contact in runner.contacts]
    assert len(moments) == 100
    assert all(moments[place + 4] - moments[place] >= 1 for place in range(96))
    assert 348 <= moments[-1] <= 351


def test_a_rate_is_reached_though_each_contact_takes_a_while(shop: Shop) -> None:
    """As with the construct's own number of workers: with two, half of these would expire."""
    runner = CheckRunner(order_check(shop), contacts_per_second=5)
    shop.answers = [lambda: runner.clock.sleep(1.5)] * 1000
    for number in range(1000):
        runner.start(f"order-{number}")
    runner.run()

    assert len(runner.contacts) == 1000
    assert runner.contacts[-1].at < 510


def test_starts_outlast_an_outage_of_half_an_hour(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop), delay=3600, deadline=7200)
    runner.table.go_away(1800)
    runner.start("order-1")
    runner.run()

    assert runner.dead_letters == []
    assert runner.orders["order-1"].state == State.DIALED
    assert runner.contacts[0].at == pytest.approx(3600, abs=5)


def test_a_check_has_the_same_name_with_every_experiment(shop: Shop) -> None:
    names = set()
    for experiment in (None, HALF, HALF._replace(key="another")):
        runner = CheckRunner(order_check(shop), experiment=experiment)
        runner.start("order-1")
        runner.run()
        names.add(runner.outcomes[0]["check"])

    assert names == {"check"}


def test_the_kill_switch_stops_contacts_and_nobody_is_contacted_while_it_cannot_be_read(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    runner.start("order-1")
    runner.at(1, lambda: runner.start("order-2"))
    runner.at(200, lambda: runner.start("order-3"))
    runner.kill_switch = "stop"
    runner.at(300.5, lambda: setattr(runner, "kill_switch", None))
    runner.at(350, lambda: setattr(runner, "kill_switch", "run"))
    runner.run()

    assert (runner.orders["order-1"].state, runner.orders["order-1"].reason) == (State.SUPPRESSED, "kill switch")
    assert runner.metrics[Metric.SWITCH_UNREADABLE] > 0
    assert [(contact.unit, contact.at >= 350) for contact in runner.contacts] == [("order-2", True), ("order-3", True)]


def test_a_switch_that_is_never_readable_contacts_nobody(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    runner.kill_switch = None
    runner.start("order-1")
    runner.run()

    assert (runner.orders["order-1"].state, shop.calls, runner.kill_switch) == (State.EXPIRED, [], None)
    assert is_told(runner)


def test_a_refusal_is_tried_again_not_before_the_provider_s_time(shop: Shop) -> None:
    def refuse() -> None:
        raise Rejected("429", after=45)

    shop.answers = [refuse]
    runner = CheckRunner(order_check(shop))
    runner.start("order-1")
    runner.run()

    first, second = (contact.at for contact in runner.contacts)
    assert 45 <= second - first <= 50
    assert (runner.orders["order-1"].state, runner.orders["order-1"].attempts) == (State.DIALED, 1)


@pytest.mark.parametrize("error", [Ambiguous("timeout"), RuntimeError("a bug")])
def test_what_is_not_sure_is_unknown_and_asked_for(error: Exception, shop: Shop) -> None:
    def fail() -> None:
        raise error

    shop.answers = [fail]
    runner = CheckRunner(reconciled(shop))
    runner.start("order-1")
    runner.run()

    assert [detail["state"] for detail in runner.outcomes] == ["UNKNOWN", "DIALED"]
    assert (shop.calls, runner.orders["order-1"].provider_id) == (["order-1"], "call-1")
    assert [type(failure) for failure in runner.failures] == ([] if isinstance(error, Ambiguous) else [RuntimeError])


def test_bad_input_is_a_dead_letter_with_its_reason(runner: CheckRunner) -> None:
    runner.start("order-1", placed_at="yesterday")
    runner.start("order-2", placed_at=datetime(2027, 1, 16, tzinfo=UTC))
    runner.send_start({"unit": "order-3"})
    runner.send_start("no JSON")
    runner.send_start({"placed_at": 1_800_000_000})
    runner.run()

    assert [(letter.queue, letter.unit) for letter in runner.dead_letters] == [
        ("start", unit) for unit in ("order-1", "order-2", "order-3", None, None)
    ]
    assert all(letter.reason for letter in runner.dead_letters)
    assert (len(runner.orders), runner.dead_letters[3].body) == (0, "no JSON")


def test_dead_letters_come_back_when_they_are_redriven(shop: Shop) -> None:
    down = True

    class Depends(order_check(shop)):  # type: ignore[misc] # made by a function
        def is_settled(self, ctx: Context, unit: str) -> bool:
            if down:
                raise ConnectionError
            return False

    runner = CheckRunner(Depends, max_receive_count=3)
    runner.start("order-1")
    runner.run()
    (letter,) = runner.dead_letters
    down = False
    runner.run_until(400)

    assert (letter.queue, letter.unit, runner.redrive(), runner.dead_letters) == ("check", "order-1", 1, [])
    assert letter.reason is not None
    assert letter.reason.startswith("receive 3 of 3")
    runner.run()
    assert shop.calls == ["order-1"]


def test_what_is_redriven_an_hour_later_is_expired_and_calls_nobody(shop: Shop) -> None:
    class Fails(order_check(shop)):  # type: ignore[misc] # made by a function
        def is_settled(self, ctx: Context, unit: str) -> bool:
            raise ConnectionError

    runner = CheckRunner(Fails, max_receive_count=3)
    runner.start("order-1")
    runner.run_until(3600)
    runner.redrive()
    runner.run()

    assert (runner.orders["order-1"].state, shop.calls, runner.dead_letters) == (State.EXPIRED, [], [])
    assert is_told(runner)


def test_a_report_can_fail_too(runner: CheckRunner) -> None:
    runner.start("order-1")
    runner.run()
    runner.throttle("report")

    with pytest.raises(Unanswered):
        runner.record_outcome("order-1", runner.contacts[0].token, "answered")
    assert runner.record_outcome("order-1", runner.contacts[0].token, "answered")
