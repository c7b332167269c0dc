"""The rules about a flow's rate."""

from typing import Any

import pytest

from constructs_lib._findings import Level
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import CONCURRENCY, FLOW, LOAD


def test_two_workers_are_within_any_burst_since_lambda_allows_no_less() -> None:
    assert findings_of(FLOW, "R24", max_concurrency=2, burst=1) == []


@pytest.mark.parametrize("rule", ["R24", "R46"])
def test_rules_of_pace_leave_concurrency_alone(rule: str) -> None:
    assert findings_of(FLOW, rule, **CONCURRENCY, burst=1) == []


@pytest.mark.parametrize("rule", ["R19", "R20"])
def test_rules_of_concurrency_leave_pace_alone(rule: str) -> None:
    assert findings_of(FLOW, rule, littles_law_concurrency=0.1, max_concurrency=500, burst=500) == []


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        (
            {"load_after": 8.1, "peak_arrival": 8.1},
            Level.ERROR,
            ["8.1 messages a second", "goodput of 8", "never drains"],
        ),
        ({"load_after": 6.3, "peak_arrival": 7.0}, Level.WARNING, ["6.3 messages a second", "workers"]),
        ({"load_after": 6.2, "peak_arrival": 7.0}, None, []),
    ],
)
def test_a_load_that_goes_on_above_what_is_completed_is_found(
    changes: dict[str, Any], level: Level | None, words: list[str]
) -> None:
    found = findings_of(FLOW, "R22", **{**LOAD, **changes})

    assert [finding.level for finding in found] == ([] if level is None else [level])
    assert [word for word in words if word not in str(found)] == []


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"max_wait": 166.0}, Level.ERROR, ["waits up to 167 s", "max_wait 166 s"]),
        ({"max_wait": 167.0}, Level.WARNING, ["expected to wait up to 300 s", "max_wait 167 s"]),
        ({"max_wait": None}, Level.WARNING, ["waits up to 300 s", "set max_wait"]),
        ({"max_wait": 300.0}, None, []),
    ],
)
def test_a_wait_that_is_too_long_or_that_nobody_agreed_to_is_found(
    changes: dict[str, Any], level: Level | None, words: list[str]
) -> None:
    found = findings_of(FLOW, "R23", **{**LOAD, "longest_wait": 167.0, "expected_longest_wait": 300.0, **changes})

    assert [finding.level for finding in found] == ([] if level is None else [level])
    assert [word for word in words if word not in str(found)] == []


@pytest.mark.parametrize("rule", ["R22", "R23", "R40"])
def test_rules_of_the_load_need_one(rule: str) -> None:
    assert findings_of(FLOW, rule, calls_per_second=1e6, goodput=0.0) == []
