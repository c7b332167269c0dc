# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

import doctest
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from constructs_lib.runtime.custom_resource import Context, Failed, InProgress, ResourceHandler, response, testing
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.contract import Metric, Settings
from constructs_lib.runtime.custom_resource.handler import Job
from constructs_lib.runtime.custom_resource.performer import Performer, World
from constructs_lib.runtime.custom_resource.request import Request, failure_of, read
from constructs_lib.runtime.custom_resource.steps import Call, Called, Clock, Made, Put, Step
from constructs_lib.runtime.custom_resource.testing import ResourceRunner, Simulation, VirtualClock, request_event
from tests.runtime.custom_resource.vendor import Lookup, Neither, Tokens, Vendor, resource

MODES = pytest.mark.parametrize("mode", [Tokens, Lookup, Neither])


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def naive(author: type[ResourceHandler]) -> testing.Simulation:
    """A provider that does what every tutorial does: call the author, then answer."""

    def steps(request: Request) -> Generator[Step, Any, None]:
        called: Called = yield Call("create", "token", 0, request.request_id, "Create")
        assert isinstance(called.outcome, Made)
        yield Put(request.url, response.success(request, called.outcome.physical_id or "", {}, no_echo=()))

    def serve(event: object, world: World, clock: Clock) -> Job | None:
        if failure_of(event) is not None:
            return None
        request = read(event)
        perform = Performer(request, author=Author(make=author), settings=Settings("records"), world=world, clock=clock)
        return Job(steps(request), perform, request)

    return Simulation(serve, timeout=60, clock=VirtualClock())


def test_the_example_in_its_docstring_works() -> None:
    assert doctest.testmod(testing).failed == 0
    assert doctest.testmod(testing).attempted > 0


@MODES
def test_a_resource_lives_from_create_to_delete(mode: type[Neither], vendor: Vendor) -> None:
    runner = ResourceRunner(resource(mode, vendor))

    created = runner.create({"Region": "eu"})
    updated = runner.update({"Region": "eu", "Capacity": "2"})
    deleted = runner.delete()

    assert [created.status, updated.status, deleted.status] == ["SUCCESS"] * 3
    assert {created.physical_id, updated.physical_id, deleted.physical_id} == {"group-1"}
    assert (vendor.made, vendor.live, runner.resources) == (["group-1"], {}, {})
    assert len(runner.answers) == 3


@pytest.mark.parametrize("concurrently", [False, True])
def test_a_naive_provider_makes_a_resource_for_each_delivery(concurrently: bool, vendor: Vendor) -> None:
    simulation = naive(resource(Neither, vendor))
    for _ in range(3):
        simulation.send(request_event("Create"))
        if not concurrently:
            simulation.run()

    simulation.run()

    assert len(vendor.live) == 3
    assert len(simulation.bucket.contradictions()) == 2


@MODES
@pytest.mark.parametrize("concurrently", [False, True])
def test_ours_makes_one_however_often_the_event_is_delivered(
    mode: type[Neither], concurrently: bool, vendor: Vendor
) -> None:
    runner = ResourceRunner(resource(mode, vendor))

    answer = runner.create(times=3, concurrently=concurrently)

    assert (answer.status, answer.physical_id) == ("SUCCESS", "group-1")
    assert (vendor.made, runner.contradictions) == (["group-1"], [])


def test_deliveries_overlap_and_one_that_can_waits_for_the_other(vendor: Vendor) -> None:
    clock = VirtualClock()

    def create(self: Neither, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        clock.sleep(30)
        return self.vendor.create(tag=ctx.logical_id)

    runner = ResourceRunner(resource(Neither, vendor, create=create), clock=clock)
    event = runner.event("Create")
    runner.deliver(event, times=2, concurrently=True)
    runner.deliver(event, delay=20)

    runner.run(50)

    # The second waits as long as the first takes; the third for 10 s and a little.
    assert [run.outcome for run in runner.runs] == ["returned"] * 3
    assert sorted(run.seconds >= 30 for run in runner.runs) == [False, True, True]
    assert min(run.seconds for run in runner.runs) < 20
    assert vendor.made == ["group-1"]


def test_a_naive_provider_that_is_killed_after_the_create_makes_another(vendor: Vendor) -> None:
    simulation = naive(resource(Tokens, vendor, create=lambda self, ctx, _: self.vendor.create(tag=ctx.token)))
    simulation.send(request_event("Create"), orders=["create"])

    simulation.run()

    assert len(vendor.live) == 2


@pytest.mark.parametrize("mode", [Tokens, Lookup])
@pytest.mark.parametrize("point", testing.POINTS)
def test_after_a_kill_the_next_delivery_finishes_with_the_same_resource(
    mode: type[Neither], point: str, vendor: Vendor
) -> None:
    def create(self: Neither, ctx: Context, properties: Any) -> Any:
        group = mode.create(self, ctx, properties)
        ctx.created(group)
        return group

    honours = {"honours_token": mode is Tokens}
    runner = ResourceRunner(resource(mode, vendor, create=create, **honours))

    answer = runner.create(kill_after=point)

    assert [run.outcome for run in runner.runs] == [f"killed after {point}", "returned"]
    assert (answer.status, answer.physical_id) == ("SUCCESS", "group-1")
    assert (list(vendor.live), runner.contradictions) == (["group-1"], [])


def test_after_a_kill_it_is_not_known_what_exists_where_the_vendor_cannot_tell(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Neither, vendor))

    answer = runner.create(kill_after="create")

    assert (answer.status, vendor.made) == ("FAILED", ["group-1"])
    assert "ambiguous" in answer.reason
    assert runner.metrics[Metric.AMBIGUOUS] >= 1


@pytest.mark.parametrize(("point", "physical_id"), [("create", None), ("checkpoint", "group-1")])
def test_a_kill_after_the_create_is_before_the_checkpoint(point: str, physical_id: str | None, vendor: Vendor) -> None:
    def create(self: Neither, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        ctx.created(self.vendor.create(tag=ctx.logical_id))
        return "group-1"

    runner = ResourceRunner(resource(Neither, vendor, create=create))
    event = runner.event("Create")
    runner.deliver(event, kill_after=point)

    runner.run(1)

    (instance,) = [value for name, value in runner.record().items() if name.startswith("inst:")]
    assert instance.get("physical_id") == physical_id


def test_killed_on_every_attempt_it_is_answered_by_the_on_failure_path(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor), timeout=30)

    answer = runner.create(kill_after="create", kills=3, roll_back=False)

    events = [(run.attempt, run.outcome) for run in runner.runs if run.kind == "event"]
    assert events == [(1, "killed after create"), (2, "killed after create"), (3, "killed after create")]
    assert runner.runs[-1].kind == "failure record"
    assert answer.status == "FAILED"
    assert "Runtime.ExitError" in answer.reason
    # Lambda's waits, and one more for the lease of the run that was killed last.
    assert 180 <= answer.seconds <= 240
    assert len(vendor.made) == 1


def test_lambda_delivers_no_event_that_cloudformation_waits_for_no_more(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor), timeout=30, total_timeout=60)

    runner.create(kill_after="create", kills=3, roll_back=False)

    assert [run.attempt for run in runner.runs if run.kind == "event"] == [1, 2]
    assert runner.runs[-1].kind == "failure record"


def test_the_rollback_deletes_what_a_failed_create_left(vendor: Vendor) -> None:
    def create(self: Neither, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        group = self.vendor.create(tag=ctx.token)
        raise Failed("it never got healthy", group)

    runner = ResourceRunner(resource(Neither, vendor, create=create))

    answer = runner.create()

    assert (answer.status, answer.physical_id, answer.reason) == ("FAILED", "group-1", "it never got healthy")
    assert answer.follow_up is not None
    assert answer.follow_up.status == "SUCCESS"
    assert vendor.live == {}


def test_after_a_replacement_the_old_resource_is_deleted(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    runner.create({"Region": "eu"})

    answer = runner.update({"Region": "us"}, times=2, concurrently=True)

    assert (answer.status, answer.physical_id, runner.resources) == ("SUCCESS", "group-2", {"Resource": "group-2"})
    assert answer.follow_up is not None
    assert answer.follow_up.physical_id == "group-1"
    assert list(vendor.live) == ["group-2"]


def test_a_failed_update_is_rolled_back_by_an_update_to_the_old_properties(vendor: Vendor) -> None:
    seen = []

    def update(_self: Any, _ctx: Context, _id: str, properties: dict[str, Any], old: dict[str, Any]) -> None:
        seen.append((properties, old))
        if properties["Capacity"] == "99":
            raise Failed("too much")

    runner = ResourceRunner(resource(Tokens, vendor, update=update))
    runner.create({"Capacity": "1"})

    answer = runner.update({"Capacity": "99"})

    assert (answer.status, answer.reason) == ("FAILED", "too much")
    assert answer.follow_up is not None
    assert answer.follow_up.status == "SUCCESS"
    assert seen == [({"Capacity": "99"}, {"Capacity": "1"}), ({"Capacity": "1"}, {"Capacity": "99"})]


def test_the_same_answer_is_sent_when_the_outage_of_the_bucket_is_over(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Neither, vendor), timeout=20)
    runner.bucket.go_away(30)

    answer = runner.create()

    assert (answer.status, vendor.made, runner.contradictions) == ("SUCCESS", ["group-1"], [])
    assert answer.seconds > 60
    assert {put.status for put in runner.bucket.puts} == {503, 200}


def test_a_refused_answer_is_not_sent_again(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Neither, vendor))
    runner.bucket.statuses = [403]

    answer = runner.create(roll_back=False)

    assert answer.status == "TIMED_OUT"
    assert len(runner.bucket.puts) == 1
    assert runner.metrics[Metric.UNDELIVERABLE] == 1


def test_while_the_table_is_away_nothing_is_made(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Neither, vendor))
    runner.table.go_away()

    answer = runner.create(roll_back=False)

    assert (answer.status, vendor.made) == ("FAILED", [])
    assert "cannot be reached" in answer.reason


@pytest.mark.parametrize("after_writing", [False, True])
def test_one_failure_of_the_table_costs_a_retry_and_no_second_resource(after_writing: bool, vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    runner.table.fail(after_writing=after_writing)

    answer = runner.create()

    assert (answer.status, vendor.made) == ("SUCCESS", ["group-1"])


def test_an_invocation_past_its_timeout_is_dead_and_what_it_made_is_adopted(vendor: Vendor) -> None:
    clock = VirtualClock()

    def create(self: Neither, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        is_first = not self.vendor.made
        group = self.vendor.create(tag=ctx.token, token=ctx.token)
        clock.sleep(99 if is_first else 1)
        return group

    runner = ResourceRunner(resource(Tokens, vendor, create=create), clock=clock, timeout=30)

    answer = runner.create()

    assert [run.outcome for run in runner.runs] == ["timed out", "returned"]
    assert (answer.status, vendor.made) == ("SUCCESS", ["group-1"])
    assert answer.seconds >= 30 + 60


class Slow(Tokens):
    """A group that takes three polls."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ARG002
        group = self.vendor.create(tag=ctx.token, token=ctx.token)
        return InProgress(group, state={"polls": 0}, next_in=20)

    def poll(self, ctx: Context, state: Any) -> Any:  # noqa: ARG002
        polls = state["polls"] + 1
        return {"Polls": str(polls)} if polls == 3 else InProgress("group-1", {"polls": polls}, next_in=30)


def test_long_work_is_polled_to_its_end(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Slow, vendor))

    answer = runner.create(times=2)

    assert (answer.status, answer.physical_id, answer.attributes) == ("SUCCESS", "group-1", {"Polls": "3"})
    assert answer.seconds == pytest.approx(20 + 30 + 30)
    assert [run.kind for run in runner.runs].count("tick") == 3
    assert vendor.made == ["group-1"]


def test_a_killed_poll_is_repeated(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Slow, vendor), timeout=20)
    runner.simulation.poll_orders.append("claim")

    answer = runner.create()

    assert answer.status == "SUCCESS"
    assert "killed after claim" in [run.outcome for run in runner.runs if run.kind == "tick"]


def test_polling_that_cannot_be_started_is_tried_again(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Slow, vendor))
    runner.simulation.fail_to_start()

    answer = runner.create()

    assert (answer.status, vendor.made) == ("SUCCESS", ["group-1"])


def test_a_poll_that_never_ends_is_ended_by_the_total_timeout(vendor: Vendor) -> None:
    def poll(_self: Any, _ctx: Context, _state: Any) -> None:
        return None

    runner = ResourceRunner(resource(Slow, vendor, poll=poll), total_timeout=300)

    answer = runner.create()

    assert (answer.status, answer.physical_id) == ("FAILED", "group-1")
    assert 300 <= answer.seconds <= 360
    assert vendor.live == {}


def test_overlapping_requests_can_be_delivered_by_hand(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    create = runner.event("Create")
    delete = runner.event("Delete", physical_id="shop-Resource-1A2B3C")
    runner.deliver(create, kill_after="create")
    runner.deliver(delete, delay=5)

    runner.run()

    answered = runner.answer(delete)
    assert answered is not None
    assert answered.status == "SUCCESS"
    assert (vendor.live, len(vendor.made), runner.contradictions) == ({}, 1, [])


def test_time_can_be_let_pass_in_parts(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    event = runner.event("Create")
    runner.deliver(event, delay=30)
    started = runner.clock.time

    runner.run(10)

    assert (runner.answer(event), runner.clock.time - started) == (None, 10)
    runner.run()
    assert runner.answer(event) is not None


def test_code_of_the_authors_cannot_survive_a_kill(vendor: Vendor) -> None:
    def create(self: Neither, ctx: Context, properties: Any) -> Any:  # noqa: ARG001
        group = self.vendor.create(tag=ctx.token, token=ctx.token)
        with suppress(BaseException):
            ctx.created(group)
        return group

    runner = ResourceRunner(resource(Tokens, vendor, create=create, honours_token=True))

    runner.create(kill_after="checkpoint")

    assert [run.outcome for run in runner.runs] == ["killed after checkpoint", "returned"]


def test_the_record_is_there_to_be_looked_at(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    assert runner.record() == {}

    runner.create()

    assert runner.record()["phase"] == "IDLE"
    assert runner.table.writes == 3


def test_the_past_can_be_forgotten_and_the_resources_stay(vendor: Vendor) -> None:
    runner = ResourceRunner(resource(Tokens, vendor))
    runner.create(times=2)

    runner.simulation.forget()

    assert (runner.answers, runner.runs, runner.notes, runner.contradictions) == ([], [], [], [])
    assert runner.metrics[Metric.DUPLICATE_SUPPRESSED] == 1
    assert runner.delete().status == "SUCCESS"


def test_a_method_can_be_called_by_itself() -> None:
    ctx = testing.context(logical_id="Web")
    update = testing.context("update", remaining=7)
    ctx.created("group-1")

    assert (ctx.logical_id, len(ctx.token), ctx.remaining, update.remaining) == ("Web", 52, 60, 7)
    assert testing.context(logical_id="Web").token == ctx.token != testing.context(request_id="request-2").token
    with pytest.raises(RuntimeError, match=r"belongs in update, it was called in create"):
        ctx.replace()


def test_what_it_cannot_run_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got function.*inside the decorators"):
        ResourceRunner(lambda event, context: None)  # type: ignore[arg-type] # noqa: ARG005


def test_an_unknown_point_is_refused(vendor: Vendor) -> None:
    with pytest.raises(ValueError, match=r"claim, create, checkpoint, commit, respond, got 'before'"):
        ResourceRunner(resource(Tokens, vendor)).create(kill_after="before")
