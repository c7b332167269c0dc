# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

from collections.abc import Generator
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime.custom_resource.calls import Author, Failure
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.errors import StartFailed
from constructs_lib.runtime.custom_resource.performer import Performer, World
from constructs_lib.runtime.custom_resource.request import Request, read
from constructs_lib.runtime.custom_resource.steps import Answer, Call, Called, Made, Note, Put, Start, Step, Wait, Write
from constructs_lib.runtime.custom_resource.testing import InvocationClock, VirtualClock, request_event

REQUEST: Request = read(request_event("Create", logical_id="Web"))
CHANGE = Change("key", ((),), {"a": 1})


class Recorder:
    """Everything that a performer can act on."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def write(self, change: Change) -> Written:
        self.done.append(change)
        return Written(won=True, item={"a": 1})

    def put(self, url: str, body: str, *, seconds: float) -> Answer:
        self.done.append((url, body, seconds))
        return Answer.DELIVERED

    def start(self, start: Start, *, state_machine_arn: str, function_arn: str) -> None:
        self.done.append((start, state_machine_arn, function_arn))

    def note(self, note: Note, about: Request | None) -> None:
        self.done.append((note, about))

    def failure(self, failure: Failure) -> None:
        self.done.append(failure)

    def sleep(self, seconds: float) -> None:
        self.done.append(seconds)


class Maker:
    def create(self, ctx: Any, properties: Any) -> str:  # noqa: ARG002
        return str(ctx.token)


def performer(recorder: Recorder, *, remaining: float = 60.0) -> Performer:
    clock = VirtualClock()
    world = World(
        table=recorder, outbound=recorder, journal=recorder, sleep=recorder.sleep, function_arn="arn:function"
    )
    return Performer(
        REQUEST,
        author=Author(make=Maker),
        settings=Settings("records", state_machine_arn="arn:machine"),
        world=world,
        clock=InvocationClock(clock, clock.time + remaining),
    )


@pytest.mark.parametrize(
    ("step", "answer", "done"),
    [
        (Write(CHANGE), Written(won=True, item={"a": 1}), CHANGE),
        (Put("url", "body"), Answer.DELIVERED, ("url", "body", 59.0)),
        (Wait(1.5), None, 1.5),
        (Note(None, "text"), None, (Note(None, "text"), REQUEST)),
        (
            Start("key", "request-1", 1, 10.0),
            None,
            (Start("key", "request-1", 1, 10.0), "arn:machine", "arn:function"),
        ),
    ],
)
def test_each_step_is_performed_and_answered(step: Step, answer: object, done: object) -> None:
    recorder = Recorder()

    assert performer(recorder)(step) == answer
    assert recorder.done == [done]


def test_a_call_calls_the_author() -> None:
    assert performer(Recorder())(Call("create", "token", 1, "request-1", "Create")) == Called(Made("token"))


def test_an_answer_gets_the_functions_time_but_for_what_the_record_needs_and_never_nothing() -> None:
    recorder = Recorder()

    performer(recorder, remaining=20)(Put("url", "body"))
    performer(recorder, remaining=0.2)(Put("url", "body"))

    assert [seconds for _, _, seconds in recorder.done] == [pytest.approx(19), 0.5]


def test_run_sends_each_answer_and_returns_what_the_generator_does() -> None:
    def steps() -> Generator[Step, Any, str]:
        first = yield Wait(1)
        second = yield Wait(2)
        return f"{first} {second}"

    assert run(steps(), lambda step: f"waited {step.seconds}") == "waited 1 waited 2"  # type: ignore[union-attr]


@pytest.mark.parametrize("failure", [TableUnavailable("away"), StartFailed("away")])
def test_a_step_that_could_not_be_done_is_raised_in_the_generator(failure: Exception) -> None:
    def steps() -> Generator[Step, Any, str]:
        try:
            yield Write(CHANGE)
        except type(failure) as error:
            yield Wait(1)
            return f"caught {error}"
        return "not caught"

    def perform(step: Step) -> None:
        if isinstance(step, Write):
            raise failure

    assert run(steps(), perform) == "caught away"


def test_what_the_generator_lets_pass_and_what_is_no_steps_failure_is_raised() -> None:
    def steps() -> Generator[Step, Any, None]:
        try:
            yield Write(CHANGE)
        except ValueError:
            pytest.fail("a bug is not the protocol's to handle")

    def fail(error: Exception) -> Any:
        def perform(_: Step) -> None:
            raise error

        return perform

    with pytest.raises(TableUnavailable):
        run(steps(), fail(TableUnavailable("away")))
    with pytest.raises(ValueError, match="bug"):
        run(steps(), fail(ValueError("bug")))
