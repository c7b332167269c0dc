"""What the author's function raises to say what should become of a message.

Exception
├── RetryLater          try again, not before the time that the downstream asked for
├── PermanentError      trying again cannot help: to the dead-letter queue, with the reason
│   └── MalformedBody   the body is not JSON (raised by the library itself)
└── (anything else)     try again after a backoff
"""

TYPE_CHECKING = False  # as in typing, whose import is not worth its time here
if TYPE_CHECKING:
    from datetime import timedelta


class RetryLater(Exception):
    """The message should be tried again later.

    Args:
        after: Seconds (or a timedelta) to wait at least; None waits for a backoff that grows with each attempt.
        throttled: The downstream refused because of its rate limit, rather than because it is ill.

    Raises:
        ValueError: `after` is negative or not a finite number.
    """

    # Here too, for an author's subclass that does not call this constructor.
    after: float | None = None
    throttled: bool = False

    def __init__(self, after: "float | timedelta | None" = None, throttled: bool = False) -> None:
        self.after = None if after is None else _seconds(after)
        self.throttled = throttled
        super().__init__(self._text())

    def _text(self) -> str:
        why = "the downstream is throttling" if self.throttled else "the downstream could not take the message"
        return why if self.after is None else f"{why}; it asked for {self.after:g} s"


class PermanentError(Exception):
    """Trying the message again cannot help: it goes to the dead-letter queue at once, with the reason.

    Args:
        reason: What is wrong, for whoever reads the dead-letter queue. An empty one becomes "no reason given".
    """

    #: The value of the dead letter's ERROR_CODE attribute.
    code = "PERMANENT_ERROR"
    # For an author's subclass that does not call this constructor.
    reason = "no reason given"

    def __init__(self, reason: str) -> None:
        # To refuse a bad reason here would make a retry of what must not be retried.
        self.reason = str(reason).strip() or type(self).reason
        super().__init__(self.reason)


class MalformedBody(PermanentError):
    """The body, or the message inside an SNS notification, is not JSON."""

    code = "MALFORMED_JSON"


def _seconds(after: "float | timedelta") -> float:
    seconds = float(after if isinstance(after, (int, float)) else after.total_seconds())
    if not 0 <= seconds < float("inf"):
        msg = f"RetryLater: after must be a finite number of seconds, 0 or more (got {after!r}); omit it to back off"
        raise ValueError(msg)
    return seconds
