"""The decorator that makes a function of one message into a Lambda handler of a batch."""

import os
import time
from collections.abc import Callable, Mapping
from functools import update_wrapper
from types import FunctionType
from typing import Any, TypedDict, overload

from constructs_lib.runtime.flow_control.batch import Batch, Clock, World
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.runtime.flow_control.event import Record, queue_arn_of, records_in
from constructs_lib.runtime.flow_control.log import Logger, MessageLog, default_logger
from constructs_lib.runtime.flow_control.message import Message
from constructs_lib.runtime.flow_control.outbound import Nowhere, Outbound, Sqs
from constructs_lib.runtime.flow_control.settings import settings_for

MessageFunction = Callable[[Message], None]

#: Seconds that are assumed to be left where the context does not say (a unit test): the longest timeout of a function.
LONGEST_INVOCATION = 900.0

_SQS = Sqs()

#: Queues of which an author's unit tests have been told that they have no settings.
_WARNED: set[str] = set()

#: Flags of code that only runs once it is awaited or iterated: coroutine, generator, asynchronous generator.
_RUNS_LATER = 0x80 | 0x20 | 0x200


class ItemFailure(TypedDict):
    """One message that goes back to its queue."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """What Lambda reads when the mapping has ReportBatchItemFailures: every other message is deleted."""

    batchItemFailures: list[ItemFailure]


class FlowHandler:
    """A Lambda handler for the batches of one or more flow-controlled queues; made by `flow_controlled`."""

    def __init__(
        self, function: MessageFunction, *, logger: Logger, world: World | None = None, settings: Settings | None = None
    ) -> None:
        update_wrapper(self, function)
        self._function = function
        self._logger = logger
        self._world = world
        self._settings = settings

    def __call__(self, event: Mapping[str, Any], context: object) -> BatchResponse:
        """Handle a batch.

        Raises:
            ValueError: The event is not a batch of SQS messages.
            SettingsError: The function's environment lacks the queue's settings.
        """
        records = records_in(event)
        settings, connected = self._settings_of(records)
        batch = Batch(
            self._function,
            settings=settings,
            seconds_left=seconds_left(context),
            world=self._world or World(time, _random, _SQS if connected else Nowhere()),
            log=MessageLog(self._logger),
        )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in batch.run(records)]}

    def using(
        self,
        *,
        clock: Clock = time,
        random: Callable[[], float] | None = None,
        outbound: Outbound | None = None,
        settings: Settings | None = None,
    ) -> "FlowHandler":
        """The same handler in another world, for tests; `constructs_lib.runtime.flow_control.testing` has one.

        Args:
            clock: Has `monotonic`, `sleep` and `time`, as the `time` module does.
            random: Gives a number in [0, 1).
            outbound: What stands in for SQS; None calls nothing.
            settings: For every queue, instead of those in the environment.
        """
        world = World(clock, random or _random, outbound or Nowhere())
        return FlowHandler(self._function, logger=self._logger, world=world, settings=settings)

    def _settings_of(self, records: list[Record]) -> tuple[dict[str, Settings], bool]:
        """Settings by queue, all of them before the first call is made; and whether there are queues at all."""
        chosen: dict[str, Settings] = {}
        connected = True
        for arn in {queue_arn_of(record) for record in records}:
            settings = self._settings or settings_for(arn, os.environ)
            if settings is None:
                connected = False
                _warn_once(self._logger, arn)
            chosen[arn] = settings or Settings(queue_arn=arn)
        return chosen, connected


@overload
def flow_controlled(function: MessageFunction, /) -> FlowHandler: ...


@overload
def flow_controlled(*, logger: Logger | None = None) -> Callable[[MessageFunction], FlowHandler]: ...


def flow_controlled(
    function: MessageFunction | None = None, /, *, logger: Logger | None = None
) -> FlowHandler | Callable[[MessageFunction], FlowHandler]:
    """Make `def handler(message: Message) -> None` into the Lambda handler `handler(event, context)`.

    A message whose call returns is done with. One whose call raises is tried again after a backoff (`RetryLater` may
    name the time), or goes to the dead-letter queue (`PermanentError`, or its last attempt failed).

        @flow_controlled
        def handler(message: Message) -> None:
            answer = post(URL, message.body, timeout=message.timeout)
            message.check(answer.status, answer.headers)

    Args:
        function: Takes one message. A plain function: a coroutine would never run.
        logger: A Powertools Logger, which then carries each message's correlation id, or a `logging.Logger`. By
            default "constructs_lib.runtime.flow_control", at INFO unless it has a level.

    Raises:
        TypeError: What is decorated cannot be called with a message, or would not run when it is.
    """

    def decorate(function: MessageFunction) -> FlowHandler:
        _check_function(function)
        return FlowHandler(function, logger=logger or default_logger())

    return decorate if function is None else decorate(function)


def _check_function(function: object) -> None:
    if isinstance(function, FunctionType) and (required := _required(function)) > 1:
        msg = (
            f"{function.__qualname__} takes {required} arguments, flow_controlled calls it with one, the message: "
            "write def handler(message), and put decorators of (event, context) above @flow_controlled"
        )
        raise TypeError(msg)
    if not callable(function):
        msg = (
            f"flow_controlled decorates a function of one message (got {type(function).__name__}); "
            "a logger is given by name: @flow_controlled(logger=logger)"
        )
        raise TypeError(msg)
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    if code and code.co_flags & _RUNS_LATER:
        msg = f"{function!r} is a coroutine or a generator, which would never run: make it a plain function"
        raise TypeError(msg)


def _required(function: FunctionType) -> int:
    return function.__code__.co_argcount - len(function.__defaults__ or ())


def seconds_left(context: object) -> Callable[[], float]:
    """Tells the seconds until the function's timeout."""
    ask = getattr(context, "get_remaining_time_in_millis", None)

    def seconds() -> float:
        left = ask() if callable(ask) else None
        return left / 1000 if isinstance(left, int | float) else LONGEST_INVOCATION

    return seconds


def _random() -> float:
    # Not the random module: its seed is frozen into a SnapStart snapshot, and all workers would wait equally long.
    return int.from_bytes(os.urandom(4), "big") / 2**32


def _warn_once(logger: Logger, arn: str) -> None:
    if arn in _WARNED:
        return
    _WARNED.add(arn)
    logger.warning(
        "no flow control settings for the queue %r: outside Lambda, messages are handled without pace and without SQS",
        arn,
    )
