"""Contacts of which nobody knows whether they were made: the provider is asked, where it can be."""

from collections.abc import Iterator

import pytest

from constructs_lib.runtime.delayed_check.contacting import ASK_AFTER
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.steps import Reconcile
from tests.runtime.delayed_check.playing import DUE, Play, contact


@pytest.fixture
def unknown() -> Iterator[Play]:
    play = Play()
    play.put(State.UNKNOWN, claim="other", reason="timeout", recorded_at=DUE)
    yield play
    assert "Contact" not in play.kinds


def test_without_a_way_to_ask_unknown_stays_unknown(unknown: Play) -> None:
    assert contact(unknown) is None


def test_the_provider_is_asked_three_times_each_in_its_time_and_no_more(unknown: Play) -> None:
    unknown.answers[Reconcile] = None

    for number, wait in enumerate(ASK_AFTER, 1):
        # A duplicate that comes too soon asks nothing.
        assert contact(unknown, can_reconcile=True) == wait
        unknown.clock.sleep(wait)
        after = contact(unknown, can_reconcile=True)
        assert (unknown.row.asked, after) == (number, ASK_AFTER[number] if number < len(ASK_AFTER) else None)
    assert contact(unknown, can_reconcile=True) is None

    assert unknown.kinds.count("Reconcile") == len(ASK_AFTER)
    assert unknown.row.reason == "timeout; asked 3 times, the provider knows of none"


def test_what_the_provider_knows_is_written_down(unknown: Play) -> None:
    unknown.answers[Reconcile] = "call-7"
    unknown.clock.sleep(60)

    assert contact(unknown, can_reconcile=True) is None

    assert (unknown.row.state, unknown.row.provider_id) == (State.DIALED, "call-7")
    assert Reconcile("token") in unknown.steps
