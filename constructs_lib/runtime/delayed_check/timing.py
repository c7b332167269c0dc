"""When an order is due, and how to wait until then. Pure; times are milliseconds since the epoch."""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple

from constructs_lib.runtime.delayed_check.errors import InvalidInput

#: Seconds that a producer's clock may be ahead. An order that was placed later than that was not placed yet.
MOST_AHEAD = 300
#: Seconds since the epoch are below this until the year 5138; milliseconds have been above it since 1973.
_LARGEST_SECONDS = 1e11
_MINUTE = 60_000

_ALLOWED = (
    "allowed are a time with its UTC offset in ISO 8601 (2026-11-21T10:00:00Z, 2026-11-21T11:00:00+01:00), an aware "
    "datetime, or seconds since the epoch"
)


class Delay(NamedTuple):
    """Wait in SQS, for whole seconds."""

    seconds: int


class Appointment(NamedTuple):
    """Wait in EventBridge Scheduler, until a minute."""

    at: int


def parse_placed_at(value: object, *, now: int) -> int:
    """When the order was placed.

    Args:
        value: What the producer says.
        now: The time.

    Raises:
        InvalidInput: It is no time, has no UTC offset, or is later than now by more than a clock may be ahead.
    """
    placed_at = _milliseconds(value)
    if placed_at > now + MOST_AHEAD * 1000:
        msg = (
            f"placed_at {value!r} is in the future ({iso(placed_at)}, now it is {iso(now)}): allowed is up to "
            f"{MOST_AHEAD} s ahead, for clocks that differ; send the time at which the order was placed"
        )
        raise InvalidInput(msg)
    return placed_at


def wait_until(
    due_at: int, *, now: int, longest_sqs_delay: int, schedule_lead: int, can_schedule: bool
) -> Delay | Appointment:
    """How to wait until an order is due: in SQS, or for the coarse part in Scheduler; not at all when it is overdue.

    A wait that SQS cannot hold, where there is no Scheduler, is cut short: what comes too early is delayed again.
    """
    left = max(0, ceil((due_at - now) / 1000))
    if left <= longest_sqs_delay or not can_schedule:
        return Delay(min(left, longest_sqs_delay))
    # Scheduler fires within the minute that it is given: from the whole minute on, never before.
    early = due_at - schedule_lead * 1000
    at = early - early % _MINUTE if schedule_lead * 1000 >= _MINUTE else early
    # Scheduler takes no time that has passed; with AWS's own numbers there are always minutes left.
    return Appointment(at) if at > now else Delay(longest_sqs_delay)


def iso(milliseconds: int) -> str:
    """The time in ISO 8601, UTC, to the millisecond."""
    return moment(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(milliseconds: int) -> datetime:
    """The time as an aware datetime, UTC."""
    # Not by a division: its result is shown a millisecond short for some times of later centuries.
    return datetime.fromtimestamp(milliseconds // 1000, tz=UTC) + timedelta(milliseconds=milliseconds % 1000)


def _milliseconds(value: object) -> int:
    if isinstance(value, datetime):
        return _aware(value, value)
    if isinstance(value, str) and value.strip():
        try:
            parsed = datetime.fromisoformat(value.strip())
        except ValueError:
            raise InvalidInput(f"placed_at is no time: got {value!r}; {_ALLOWED}") from None
        return _aware(parsed, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 < value < _LARGEST_SECONDS:
            msg = f"placed_at is not in seconds since the epoch: got {value!r} (milliseconds?); {_ALLOWED}"
            raise InvalidInput(msg)
        return round(value * 1000)
    what = "is missing" if value is None or value == "" else "is no time"
    raise InvalidInput(f"placed_at {what}: got {value!r}; {_ALLOWED}")


def _aware(time: datetime, shown: object) -> int:
    if time.utcoffset() is None:
        msg = f"placed_at has no UTC offset, so it could be any of 24 hours: got {shown!r}; {_ALLOWED}"
        raise InvalidInput(msg)
    milliseconds = round(time.timestamp() * 1000)
    if not 0 < milliseconds < _LARGEST_SECONDS * 1000:
        msg = f"placed_at is not between the years 1970 and 5138: got {shown!r}; {_ALLOWED}"
        raise InvalidInput(msg)
    return milliseconds
