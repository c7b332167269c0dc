"""What is not known: lookups that fail, ids that are none, handlers that cannot be imported: rows 41 to 43."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime.custom_resource import Context, Failed, InProgress
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.entry import _unimportable
from tests.runtime.custom_resource.scenarios.stage import KEY, MADE_UP, Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens, resource

SCENARIOS = Scenarios()


@SCENARIOS.row(30)
def a_record_that_is_lost_before_the_retry_costs_no_second_resource_where_a_lookup_is_offered(stage: Stage) -> None:
    runner = stage.play(Lookup)
    runner.deliver(event := runner.event("Create"), kill_after="create")
    runner.run(seconds=1)
    stage.table.restore(KEY, {})

    runner.run()

    answer = runner.answer(event)
    assert answer is not None
    assert (answer.status, stage.vendor.made, stage.live) == ("SUCCESS", ["group-1"], ["group-1"])


@SCENARIOS.row(41)
def a_lookup_is_made_before_every_create_and_once(stage: Stage) -> None:
    calls: list[str] = []

    def create(self: Any, ctx: Context, properties: Any) -> Any:
        calls.append("create")
        return Lookup.create(self, ctx, properties)

    def find(self: Any, ctx: Context, properties: Any) -> Any:
        calls.append("find")
        return Lookup.find(self, ctx, properties)

    runner = stage.play(Lookup, create, methods={"find": find})
    runner.create({"Region": "eu"})
    runner.update({"Region": "us"})

    assert calls == ["find", "create"] * 2


@SCENARIOS.row(41)
def a_lookup_that_says_failed_after_a_crash_is_no_word_on_what_exists(stage: Stage) -> None:
    outages: list[Exception] = []

    def find(_: Any, ctx: Context, properties: Any) -> str | None:  # noqa: ARG001
        if outages:
            raise outages.pop()
        return stage.vendor.find(ctx.token)

    runner = stage.play(Lookup, methods={"find": find})
    runner.deliver(create := runner.event("Create"), kill_after="create")
    runner.run(seconds=1)
    outages.append(Failed("the vendor answers 400"))
    runner.run()
    answer = runner.answer(create)
    assert answer is not None
    assert (answer.status, stage.live) == ("FAILED", ["group-1"])

    runner.deliver(delete := runner.event("Delete", physical_id=answer.physical_id))
    runner.run()

    assert (stage.statuses(delete), stage.live) == ({"SUCCESS"}, [])


@SCENARIOS.row(41)
def a_lookup_that_fails_before_anything_was_begun_leaves_nothing_to_delete(stage: Stage) -> None:
    deleted: list[str] = []

    def find(_: Any, ctx: Context, properties: Any) -> str | None:  # noqa: ARG001
        raise ConnectionError("the vendor is away")

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG001
        deleted.append(physical_id)

    answer = stage.play(Lookup, methods={"find": find, "delete": delete}).create()

    assert answer.follow_up is not None
    assert (answer.status, answer.follow_up.status, deleted) == ("FAILED", "SUCCESS", [])


@SCENARIOS.row(42)
def an_empty_id_is_no_word_that_nothing_exists(stage: Stage) -> None:
    deleted: list[str] = []

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG001
        deleted.append(physical_id)
        stage.vendor.delete(physical_id)

    for mode in (Tokens, Lookup, Neither):

        def create(self: Any, ctx: Context, properties: Any, mode: Any = mode) -> str:
            mode.create(self, ctx, properties)
            return ""

        runner = stage.play(mode, create, methods={"delete": delete, "honours_token": mode is Tokens})

        answer = runner.create(logical_id=mode.__name__)

        assert answer.follow_up is not None
        assert (answer.status, answer.follow_up.status) == ("FAILED", "SUCCESS")
        assert "the physical id is empty" in answer.reason
        # A lookup finds it; otherwise somebody is told to look.
        assert runner.metrics[Metric.AMBIGUOUS] == (mode is not Lookup)
    assert deleted == ["group-2"]


@SCENARIOS.row(42)
def a_lookup_that_returns_an_empty_id_ends_no_delete(stage: Stage) -> None:
    runner = stage.play(Lookup)
    runner.deliver(runner.event("Create"), kill_after="create")
    runner.run(seconds=1)
    runner.clock.sleep(80)
    stage.deploy(resource(Lookup, stage.vendor, find=lambda *_: "").as_handler().author)

    assert stage.invoke(delete := runner.event("Delete", physical_id=MADE_UP))

    assert (stage.statuses(delete), stage.live) == ({"FAILED"}, ["group-1"])


@SCENARIOS.row(43)
def a_delete_whose_handler_cannot_be_imported_fails_and_forgets_nothing(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        runner = stage.play(mode)
        runner.deliver(runner.event("Create", logical_id=mode.__name__), kill_after="create")
        runner.run(seconds=1)
        runner.clock.sleep(80)
        stage.deploy(_unimportable(ImportError("no module named vendor")))
        delete = runner.event("Delete", logical_id=mode.__name__, physical_id=MADE_UP)
        assert stage.invoke(delete)
        answer = runner.answer(delete)
        assert answer is not None
        assert (answer.status, len(stage.live)) == ("FAILED", 1)
        assert "could not be imported: ImportError: no module named vendor" in answer.reason
        assert runner.metrics[Metric.AMBIGUOUS] == 0

        stage.deploy(resource(mode, stage.vendor).as_handler().author)
        assert stage.invoke(again := runner.event("Delete", logical_id=mode.__name__, physical_id=MADE_UP))

        assert (stage.statuses(again), stage.live) == ({"SUCCESS"}, [])


@SCENARIOS.row(43)
def a_takeover_whose_handler_cannot_be_imported_fails_and_the_rollback_deletes_what_was_made(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        runner = stage.play(mode)
        create = runner.event("Create", logical_id=mode.__name__)
        runner.deliver(create, kill_after="create")
        runner.run(seconds=1)
        stage.deploy(_unimportable(ImportError("no module named vendor")))
        runner.run()
        answer = runner.answer(create)
        assert answer is not None
        assert answer.status == "FAILED"
        assert "could not be imported: ImportError: no module named vendor" in answer.reason
        assert (len(stage.live), runner.metrics[Metric.AMBIGUOUS]) == (1, 0)

        stage.deploy(resource(mode, stage.vendor).as_handler().author)
        runner.deliver(runner.event("Delete", logical_id=mode.__name__, physical_id=answer.physical_id))
        runner.run()

        assert stage.live == []


@SCENARIOS.row("polls")
def a_poll_that_wants_to_be_asked_after_the_time_is_over_is_asked_when_it_is(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        return InProgress(stage.vendor.create(tag=ctx.logical_id), next_in=7200)

    answer = stage.play(Neither, create, methods={"poll": lambda *_: {}}).create()

    assert (answer.status, stage.live) == ("FAILED", [])
    assert answer.reason == "not done within the total timeout of 900 s"
    assert answer.seconds <= 902


@SCENARIOS.row("polls")
def a_poll_is_told_the_type_and_the_request_that_it_is_about(stage: Stage) -> None:
    told: list[tuple[str, str, str, str]] = []

    def tell(name: str, ctx: Context) -> None:
        told.append((name, ctx.resource_type, ctx.request_id, ctx.token))

    def create(_: Any, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        tell("create", ctx)
        return InProgress("group-1", next_in=1)

    def poll(_: Any, ctx: Context, state: Any) -> Any:  # noqa: ARG001
        tell("poll", ctx)
        return {}

    runner = stage.play(Neither, create, methods={"poll": poll})
    runner.deliver(event := runner.event("Create"))
    runner.run()

    about = told[0][1:]
    assert about[:2] == (event["ResourceType"], event["RequestId"])
    assert told == [("create", *about), ("poll", *about)]


@SCENARIOS.row("tokens")
def a_delete_has_a_token_of_its_own_which_is_the_same_at_each_try(stage: Stage) -> None:
    told: dict[str, list[tuple[str, str]]] = {"create": [], "delete": [], "poll": []}

    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        told["create"].append((ctx.request_id, ctx.token))
        return stage.vendor.create(tag=ctx.logical_id)

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> Any:  # noqa: ARG001
        told["delete"].append((ctx.request_id, ctx.token))
        return InProgress(physical_id, next_in=1)

    def poll(_: Any, ctx: Context, state: Any) -> Any:  # noqa: ARG001
        told["poll"].append((ctx.request_id, ctx.token))
        return {}

    runner = stage.play(Neither, create, methods={"delete": delete, "poll": poll})
    runner.create()
    event = runner.event("Delete")
    runner.deliver(event, kill_after="create")
    runner.run()

    assert len(told["delete"]) == 2
    assert len({*told["delete"], *told["poll"]}) == 1
    assert told["delete"][0][0] == event["RequestId"] != told["create"][0][0]
    assert told["delete"][0][1] != told["create"][0][1]


@SCENARIOS.row("tokens")
def what_is_left_over_is_deleted_under_a_token_that_made_nothing(stage: Stage) -> None:
    makers: list[str] = []
    removers: list[str] = []

    def create(self: Any, ctx: Context, properties: Any) -> Any:
        makers.append(ctx.token)
        return Tokens.create(self, ctx, properties)

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG001
        removers.append(ctx.token)
        stage.vendor.delete(physical_id)

    runner = stage.play(Tokens, create, methods={"delete": delete, "honours_token": True})
    runner.create({"Region": "eu"})
    runner.update({"Region": "us"}, kill_after="create", kills=3)
    runner.delete()

    assert stage.live == []
    assert len(set(removers)) == len(removers) == 2
    assert not {*makers} & {*removers}
