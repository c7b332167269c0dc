"""Messages that come twice, late, early, or again after a kill: rows 1 to 8, 26, 27, 30 to 32 of the catalogue."""

from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.messages import check_body
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.transitions import Order
from tests.runtime.delayed_check.scenarios.stage import ORDER, Scenarios, Stage
from tests.runtime.delayed_check.shop import HALF, MOMENTS, is_told

SCENARIOS = Scenarios()


@SCENARIOS.row(1)
def a_start_that_comes_twenty_times_is_one_order(stage: Stage) -> None:
    runner = stage.play()

    runner.start(ORDER, times=20)
    runner.duplicate()
    runner.run()

    assert stage.story == ("DIALED", 1)
    assert len(runner.lateness) == 1
    assert len({detail["event_id"] for detail in runner.outcomes}) == 1


@SCENARIOS.row(2)
def a_start_that_was_killed_before_its_message_sends_it_later(stage: Stage) -> None:
    runner = stage.play()
    runner.kill(before="wait")

    runner.start(ORDER, times=3)
    runner.run()

    assert stage.story == ("DIALED", 1)
    assert runner.lateness[0] < 1


@SCENARIOS.row(3)
def a_start_that_comes_again_keeps_the_first_one_s_times(stage: Stage) -> None:
    runner = stage.play()

    runner.start(ORDER)
    runner.run_until(100)
    runner.start(ORDER)
    runner.run()

    row = stage.row()
    assert (row.due_at - row.placed_at, stage.story) == (300_000, ("DIALED", 1))
    assert runner.lateness[0] < 1


@SCENARIOS.row(4)
def a_start_that_comes_again_after_the_decision_does_nothing(stage: Stage) -> None:
    runner = stage.play()
    runner.start(ORDER)
    runner.run()

    runner.start(ORDER, times=3)
    runner.run()

    assert (stage.story, len(runner.lateness)) == (("DIALED", 1), 1)


@SCENARIOS.row(5)
def a_kill_at_any_step_is_one_contact_at_most_and_a_story_that_is_told(stage: Stage) -> None:
    runner = stage.play()
    units = {f"order-{number}": moment for number, moment in enumerate(MOMENTS)}
    for unit, (when, point) in units.items():
        runner.kill(before=point if when == "before" else None, after=point if when == "after" else None, unit=unit)
        runner.start(unit, times=2)
    runner.run()

    assert is_told(runner)
    assert stage.shop.most_calls() == 1
    unknown = [moment for unit, moment in units.items() if runner.orders[unit].state is State.UNKNOWN]
    # Only where the claim was made, and what came of it was not written down.
    assert unknown == [("before", "contact"), ("before", "record"), ("after", "claim"), ("after", "contact")]
    assert runner.metrics[Metric.UNKNOWN] == len(unknown)


@SCENARIOS.row(6)
def a_check_that_comes_twenty_times_is_one_decision(stage: Stage) -> None:
    runner = stage.play()
    runner.duplicate(queue="check", times=19, within=3)

    runner.start(ORDER)
    runner.run()

    assert (stage.story, len(runner.lateness)) == (("DIALED", 1), 1)


@SCENARIOS.row(7)
def a_contact_that_comes_again_waits_while_its_claim_is_alive(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [lambda: runner.clock.sleep(12)]
    runner.duplicate(queue="contact", times=5, within=10)

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("DIALED", 1)
    assert Metric.UNKNOWN not in runner.metrics


@SCENARIOS.row(8)
def whoever_was_given_up_and_has_called_counts_and_nobody_calls_again(stage: Stage) -> None:
    runner = stage.play(contacts_per_second=20)
    runner.duplicate(queue="contact", within=3)
    given_up: list[State] = []

    def slowly() -> None:
        stage.outlive(150)
        given_up.append(stage.row().state)

    stage.shop.answers = [slowly]
    runner.start(ORDER)
    runner.run()

    assert (given_up, stage.story) == ([State.UNKNOWN], ("DIALED", 1))
    assert (stage.row().provider_id, stage.row().reason) == ("call-1", None)


@SCENARIOS.row(26)
def an_order_whose_row_has_expired_is_not_contacted_when_it_is_started_again(stage: Stage) -> None:
    runner = stage.play()
    placed_at = runner.now
    stage.shop.settled.add(ORDER)
    runner.start(ORDER)
    runner.run()
    stage.forget()
    stage.shop.settled.clear()

    runner.clock.sleep(90 * 86_400)
    runner.start(ORDER, placed_at)
    runner.run()

    assert stage.story == ("EXPIRED", 0)


@SCENARIOS.row(27)
def dead_letters_that_are_redriven_an_hour_later_contact_nobody(stage: Stage) -> None:
    runner = stage.play(max_receive_count=2)
    for queue, point, times in (("check", "decide", 2), ("contact", "claim", 6)):
        runner.throttle(point, times=times, unit=queue)
        runner.start(queue)
    runner.run()
    assert {letter.queue for letter in runner.dead_letters} == {"check", "contact"}

    runner.clock.sleep(3600)
    assert runner.redrive() == 2
    runner.run()

    assert {row.state for row in runner.orders.values()} == {State.EXPIRED}
    assert (stage.shop.calls, is_told(runner)) == ([], True)


@SCENARIOS.row(30)
def a_delay_that_sqs_cannot_hold_is_never_early(stage: Stage) -> None:
    runner = stage.play(delay=3600.0, deadline=4000.0)
    runner.duplicate()

    for number in range(5):
        runner.run_until(number * 17)
        runner.start(f"order-{number}")
    runner.run()

    assert len(runner.simulation.outbound.schedules) == len(runner.lateness) == 5
    assert all(0 <= late < 5 for late in runner.lateness)
    assert (stage.shop.most_calls(), is_told(runner)) == (1, True)


@SCENARIOS.row(31)
def a_check_that_comes_too_early_is_delayed_again(stage: Stage) -> None:
    runner = stage.play()
    runner.start(ORDER)
    runner.run_until(1)
    row = stage.row()
    order = Order(row.unit, row.placed_at, row.due_at, row.deadline_at)

    for hops in (0, 7, 8, 100):
        runner.simulation.pipes["check"].send(check_body(order, hops=hops))
    runner.run_until(299)
    assert stage.row().state is State.SCHEDULED
    runner.run()

    assert (stage.story, len(runner.lateness)) == (("DIALED", 1), 1)
    assert 0 <= runner.lateness[0] < 1


@SCENARIOS.row(32)
def a_contact_that_outlives_its_function_is_unknown(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [lambda: runner.clock.sleep(3600)]

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("UNKNOWN", 1)
    assert runner.metrics[Metric.UNKNOWN] == 1


@SCENARIOS.row("experiment")
def the_same_deliveries_decide_for_one_arm(stage: Stage) -> None:
    runner = stage.play(experiment=HALF)
    runner.duplicate(times=3, within=30)

    for number in range(12):
        runner.start(f"order-{number}")
    runner.run()

    called = {unit for unit, row in runner.orders.items() if row.arm == "call"}
    assert sorted(stage.shop.calls) == sorted(called)
    assert {row.state for row in runner.orders.values()} == {State.DIALED, State.CONTROL}
