"""A Lambda handler for a check's messages: flow control around the steps of the protocol."""

import os
import time
from collections.abc import Callable, Generator, Mapping
from copy import copy
from typing import Any, NamedTuple, Self

from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.contract import Settings
from constructs_lib.runtime.delayed_check.errors import InvalidInput
from constructs_lib.runtime.delayed_check.log import default_logger
from constructs_lib.runtime.delayed_check.performer import Performer, World
from constructs_lib.runtime.delayed_check.settings import of_queue
from constructs_lib.runtime.delayed_check.steps import Step
from constructs_lib.runtime.delayed_check.world import make_world
from constructs_lib.runtime.flow_control.batch import Clock
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from constructs_lib.runtime.flow_control.errors import PermanentError
from constructs_lib.runtime.flow_control.event import queue_arn_of, records_in
from constructs_lib.runtime.flow_control.handler import BatchResponse, FlowHandler, flow_controlled
from constructs_lib.runtime.flow_control.log import Logger
from constructs_lib.runtime.flow_control.message import Message
from constructs_lib.runtime.flow_control.outbound import Outbound as FlowOutbound


class MessageClock:
    """The time, and what is left of it for one message.

    Args:
        clock: As the `time` module.
        seconds: How long the handling may take from now on.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic() + seconds

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock.time() * 1000)

    def remaining(self) -> float:
        """Seconds until the handling of this message must end."""
        return self._ends_at - self._clock.monotonic()


class Job(NamedTuple):
    """What a message asks for. Give the fields by name.

    Attributes:
        steps: The protocol's.
        case: What they are about.
        author: Whose methods they call.
    """

    steps: Generator[Step, Any, None]
    case: Case
    author: CheckHandler


class Stage(NamedTuple):
    """What a test puts in the place of AWS; the attributes are those of `QueueHandler.using`."""

    settings: Settings
    world: World
    clock: Clock
    random: Callable[[], float] | None
    queues: FlowOutbound | None
    flow: FlowSettings | None


JobOf = Callable[[Message, Settings, MessageClock], Job]


class QueueHandler:
    """A Lambda handler for batches of one or more of the queues of checks.

    Args:
        job_of: What a message asks for.
        logger: Where lines go. Default: the library's own logger.
    """

    def __init__(self, job_of: JobOf | None = None, *, logger: Logger | None = None) -> None:
        self._job_of = job_of
        self._logger = logger or default_logger()
        self._stage: Stage | None = None
        self._worlds: dict[str, World] = {}

    def __call__(self, event: Mapping[str, Any], context: object) -> Any:  # noqa: ANN401 - a subclass answers more
        """Handle a batch.

        Raises:
            ValueError: The event is no batch of SQS messages.
            SettingsError: The function's environment lacks the settings of a queue.
        """
        return self._batch(event, context)

    def using(
        self,
        *,
        settings: Settings,
        world: World,
        clock: Clock = time,
        random: Callable[[], float] | None = None,
        queues: FlowOutbound | None = None,
        flow: FlowSettings | None = None,
    ) -> Self:
        """The same handler in another world, for tests; `constructs_lib.runtime.delayed_check.testing` has one.

        Args:
            settings: The check's, for every queue, instead of those in the environment.
            world: What the steps are performed on.
            clock: Has `monotonic`, `sleep` and `time`, as the `time` module does.
            random: Gives a number in [0, 1).
            queues: What stands in for SQS where a message is hidden or dead-lettered; None calls nothing.
            flow: Flow control's settings, for every queue, instead of those in the environment.
        """
        other = copy(self)
        other._enter(Stage(settings, world, clock, random, queues, flow))  # noqa: SLF001 - it is one of us
        return other

    def _enter(self, stage: Stage) -> None:
        self._stage = stage

    def _batch(self, event: Mapping[str, Any], context: object) -> BatchResponse:
        for arn in {queue_arn_of(record) for record in records_in(event)}:
            # Before the first message: to fail them one by one would bury all of them in the dead-letter queue.
            self._settings_of(arn)
        return self._flow()(event, context)

    def _flow(self) -> FlowHandler:
        handler = flow_controlled(logger=self._logger)(self._receive)
        if self._stage is None:
            return handler
        _, _, clock, random, queues, flow = self._stage
        return handler.using(clock=clock, random=random, outbound=queues, settings=flow)

    def _receive(self, message: Message) -> None:
        message.called = False
        settings = self._settings_of(queue_arn_of(message.raw))
        try:
            job = self._job(message, settings, MessageClock(self._clock, message.timeout))
        except InvalidInput as error:
            raise PermanentError(str(error)) from None
        perform = Performer(job.case, author=job.author, world=self._world_of(settings))
        try:
            run(job.steps, perform)
        finally:
            message.called = perform.called

    def _job(self, message: Message, settings: Settings, clock: MessageClock) -> Job:
        assert self._job_of is not None  # noqa: S101 - a subclass without one has a method of its own
        return self._job_of(message, settings, clock)

    @property
    def _clock(self) -> Clock:
        return time if self._stage is None else self._stage.clock

    def _settings_of(self, queue_arn: str) -> Settings:
        return of_queue(queue_arn, os.environ) if self._stage is None else self._stage.settings

    def _world_of(self, settings: Settings) -> World:
        if self._stage is not None:
            return self._stage.world
        if settings.table_name not in self._worlds:
            self._worlds[settings.table_name] = make_world(settings.table_name, self._logger)
        return self._worlds[settings.table_name]


def new_nonce() -> str:
    """A number that nobody can guess."""
    return os.urandom(16).hex()
