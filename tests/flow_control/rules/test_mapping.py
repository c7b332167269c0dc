"""The rules about mappings: their limits, and the times of queue and function."""

from dataclasses import replace

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.rules import mapping
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, findings_of, hidden, kinds
from tests.helpers.rule_facts import FLOW, MAPPING

CASES = [
    Case(
        FLOW,
        "R1",
        broken={"max_concurrency": 1, "batch_size": 1},
        mended={"max_concurrency": 2},
        words=["max_concurrency 1", "2 to 1000", "MaximumConcurrency"],
    ),
    Case(
        FLOW,
        "R1",
        broken={"max_concurrency": 1001, "burst": 2000},
        mended={"max_concurrency": 1000, "burst": 2000},
        words=["1001", "2 to 1000"],
        also={"R44"},
    ),
    Case(
        MAPPING,
        "R1",
        broken={"max_concurrency": 1},
        mended={"max_concurrency": 2},
        words=["max_concurrency 1", "2 to 1000"],
    ),
    Case(
        MAPPING,
        "R1",
        broken={"max_concurrency": 10, "minimum_pollers": 2},
        mended={"max_concurrency": 10},
        words=["maximum concurrency of 10", "2 pollers", "remove ProvisionedPollerConfig, or ScalingConfig"],
    ),
    Case(
        FLOW,
        "R2",
        broken={"function_timeout": 60.1},
        mended={"function_timeout": 60.0},
        words=["60.1 s", "60 s", "refuses", "visibility_timeout to at least 360.6 s"],
        also={"R3"},
    ),
    Case(
        MAPPING,
        "R2",
        broken={"function_timeout": 61.0},
        mended={},
        words=["61 s", "60 s", "VisibilityTimeout", "at least 366 s"],
        also={"R3"},
    ),
    Case(
        FLOW,
        "R3",
        broken={"visibility_timeout": 59.0},
        mended={"visibility_timeout": 60.0},
        words=["59 s", "6 x", "10 s", "visibility_timeout to at least 60 s"],
    ),
    Case(
        MAPPING,
        "R3",
        broken={"visibility_timeout": 59.0},
        mended={"visibility_timeout": 60.0},
        words=["59 s", "6 x", "at least 60 s"],
    ),
    Case(
        MAPPING,
        "R3",
        broken={"batching_window": 5.0, "visibility_timeout": 64.9},
        mended={"batching_window": 5.0, "visibility_timeout": 65.0},
        words=["64.9 s", "+ the batching window 5 s = 65 s"],
    ),
    Case(
        FLOW,
        "R7",
        broken={"max_receive_count": 1, "error_rate": 0.0},
        mended={"max_receive_count": 5, "error_rate": 0.0},
        words=["max_receive_count 1", "at least 5", "maxReceiveCount"],
    ),
    Case(
        MAPPING,
        "R7",
        broken={"max_receive_count": 1},
        mended={"max_receive_count": 5},
        words=["max_receive_count 1", "maxReceiveCount"],
    ),
    Case(
        MAPPING,
        "R7",
        broken={"max_receive_count": 4},
        mended={"max_receive_count": None},
        words=["below the 5"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "R10",
        broken={"has_dead_letter_queue": False},
        mended={"has_dead_letter_queue": True},
        words=["no dead-letter queue", "sqs.DeadLetterQueue"],
    ),
    Case(
        MAPPING,
        "R10",
        broken={"has_dead_letter_queue": False},
        mended={},
        words=["no dead-letter queue", "RedrivePolicy"],
    ),
    Case(
        MAPPING,
        "R21",
        broken={"max_concurrency": None, "minimum_pollers": 3, "reserved_concurrency": 29},
        mended={"max_concurrency": None, "minimum_pollers": 3, "reserved_concurrency": 30},
        words=["at least 3 pollers", "up to 30 times at once", "reserves 29", "replace ProvisionedPollerConfig"],
    ),
    Case(
        FLOW,
        "R44",
        broken={"max_concurrency": 101, "burst": 200},
        mended={"max_concurrency": 101, "burst": 200, "reserved_concurrency": 101, "mapped_concurrency": 101},
        words=["max_concurrency 101", "a tenth of the 1000", "set at most 100, or reserve 101"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R44",
        broken={"max_concurrency": 101},
        mended={"max_concurrency": 101, "reserved_concurrency": 101},
        words=["max_concurrency 101", "reserve 101"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R44",
        broken={"max_concurrency": None},
        mended={"max_concurrency": 100},
        words=["no maximum concurrency and the function reserves nothing", "ScalingConfig.MaximumConcurrency"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R44",
        broken={"max_concurrency": None, "minimum_pollers": 2, "maximum_pollers": 11},
        mended={"max_concurrency": None, "minimum_pollers": 2, "maximum_pollers": 10},
        words=["11 pollers", "110 times at once", "MaximumPollers to at most 10", "reserve 110"],
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
    assert kinds(CASES) == asked_by(mapping)


@pytest.mark.parametrize("receives", [2, 4])
def test_few_receives_are_a_warning(receives: int) -> None:
    (finding,) = findings_of(FLOW, "R7", max_receive_count=receives, error_rate=0.0)

    assert finding.level is Level.WARNING
    assert f"max_receive_count {receives}" in finding.message
    assert "at least 5" in finding.message


def test_the_published_template_s_faults_are_found_together() -> None:
    # Waits of 3 s and up to 5 s more between five attempts.
    found = rules.evaluate(
        replace(
            MAPPING,
            batch_size=1,
            function_timeout=29.0,
            visibility_timeout=150.0,
            max_receive_count=None,
            has_dead_letter_queue=False,
            reports_failures=False,
            call_attempts=5,
            call_retry_wait=8.0,
        )
    )

    assert [finding.rule for finding in found] == ["R3", "R10", "R15", "R18"]
