import json

import pytest

from constructs_lib.runtime.delayed_check.outcome import detail_of
from constructs_lib.runtime.delayed_check.row import PUBLISHED, Row, State, event_id_of

ROW = Row(
    unit="order-1",
    state=State.OUTCOME,
    placed_at=1_795_255_200_000,
    due_at=1_795_255_500_000,
    deadline_at=1_795_255_800_000,
    arm="call",
    experiment="stuck-orders",
    version=2,
    decided_at=1_795_255_501_007,
    token="secret-token",  # noqa: S106 - of the test
    claim="secret-claim",
    claimed_until=1_795_255_560_000,
    attempts=1,
    provider_id="CA1",
    outcome="answered",
    recorded_at=1_795_255_530_000,
    revision=5,
)


def test_the_detail_tells_the_whole_story() -> None:
    assert detail_of("stuck-orders", ROW) == {
        "event_id": event_id_of("stuck-orders", "order-1"),
        "check": "stuck-orders",
        "unit": "order-1",
        "state": "OUTCOME",
        "arm": "call",
        "experiment": "stuck-orders",
        "version": 2,
        "reason": None,
        "outcome": "answered",
        "placed_at": "2026-11-21T10:00:00.000Z",
        "due_at": "2026-11-21T10:05:00.000Z",
        "deadline_at": "2026-11-21T10:10:00.000Z",
        "decided_at": "2026-11-21T10:05:01.007Z",
        "recorded_at": "2026-11-21T10:05:30.000Z",
        "revision": 5,
        "provider_id": "CA1",
        "attempts": 1,
    }


def test_who_reads_events_cannot_report_outcomes() -> None:
    assert "secret" not in json.dumps(detail_of("stuck-orders", ROW))


@pytest.mark.parametrize("state", sorted(set(State) - PUBLISHED))
def test_a_story_that_is_not_over_is_not_told(state: State) -> None:
    assert detail_of("check", ROW._replace(state=state)) is None


@pytest.mark.parametrize("state", sorted(PUBLISHED))
def test_all_that_is_published_has_the_same_fields_and_one_id(state: State) -> None:
    detail = detail_of("check", Row("order-1", state))

    assert detail is not None
    assert list(detail) == list(detail_of("check", ROW) or ())
    assert (detail["event_id"], detail["decided_at"]) == (event_id_of("check", "order-1"), None)
    assert type(detail["state"]) is str
