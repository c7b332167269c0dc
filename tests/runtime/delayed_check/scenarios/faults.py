"""Bad input, outages, and what changes meanwhile: rows 19 to 25, 28, 29 and 34 to 36 of the catalogue."""

# ruff: noqa: ANN401, ARG001, ARG005 - what an author's method is given and returns is anything

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from constructs_lib.runtime.delayed_check import Ambiguous, Rejected
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import WRITES
from tests.runtime.delayed_check.scenarios.contacts import raising
from tests.runtime.delayed_check.scenarios.stage import ORDER, Scenarios, Stage
from tests.runtime.delayed_check.shop import HALF, is_told

SCENARIOS = Scenarios()


def deciding(stage: Stage, happens: Callable[[], object]) -> dict[str, Any]:
    """Methods of an author: something happens while the order is decided, and only then."""
    left = [happens]

    def suppress(_: Any, ctx: Any, unit: str) -> None:
        if left:
            left.pop()()

    return {"suppress": suppress}


@SCENARIOS.row(19)
def a_kill_switch_that_is_set_after_the_decision_is_seen(stage: Stage) -> None:
    def stop() -> None:
        stage.runner.kill_switch = "stop"

    runner = stage.play(deciding(stage, stop))
    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().reason) == (("SUPPRESSED", 0), "kill switch")


@SCENARIOS.row(19)
def a_kill_switch_that_is_toggled_never_lets_the_control_arm_be_contacted(stage: Stage) -> None:
    runner = stage.play(experiment=HALF, contacts_per_second=1)
    for number in range(20):
        runner.start(f"order-{number}")
        runner.at(300 + number, partial(setattr, runner, "kill_switch", "stop" if number % 4 > 1 else "run"))
    runner.run()

    arms = {unit: row.arm for unit, row in runner.orders.items()}
    assert {arms[unit] for unit in stage.shop.calls} == {"call"}
    assert {row.state for row in runner.orders.values()} == {State.CONTROL, State.DIALED, State.SUPPRESSED}
    assert is_told(runner)


@SCENARIOS.row(20)
def while_the_kill_switch_cannot_be_read_nobody_is_contacted(stage: Stage) -> None:
    for seconds, state, calls in ((400, State.DIALED, 1), (10_000, State.EXPIRED, 0)):
        unit = f"order-{seconds}"
        runner = stage.play()
        runner.kill_switch = None
        runner.at(seconds, partial(setattr, runner, "kill_switch", "run"))
        runner.start(unit)
        runner.run_until(min(seconds, 1000) - 1)
        assert unit not in stage.shop.calls
        runner.run()

        assert (stage.row(unit).state, stage.shop.calls.count(unit)) == (state, calls)
        assert runner.metrics[Metric.SWITCH_UNREADABLE] > 1


@SCENARIOS.row(21)
def an_order_that_settles_after_the_decision_is_not_contacted(stage: Stage) -> None:
    runner = stage.play(deciding(stage, lambda: stage.shop.settled.add(ORDER)))

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().reason) == (("SUPPRESSED", 0), "settled")


@SCENARIOS.row(22)
def an_order_that_had_settled_is_in_no_arm(stage: Stage) -> None:
    runner = stage.play(experiment=HALF)
    stage.shop.settled.add(ORDER)

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().arm) == (("NOT_ELIGIBLE", 0), None)


@SCENARIOS.row(23)
def a_table_that_is_away_at_any_write_is_one_contact_at_most_and_a_story_that_is_told(stage: Stage) -> None:
    runner = stage.play(experiment=HALF._replace(arms={"call": 100, "control": 0}))
    for point in WRITES:
        for made in (False, True):
            for times in (1, 4):
                unit = f"{point}-{made}-{times}"
                runner.throttle(point, times=times, unit=None if point == "freeze" else unit, after_writing=made)
                runner.start(unit)
    runner.run()

    assert is_told(runner)
    assert stage.shop.most_calls() == 1
    unknown = {unit for unit, row in runner.orders.items() if row.state is State.UNKNOWN}
    # Only where three tries did not tell that the claim was made, or could not write what came of the contact.
    assert unknown == {"claim-True-4", "record-False-4"}
    assert {row.state for unit, row in runner.orders.items() if unit not in unknown} == {State.DIALED}


@SCENARIOS.row(24)
def a_table_that_is_away_for_long_after_the_contact_is_made_up_for_by_asking(stage: Stage) -> None:
    runner = stage.play({"reconcile": lambda self, ctx, unit, token: "call-1"})
    stage.shop.answers = [lambda: runner.table.go_away(120)]

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().provider_id) == (("DIALED", 1), "call-1")
    assert runner.metrics[Metric.UNKNOWN] == 1


@SCENARIOS.row(25)
def weights_that_a_deploy_changes_do_not_change_a_version_that_runs(stage: Stage) -> None:
    before = stage.play(experiment=HALF)
    for number in range(10):
        before.start(f"order-{number}")
    before.run()
    frozen = dict(before.table.records)
    arms = {unit: row.arm for unit, row in before.orders.items()}

    after = stage.play(experiment=HALF._replace(arms={"call": 100, "control": 0}))
    stage.put(frozen[f"{HALF.key}@1"])
    for number in range(10):
        after.start(f"order-{number}")
    after.run()

    assert {unit: row.arm for unit, row in after.orders.items()} == arms
    assert set(arms.values()) == {"call", "control"}
    assert after.metrics[Metric.WEIGHTS_IGNORED] >= 1
    assert any("deploy version 2" in note for note in after.notes)


@SCENARIOS.row(28)
def what_is_no_start_is_a_dead_letter_with_the_reason(stage: Stage) -> None:
    runner = stage.play()
    later = (runner.now + timedelta(hours=1)).isoformat()
    bad: list[tuple[Any, str]] = [
        ("no json", "JSON"),
        ([], "a start must be a JSON object"),
        ({}, "unit must be the order's id"),
        ({"unit": "", "placed_at": 1}, "unit must be the order's id"),
        ({"unit": ORDER}, "placed_at is missing"),
        ({"unit": ORDER, "placed_at": "2027-01-15T08:00:00"}, "placed_at has no UTC offset"),
        ({"unit": ORDER, "placed_at": "soon"}, "placed_at is no time"),
        ({"unit": ORDER, "placed_at": 1_800_000_000_000}, "milliseconds"),
        ({"unit": ORDER, "placed_at": True}, "placed_at is no time"),
        ({"unit": ORDER, "placed_at": later}, "is in the future"),
        ({"unit": ORDER, "placed_at": "9999-12-31T23:59:59-23:59"}, "between the years 1970 and 5138"),
    ]
    for body, _ in bad:
        runner.send_start(body)
    runner.run()

    letters = runner.dead_letters
    assert [letter.queue for letter in letters] == ["start"] * len(bad)
    for letter, (_, reason) in zip(letters, bad, strict=True):
        assert reason in (letter.reason or "")
    assert (len(runner.orders), stage.shop.calls) == (0, [])


@SCENARIOS.row(29)
def an_ancient_order_is_expired(stage: Stage) -> None:
    runner = stage.play()

    runner.start(ORDER, "1970-01-01T00:00:01Z")
    runner.run()

    assert stage.story == ("EXPIRED", 0)


@SCENARIOS.row(34)
def a_crowd_with_everything_at_once(stage: Stage) -> None:
    chance = Random(7)  # noqa: S311 - the same in each run is what it is for
    runner = stage.play(experiment=HALF, contacts_per_second=20)
    troubles = (raising(Rejected("busy")), raising(Ambiguous("timeout")), lambda: runner.clock.sleep(100))
    answers: list[Callable[[], Any]] = [
        chance.choice(troubles) if chance.random() < 0.3 else lambda: None for _ in range(500)
    ]
    stage.shop.answers = answers
    runner.duplicate(times=2, within=60)
    runner.kill(share=0.1)
    for number in range(60):
        runner.start(f"order-{number}")
    runner.run()

    assert is_told(runner)
    for unit, row in runner.orders.items():
        assert stage.shop.calls.count(unit) <= row.attempts + 1
        assert row.arm != "control" or unit not in stage.shop.calls
    assert len({detail["event_id"] for detail in runner.outcomes}) == 60


@SCENARIOS.row(35)
def a_reason_not_to_contact_is_recorded_in_both_arms(stage: Stage) -> None:
    runner = stage.play({"suppress": lambda self, ctx, unit: "quiet hours"}, experiment=HALF)

    for number in range(12):
        runner.start(f"order-{number}")
    runner.run()

    found = {(row.arm, row.state, row.reason) for row in runner.orders.values()}
    assert found == {("call", State.SUPPRESSED, "quiet hours"), ("control", State.CONTROL, "quiet hours")}
    assert stage.shop.calls == []


@SCENARIOS.row(36)
def a_night_in_which_clocks_are_changed_has_five_minutes_like_any_other(stage: Stage) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for night in (datetime(2027, 3, 28, 0, 58, tzinfo=UTC), datetime(2027, 10, 31, 0, 58, tzinfo=UTC)):
        runner = stage.play(begins_at=night)
        for minute in range(5):
            runner.run_until(minute * 60)
            local = runner.now.astimezone(berlin)
            runner.start(f"text-{night.month}-{minute}", local.isoformat())
            runner.start(f"time-{night.month}-{minute}", local)
        runner.run()

        assert len(runner.lateness) == 10
        assert all(0 <= late < 1 for late in runner.lateness)
