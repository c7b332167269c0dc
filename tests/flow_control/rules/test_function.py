"""The rules about functions that consume a queue."""

from dataclasses import replace

import pytest

from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import FlowFacts, FunctionFacts
from tests.helpers.rule_facts import FLOW, FUNCTION


@pytest.mark.parametrize(
    ("facts", "mapped"), [(FLOW, 10), (FUNCTION, 10), (FUNCTION, None)], ids=["flow", "function", "unlimited"]
)
def test_a_reserve_of_zero_is_one_finding_and_not_three(facts: FlowFacts | FunctionFacts, mapped: int | None) -> None:
    found = rules.evaluate(replace(facts, reserved_concurrency=0, mapped_concurrency=mapped))

    assert [finding.rule for finding in found] == ["R6"]
