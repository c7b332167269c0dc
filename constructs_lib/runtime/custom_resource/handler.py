"""The Lambda handler: reads what came in, and has the protocol's steps performed."""

import os
import time
from collections.abc import Callable, Generator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime._shared.store import Table
from constructs_lib.runtime.custom_resource import protocol, response
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.contract import LONGEST_INVOCATION, Metric, Settings
from constructs_lib.runtime.custom_resource.errors import NotOurs
from constructs_lib.runtime.custom_resource.log import Log
from constructs_lib.runtime.custom_resource.outbound import Outbound
from constructs_lib.runtime.custom_resource.performer import Performer, World
from constructs_lib.runtime.custom_resource.record import token_of
from constructs_lib.runtime.custom_resource.request import (
    FailureRecord,
    NotARequest,
    Request,
    failure_of,
    is_batch,
    read,
    response_hosts,
    tick_of,
)
from constructs_lib.runtime.custom_resource.settings import settings_in
from constructs_lib.runtime.custom_resource.steps import Answer, Clock, Note, Step
from constructs_lib.runtime.custom_resource.traits import author_of

#: Seconds that an answer gets where no settings say how long the function may run.
_LONGEST_PUT = 5.0

_OUTBOUND = Outbound()


class LambdaClock:
    """The time, and what Lambda's context says is left.

    Args:
        context: Lambda's.
    """

    def __init__(self, context: object) -> None:
        self._ask = getattr(context, "get_remaining_time_in_millis", None)

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def remaining(self) -> float:
        """Seconds until this invocation is killed; the most that there can be where the context does not say."""
        left = self._ask() if callable(self._ask) else None
        return left / 1000 if isinstance(left, int | float) else LONGEST_INVOCATION


class Job(NamedTuple):
    """What an event asks for. Give the fields by name.

    Attributes:
        steps: The protocol's; they return what a tick is answered.
        perform: Performs them.
        request: What they are about.
        is_final: Whether nobody tries again when they fail.
    """

    steps: Generator[Step, Any, dict[str, object] | None]
    perform: Performer
    request: Request
    is_final: bool = False


class Handler:
    """The Lambda handler of an author's class; made by `ResourceHandler.as_handler`.

    Args:
        author: The class.
        base: The class that it derives from.
    """

    def __init__(self, author: type, *, base: type) -> None:
        self.__name__ = self.__qualname__ = author.__name__
        self.__doc__ = author.__doc__
        self.__module__ = author.__module__
        self.resource = author
        self._base = base
        self._author: Author | None = None

    def __call__(self, event: object, context: object) -> dict[str, object] | None:
        """Serve an event of CloudFormation's, a tick of Step Functions', or a record of Lambda's on-failure path.

        Raises:
            Unanswered: Lambda, or Step Functions, must deliver the event again.
            SettingsError: The function's environment does not say how to serve it.
        """
        return invoke(event, context, author=self.author)

    def author(self) -> Author:
        """The class as it is called; read at the first event, not when the module is imported."""
        if self._author is None:
            self._author = author_of(self.resource, base=self._base)
        return self._author


def invoke(event: object, context: object, *, author: Callable[[], Author]) -> dict[str, object] | None:
    """Serve an event in Lambda.

    Raises:
        Unanswered: As `Handler` says; so for the other.
    """
    try:
        settings = settings_in(os.environ)
    except SettingsError as error:
        if _tell(event, error):
            return None
        raise
    # As it was invoked: whoever may invoke an alias may not invoke the function.
    arn = getattr(context, "invoked_function_arn", "")
    world = World(
        table=_table(settings.table_name), outbound=_OUTBOUND, journal=Log(settings.provider), function_arn=arn
    )
    job = job_of(event, author=author, settings=settings, world=world, clock=LambdaClock(context), environ=os.environ)
    return None if job is None else finish(job, world)


def _tell(event: object, error: SettingsError) -> bool:
    """Tell CloudFormation that the function has no settings, without a record.

    A function that cannot write one has never had anything to contradict.

    Returns:
        Whether CloudFormation knows now, or nobody would try again.
    """
    if INSIDE_LAMBDA not in os.environ:
        return False
    failure = failure_of(event)
    try:
        request = _asked(event, failure, os.environ)
    except NotARequest:
        return False
    Log("").note(Note(Metric.UNDELIVERABLE, str(error)), request)
    body = response.failure(request, request.physical_id or token_of(request, 0), f"{error}; nothing was done")
    answer = _OUTBOUND.put(request.url, body, seconds=_LONGEST_PUT)
    return answer is Answer.DELIVERED or (failure is not None and failure.nested)


def job_of(
    event: object,
    *,
    author: Callable[[], Author],
    settings: Settings,
    world: World,
    clock: Clock,
    environ: Mapping[str, str],
) -> Job | None:
    """What an event asks for; None, logged, when it is none of ours.

    Raises:
        NotOurs: It is a batch of messages, which Lambda would delete, or go past, if the handler returned.
    """
    tick, failure = tick_of(event), failure_of(event)
    try:
        request = _asked(event, failure, environ) if tick is None else tick.request
    except NotARequest as error:
        if is_batch(event):
            msg = (
                "this function makes custom resources, and got messages of a queue or a stream: remove that event "
                "source from it, and give it a function of its own; until then the messages come again"
            )
            world.journal.note(Note(Metric.MALFORMED, msg), None)
            raise NotOurs(msg) from error
        text = f"dropped, because it is none of CloudFormation's: {error.reason}"
        world.journal.note(Note(Metric.MALFORMED, text), None)
        return None
    serving = author()
    case: dict[str, Any] = {"settings": settings, "traits": serving.traits, "clock": clock, "me": os.urandom(16).hex()}
    steps: Any
    if tick is not None:
        steps = protocol.tick(request, cause=tick.cause, **case)
    elif failure is not None:
        steps = protocol.give_up(request, cause=failure.cause, **case)
    else:
        steps = protocol.serve(request, **case)
    perform = Performer(request, author=serving, settings=settings, world=world, clock=clock)
    return Job(steps, perform, request, is_final=failure is not None and failure.nested)


def _asked(event: object, failure: FailureRecord | None, environ: Mapping[str, str]) -> Request:
    """What CloudFormation asks, in its event or in the record of that event's failure.

    Raises:
        NotARequest: It is none of CloudFormation's.
    """
    return read(event if failure is None else failure.request_payload, response_hosts=response_hosts(environ))


def finish(job: Job, world: World) -> dict[str, object] | None:
    """Perform a job to its end.

    Raises:
        Unanswered: Lambda must deliver the event again, unless nobody would.
    """
    try:
        return run(job.steps, job.perform)
    except Exception as error:
        if not job.is_final:
            raise
        # To raise would only bring another record of a failure, inside this one.
        text = f"the on-failure path itself failed, and CloudFormation waits: {type(error).__name__}: {error}"
        world.journal.note(Note(Metric.UNDELIVERABLE, text), job.request)
        return None


@lru_cache(maxsize=4)
def _table(name: str) -> Table:
    return Table(name)
