"""Performs the protocol's steps for real."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime.custom_resource.calls import Author, Caller, Failure
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Answer, Call, Clock, Note, Put, Start, Step, Wait, Write

#: Seconds of an invocation that an answer may not use: the record must still be told that it was given.
_AFTER_ANSWER = 1.0
#: Seconds that an answer gets in any case.
_SHORTEST_PUT = 0.5

_T = TypeVar("_T")


class Table(Protocol):
    """Where the records are."""

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold."""


class Outbound(Protocol):
    """How the answer gets out, and the polling starts."""

    def put(self, url: str, body: str, *, seconds: float) -> Answer:
        """Answer CloudFormation."""

    def start(self, start: Start, *, state_machine_arn: str, function_arn: str) -> None:
        """Start the loop that polls."""


class Journal(Protocol):
    """Where what happens is logged and counted."""

    def note(self, note: Note, about: Request | None) -> None:
        """Log what the protocol has to say; about no request where an event was none."""

    def failure(self, failure: Failure) -> None:
        """Log that a method of the author's failed."""


class World(NamedTuple):
    """Everything that the handler does not compute itself. Give the fields by name."""

    table: Table
    outbound: Outbound
    journal: Journal
    sleep: Callable[[float], None] = time.sleep
    function_arn: str = ""


class Performer:
    """Performs steps, for one request, in one invocation.

    Args:
        request: What CloudFormation asks, or what is known of it.
        author: Whose methods are called.
        settings: The provider's.
        world: What the steps are performed on.
        clock: How much time is left.
    """

    def __init__(self, request: Request, *, author: Author, settings: Settings, world: World, clock: Clock) -> None:
        self._request = request
        self._settings = settings
        self._world = world
        self._clock = clock
        self._call = Caller(author, request, clock=clock, write=self, log=world.journal.failure)

    def __call__(self, step: Step) -> Any:  # noqa: ANN401 - each step has an answer of its own
        """Perform a step, and say what came of it.

        Raises:
            Unanswered: It could not be done.
        """
        match step:
            case Write(change):
                return self._world.table.write(change)
            case Call():
                return self._call(step)
            case Put(url, body):
                seconds = max(_SHORTEST_PUT, self._clock.remaining() - _AFTER_ANSWER)
                return self._world.outbound.put(url, body, seconds=seconds)
            case Wait(seconds):
                return self._world.sleep(seconds)
            case Note():
                return self._world.journal.note(step, self._request)
            case Start():
                return self._start(step)

    def _start(self, start: Start) -> None:
        state_machine_arn = self._settings.state_machine_arn or ""
        function_arn = self._world.function_arn
        self._world.outbound.start(start, state_machine_arn=state_machine_arn, function_arn=function_arn)
