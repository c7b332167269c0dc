"""The kit catches who calls twice: invocations overlap, are killed, and their webhooks are faster than they are."""

# ruff: noqa: ARG002
# An author's methods take what they are called with, whether they need it or not.

from functools import partial

import pytest

from constructs_lib.runtime.delayed_check import CheckHandler, Context, UnknownContact
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from constructs_lib.runtime.flow_control import Message, flow_controlled
from tests.runtime.delayed_check.shop import Shop, began, order_check


def test_a_handler_without_a_claim_calls_twice(runner: CheckRunner, shop: Shop) -> None:
    """What the kit is for: it catches whoever only remembers afterwards that somebody was called."""
    done: set[str] = set()

    @flow_controlled
    def naive(message: Message) -> None:
        unit = message.body["unit"]
        if unit not in done:
            with runner.simulation.functions.step("contact"):
                shop.call(unit)
            done.add(unit)

    pipe = runner.simulation.pipes["contact"]
    pipe.make_handler = lambda: naive.using(outbound=pipe.queue)
    runner.kill(after="contact")
    runner.start("order-1")
    runner.start("order-2")
    runner.run()

    assert sorted(shop.calls) == ["order-1", "order-1", "order-2"]


def test_a_handler_without_a_claim_calls_twice_when_two_of_its_invocations_overlap(
    runner: CheckRunner, shop: Shop
) -> None:
    done: set[str] = set()

    @flow_controlled
    def naive(message: Message) -> None:
        if message.body["unit"] not in done:
            runner.clock.sleep(2)
            done.add(message.body["unit"])
            shop.call(message.body["unit"])

    pipe = runner.simulation.pipes["contact"]
    pipe.make_handler = lambda: naive.using(outbound=pipe.queue)
    runner.duplicate(queue="contact", within=1)
    runner.start("order-1")
    runner.run()

    assert shop.calls == ["order-1", "order-1"]


def test_others_work_while_one_waits(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))
    shop.answers = [lambda: runner.clock.sleep(12)]
    runner.duplicate(queue="contact", within=5)
    runner.start("order-1")
    runner.at(305, lambda: seen.append(runner.orders["order-1"].state))
    seen: list[State] = []
    runner.run()

    contacts = sorted(began(runner, "contact"))
    assert seen == [State.CLAIMED]
    assert (contacts[0], shop.calls) == (300.0, ["order-1"])
    assert 300 < contacts[1] <= 305
    # The claim lasts until 10 s after its invocation: the duplicate comes back no earlier than that.
    assert contacts[2] >= 339
    assert runner.orders["order-1"].state is State.DIALED


def test_what_reports_before_contact_returns_is_joined(shop: Shop) -> None:
    runner = CheckRunner(order_check(shop))

    def report() -> None:
        assert runner.record_outcome("order-1", runner.contacts[0].token, "answered")

    shop.answers = [report]
    runner.start("order-1")
    runner.run()

    row = runner.orders["order-1"]
    assert (row.state, row.outcome, row.provider_id) == (State.OUTCOME, "answered", "call-1")


def test_an_outcome_is_recorded_for_whoever_has_the_token(runner: CheckRunner) -> None:
    runner.start("order-1")
    runner.run()
    token = runner.contacts[0].token

    assert runner.record_outcome("order-1", token, "answered")
    assert not runner.record_outcome("order-1", token, "no_answer")
    with pytest.raises(UnknownContact):
        runner.record_outcome("order-1", "guessed", "answered")
    runner.run()

    assert [detail["state"] for detail in runner.outcomes] == ["DIALED", "OUTCOME"]
    assert "order-1: reported 'no_answer', and is 'answered' already" in runner.notes


def test_a_call_that_takes_longer_than_the_function_may_is_killed(shop: Shop) -> None:
    caught: list[str] = []

    class Swallows(order_check(shop)):  # type: ignore[misc] # made by a function
        def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
            try:
                slow.clock.sleep(100)
            except Exception:  # noqa: BLE001 - what is tested
                caught.append(unit)
            return shop.call(unit)

    slow = CheckRunner(Swallows, timeout=30)
    slow.start("order-1")
    slow.run()

    killed = next(run for run in slow.runs if run.function == "contact")
    assert (killed.outcome, killed.seconds, caught, shop.calls) == ("killed: timed out", 30.0, [], [])
    assert slow.orders["order-1"].state is State.UNKNOWN
    assert slow.metrics[Metric.UNKNOWN] == 1


def test_who_is_dead_stays_dead_whatever_the_author_catches(shop: Shop) -> None:
    class Survives(order_check(shop)):  # type: ignore[misc] # made by a function
        def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
            try:
                slow.clock.sleep(100)
            except BaseException:  # noqa: BLE001 - what is tested
                return shop.call(unit)
            return ""

    slow = CheckRunner(Survives, timeout=30)
    slow.start("order-1")
    slow.run()

    assert next(run.outcome for run in slow.runs if run.function == "contact") == "killed: timed out"
    assert slow.orders["order-1"].state is State.UNKNOWN


def test_whoever_comes_after_a_kill_begins_with_a_new_object(shop: Shop) -> None:
    made: list[CheckHandler] = []

    class Remembers(order_check(shop)):  # type: ignore[misc] # made by a function
        def __init__(self) -> None:
            made.append(self)

    runner = CheckRunner(Remembers)
    runner.kill(before="decide", times=2)
    for number in range(5):
        runner.at(number, partial(runner.start, f"order-{number}"))
    runner.run()

    # Three environments check, and one contacts.
    assert len(made) == 4
    assert sorted(shop.calls) == [f"order-{number}" for number in range(5)]


def test_a_contact_that_ends_the_process_is_a_failed_invocation(runner: CheckRunner, shop: Shop) -> None:
    def leave() -> None:
        raise SystemExit(1)

    shop.answers = [leave]
    runner.start("order-1")
    runner.run()

    assert (shop.calls, runner.orders["order-1"].state) == (["order-1"], State.UNKNOWN)
