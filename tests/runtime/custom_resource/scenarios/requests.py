"""Requests of one resource that meet: rows 11 to 20 of the catalogue."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime.custom_resource import Context, Failed
from constructs_lib.runtime.custom_resource.contract import Metric
from tests.runtime.custom_resource.scenarios.deliveries import slowly
from tests.runtime.custom_resource.scenarios.stage import MADE_UP, Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens

SCENARIOS = Scenarios()


@SCENARIOS.row(11)
def a_create_that_fails_half_way_names_what_exists_and_the_rollback_deletes_it(stage: Stage) -> None:
    def with_failed(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        raise Failed("it never got healthy", stage.vendor.create(tag=ctx.logical_id))

    def with_checkpoint(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        ctx.created(stage.vendor.create(tag=ctx.logical_id))
        raise ValueError("it never got healthy")

    for create in (with_failed, with_checkpoint):
        answer = stage.play(Neither, create).create(logical_id=create.__name__)

        assert (answer.status, answer.physical_id) == ("FAILED", stage.vendor.made[-1])
        assert "it never got healthy" in answer.reason
        assert stage.live == []


@SCENARIOS.row(12)
def a_delete_that_overlaps_the_create_waits_for_it_and_leaves_nothing(stage: Stage) -> None:
    runner = stage.play(Neither, slowly(30, stage))
    create = runner.event("Create")
    runner.clock.sleep(5)
    delete = runner.event("Delete", physical_id=MADE_UP)
    runner.clock.sleep(-5)

    runner.deliver(create, concurrently=True)
    runner.deliver(delete, concurrently=True, delay=5)
    runner.run()

    assert (stage.statuses(create), stage.statuses(delete)) == ({"SUCCESS"}, {"SUCCESS"})
    assert (len(stage.vendor.made), stage.live) == (1, [])


@SCENARIOS.row(12)
def a_delete_of_what_a_killed_create_made_takes_its_lease_and_cancels_it(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        runner = stage.play(mode)
        create = runner.event("Create", logical_id=mode.__name__)
        delete = runner.event("Delete", logical_id=mode.__name__, physical_id=MADE_UP)

        runner.deliver(create, kill_after="create")
        runner.run(seconds=1)
        runner.clock.sleep(80)
        assert stage.invoke(delete)
        runner.run()

        assert (stage.statuses(create), stage.statuses(delete)) == ({"FAILED"}, {"SUCCESS"})
        assert "cancelled: a later Delete" in runner.answers[-1].reason
        assert stage.live == []


@SCENARIOS.row(12)
def a_delete_that_meets_a_killed_create_leaves_nothing_whoever_comes_first(stage: Stage) -> None:
    for number, delay in enumerate((0, 1, 59, 60, 61, 69, 70, 71, 300)):
        runner = stage.play(Lookup)
        create = runner.event("Create", logical_id=f"R{number}")
        delete = runner.event("Delete", logical_id=f"R{number}", physical_id=MADE_UP)

        runner.deliver(create, concurrently=True, kill_after="create")
        runner.deliver(delete, concurrently=True, delay=delay)
        runner.run()

        assert (stage.statuses(delete), stage.live, runner.contradictions) == ({"SUCCESS"}, [], [])
        assert len(stage.statuses(create)) == 1


@SCENARIOS.row(13)
def a_create_that_comes_after_its_delete_makes_nothing(stage: Stage) -> None:
    runner = stage.play(Tokens)
    create = runner.event("Create")
    runner.clock.sleep(60)
    delete = runner.event("Delete", physical_id=MADE_UP)

    for event in (delete, create):
        runner.deliver(event)
        runner.run()

    assert (stage.statuses(delete), stage.vendor.made) == ({"SUCCESS"}, [])
    assert runner.metrics[Metric.STALE_DROPPED] == 1
    assert runner.notes == ["the Delete of this resource came before its Create, which is refused"]


@SCENARIOS.row(14)
def a_duplicate_create_after_the_rollback_makes_nothing(stage: Stage) -> None:
    runner = stage.play(Neither)
    create = runner.event("Create")
    runner.deliver(create)
    runner.run()
    answer = runner.answer(create)
    assert answer is not None
    runner.deliver(runner.event("Delete", physical_id=answer.physical_id))
    runner.run()

    runner.deliver(create, times=2)
    runner.run()

    assert (len(stage.vendor.made), stage.live) == (1, [])


@SCENARIOS.row(15)
def a_duplicated_update_is_applied_once(stage: Stage) -> None:
    sizes: list[str] = []

    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ARG001
        sizes.append(properties["Size"])

    runner = stage.play(Neither, methods={"update": update})
    runner.create({"Size": "1"})

    answer = runner.update({"Size": "2"}, times=3)

    assert (answer.status, sizes) == ("SUCCESS", ["2"])


@SCENARIOS.row(15)
def an_update_that_was_killed_is_applied_again(stage: Stage) -> None:
    sizes: list[str] = []

    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ARG001
        sizes.append(properties["Size"])

    runner = stage.play(Neither, methods={"update": update})
    runner.create({"Size": "1"})

    answer = runner.update({"Size": "2"}, kill_after="create")

    assert (answer.status, answer.physical_id, sizes) == ("SUCCESS", "group-1", ["2", "2"])


@SCENARIOS.row(16)
def a_replacement_that_is_cancelled_is_removed_by_the_update_that_rolls_it_back(stage: Stage) -> None:
    runner = stage.play(Tokens, slowly(30, stage))
    runner.create({"Region": "eu"})
    cancelled = runner.event("Update", {"Region": "us"})
    runner.clock.sleep(5)
    back = runner.event("Update", {"Region": "eu"}, old_properties={"Region": "us"})
    runner.clock.sleep(-5)

    runner.deliver(cancelled, concurrently=True)
    runner.deliver(back, concurrently=True, delay=5)
    runner.run()

    assert stage.statuses(back) == {"SUCCESS"}
    assert (len(stage.vendor.made), stage.live) == (2, ["group-1"])
    assert runner.metrics[Metric.ORPHAN_REAPED] == 1


@SCENARIOS.row(16)
def an_update_that_comes_after_the_one_that_rolled_it_back_is_dropped(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})
    cancelled = runner.event("Update", {"Region": "us"})
    runner.clock.sleep(60)
    back = runner.event("Update", {"Region": "eu"}, old_properties={"Region": "us"})

    for event in (back, cancelled):
        runner.deliver(event)
        runner.run()

    assert (stage.statuses(back), stage.statuses(cancelled), stage.live) == ({"SUCCESS"}, set(), ["group-1"])


@SCENARIOS.row(17)
def a_replacement_that_cloudformation_rolls_back_goes_by_its_own_id(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})
    update = runner.event("Update", {"Region": "us"})
    runner.deliver(update)
    runner.run()

    runner.deliver(runner.event("Delete", physical_id="group-2"), times=2)
    runner.run()

    assert stage.live == ["group-1"]


@SCENARIOS.row(18)
def a_duplicated_delete_of_the_replaced_resource_does_not_touch_the_new_one(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})
    answer = runner.update({"Region": "us"})
    assert (answer.physical_id, stage.live) == ("group-2", ["group-2"])

    runner.deliver(runner.event("Delete", physical_id="group-1"), times=2)
    runner.run()

    assert stage.live == ["group-2"]


@SCENARIOS.row(19)
def a_delete_of_the_replaced_resource_that_comes_late_does_no_harm(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})
    runner.deliver(replace := runner.event("Update", {"Region": "us"}))
    runner.run()
    delete = runner.event("Delete", physical_id="group-1")
    runner.clock.sleep(60)
    later = runner.event("Update", {"Region": "us"}, physical_id="group-2", old_properties={"Region": "eu"})

    for event in (later, delete):
        runner.deliver(event)
        runner.run()

    assert stage.statuses(replace) == stage.statuses(later) == {"SUCCESS"}
    assert "group-2" in stage.live


@SCENARIOS.row(20)
def a_delete_that_failed_half_way_goes_on_when_it_is_asked_again(stage: Stage) -> None:
    failures = [ValueError("busy")]

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG001
        stage.vendor.delete(physical_id)
        if failures:
            raise failures.pop()

    runner = stage.play(Neither, methods={"delete": delete})
    runner.create()

    first, second = runner.delete(), runner.delete()

    assert (first.status, second.status, stage.live) == ("FAILED", "SUCCESS", [])
    assert "busy" in first.reason


@SCENARIOS.row(20)
def a_delete_does_not_succeed_while_it_cannot_be_found_out_what_to_delete(stage: Stage) -> None:
    outages: list[Exception] = []

    def find(_: Any, ctx: Context, properties: Any) -> str | None:  # noqa: ARG001
        if outages:
            raise outages.pop()
        return stage.vendor.find(ctx.token)

    runner = stage.play(Lookup, methods={"find": find})
    create, delete = runner.event("Create"), runner.event("Delete", physical_id=MADE_UP)
    runner.deliver(create, kill_after="create")
    runner.run(seconds=1)
    runner.clock.sleep(80)
    outages.append(ConnectionError("the vendor is away"))
    assert stage.invoke(delete)
    assert (stage.statuses(delete), stage.live) == ({"FAILED"}, ["group-1"])

    assert stage.invoke(again := runner.event("Delete", physical_id=MADE_UP))
    runner.run()

    assert (stage.statuses(again), stage.live) == ({"SUCCESS"}, [])
