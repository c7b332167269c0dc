"""One request, delivered more than once, or killed: rows 1 to 10, 24, 27 and 28 of the catalogue."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime.custom_resource import Context
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.testing import response_url
from tests.runtime.custom_resource.scenarios.stage import Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens

SCENARIOS = Scenarios()


def slowly(seconds: float, stage: Stage) -> Any:
    """A create that takes its time, before and after the resource is made."""

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        stage.runner.clock.sleep(seconds / 2)
        group = stage.vendor.create(tag=ctx.token, token=ctx.token)
        stage.runner.clock.sleep(seconds / 2)
        return group

    return create


@SCENARIOS.row(1)
def a_duplicate_waits_while_the_first_is_at_work_and_only_the_first_answers(stage: Stage) -> None:
    runner = stage.play(Neither, slowly(20, stage))

    answer = runner.create(times=3, concurrently=True)

    assert answer.status == "SUCCESS"
    assert (len(stage.vendor.made), len(runner.answers)) == (1, 1)
    assert runner.metrics[Metric.DUPLICATE_SUPPRESSED] == 2


@SCENARIOS.row(2)
def a_duplicate_after_success_finds_nothing_to_do(stage: Stage) -> None:
    runner = stage.play(Neither)

    runner.create(times=3)

    assert (len(stage.vendor.made), len(runner.answers)) == (1, 1)
    assert runner.metrics[Metric.DUPLICATE_SUPPRESSED] == 2


@SCENARIOS.row(2)
def a_duplicate_after_a_success_that_was_not_acknowledged_sends_the_same_again(stage: Stage) -> None:
    runner = stage.play(Neither)

    runner.create(kill_after="respond")

    assert len(stage.vendor.made) == 1
    assert len({one.body for one in runner.answers}) == 1
    assert runner.metrics[Metric.REPLAYED] == 1


@SCENARIOS.row(3)
def a_duplicate_after_a_failure_does_not_run_again(stage: Stage) -> None:
    calls = []

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        calls.append(ctx.token)
        raise ValueError("no capacity")

    runner = stage.play(Neither, create)
    event = runner.event("Create")

    runner.deliver(event, times=3)
    runner.run()

    assert (len(calls), stage.statuses(event)) == (1, {"FAILED"})


@SCENARIOS.row(4)
def a_failed_request_that_is_asked_again_under_its_id_runs_again(stage: Stage) -> None:
    for mode in (Tokens, Lookup, Neither):
        calls: list[str] = []

        def create(self: Any, ctx: Context, properties: Any, mode: Any = mode, calls: list[str] = calls) -> Any:
            calls.append(ctx.token)
            if len(calls) == 1:
                ctx.created(mode.create(self, ctx, properties))
                raise ValueError("it never got healthy")
            return mode.create(self, ctx, properties)

        runner = stage.play(mode, create)
        first = runner.event("Create", logical_id=mode.__name__)
        again = _asked_again(first, runner.clock.time + 60)

        for event in (first, again, first):
            runner.deliver(event)
            runner.run()

        answer = runner.answer(again)
        assert answer is not None
        assert (answer.status, stage.live) == ("SUCCESS", [answer.physical_id])
        # What the first had made was removed, and a vendor answers a used token with what is gone.
        assert len(set(calls)) == 2
        stage.vendor.live.clear()


@SCENARIOS.row(5)
def a_request_that_succeeded_and_is_asked_again_gets_the_same_answer_there(stage: Stage) -> None:
    runner = stage.play(Neither)
    first = runner.event("Create")
    again = _asked_again(first, runner.clock.time + 60)

    for event in (first, again):
        runner.deliver(event)
        runner.run()

    assert runner.answer(again) is not None
    assert runner.answer(first) == runner.answer(again)
    assert len(stage.vendor.made) == 1


def _asked_again(event: dict[str, Any], at: float) -> dict[str, Any]:
    url = response_url(event["RequestId"], event["LogicalResourceId"], signed_at=at)
    return {**event, "ResponseURL": f"{url}-another"}


@SCENARIOS.row(6)
def a_crash_before_the_side_effect_costs_nothing(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        answer = stage.play(mode).create(logical_id=mode.__name__, kill_after="claim")

        assert "was cut off" in stage.runner.notes[0]
        assert (answer.status, len(stage.vendor.live)) == ("SUCCESS", 1)
        stage.vendor.live.clear()


@SCENARIOS.row(7)
def a_crash_after_the_side_effect_is_found_out_by_token_or_lookup(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        answer = stage.play(mode).create(logical_id=mode.__name__, kill_after="create", kills=2)

        assert (answer.status, stage.live) == ("SUCCESS", [answer.physical_id])
        assert stage.runner.metrics[Metric.ADOPTED] == 1
        stage.vendor.live.clear()


@SCENARIOS.row(7)
def a_crash_that_nobody_can_find_out_is_a_failure_with_guidance(stage: Stage) -> None:
    for point in ("claim", "create"):
        made = len(stage.vendor.made)
        answer = stage.play(Neither).create(logical_id=point, kill_after=point)

        assert answer.status == "FAILED"
        assert "ambiguous" in answer.reason
        assert "delete it by hand" in answer.reason
        assert len(stage.vendor.made) - made == (point == "create")
        assert stage.runner.metrics[Metric.AMBIGUOUS]


@SCENARIOS.row(7)
def a_crash_after_a_checkpoint_is_a_failure_whose_rollback_deletes_the_resource(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        group = stage.vendor.create(tag=ctx.logical_id)
        ctx.created(group)
        return group

    answer = stage.play(Neither, create).create(kill_after="checkpoint")

    assert (answer.status, answer.physical_id) == ("FAILED", "group-1")
    assert answer.follow_up is not None
    assert (answer.follow_up.status, stage.live) == ("SUCCESS", [])


@SCENARIOS.row(8)
def a_crash_before_the_answer_leaves_only_the_answer_to_send(stage: Stage) -> None:
    answer = stage.play(Neither).create(kill_after="commit")

    assert (answer.status, len(stage.vendor.made)) == ("SUCCESS", 1)


@SCENARIOS.row(9)
def what_a_killed_function_sent_may_land_until_its_lease_ends(stage: Stage) -> None:
    landing: list[tuple[float, str]] = []

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        if landing:
            return stage.vendor.create(tag=ctx.token)
        landing.append((stage.runner.clock.time + 65, ctx.token))
        stage.runner.clock.sleep(100)  # no reply comes, and the function's 60 seconds end
        return "never"

    def find(_: Any, ctx: Context, properties: Any) -> str | None:  # noqa: ARG001
        if landing and stage.runner.clock.time >= landing[0][0] and not stage.vendor.made:
            stage.vendor.create(tag=landing[0][1])
        return stage.vendor.find(ctx.token)

    answer = stage.play(Lookup, create, methods={"find": find}).create()

    assert (answer.status, stage.vendor.made) == ("SUCCESS", ["group-1"])


@SCENARIOS.row(10)
def a_zombie_that_lost_its_lease_changes_nothing_and_leaves_nothing(stage: Stage) -> None:
    events: list[dict[str, Any]] = []

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        if len(events) == 1:  # while this one hangs, its lease ends and another takes over
            events.append(events[0])
            stage.runner.clock.sleep(100)
            assert stage.invoke(events[0])
        return stage.vendor.create(tag=ctx.token)

    runner = stage.play(Lookup, create)
    events.append(runner.event("Create"))

    assert stage.invoke(events[0])

    answer = runner.answer(events[0])
    assert answer is not None
    assert (answer.status, stage.live) == ("SUCCESS", [answer.physical_id])
    assert (runner.metrics[Metric.FENCE_LOST], runner.metrics[Metric.ORPHAN_REAPED]) == (1, 1)
    assert runner.contradictions == []


@SCENARIOS.row(24)
def an_author_who_outlives_the_functions_time_every_time_ends_in_one_failure(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        stage.runner.clock.sleep(200)
        return "too late"

    runner = stage.play(Lookup, create)

    answer = runner.create()

    assert answer.status == "FAILED"
    assert "ended without an answer on every attempt" in answer.reason
    assert runner.contradictions == []
    assert (stage.live, runner.metrics[Metric.GAVE_UP]) == ([], 1)


@SCENARIOS.row(27)
def a_write_whose_first_success_the_client_hid_counts_as_made(stage: Stage) -> None:
    runner = stage.play(Neither)
    stage.table.writes_twice = 3

    answer = runner.create()

    assert (answer.status, len(stage.vendor.made), len(runner.answers)) == ("SUCCESS", 1, 1)
    assert len(runner.runs) == 1


@SCENARIOS.row(28)
def a_sandbox_whose_clock_is_ahead_takes_nothing_over_while_the_holder_may_act(stage: Stage) -> None:
    tries: list[bool] = []

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        stage.runner.clock.sleep(59.5)
        tries.append(stage.invoke(event, remaining=2, ahead=9))
        return stage.vendor.create(tag=ctx.token)

    runner = stage.play(Neither, create)
    event = runner.event("Create")

    stage.invoke(event)

    assert tries == [False]
    assert (len(stage.vendor.made), stage.statuses(event)) == (1, {"SUCCESS"})
