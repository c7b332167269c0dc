"""Updates that fail, the rollbacks after them, and what they leave over: rows 38 to 40 of the catalogue."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from typing import Any

from constructs_lib.runtime.custom_resource import Context, Failed, InProgress, NotFound
from constructs_lib.runtime.custom_resource.contract import Metric
from tests.runtime.custom_resource.scenarios.stage import Scenarios, Stage
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens

SCENARIOS = Scenarios()


def without_mars(mode: type[Neither], calls: list[str]) -> Any:
    """A create that one region refuses."""

    def create(self: Any, ctx: Context, properties: Any) -> Any:
        calls.append(properties["Region"])
        if properties["Region"] == "mars":
            raise Failed("there is no region mars")
        return mode.create(self, ctx, properties)

    return create


@SCENARIOS.row(38)
def a_replacement_that_fails_and_is_rolled_back_keeps_the_resource_that_was_never_touched(stage: Stage) -> None:
    for mode in (Tokens, Lookup, Neither):
        calls: list[str] = []
        runner = stage.play(mode, without_mars(mode, calls))
        group = runner.create({"Region": "eu"}, logical_id=mode.__name__).physical_id

        answer = runner.update({"Region": "mars"}, logical_id=mode.__name__)

        assert (answer.status, answer.reason) == ("FAILED", "there is no region mars")
        assert answer.follow_up is not None
        assert (answer.follow_up.status, answer.follow_up.physical_id) == ("SUCCESS", group)
        assert (stage.live, calls) == ([group], ["eu", "mars"])
        stage.vendor.live.clear()


@SCENARIOS.row(38)
def the_rollback_of_a_failed_replacement_brings_the_other_properties_back(stage: Stage) -> None:
    sizes: list[tuple[str, str]] = []

    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ARG001
        sizes.append((properties["Size"], old_properties["Size"]))

    runner = stage.play(Neither, without_mars(Neither, []), methods={"update": update})
    runner.create({"Region": "eu", "Size": "1"})
    runner.update({"Region": "mars", "Size": "2"})

    assert sizes == [("1", "2")]


@SCENARIOS.row(38)
def a_rollback_that_keeps_the_resource_and_is_killed_keeps_it_the_next_time(stage: Stage) -> None:
    runner = stage.play(Neither, without_mars(Neither, []))
    runner.create({"Region": "eu"})
    runner.update({"Region": "mars"}, roll_back=False)
    back = runner.event("Update", {"Region": "eu"}, old_properties={"Region": "mars"})

    runner.deliver(back, kill_after=["claim", "create"])
    runner.run()

    answer = runner.answer(back)
    assert answer is not None
    assert (answer.status, answer.physical_id, stage.vendor.made) == ("SUCCESS", "group-1", ["group-1"])


@SCENARIOS.row(38)
def an_author_who_wants_another_resource_in_the_rollback_gets_one(stage: Stage) -> None:
    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ARG001
        ctx.replace()

    runner = stage.play(Tokens, without_mars(Tokens, []), methods={"update": update})
    runner.create({"Region": "eu"})

    answer = runner.update({"Region": "mars"})

    assert answer.follow_up is not None
    assert (answer.follow_up.physical_id, stage.live) == ("group-2", ["group-2"])


@SCENARIOS.row(38)
def a_new_resource_in_the_rollback_that_is_cut_off_is_not_made_twice(stage: Stage) -> None:
    calls: list[str] = []

    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ARG001
        calls.append("update")
        ctx.replace()

    def create(self: Any, ctx: Context, properties: Any) -> Any:
        calls.append("create")
        if "update" in calls:
            stage.runner.clock.sleep(100)  # the function's 60 seconds end
        return Neither.create(self, ctx, properties)

    runner = stage.play(Neither, create, methods={"update": update})
    runner.create({"Region": "eu"})
    runner.deliver(back := runner.event("Update", {"Region": "eu"}, old_properties={"Region": "mars"}))
    runner.run()

    assert calls == ["create", "update", "create"]
    assert stage.statuses(back) == {"FAILED"}
    assert runner.metrics[Metric.AMBIGUOUS]


@SCENARIOS.row(38)
def a_property_that_goes_back_and_forth_makes_a_new_resource_each_time(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu"})

    ids = [runner.update({"Region": region}).physical_id for region in ("us", "eu", "us")]

    assert ids == ["group-2", "group-3", "group-4"]
    assert stage.live == ["group-4"]


@SCENARIOS.row(38)
def a_replacement_that_surely_made_nothing_is_not_tried_again_to_find_out(stage: Stage) -> None:
    for mode in (Tokens, Lookup, Neither):
        calls: list[str] = []
        runner = stage.play(mode, without_mars(mode, calls))
        runner.create({"Region": "eu"}, logical_id=mode.__name__)

        runner.update({"Region": "mars"}, logical_id=mode.__name__, roll_back=False)
        runner.update({"Region": "us"}, logical_id=mode.__name__)
        runner.delete(logical_id=mode.__name__)

        assert calls == ["eu", "mars", "us"]
        assert (stage.live, runner.metrics[Metric.AMBIGUOUS], runner.metrics[Metric.ORPHANED]) == ([], 0, 0)


class Regions:
    """The methods of a vendor with regions: in another one than it was made in, a group is not seen."""

    def __init__(self, stage: Stage, mode: type[Neither]) -> None:
        self._stage = stage
        self._mode = mode
        self._region: dict[str, str] = {}

    def create(self, ctx: Context, properties: Any) -> str:
        """Make a group."""
        group = self._stage.vendor.create(tag=ctx.token, token=ctx.token if self._mode is Tokens else None)
        self._region.setdefault(group, properties["Region"])
        return group

    def find(self, ctx: Context, properties: Any) -> str | None:
        """The group of the token."""
        group = self._stage.vendor.find(ctx.token)
        return group if group and self._region[group] == properties["Region"] else None

    def delete(self, ctx: Context, physical_id: str, properties: Any) -> None:  # noqa: ARG002
        """Delete a group."""
        if self._region[physical_id] != properties["Region"]:
            raise NotFound
        self._stage.vendor.delete(physical_id)

    @property
    def methods(self) -> dict[str, Any]:
        """What a class of the vendor's has besides create."""
        lookup: dict[str, Any] = {"find": self.find} if self._mode is Lookup else {}
        return lookup | {"delete": self.delete, "honours_token": self._mode is Tokens}


@SCENARIOS.row(39)
def what_a_killed_replacement_left_is_deleted_with_the_properties_it_was_made_with(stage: Stage) -> None:
    for mode in (Tokens, Lookup):
        regions = Regions(stage, mode)
        runner = stage.play(mode, regions.create, methods=regions.methods)
        group = runner.create({"Region": "eu"}, logical_id=mode.__name__).physical_id
        replacing = runner.event("Update", {"Region": "us"}, logical_id=mode.__name__)
        runner.deliver(replacing, kill_after="create")
        runner.run(seconds=1)
        runner.clock.sleep(80)
        back = runner.event("Update", {"Region": "eu"}, logical_id=mode.__name__, old_properties={"Region": "us"})

        assert stage.invoke(back)
        runner.run()

        assert (stage.statuses(back), stage.live) == ({"SUCCESS"}, [group])
        assert runner.metrics[Metric.ORPHAN_REAPED] == 1
        stage.vendor.live.clear()


@SCENARIOS.row(39)
def what_an_event_has_not_got_the_properties_of_is_named_and_kept(stage: Stage) -> None:
    regions = Regions(stage, Tokens)
    runner = stage.play(Tokens, regions.create, methods=regions.methods)
    runner.create({"Region": "eu"})
    runner.deliver(runner.event("Update", {"Region": "us"}), kill_after="create")
    runner.run(seconds=1)
    runner.clock.sleep(80)

    assert stage.invoke(runner.event("Delete", {"Region": "eu"}))

    assert stage.live == ["group-2"]
    assert runner.metrics[Metric.ORPHANED] == 1
    assert "made with properties that are not known any more" in runner.notes[-1]
    left = [one for name, one in stage.record.items() if name.startswith("inst:") and one["being"] == "INTENT"]
    assert len(left) == 1


@SCENARIOS.row(39)
def the_record_of_what_properties_a_resource_was_made_with_shows_none_of_them(stage: Stage) -> None:
    runner = stage.play(Tokens)
    runner.create({"Region": "eu-secret-1", "Password": "hunter2secret"})

    assert "hunter2secret" not in str(stage.record)
    assert "eu-secret-1" not in str(stage.record)


@SCENARIOS.row(39)
def what_an_update_made_by_itself_and_recorded_is_deleted_after_a_crash(stage: Stage) -> None:
    def update(_: Any, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> str:  # noqa: ARG001
        if properties["Size"] == "1":
            return physical_id
        ctx.created(group := stage.vendor.create(tag=ctx.logical_id))
        return group

    runner = stage.play(Neither, methods={"update": update})
    runner.create({"Size": "1"})

    answer = runner.update({"Size": "2"}, kill_after="checkpoint")

    assert (answer.status, stage.live) == ("FAILED", ["group-1"])
    assert (runner.metrics[Metric.ORPHAN_REAPED], runner.metrics[Metric.ORPHANED]) == (1, 0)


@SCENARIOS.row(40)
def a_poll_that_fails_leaves_what_it_polled_to_the_rollback_which_has_the_properties(stage: Stage) -> None:
    regions = Regions(stage, Tokens)

    def create(_: Any, ctx: Context, properties: Any) -> Any:
        group = regions.create(ctx, properties)
        return group if properties["Region"] == "eu" else InProgress(group, next_in=1)

    def poll(_: Any, ctx: Context, state: Any) -> None:  # noqa: ARG001
        raise RuntimeError("the job failed")

    runner = stage.play(Tokens, create, methods={**regions.methods, "poll": poll})
    runner.create({"Region": "eu"})

    answer = runner.update({"Region": "us"}, roll_back=False)

    assert (answer.status, stage.live) == ("FAILED", ["group-1", "group-2"])
    assert runner.metrics[Metric.ORPHANED] == 0
    runner.deliver(runner.event("Update", {"Region": "eu"}, old_properties={"Region": "us"}))
    runner.run()
    assert (stage.live, runner.metrics[Metric.ORPHAN_REAPED]) == (["group-1"], 1)


@SCENARIOS.row(40)
def the_poll_of_a_delete_forgets_nothing_that_another_request_left(stage: Stage) -> None:
    regions = Regions(stage, Tokens)

    def delete(_: Any, ctx: Context, physical_id: str, properties: Any) -> Any:
        regions.delete(ctx, physical_id, properties)
        return InProgress(physical_id, next_in=1)

    methods = {**regions.methods, "delete": delete, "poll": lambda *_: {}}
    runner = stage.play(Tokens, regions.create, methods=methods)
    runner.create({"Region": "eu"})
    runner.deliver(runner.event("Update", {"Region": "us"}), kill_after="create")
    runner.run(seconds=1)
    runner.clock.sleep(80)

    assert stage.invoke(delete_event := runner.event("Delete", {"Region": "eu"}))
    runner.run(seconds=10)

    assert (stage.statuses(delete_event), stage.live) == ({"SUCCESS"}, ["group-2"])
    assert runner.metrics[Metric.ORPHANED] == 1
    assert "INTENT" in str(stage.record)
