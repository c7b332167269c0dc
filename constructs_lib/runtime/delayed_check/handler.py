"""The Lambda handler of an author's class: for the messages of both queues, and for dry runs."""

import os
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from constructs_lib.runtime._shared.author import check_method, overrides, signature
from constructs_lib.runtime.delayed_check import contacting, protocol
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import Settings
from constructs_lib.runtime.delayed_check.dry_run import CHECK, DRY_RUN, dry_run
from constructs_lib.runtime.delayed_check.errors import InvalidInput, NotMade
from constructs_lib.runtime.delayed_check.messages import CheckMessage, ContactMessage, read_message
from constructs_lib.runtime.delayed_check.queue_handler import Job, MessageClock, QueueHandler, Stage, new_nonce
from constructs_lib.runtime.delayed_check.settings import SERVE, of_check
from constructs_lib.runtime.flow_control.event import queue_arn_of
from constructs_lib.runtime.flow_control.handler import seconds_left
from constructs_lib.runtime.flow_control.log import Logger
from constructs_lib.runtime.flow_control.message import Message

#: The methods, and the arguments that each is called with.
_ARGUMENTS = {
    "is_settled": ("ctx", "unit"),
    "contact": ("ctx", "unit", "arm", "token"),
    "suppress": ("ctx", "unit"),
    "reconcile": ("ctx", "unit", "token"),
}
_REQUIRED = ("is_settled", "contact")


class DelayedCheckHandler(QueueHandler):
    """The Lambda handler of an author's class; made by `CheckHandler.as_handler`.

    The class is made once in each environment of the function, without arguments, when one of its methods is called
    for the first time; what `__init__` keeps is there for later orders too.

    Args:
        check_class: The class.
        logger: Where lines go. Default: the library's own logger.
    """

    def __init__(self, check_class: type[CheckHandler], *, logger: Logger | None = None) -> None:
        super().__init__(logger=logger)
        self.__name__ = self.__qualname__ = check_class.__name__
        self.__doc__ = check_class.__doc__
        self.__module__ = check_class.__module__
        self.check_class = check_class
        self._author = _Author(check_class)

    def __call__(self, event: Any, context: object) -> Any:  # noqa: ANN401 - whatever Lambda was invoked with
        """Serve a batch of the check's messages, or a dry run.

        Returns:
            What Lambda reads of a batch; of a dry run, what would be decided of each order.

        Raises:
            ValueError: The event is neither.
            SettingsError: The function's environment lacks the settings of a queue.
        """
        if isinstance(event, Mapping) and DRY_RUN in event:
            return self._dry_run(event, context)
        if not isinstance(event, Mapping) or "Records" not in event:
            found = f"one with the keys {sorted(map(str, event))}" if isinstance(event, Mapping) else repr(event)
            msg = (
                f"expected a batch of the check's messages, or a dry run, got an event {found}: let DelayedCheck "
                'connect this function, or invoke it with {"dry_run": ["order-1", "order-2"]}'
            )
            raise ValueError(msg)
        return self._batch(event, context)

    def _dry_run(self, event: Mapping[str, Any], context: object) -> list[dict[str, Any]]:
        settings = of_check(event.get(CHECK), SERVE, os.environ) if self._stage is None else self._stage.settings
        return dry_run(
            event[DRY_RUN],
            author=self._author,
            settings=settings,
            journal=self._world_of(settings).journal,
            clock=MessageClock(self._clock, seconds_left(context)()),
        )

    def _enter(self, stage: Stage) -> None:
        super()._enter(stage)
        # What one test leaves behind is not there in the next.
        self._author = _Author(self.check_class)

    def _job(self, message: Message, settings: Settings, clock: MessageClock) -> Job:
        said = read_message(message.body)
        _check_queue(said, queue_arn_of(message.raw), settings)
        case = Case(
            order=said.order,
            settings=settings,
            clock=clock,
            nonce=new_nonce(),
            message_id=message.id,
            can_reconcile=overrides(self.check_class, "reconcile", CheckHandler),
        )
        if isinstance(said, CheckMessage):
            steps = protocol.check(case, hops=said.hops)
        else:
            steps = contacting.contact(case, arm=said.arm)
        return Job(steps=steps, case=case, author=self._author)


def _check_queue(said: CheckMessage | ContactMessage, queue_arn: str, settings: Settings) -> None:
    """Refuse a contact that came through the queue of checks: there, nothing holds the provider's rate.

    Raises:
        InvalidInput: A message is in the other one's queue.
    """
    is_check = isinstance(said, CheckMessage)
    right = settings.check_queue_arn if is_check else settings.contact_queue_arn
    if queue_arn != right:
        kind = "check" if is_check else "contact"
        raise InvalidInput(f"a {kind} came through the queue {queue_arn}, allowed is {right}: redrive it to that one")


class _Author(CheckHandler):
    """Makes the author's object when it is first needed: an order past its deadline does not need it."""

    def __init__(self, check_class: type[CheckHandler]) -> None:
        self._class = check_class
        self._object: CheckHandler | None = None

    def is_settled(self, ctx: Context, unit: str) -> bool:
        return self._made().is_settled(ctx, unit)

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
        return self._made().contact(ctx, unit, arm, token)

    def suppress(self, ctx: Context, unit: str) -> str | None:
        return self._made().suppress(ctx, unit)

    def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:
        return self._made().reconcile(ctx, unit, token)

    def _made(self) -> CheckHandler:
        if self._object is None:
            try:
                self._object = self._class()
            except Exception as error:
                msg = (
                    f"{self._class.__name__}() raised {type(error).__name__}: {error}: the class is made without "
                    "arguments, once in each environment, and nobody is contacted until that works"
                )
                raise NotMade(msg) from error
        return self._object


def make_handler(check_class: type[CheckHandler], *, logger: Logger | None = None) -> DelayedCheckHandler:
    """The Lambda handler of an author's class.

    Raises:
        TypeError: The class lacks a method, or one of them cannot be called as it will be.
    """
    check_author(check_class)
    return DelayedCheckHandler(check_class, logger=logger)


def check_author(check_class: type[CheckHandler]) -> None:
    """Refuse a class that could only fail later.

    Raises:
        TypeError: As `make_handler` says.
    """
    name = check_class.__name__
    missing = [method for method in _REQUIRED if not overrides(check_class, method, CheckHandler)]
    if missing:
        wanted = ", ".join(signature(method, _ARGUMENTS[method]) for method in missing)
        raise TypeError(f"{name} lacks {' and '.join(missing)}: a CheckHandler defines {wanted}")
    for method, arguments in _ARGUMENTS.items():
        if overrides(check_class, method, CheckHandler):
            check_method(check_class, method, arguments)
    if needed := _needed(check_class.__init__):
        names = ", ".join(needed)
        raise TypeError(f"{name} is made without arguments, and its __init__ needs {names}: read them from os.environ")


def _needed(init: object) -> list[str]:
    """The arguments without a default of an `__init__`."""
    if not isinstance(init, FunctionType) or hasattr(init, "__wrapped__"):
        return []
    code, defaults = init.__code__, init.__defaults__ or ()
    names = code.co_varnames[1 : code.co_argcount - len(defaults)]
    named = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    return [*names, *(name for name in named if name not in (init.__kwdefaults__ or {}))]
