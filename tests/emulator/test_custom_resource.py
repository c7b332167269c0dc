"""Every promise of the provider, on the emulator: real stacks, asynchronous delivery, functions that are killed.

Everything is begun and then each test waits for its own, so that leases and retries pass side by side.
"""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from local.demo.real_stacks import Done, RealStack
from local.demo.rig import Event, Provider, Rig
from local.deploy import Deployer
from local.emulator import ROOT, Emulator
from local.kill_switch import Kills
from local.ledger import Group, Ledger
from local.recorder import Answer, Fault, Recorder
from local.rigging import Rigging
from tests.emulator.custom_resource_app import THINGS

pytestmark = pytest.mark.emulator

#: Seconds before Lambda tries a killed invocation again: the second attempt outlasts the first one's lease.
RETRY = 4.0
#: Seconds between two beginnings: most then find a function that is started, and a busy machine starts few at once.
PAUSE = 0.7
PATIENCE = 90.0


@dataclass(frozen=True, kw_only=True)
class World:
    """The deployed providers, and what was begun with them."""

    emulator: Emulator
    rig: Rig
    quick: Provider
    slow: Provider
    pool: ThreadPoolExecutor
    stacks: dict[str, Future[list[Done]]] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def begin(self, name: str, act: Callable[[RealStack], list[Done]], *, slow: bool = False) -> None:
        """Do something with a stack of its own."""
        stack = RealStack(self.emulator, self.slow if slow else self.quick, name)
        self.stacks[name] = self.pool.submit(act, stack)
        time.sleep(PAUSE)

    def done(self, name: str) -> list[Done]:
        """How that ended."""
        return self.stacks[name].result(timeout=PATIENCE)

    def things(self, name: str) -> list[Group]:
        """What the vendor made of this name."""
        return self.rig.ledger.of(name)

    def begin_event(self, name: str, *, times: int = 1) -> None:
        """Deliver a Create of its own, as Lambda would."""
        self.events[name] = self.rig.create(self.quick, name)
        self.rig.deliver(self.events[name], times=times)
        time.sleep(PAUSE)

    def answers(self, name: str) -> list[Answer]:
        """The answers to it, when nothing more comes."""
        if name not in self.settled:
            self.rig.first_answer(name, seconds=PATIENCE)
            self.rig.settle(name)
            self.settled.add(name)
        return self.rig.recorder.answers(name)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The providers, with everything begun."""
    with (
        Emulator(async_retry_base=RETRY) as emulator,
        Recorder() as recorder,
        ThreadPoolExecutor(16) as pool,
    ):
        kills = Kills(emulator.folder / "kills")
        emulator.client("dynamodb").create_table(
            TableName=THINGS,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        deployer = Deployer(
            emulator,
            app=shlex.join([sys.executable, "-m", "tests.emulator.custom_resource_app"]),
            folder=ROOT,
            environment=Rigging(recorder=recorder.host, orders=str(kills.folder)).to_environment(),
        )
        deployer.bootstrap()
        outputs = deployer.deploy()["ProvidersUnderTest"]
        quick, slow = (
            Provider(title=name, is_ours=True, mode="Q", service_token=outputs[f"{name}Token"], functions=())
            for name in ("quick", "slow")
        )
        rig = Rig(emulator, recorder, Ledger(emulator, THINGS), kills)
        world = World(emulator=emulator, rig=rig, quick=quick, slow=slow, pool=pool)
        _begin_everything(world)
        yield world


def _begin_everything(world: World) -> None:
    kills, recorder = world.rig.kills, world.rig.recorder
    kills.after("create", resource="KilledAlways")
    kills.after("find", resource="KilledAlways", times=2)
    world.begin("KilledAlways", lambda stack: [stack.create()])
    world.begin(
        "Life",
        lambda stack: [stack.create(), stack.update(capacity=5), stack.update(region="there"), stack.delete()],
    )
    kills.after("create", resource="KilledOnce")
    world.begin("KilledOnce", lambda stack: [stack.create()])
    world.begin("Polled", lambda stack: [stack.create(), stack.delete()], slow=True)
    kills.after("poll", resource="PolledAndKilled")
    world.begin("PolledAndKilled", lambda stack: [stack.create()], slow=True)

    world.begin_event("ThreeTimes", times=3)
    for step in ("claim", "commit", "respond"):
        kills.after(step, resource=f"KilledAfter-{step}")
        world.begin_event(f"KilledAfter-{step}", times=2)
    recorder.fail("Outage", Fault.UNAVAILABLE, times=3)
    world.begin_event("Outage")


def test_a_stack_is_created_changed_replaced_and_deleted(world: World) -> None:
    assert [done.status for done in world.done("Life")] == [
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE",
        "DELETE_COMPLETE",
    ]
    first, second = world.things("Life")
    # The old one goes when the new one is there.
    assert first.deleted_at is not None
    assert second.deleted_at is not None
    assert first.made_at < second.made_at <= first.deleted_at <= second.deleted_at


def test_a_function_killed_after_the_vendors_work_makes_nothing_twice(world: World) -> None:
    [created] = world.done("KilledOnce")

    assert created.status == "CREATE_COMPLETE", created.reason
    assert len(world.things("KilledOnce")) == 1
    assert world.rig.kills.left(resource="KilledOnce") == 0


def test_a_function_killed_at_every_attempt_is_answered_for_on_the_failure_path(world: World) -> None:
    [created] = world.done("KilledAlways")

    assert created.status == "ROLLBACK_COMPLETE"
    assert "the function ended without an answer on every attempt" in created.reason
    assert len(world.things("KilledAlways")) == 1
    assert world.rig.kills.left(resource="KilledAlways") == 0


def test_the_rollback_of_what_killed_functions_made_deletes_it(world: World) -> None:
    world.done("KilledAlways")
    [thing] = world.things("KilledAlways")
    create = world.rig.create_of("KilledAlways")

    # The emulator sends no Delete for a resource whose own Create has failed; AWS does.
    world.rig.deliver(world.rig.delete(create, thing.id))

    answer = world.rig.first_answer("KilledAlways-delete", seconds=PATIENCE)
    assert answer is not None
    assert answer.status == "SUCCESS"
    assert not world.things("KilledAlways")[0].exists


def test_long_work_is_polled_until_it_is_done(world: World) -> None:
    assert [done.status for done in world.done("Polled")] == ["CREATE_COMPLETE", "DELETE_COMPLETE"]
    [thing] = world.things("Polled")
    assert not thing.exists


def test_a_function_killed_inside_a_poll_is_polled_again(world: World) -> None:
    [created] = world.done("PolledAndKilled")

    assert created.status == "CREATE_COMPLETE", created.reason
    assert len(world.things("PolledAndKilled")) == 1
    assert world.rig.kills.left(resource="PolledAndKilled") == 0


def test_three_deliveries_at_once_make_one_thing_and_one_answer(world: World) -> None:
    answers = world.answers("ThreeTimes")

    [thing] = world.things("ThreeTimes")
    assert [(answer.status, answer.fields["PhysicalResourceId"]) for answer in answers] == [("SUCCESS", thing.id)]


@pytest.mark.parametrize("step", ["claim", "commit", "respond"])
def test_wherever_one_of_two_deliveries_is_killed_all_answers_are_the_same_bytes(world: World, step: str) -> None:
    answers = world.answers(f"KilledAfter-{step}")

    [thing] = world.things(f"KilledAfter-{step}")
    assert {answer.body for answer in answers} == {answers[0].body}
    assert (answers[0].status, answers[0].fields["PhysicalResourceId"]) == ("SUCCESS", thing.id)
    assert world.rig.kills.left(resource=f"KilledAfter-{step}") == 0


def test_an_answer_that_is_refused_is_sent_again_and_the_thing_is_not_made_again(world: World) -> None:
    answers = world.answers("Outage")

    assert len(world.things("Outage")) == 1
    assert [answer.taken for answer in answers][:4] == [False, False, False, True]
    assert {answer.body for answer in answers} == {answers[0].body}


def test_an_event_that_comes_after_its_answer_and_one_after_its_delete_make_nothing(world: World) -> None:
    world.answers("ThreeTimes")
    create, [thing] = world.events["ThreeTimes"], world.things("ThreeTimes")

    world.rig.deliver(create)
    world.rig.settle("ThreeTimes")
    assert len(world.rig.recorder.answers("ThreeTimes")) == 1

    world.rig.deliver(world.rig.delete(create, thing.id))
    assert world.rig.first_answer("ThreeTimes-delete", seconds=PATIENCE) is not None
    world.rig.deliver(create)
    world.rig.settle("ThreeTimes")
    [thing] = world.things("ThreeTimes")
    assert not thing.exists


def test_a_stack_goes_with_its_provider_and_takes_its_things_along(world: World) -> None:
    for future in world.stacks.values():
        future.result(timeout=PATIENCE)
    assert [thing.exists for name in ("Own-quick", "Own-slow") for thing in world.things(name)] == [True, True]

    gone = RealStack(world.emulator, world.quick, "ProvidersUnderTest").delete()

    assert gone.status == "DELETE_COMPLETE", gone.reason
    assert [thing.exists for name in ("Own-quick", "Own-slow") for thing in world.things(name)] == [False, False]
