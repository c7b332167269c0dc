"""Every rule at its border: what breaks it, what is just within it, and what cannot be seen."""

import pytest

from constructs_lib.flow_control.facts import FlowFacts
from tests.flow_control.rules.cases import alarm, batch, flow, function, mapping, promises, queue, rate, source
from tests.helpers.rule_cases import Case, check, check_hidden, hidden, kinds, kinds_of_rules

CASES = [case for each in (alarm, batch, flow, function, mapping, promises, queue, rate, source) for case in each.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_told_with_the_values_and_the_fix_and_breaks_no_other(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("case", "fact"), hidden(CASES), ids=str)
def test_a_fact_that_cannot_be_seen_is_named_and_its_rule_not_checked(case: Case, fact: str) -> None:
    check_hidden(case, fact)


def test_there_is_a_case_for_every_rule_and_whom_it_asks() -> None:
    # R22 and R23 are in test_rate.py, at both of their levels; R27 cannot be broken by the construct's arguments.
    elsewhere = {(FlowFacts, rule) for rule in ("R22", "R23", "R27")}
    assert kinds(CASES) | elsewhere == kinds_of_rules()
