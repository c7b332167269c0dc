"""Bad input and outages: rows 21 to 23, 25, 26 and 37 of the catalogue, and what else an author or a network may do."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime.custom_resource import Context, InProgress
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.testing import request_event
from tests.runtime.custom_resource.scenarios.stage import KEY, Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens

SCENARIOS = Scenarios()


@SCENARIOS.row(21)
def an_outage_of_the_answer_is_waited_out_and_the_very_same_bytes_are_sent(stage: Stage) -> None:
    runner = stage.play(Neither)
    runner.bucket.go_away(150)

    answer = runner.create()

    assert (answer.status, len(stage.vendor.made)) == ("SUCCESS", 1)
    assert len({put.body for put in runner.bucket.puts}) == 1
    assert runner.runs[0].outcome == "raised"


@SCENARIOS.row(22)
def an_answer_that_cloudformation_refuses_is_not_sent_again(stage: Stage) -> None:
    runner = stage.play(Neither)
    runner.bucket.statuses = [403]
    event = runner.event("Create")

    runner.deliver(event)
    runner.run()

    assert (len(runner.bucket.puts), len(runner.runs), len(stage.vendor.made)) == (1, 1, 1)
    assert runner.metrics[Metric.UNDELIVERABLE] == 1
    assert runner.notes == ["CloudFormation's URL is no longer valid, so the answer could not be given"]


@SCENARIOS.row(23)
def an_answer_that_is_sent_twice_is_the_same_both_times(stage: Stage) -> None:
    runner = stage.play(Tokens)

    runner.create({"b": "1", "a": "2"}, times=2, kill_after="respond", kills=2)

    assert len(runner.answers) >= 2
    assert len({one.body for one in runner.answers}) == 1


@SCENARIOS.row(25)
def a_table_that_is_away_for_a_while_before_the_side_effect_costs_time_only(stage: Stage) -> None:
    runner = stage.play(Neither)
    stage.table.go_away(100)

    answer = runner.create()

    assert (answer.status, len(stage.vendor.made)) == ("SUCCESS", 1)
    assert runner.runs[0].outcome == "raised"


@SCENARIOS.row(25)
def a_table_that_stays_away_ends_in_a_failure_and_nothing_was_made(stage: Stage) -> None:
    runner = stage.play(Neither)
    stage.table.go_away()

    answer = runner.create(roll_back=False)

    assert (answer.status, stage.vendor.made) == ("FAILED", [])
    assert "its table cannot be reached" in answer.reason
    assert "this attempt made nothing" in answer.reason


@SCENARIOS.row(26)
def a_table_that_fails_after_the_side_effect_is_tried_again_in_the_same_run(stage: Stage) -> None:
    for after_writing in (False, True):

        def create(self: Any, ctx: Context, properties: Any, after: bool = after_writing) -> str:  # noqa: ARG001
            stage.table.fail(3 if not after else 1, after_writing=after)
            return stage.vendor.create(tag=ctx.logical_id)

        runner = stage.play(Neither, create)

        answer = runner.create(logical_id=f"After{after_writing}")

        assert (answer.status, len(runner.runs)) == ("SUCCESS", 1)
    assert len(stage.vendor.made) == 2


@SCENARIOS.row(26)
def a_table_that_stays_away_after_the_side_effect_is_made_up_for_later(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        calls: list[str] = []

        def create(self: Any, ctx: Context, properties: Any, mode: Any = mode, calls: list[str] = calls) -> Any:
            if not calls:
                stage.table.go_away(100)
            calls.append(ctx.token)
            return mode.create(self, ctx, properties)

        answer = stage.play(mode, create).create(logical_id=mode.__name__)

        assert (answer.status, stage.live) == ("SUCCESS", [answer.physical_id])
        assert len({one.body for one in stage.runner.answers}) == 1
        stage.vendor.live.clear()


@SCENARIOS.row(37)
def what_is_not_cloudformations_is_logged_and_dropped(stage: Stage) -> None:
    runner = stage.play(Neither)
    good = request_event("Create", {"Name": "web"})
    bad: list[Any] = [
        None,
        [],
        "Create",
        {},
        {"RequestType": "Create"},
        *({name: value for name, value in good.items() if name != missing} for missing in _REQUIRED),
        {**good, "RequestType": "Destroy"},
        {**good, "RequestType": 1},
        {**good, "RequestId": ""},
        {**good, "StackId": None},
        {**good, "ResourceProperties": ["a"]},
        {**good, "ResponseURL": "https://169.254.169.254/latest/meta-data"},
        {**good, "ResponseURL": "https://evil.example/cloudformation-custom-resource-response-euwest1"},
        {**good, "ResponseURL": good["ResponseURL"].replace("https:", "http:")},
        {**good, "ResponseURL": "file:///etc/passwd"},
        {**request_event("Delete"), "PhysicalResourceId": ""},
    ]
    for event in bad:
        runner.simulation.send(event)
    runner.run()

    assert (stage.vendor.made, runner.bucket.puts) == ([], [])
    assert runner.metrics == {Metric.MALFORMED: len(bad)}
    assert {run.outcome for run in runner.runs} == {"returned"}
    assert not any(good["ResponseURL"] in note for note in runner.notes)


_REQUIRED = ("RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId")


@SCENARIOS.row("input")
def properties_of_60_kb_are_served_and_not_kept(stage: Stage) -> None:
    lengths: list[int] = []

    def create(_: Any, ctx: Context, properties: Any) -> str:
        lengths.append(len(properties["Script"]))
        return stage.vendor.create(tag=ctx.logical_id)

    answer = stage.play(Neither, create).create({"Script": "x" * 60_000})

    assert (answer.status, lengths) == ("SUCCESS", [60_000])
    assert len(str(stage.record)) < 4000


@SCENARIOS.row("author")
def attributes_that_json_cannot_hold_are_one_failure_and_the_resource_goes(stage: Stage) -> None:
    loop: list[Any] = []
    loop.append(loop)
    for number, value in enumerate((object(), b"x", {1, 2}, float("nan"), loop, "\ud800", {1: "x"})):

        def create(_: Any, ctx: Context, properties: Any, value: Any = value) -> Any:  # noqa: ARG001
            return stage.vendor.create(tag=ctx.logical_id), {"Odd": value}

        answer = stage.play(Neither, create).create(logical_id=f"R{number}")

        assert (answer.status, answer.physical_id) == ("FAILED", stage.vendor.made[-1])
        assert "JSON cannot hold these attributes: 'Odd'" in answer.reason
        assert stage.live == []


@SCENARIOS.row("author")
def a_number_as_the_id_is_a_failure_and_the_resource_goes(stage: Stage) -> None:
    deleted: list[str] = []

    def create(_: Any, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        return 42

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG001
        deleted.append(physical_id)

    answer = stage.play(Neither, create, methods={"delete": delete}).create()

    assert (answer.status, answer.physical_id, deleted) == ("FAILED", "42", ["42"])
    assert "return str(id)" in answer.reason


@SCENARIOS.row("author")
def what_is_no_id_at_all_is_a_failure(stage: Stage) -> None:
    for number, value in enumerate((None, "", 4.5, True, ["group-1"], ("group-1",), "x" * 2000)):
        runner = stage.play(Lookup, lambda *_, value=value: value)

        answer = runner.create(logical_id=f"R{number}")

        assert answer.status == "FAILED", value
        assert answer.follow_up is not None
        assert answer.follow_up.status == "SUCCESS"


@SCENARIOS.row("author")
def an_exception_of_6000_characters_is_cut_to_what_fits(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        raise ValueError("容量不足 " * 1500)

    runner = stage.play(Lookup, create)

    answer = runner.create()

    assert answer.status == "FAILED"
    assert "容量不足" in answer.reason
    assert all(len(one.body.encode()) <= 4096 for one in runner.answers)


@SCENARIOS.row("author")
def long_work_that_nobody_polls_is_a_failure_and_the_resource_goes(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        return InProgress(stage.vendor.create(tag=ctx.logical_id))

    answer = stage.play(Neither, create).create()

    assert (answer.status, answer.physical_id, stage.live) == ("FAILED", "group-1", [])
    assert "create returned InProgress" in answer.reason


@SCENARIOS.row("answer")
def an_answer_that_never_gets_through_stays_committed_and_alarms(stage: Stage) -> None:
    runner = stage.play(Neither)
    runner.bucket.go_away()
    event = runner.event("Create")

    runner.deliver(event)
    runner.run(seconds=3600)

    assert len(stage.vendor.made) == 1
    assert len({put.body for put in runner.bucket.puts}) == 1
    assert runner.answer(event) is None
    assert stage.record[f"op:{event['RequestId']}"]["status"] == "SUCCEEDED"


@SCENARIOS.row("table")
def a_table_restored_from_yesterday_makes_nothing_twice(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Size": "1"})
    yesterday = stage.record
    runner.clock.sleep(86400)
    update = runner.event("Update", {"Size": "2"})
    runner.deliver(update)
    runner.run()

    stage.table.restore(KEY, yesterday)
    runner.deliver(update)
    runner.run()

    assert (stage.statuses(update), stage.live) == ({"SUCCESS"}, ["group-1"])
    assert runner.delete().status == "SUCCESS"
    assert stage.live == []
