"""What the provider's guide says of costs and times, counted and clocked in the test kit."""
# ruff: noqa: ARG002 - the library calls the methods of a ResourceHandler with all of their arguments

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.billing import GB_SECOND, INVOCATION, TRANSITION, WRITE_UNIT, Counted
from constructs_lib.custom_resource import polling
from constructs_lib.runtime.custom_resource import Context, InProgress, ResourceHandler
from constructs_lib.runtime.custom_resource.contract import GRACE
from constructs_lib.runtime.custom_resource.testing import ResourceRunner, VirtualClock, request_event

GUIDE = Path(__file__).parent.parent / "docs" / "custom_resource.md"
EVENT = request_event("Create", {"Name": "web"})

Deed = Callable[[ResourceRunner], None]


class Group(ResourceHandler):
    """What the guide's cost table is about."""

    checkpoints = False
    polls = 0
    made = "group-0123456789", {"Endpoint": "web.eu-west-1.example.com", "Status": "ready"}

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]] | InProgress:
        if self.checkpoints:
            ctx.created(self.made[0])
        return InProgress(self.made[0], 1, next_in=30) if self.polls else self.made

    def update(
        self, ctx: Context, physical_id: str, properties: dict[str, Any], old_properties: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        return self.made

    def delete(self, ctx: Context, physical_id: str, properties: dict[str, Any]) -> None:
        pass


class CheckpointedGroup(Group):
    checkpoints = True


class SlowGroup(Group):
    polls = 3

    def poll(self, ctx: Context, state: int) -> dict[str, Any] | InProgress:
        return self.made[1] if state == self.polls else InProgress(self.made[0], state + 1, next_in=30)


def states_of(ticks: int) -> int:
    """How many states an execution goes through whose last tick of so many finds the work done."""
    loop = polling._definition(900, 3)
    name, passed = loop["StartAt"], 0
    while name is not None:
        state, passed = loop["States"][name], passed + 1
        ticks -= state["Type"] == "Task"
        is_done = state["Type"] == "Choice" and ticks == 0
        name = state["Choices"][0]["Next"] if is_done else state.get("Next", state.get("Default"))
    return passed


def create(runner: ResourceRunner) -> None:
    runner.create({"Name": "web"})


def update(runner: ResourceRunner) -> None:
    runner.update({"Name": "other"})


def deliver(runner: ResourceRunner) -> None:
    runner.deliver(EVENT)
    runner.run()


@pytest.mark.parametrize(
    ("row", "group", "before", "measured", "seconds"),
    [
        ("a create", Group, [], create, 1),
        ("a create with `ctx.created`", CheckpointedGroup, [], create, 1),
        ("an update, after many others", Group, [create, *[update] * 9], update, 1),
        ("a duplicate, after the answer, in 10 ms", Group, [deliver], deliver, 0.01),
        ("a create with three polls", SlowGroup, [], create, 1),
    ],
)
def test_the_provider_guide_s_costs_are_what_the_kit_counts(
    row: str, group: type[Group], before: list[Deed], measured: Deed, seconds: float
) -> None:
    runner = ResourceRunner(group)
    for deed in before:
        deed(runner)
    earlier, counted = len(runner.runs), Counted(runner.simulation.table)

    measured(runner)

    invocations = len(runner.runs) - earlier
    transitions = states_of(group.polls) if group.polls else 0
    usd = counted.units * WRITE_UNIT + transitions * TRANSITION
    usd += invocations * (INVOCATION + seconds * 0.25 * GB_SECOND)
    figures = f"| {row} | {counted.writes} | {counted.units} | {invocations} | {transitions} | {usd * 1e6:.2f} |"
    assert figures in GUIDE.read_text()


def test_the_readme_rounds_the_cost_of_a_create() -> None:
    row = r"^\| a create(?: with `ctx.created`)? \|.* ([\d.]+) \|$"
    figures = [float(usd) for usd in re.findall(row, GUIDE.read_text(), re.MULTILINE)]

    assert len(figures) == 2
    assert f"about ${max(figures):.0f} for a million creates" in (GUIDE.parents[1] / "README.md").read_text()


def slow_runner(timeout: float, *, seconds: float, times: int) -> ResourceRunner:
    """A provider whose create takes so long, so many times, and then no time."""
    clock, left = VirtualClock(), [seconds] * times

    class Slow(Group):
        honours_token = True

        def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]] | InProgress:
            clock.sleep(left.pop() if left else 0)
            return self.made

    return ResourceRunner(Slow, clock=clock, timeout=timeout, total_timeout=3 * timeout + 180, grace=GRACE)


@pytest.mark.parametrize("timeout", [15, 60, 240, 900])
def test_a_create_that_is_killed_on_every_attempt_has_failed_when_the_guide_says(timeout: float) -> None:
    answer = slow_runner(timeout, seconds=10_000, times=9).create(roll_back=False)

    assert answer.status == "FAILED"
    assert answer.seconds == pytest.approx(3 * timeout + 180 + GRACE, abs=0.1)
    assert "at most 3 \u00d7 timeout + 180 s + grace" in GUIDE.read_text()


def test_a_timeout_shorter_than_the_grace_costs_another_minute() -> None:
    answer = slow_runner(5, seconds=10_000, times=9).create(roll_back=False)

    assert answer.status == "FAILED"
    assert 3 * 5 + 180 + GRACE < answer.seconds <= 3 * 5 + 180 + 60


@pytest.mark.parametrize("timeout", [5, 60, 100, 240, 900])
@pytest.mark.parametrize("share", [0, 0.01, 0.25, 0.5, 0.99])
def test_a_crash_is_made_good_when_the_guide_says(timeout: float, share: float) -> None:
    answer = slow_runner(timeout, seconds=share * timeout, times=1).create(kill_after="create")

    assert answer.status == "SUCCESS"
    assert answer.seconds <= timeout + max(60, GRACE + 120 if timeout > 60 - GRACE else 0) + 0.1
    assert "at the latest timeout + grace + 120 s after the first run began" in " ".join(GUIDE.read_text().split())
