"""The event that says what became of an order: from its row, and from nothing else. Pure."""

from typing import Any

from constructs_lib.runtime.delayed_check.row import PUBLISHED, Row, event_id_of
from constructs_lib.runtime.delayed_check.timing import iso


def detail_of(check: str, row: Row) -> dict[str, Any] | None:
    """The event's detail; None while there is nothing to say.

    An order has one `event_id`. When more is learned of it, another event has the same id and a higher `revision`,
    and stands in the earlier one's place. (Not a later `recorded_at`: that is by the clocks of several machines.)
    """
    if row.state not in PUBLISHED:
        return None
    return {
        "event_id": event_id_of(check, row.unit),
        "check": check,
        "unit": row.unit,
        "state": str(row.state),
        "arm": row.arm,
        "experiment": row.experiment,
        "version": row.version,
        "reason": row.reason,
        "outcome": row.outcome,
        "placed_at": iso(row.placed_at),
        "due_at": iso(row.due_at),
        "deadline_at": iso(row.deadline_at),
        "decided_at": None if row.decided_at is None else iso(row.decided_at),
        "recorded_at": iso(row.recorded_at),
        "revision": row.revision,
        "provider_id": row.provider_id,
        "attempts": row.attempts,
    }
