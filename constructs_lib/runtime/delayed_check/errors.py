"""What an author's `contact` raises, and what the library raises for bad input.

Exception
├── Rejected            the provider surely has not taken the contact: it may be tried again before the deadline
├── Ambiguous           it may have: the order becomes UNKNOWN and is never contacted again
├── (anything else)     out of `contact`: as Ambiguous; out of the other methods: the message is tried again
├── AuthorFailed        a method of the author's raised: the message is tried again (an Unanswered)
├── NotMade             the author's class cannot be made: becomes an AuthorFailed
├── UnknownContact      record_outcome: no such contact, or not that token
└── InvalidInput        a ValueError: an order, time, outcome or message that is none
"""

from constructs_lib.runtime._shared.errors import Unanswered


class Rejected(Exception):
    """The provider surely has not taken the contact, and will not: it refused, or the request never left.

    Args:
        reason: What it said. No phone number, no name: it is kept in the row and published.
        after: Seconds before which it does not want to be asked again.
        retry: Whether asking again before the deadline can help. Default: True. Without, the outcome is "failed".

    Raises:
        ValueError: `after` is negative, or no finite number.
    """

    # Here too, for an author's subclass that does not call this constructor.
    reason = "no reason given"
    after: float | None = None
    retry: bool = True

    def __init__(self, reason: str = "", *, after: float | None = None, retry: bool = True) -> None:
        if after is not None and not 0 <= after < float("inf"):
            msg = f"Rejected: after must be a finite number of seconds, 0 or more, got {after!r}; omit it to back off"
            raise ValueError(msg)
        self.reason = str(reason).strip() or type(self).reason
        self.after = after
        self.retry = retry
        super().__init__(self.reason)


class Ambiguous(Exception):
    """Whether the provider has taken the contact is not known: a timeout, a lost connection, an answer 5xx.

    Args:
        reason: What happened. No phone number, no name: it is kept in the row and published.
    """

    reason = "no reason given"

    def __init__(self, reason: str = "") -> None:
        self.reason = str(reason).strip() or type(self).reason
        super().__init__(self.reason)


class AuthorFailed(Unanswered):
    """A method of the author's raised, or returned what it may not. Nothing has happened yet; it is asked again.

    It says which method and which kind of error. The error's own text may name a customer, and ends up in a log or on a
    dead letter.
    """


class NotMade(Exception):
    """The author's object could not be made."""


class UnknownContact(Exception):
    """No contact was ever begun for this order under this token."""


class InvalidInput(ValueError):
    """Something given to the library is not what it takes; the text says what, the value, what is allowed, the fix."""
