"""One START line for each message, and exactly one of COMPLETED, FAILED, RETRY or DEFERRED.

The fields are `extra` keys, which a Powertools Logger (or any JSON formatter) writes as fields of the line: `status`,
`correlation_id`, `message_id`, `attempt`, and where they apply `reason`, `error_type`, `delay` (seconds), `throttled`,
`error_code` and `dead_lettered`. None of them is a name that `logging` uses for itself.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from constructs_lib.runtime.flow_control.dead_letter import RETRIES_EXHAUSTED
from constructs_lib.runtime.flow_control.message import Message


class Logger(Protocol):
    """A `logging.Logger` or a Powertools Logger."""

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Log a line."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Log a line."""

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as logging has it
        """Log a line."""


def default_logger(name: str = "constructs_lib.runtime.flow_control") -> logging.Logger:
    """The library's own logger, which logs INFO unless somebody has chosen a level for it."""
    logger = logging.getLogger(name)
    if logger.level == logging.NOTSET:
        # Lambda leaves the root logger at WARNING: START and COMPLETED would be dropped, and the story with them.
        logger.setLevel(logging.INFO)
    return logger


class MessageLog:
    """Writes what becomes of each message."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    @contextmanager
    def about(self, message: Message) -> Iterator[None]:
        """Log START; until the end, the author's own lines carry the correlation id too, with a Powertools Logger."""
        set_id = getattr(self._logger, "set_correlation_id", None)
        get_id = getattr(self._logger, "get_correlation_id", None)
        before = get_id() if get_id else None
        if set_id:
            set_id(message.correlation_id)
        try:
            self._logger.info("START %s", message.id, extra=_fields("START", message))
            yield
        finally:
            if set_id:
                set_id(before)

    def completed(self, message: Message) -> None:
        """The message is done with."""
        self._logger.info("COMPLETED %s", message.id, extra=_fields("COMPLETED", message))

    def deferred(self, message: Message, delay: int, reason: str) -> None:
        """The message was not tried, and will be received again."""
        fields = _fields("DEFERRED", message, delay=delay, reason=reason)
        self._logger.info("DEFERRED %s for %d s: %s", message.id, delay, reason, extra=fields)

    def retry(self, message: Message, delay: int, error: Exception, *, throttled: bool | None) -> None:
        """The message failed and will be received again; `throttled` is None when the error was not foreseen."""
        reason = describe(error)
        fields = _fields("RETRY", message, delay=delay, reason=reason, error_type=type(error).__name__)
        if throttled is not None:
            fields["throttled"] = throttled
        # An author who raised RetryLater knows where; anything else is a surprise, and needs its traceback.
        surprise = error if throttled is None else None
        self._logger.warning("RETRY %s in %d s: %s", message.id, delay, reason, extra=fields, exc_info=surprise)

    def failed(self, message: Message, code: str, reason: str, error: Exception, *, dead_lettered: bool) -> None:
        """The message is given up."""
        fields = _fields("FAILED", message, error_code=code, reason=reason, error_type=type(error).__name__)
        fields["dead_lettered"] = dead_lettered
        surprise = error if code == RETRIES_EXHAUSTED else None
        self._logger.error("FAILED %s: %s", message.id, reason, extra=fields, exc_info=surprise)

    def trouble(self, message_id: str, what: str, error: Exception | None = None) -> None:
        """SQS could not be told what becomes of a message; this is no outcome, so there is no status."""
        reason = f"{what}: {describe(error)}" if error else what
        self._logger.warning("%s (message %s)", reason, message_id, extra={"message_id": message_id, "reason": reason})


def describe(error: Exception) -> str:
    """The error's type and text, even when it fails to give its text."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception:  # noqa: BLE001 - whatever the author's __str__ does, the message must be accounted for
        return name


def _fields(status: str, message: Message, **more: object) -> dict[str, object]:
    return {
        "status": status,
        "correlation_id": message.correlation_id,
        "message_id": message.id,
        "attempt": message.attempt,
        **more,
    }
