"""Problems and warnings: when there is one, and what it tells. Sizing and the rules say them alike."""

from typing import Any

import pytest

from constructs_lib.sizing import DAY, derive, size
from constructs_lib.sizing.problems import (
    loses_too_much,
    may_never_drain,
    never_drains,
    outlasts_retention,
    runs_too_long,
    waits,
    waits_too_long,
)
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD


def test_a_load_above_the_goodput_never_drains() -> None:
    message = never_drains(load_after=9, goodput=8)

    assert message is not None
    assert "9 messages a second on average, is above the goodput of 8" in message
    assert "calls_per_second" in message
    assert never_drains(load_after=7.9, goodput=8) is None


def test_a_load_equal_to_the_goodput_may_never_drain_after_an_outage() -> None:
    assert never_drains(load_after=8, goodput=8) is None
    message = may_never_drain(load_after=8, goodput=8, expected_goodput=None)
    assert "takes the whole goodput of 8: what an outage adds" in (message or "")


def test_workers_that_do_not_keep_up_are_warned_of_with_their_rate() -> None:
    message = may_never_drain(load_after=7, goodput=8, expected_goodput=6.3)

    assert "not below the 6.3 that the flow's workers are expected to reach of the goodput of 8" in (message or "")
    assert may_never_drain(load_after=6, goodput=8, expected_goodput=6.3) is None
    assert may_never_drain(load_after=7, goodput=8, expected_goodput=None) is None


def test_what_the_error_says_the_warning_does_not_repeat() -> None:
    assert may_never_drain(load_after=9, goodput=8, expected_goodput=6.3) is None
    assert waits(longest_wait=167, expected_longest_wait=325, max_wait=60) is None


@pytest.mark.parametrize(
    ("longest_wait", "max_wait", "is_error"),
    [(167, None, False), (167, 167, False), (167, 168, False), (167, 60, True)],
)
def test_only_a_declared_wait_can_be_too_long(longest_wait: float, max_wait: float | None, is_error: bool) -> None:
    message = waits_too_long(longest_wait=longest_wait, max_wait=max_wait)

    assert (message is not None) == is_error
    assert not is_error or "waits up to 167 s, though" in (message or "")


@pytest.mark.parametrize(
    ("expected", "max_wait", "message"),
    [
        (None, None, "a message of this load waits up to 167 s; set max_wait"),
        (325, None, "waits up to 325 s (167 s at the downstream's whole rate); set max_wait"),
        (325, 200, "is expected to wait up to 325 s, longer than max_wait 200 s"),
        (325, 325, None),
        (None, 200, None),
    ],
)
def test_a_wait_that_nobody_agreed_to_is_a_warning_with_the_figure(
    expected: float | None, max_wait: float | None, message: str | None
) -> None:
    found = waits(longest_wait=167, expected_longest_wait=expected, max_wait=max_wait)

    assert (found is None) == (message is None)
    assert message is None or message in (found or "")


def test_a_wait_below_a_second_is_none() -> None:
    assert waits(longest_wait=0.9, expected_longest_wait=None, max_wait=None) is None


def test_what_a_queue_can_keep_is_no_problem() -> None:
    assert outlasts_retention(wait=11 * DAY, retry_span=DAY) is None
    assert "13.1 days, longer than the 13 days" in (outlasts_retention(wait=11.1 * DAY, retry_span=DAY) or "")


def test_a_loss_within_the_target_and_a_function_within_lambda_s_limit_are_no_problem() -> None:
    assert loses_too_much(loss_probability=1e-6, error_rate=0.2, target_loss=1e-6) is None
    assert runs_too_long(function_timeout=900) is None


@pytest.mark.parametrize(
    ("more", "problems", "warnings"),
    [
        ({"max_wait": 600}, [], []),
        ({}, [], ["waits up to 325 s"]),
        ({"max_wait": 200}, [], ["is expected to wait up to 325 s"]),
        ({"max_wait": 60}, ["waits up to 167 s"], []),
        ({"repeat": True}, [], ["takes the whole goodput", "waits up to 167 s"]),
        ({"repeat": True, "error_rate": 0.3}, ["never drains"], []),
        ({"repeat": True, "error_rate": 0.0, "max_wait": 3600}, [], ["may never drain"]),
        ({"load": [(60, 8, 8)], "repeat": True}, [], ["takes the whole goodput"]),
        ({"load": [(60, 6, 6)], "repeat": True}, [], []),
        ({"load": None, "max_concurrency": 1}, ["max_concurrency 1 is outside"], []),
        ({"load": None, "max_concurrency": 1001}, ["2 to 1000"], []),
        ({"load": None, "function_timeout": 1.5}, ["a call has 0.5 s and takes 0.81 s"], []),
    ],
    ids=str,
)
def test_what_is_said_of_the_worked_example(more: dict[str, Any], problems: list[str], warnings: list[str]) -> None:
    sized = derive(**{**ARTICLE, "load": ARTICLE_LOAD, **more})

    assert [wanted in found for wanted, found in zip(problems, sized.problems, strict=True)] == [True] * len(problems)
    assert [wanted in found for wanted, found in zip(warnings, sized.warnings, strict=True)] == [True] * len(warnings)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="never drains") as refused:
        size(calls_per_second=10, error_rate=0.995, load=[(60, 5, 5)], repeat=True)
    assert "1000 receives" in str(refused.value)
