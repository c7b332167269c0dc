"""What a request costs: writes to the table, reads, and invocations."""

# ruff: noqa: ANN401
# What an author's method is given and returns is anything.

from collections.abc import Callable
from typing import Any, NamedTuple

from constructs_lib.runtime.custom_resource import Context
from tests.runtime.custom_resource.scenarios.stage import Scenarios, Stage
from tests.runtime.custom_resource.vendor import Neither

SCENARIOS = Scenarios()


class Cost(NamedTuple):
    """Of one request: changes that were made, changes that were refused, answers, and invocations. Nothing is read."""

    made: int
    refused: int
    answers: int
    invocations: int


def cost(stage: Stage, act: Callable[[], object]) -> Cost:
    """What an act costs."""
    before = _spent(stage)
    act()
    return Cost(*(after - before for after, before in zip(_spent(stage), before, strict=True)))


def _spent(stage: Stage) -> Cost:
    table, runner = stage.table, stage.runner
    return Cost(table.writes - table.lost, table.lost, len(runner.bucket.puts), len(runner.runs))


#: The claim and the commit, and the acknowledgement, which may fail.
USUAL = Cost(made=2 + 1, refused=0, answers=1, invocations=1)


@SCENARIOS.row("cost")
def a_request_costs_two_writes_and_an_acknowledgement_and_one_invocation(stage: Stage) -> None:
    runner = stage.play(Neither)

    assert cost(stage, lambda: runner.create({"Region": "eu", "Size": "1"})) == USUAL
    assert cost(stage, lambda: runner.update({"Region": "eu", "Size": "2"})) == USUAL
    assert cost(stage, runner.delete) == USUAL


@SCENARIOS.row("cost")
def a_checkpoint_costs_one_write_more(stage: Stage) -> None:
    def create(_: Any, ctx: Context, properties: Any) -> str:  # noqa: ARG001
        group = stage.vendor.create(tag=ctx.logical_id)
        ctx.created(group)
        return group

    runner = stage.play(Neither, create)

    assert cost(stage, runner.create) == USUAL._replace(made=USUAL.made + 1)


@SCENARIOS.row("cost")
def an_acknowledgement_that_cannot_be_written_is_dropped(stage: Stage) -> None:
    runner = stage.play(Neither)
    put = runner.bucket.put

    def put_and_lose_the_table(url: str, body: str, *, seconds: float) -> Any:
        stage.table.fail()
        return put(url, body, seconds=seconds)

    runner.bucket.put = put_and_lose_the_table  # type: ignore[method-assign] # a bucket that breaks something else

    assert runner.create().status == "SUCCESS"
    assert [run.outcome for run in runner.runs] == ["returned"]


@SCENARIOS.row("cost")
def a_duplicate_of_what_is_acknowledged_costs_one_refused_write(stage: Stage) -> None:
    runner = stage.play(Neither)
    event = runner.event("Create")
    runner.deliver(event)
    runner.run()

    def again() -> None:
        runner.deliver(event)
        runner.run()

    assert cost(stage, again) == Cost(made=0, refused=1, answers=0, invocations=1)


@SCENARIOS.row("cost")
def a_duplicate_of_what_is_not_acknowledged_costs_one_refused_write_the_answer_and_the_acknowledgement(
    stage: Stage,
) -> None:
    runner = stage.play(Neither)
    event = runner.event("Create")
    runner.deliver(event, kill_after="respond")
    runner.run(seconds=1)

    assert cost(stage, runner.run) == Cost(made=1, refused=1, answers=1, invocations=1)
