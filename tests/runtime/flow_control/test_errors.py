from datetime import timedelta

import pytest

from constructs_lib.runtime.flow_control import PermanentError, RetryLater


@pytest.mark.parametrize(("given", "seconds"), [(None, None), (0, 0), (7, 7), (1.5, 1.5), (timedelta(minutes=1), 60)])
def test_retry_later_takes_seconds_or_a_timedelta(given: float | timedelta | None, seconds: float | None) -> None:
    assert RetryLater(given).after == seconds


@pytest.mark.parametrize("given", [-1, -0.1, float("nan"), float("inf"), timedelta(seconds=-1)])
def test_retry_later_refuses_what_is_no_time_to_wait(given: float | timedelta) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        RetryLater(after=given)


def test_retry_later_says_why() -> None:
    assert str(RetryLater(after=30, throttled=True)) == "the downstream is throttling; it asked for 30 s"


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_permanent_error_without_a_reason_says_so_and_stays_permanent(reason: str) -> None:
    assert PermanentError(reason).reason == "no reason given"


def test_a_permanent_error_keeps_its_reason() -> None:
    assert PermanentError("no such address").reason == str(PermanentError("no such address")) == "no such address"
