"""What an author's method may raise or return besides a plain result."""

import json
from typing import Any

from constructs_lib.runtime.custom_resource.response import Unanswerable, check_physical_id


class NotFound(Exception):
    """Raised by `delete`: the resource is already gone. The Delete succeeds."""


class Failed(Exception):
    """Raised by a method that failed and knows what exists.

        raise Failed("the region is closed")                      # nothing was made
        raise Failed("the group never got healthy", group_id)     # this was made: the rollback deletes it

    Any other exception leaves open whether something was made; what is made of it depends on `find` and the token.

    Args:
        reason: Told to CloudFormation; as much of it as fits.
        physical_id: The id of what exists; None when surely nothing does.

    Raises:
        TypeError: The id is not text.
        ValueError: CloudFormation would not take the id.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        # A number is an id too: an error here would lose what exists.
        text = str(physical_id) if is_number(physical_id) else physical_id
        if text is not None:
            check_id(text, "Failed(reason, physical_id)")
        super().__init__(reason)
        self.reason = str(reason)
        self.physical_id = text


class InProgress:
    """Returned by `create`, `update` or `delete`: the work is started, and `poll` will say when it is done.

        return InProgress(group_id, state={"job": job_id}, next_in=10)

    It needs `polls=True` on the provider. `poll` may return another one, to change the state or the pace.

    Args:
        physical_id: The resource's id. It is recorded, so that a rollback can delete it.
        state: Given to `poll`. The provider's table keeps it, as JSON, beside everything else: no secrets.
        next_in: Seconds until the next poll; None leaves them to the provider.

    Raises:
        TypeError: The id is not text, the state is not what JSON can hold, or `next_in` is not a number.
        ValueError: CloudFormation would not take the id, or `next_in` is negative.
    """

    __slots__ = ("next_in", "physical_id", "state")

    def __init__(self, physical_id: str, state: Any = None, next_in: float | None = None) -> None:  # noqa: ANN401 - JSON
        if not is_number(physical_id):  # as an id it is refused later, where it can be rolled back
            check_id(physical_id, "InProgress(physical_id, ...)")
        _check_state(state)
        if next_in is not None:
            _check_seconds(next_in)
        self.physical_id = physical_id
        self.state = state
        self.next_in = next_in

    def __repr__(self) -> str:
        return f"InProgress({self.physical_id!r}, next_in={self.next_in!r})"


def is_number(physical_id: object) -> bool:
    """Whether an id is a number: not what CloudFormation takes, but something exists under it."""
    return isinstance(physical_id, int) and not isinstance(physical_id, bool)


def check_id(physical_id: object, where: str) -> None:
    """Refuse what CloudFormation does not take as a physical id.

    Raises:
        TypeError: It is not text.
        ValueError: It is, but not such as CloudFormation takes.
    """
    try:
        check_physical_id(physical_id)
    except Unanswerable as error:
        kind = ValueError if isinstance(physical_id, str) else TypeError
        msg = f"{where}: {error.reason}"
        raise kind(msg) from None


def _check_state(state: object) -> None:
    try:
        json.dumps(state, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        # The error's text may show a value; of a TypeError's, the part before the colon does not.
        problem = str(error).partition(":")[0] if isinstance(error, TypeError) else "a number or a nesting without end"
        msg = (
            f"InProgress(state): JSON cannot hold this {type(state).__name__} ({problem}): use text, finite numbers, "
            "true or false, None, and lists and dicts of those"
        )
        raise TypeError(msg) from None


def _check_seconds(next_in: object) -> None:
    if isinstance(next_in, bool) or not isinstance(next_in, int | float):
        msg = f"InProgress(next_in) is a number of seconds, got {type(next_in).__name__}"
        raise TypeError(msg)
    if not 0 <= next_in < float("inf"):
        msg = f"InProgress(next_in) must be 0 seconds or more, got {next_in}"
        raise ValueError(msg)
