"""The rules about a flow's rate."""

from typing import Any

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.flow_control.rules import rate
from constructs_lib.sizing import DAY, FlowStrategy
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, findings_of, hidden, kinds
from tests.helpers.rule_facts import FLOW

LOAD = {"has_load": True, "load_after": 0.0, "peak_arrival": 15.0, "max_wait": 3.0 * DAY}

CONCURRENCY = {"strategy": FlowStrategy.CONCURRENCY, "pace": 0.0, "utilisation": None}

CASES = [
    Case(
        FLOW,
        "R19",
        broken={**CONCURRENCY, "littles_law_concurrency": 1.9, "max_concurrency": 2},
        mended={**CONCURRENCY, "littles_law_concurrency": 2.5, "max_concurrency": 2},
        words=["2, makes more than 10 calls a second", "1.9 workers", "FlowStrategy.PACE"],
        also={"R20"},
    ),
    Case(
        FLOW,
        "R20",
        broken={**CONCURRENCY, "max_concurrency": 7},
        mended={**CONCURRENCY, "max_concurrency": 6},
        words=["max_concurrency 7", "0.8 x 8.4", "at most 6", "FlowStrategy.PACE"],
    ),
    Case(
        FLOW,
        "R24",
        broken={"burst": 9},
        mended={"burst": 10},
        words=["max_concurrency 10 x batch_size 1 = 10", "burst of 9", "declare the burst"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "R40",
        broken={**LOAD, "peak_arrival": 401.0, "calls_per_second": 401.0},
        mended={**LOAD, "peak_arrival": 400.0, "calls_per_second": 401.0, "outage_tolerance": 0.0},
        words=["outage of 300 s", "120300 messages", "300 s each", "120000", "shorter outage_tolerance"],
        level=Level.WARNING,
        also={"R13"},
    ),
    Case(
        FLOW,
        "R46",
        broken={"utilisation": 0.49},
        mended={"utilisation": 0.5},
        words=["49%", "10 calls a second", "burst of 10"],
        level=Level.WARNING,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_told_with_the_values_and_the_fix_and_breaks_no_other(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("case", "fact"), hidden(CASES), ids=str)
def test_a_fact_that_cannot_be_seen_is_named_and_its_rule_not_checked(case: Case, fact: str) -> None:
    check_hidden(case, fact)


def test_there_is_a_case_for_every_rule() -> None:
    # R22 and R23 have tests of their own below, at both of their levels.
    assert kinds(CASES) | {(FlowFacts, "R22"), (FlowFacts, "R23")} == asked_by(rate)


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
