"""The rules about a flow's times."""

import pytest

from constructs_lib.flow_control.rules import flow
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, findings_of, hidden, kinds
from tests.helpers.rule_facts import FLOW

LOAD = {"has_load": True, "load_after": 0.0, "peak_arrival": 15.0, "max_wait": 3.0 * DAY}

CASES = [
    Case(
        FLOW,
        "R8",
        broken={"max_receive_count": 8},
        mended={"max_receive_count": 9},
        words=[
            "error_rate 0.2",
            "max_receive_count 8",
            "2.6e-06",
            "target_loss 1e-06",
            "or leave it out",
        ],
    ),
    Case(
        FLOW,
        "R8",
        broken={"error_rate": 0.1, "max_receive_count": 5},
        mended={"error_rate": 0.1, "max_receive_count": 6},
        words=["1e-05"],
    ),
    Case(
        FLOW,
        "R9",
        broken={"least_retry_span": 299.0},
        mended={"least_retry_span": 300.0},
        words=["9 receives", "299 s", "outage of 300 s", "raise max_receive_count or leave it out"],
    ),
    Case(
        FLOW,
        "R13",
        broken={"retention": DAY + 599.0},
        mended={"retention": DAY + 600.0},
        words=["retries 600 s", "+ a day", "longer retention_period"],
    ),
    Case(
        FLOW,
        "R13",
        broken={"retention": 3.0 * DAY, "max_wait": 2.0 * DAY},
        mended={"max_wait": 2.0 * DAY},
        words=["max_wait 172800 s"],
    ),
    Case(
        FLOW,
        "R13",
        broken={
            **LOAD,
            "retention": 3.0 * DAY,
            "max_wait": 60.0,
            "longest_wait": DAY,
            "expected_longest_wait": 2.0 * DAY,
        },
        mended={**LOAD, "max_wait": 60.0, "longest_wait": DAY, "expected_longest_wait": 2.0 * DAY},
        words=["the load's longest wait 172800 s"],
        also={"R23"},
    ),
    Case(
        FLOW,
        "R17",
        broken={"batch_size": 4, "burst": 40},
        mended={"batch_size": 3, "burst": 40},
        words=[
            "batch of 4",
            f"{12 + REPORTING_RESERVE:g} s",
            "call timeout 3 s",
            "10 s",
            "raise the function's timeout",
            "lower batch_size",
        ],
    ),
    Case(
        FLOW,
        "R17",
        broken={"pace": 10.0},
        mended={"pace": 10 - REPORTING_RESERVE},
        words=["pace 10 s", f"{10 + REPORTING_RESERVE:g} s", "max_concurrency"],
    ),
    Case(
        FLOW,
        "R18",
        broken={"call_attempts": 3, "call_retry_wait": 1.0},
        mended={"call_attempts": 3, "call_retry_wait": 0.0},
        words=["3 attempts of 3 s", "waits of 1 s", f"{11 + REPORTING_RESERVE:g} s", "10 s", "call_attempts=1"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_told_with_the_values_and_the_fix_and_breaks_no_other(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("case", "fact"), hidden(CASES), ids=str)
def test_a_fact_that_cannot_be_seen_is_named_and_its_rule_not_checked(case: Case, fact: str) -> None:
    check_hidden(case, fact)


def test_there_is_a_case_for_every_rule_and_whom_it_asks() -> None:
    assert kinds(CASES) == asked_by(flow)


def test_retention_must_cover_visibility_and_delay_too() -> None:
    for changes in ({"visibility_timeout": 5.0 * DAY}, {"delivery_delay": 5.0 * DAY}):
        (finding,) = findings_of(FLOW, "R13", **changes)
        assert "is shorter than 432000 s" in finding.message


def test_products_of_floats_break_no_rule_by_a_rounding_error() -> None:
    # 0.1 ** 6 is 1.0000000000000004e-06.
    assert findings_of(FLOW, "R8", error_rate=0.1, max_receive_count=6, target_loss=1e-6) == []
    # 3 * 1.1 is 3.3000000000000003.
    enough = {
        "batch_size": 3,
        "burst": 30,
        "call_timeout": 1.1,
        "pace": 0.5,
        "function_timeout": 3.3 + REPORTING_RESERVE,
    }
    assert findings_of(FLOW, "R17", **enough) == []


def test_a_call_that_takes_longer_than_it_has_is_found() -> None:
    (finding,) = findings_of(FLOW, "R17", mean_latency=10.0, call_timeout=2.0, function_timeout=60.0)

    assert "a call has 2 s and takes 10 s on average" in finding.message


def test_retries_without_the_library_s_handler_are_promised_to_nobody() -> None:
    assert findings_of(FLOW, "R9", has_runtime=False, least_retry_span=0.0) == []


def test_no_outage_is_outlasted_by_any_retries() -> None:
    assert findings_of(FLOW, "R9", outage_tolerance=0.0, least_retry_span=0.0) == []
