"""The rules about functions that consume a queue."""

from dataclasses import replace

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import FlowFacts, FunctionFacts
from constructs_lib.flow_control.rules import function
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, hidden, kinds
from tests.helpers.rule_facts import FLOW, FUNCTION

CASES = [
    Case(
        FLOW,
        "R4",
        broken={"reserved_concurrency": 9},
        mended={"reserved_concurrency": 10},
        words=["reserved concurrency 9", "below 10", "reserve at least 10"],
    ),
    Case(
        FUNCTION,
        "R4",
        broken={"reserved_concurrency": 9},
        mended={"reserved_concurrency": 10},
        words=["reserved concurrency 9", "below 10", "ReservedConcurrentExecutions"],
    ),
    Case(
        FLOW,
        "R5",
        broken={"reserved_concurrency": 10, "mapped_concurrency": None},
        mended={"reserved_concurrency": None, "mapped_concurrency": None},
        words=["an SQS mapping of it", "no max_concurrency", "set max_concurrency on that mapping"],
    ),
    Case(
        FUNCTION,
        "R5",
        broken={"reserved_concurrency": 9, "mapped_concurrency": None},
        mended={"reserved_concurrency": None, "mapped_concurrency": None},
        words=["reserves a concurrency of 9", "ScalingConfig.MaximumConcurrency"],
    ),
    Case(
        FLOW,
        "R6",
        broken={"reserved_concurrency": 0},
        mended={"reserved_concurrency": 10},
        words=["is 0", "reserve as much as its mappings may use, or nothing"],
    ),
    Case(
        FUNCTION,
        "R6",
        broken={"reserved_concurrency": 0},
        mended={"reserved_concurrency": 10},
        words=["is 0", "Enabled"],
    ),
    Case(
        FUNCTION,
        "R34",
        broken={"async_destination": "Shop/Failures"},
        mended={"async_destination": "Shop/Failures", "has_other_triggers": True},
        words=["Shop/Failures", "nothing ever arrives", "remove it"],
        level=Level.WARNING,
    ),
    Case(
        FUNCTION,
        "R45",
        broken={"timeout_is_set": False},
        mended={},
        words=["timeout (Timeout, 3 s) is left", "set what it needs"],
        level=Level.WARNING,
    ),
    Case(
        FUNCTION,
        "R45",
        broken={"timeout_is_set": False, "memory_is_set": False},
        mended={},
        words=["3 s) and memory (MemorySize, 128 MB) are"],
        level=Level.WARNING,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_told_with_the_values_and_the_fix_and_breaks_no_other(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("case", "fact"), hidden(CASES), ids=str)
def test_a_fact_that_cannot_be_seen_is_named_and_its_rule_not_checked(case: Case, fact: str) -> None:
    check_hidden(case, fact)


def test_there_is_a_case_for_every_rule_and_whom_it_asks() -> None:
    assert kinds(CASES) == asked_by(function)


@pytest.mark.parametrize(
    ("facts", "mapped"), [(FLOW, 10), (FUNCTION, 10), (FUNCTION, None)], ids=["flow", "function", "unlimited"]
)
def test_a_reserve_of_zero_is_one_finding_and_not_three(facts: FlowFacts | FunctionFacts, mapped: int | None) -> None:
    found = rules.evaluate(replace(facts, reserved_concurrency=0, mapped_concurrency=mapped))

    assert [finding.rule for finding in found] == ["R6"]
