"""What a resource's record and its name outlive: rows 29 to 33, 35 and 36 of the catalogue."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime._shared.contract import TIME_TO_LIVE
from constructs_lib.runtime.custom_resource import Context
from constructs_lib.runtime.custom_resource.testing import request_event
from tests.runtime.custom_resource.scenarios.stage import KEY, Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens

SCENARIOS = Scenarios()


@SCENARIOS.row(29)
def a_record_is_kept_while_its_resource_lives_and_some_days_longer(stage: Stage) -> None:
    runner = stage.play(Neither)

    runner.create()
    assert TIME_TO_LIVE not in stage.record

    runner.delete()
    assert stage.record[TIME_TO_LIVE] - runner.clock.time >= 6 * 86400


@SCENARIOS.row(30)
def a_lost_record_costs_no_second_resource(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        runner = stage.play(mode)
        runner.deliver(event := runner.event("Create"))
        runner.run()
        stage.table.restore(KEY, {})

        runner.deliver(event)
        runner.deliver(runner.event("Delete", physical_id=stage.vendor.made[-1]), delay=60)
        runner.run()

        assert stage.statuses(event) == {"SUCCESS"}
        assert (len(stage.vendor.made), stage.live) == (1 + (mode is Lookup), [])


@SCENARIOS.row(30)
def a_delete_reaches_the_author_whatever_the_record_has_forgotten(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})
    yesterday = stage.record
    runner.clock.sleep(86400)
    assert runner.update({"Region": "us"}).physical_id == "group-2"
    stage.table.restore(KEY, yesterday)

    answer = runner.delete()

    assert (answer.status, stage.live) == ("SUCCESS", [])


@SCENARIOS.row(31)
def the_same_request_id_for_another_resource_is_another_request(stage: Stage) -> None:
    runner = stage.play(Tokens)
    for name in ("Web", "Worker"):
        runner.deliver(request_event("Create", request_id="r", logical_id=name, signed_at=runner.clock.time))
    runner.run()

    assert len(stage.vendor.made) == 2


@SCENARIOS.row(32)
def a_stack_that_is_deleted_and_made_again_is_another_stack(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create()
    runner.delete()

    again = f"{KEY.partition('|')[0][:-1]}4"
    runner.deliver(request_event("Create", stack_id=again, signed_at=runner.clock.time))
    runner.run()

    assert len(stage.live) == 1


@SCENARIOS.row(33)
def a_record_of_a_later_version_is_gone_on_with(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.deliver(event := runner.event("Create"), kill_after="create")
    runner.run(seconds=1)
    op = f"op:{event['RequestId']}"
    later = {**stage.record, "v": 2, "invented": {"later": 1}, op: {**stage.record[op], "invented": 1}}
    stage.table.restore(KEY, later)

    runner.run()

    assert (stage.statuses(event), len(stage.vendor.made)) == ({"SUCCESS"}, 1)
    assert stage.record["invented"] == {"later": 1}


@SCENARIOS.row(35)
def an_answer_of_more_than_4096_bytes_is_one_failure_and_the_resource_goes(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        return stage.vendor.create(tag=ctx.logical_id), {"Log": "ü" * 3000, "Arn": "arn:x"}

    answer = stage.play(Neither, create).create()

    assert (answer.status, answer.physical_id, stage.live) == ("FAILED", "group-1", [])
    assert "'Log' (6008 bytes)" in answer.reason
    assert len(answer.body.encode()) <= 4096


@SCENARIOS.row(36)
def a_resource_that_another_stack_made_is_not_adopted_and_not_deleted(stage: Stage) -> None:
    names: dict[str, str] = {}

    def create(_: Any, ctx: Context, properties: Any) -> str:
        if properties["Name"] in names:
            raise ValueError(f"{properties['Name']} exists already")
        names[properties["Name"]] = ctx.token
        return stage.vendor.create(tag=ctx.token)

    runner = stage.play(Lookup, create)

    first = runner.create({"Name": "web"})
    second = runner.create({"Name": "web"}, logical_id="Other")

    assert (first.status, second.status, stage.live) == ("SUCCESS", "FAILED", ["group-1"])
    assert "web exists already" in second.reason
