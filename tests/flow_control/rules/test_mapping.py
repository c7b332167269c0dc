"""The rules about mappings: their limits, and the times of queue and function."""

from dataclasses import replace

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control import rules
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import FLOW, MAPPING


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
