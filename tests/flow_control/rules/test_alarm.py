"""The rule about alarms on queues."""

import pytest

from constructs_lib.flow_control.rules import alarm
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, hidden, kinds
from tests.helpers.rule_facts import ALARM

CASES = [
    Case(
        ALARM,
        "R41",
        broken={"metric": "NumberOfMessagesSent"},
        mended={"metric": "NumberOfMessagesSent", "is_on_dead_letter_queue": False},
        words=["NumberOfMessagesSent", "never rings", "ApproximateNumberOfMessagesVisible"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_told_with_the_values_and_the_fix_and_breaks_no_other(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("case", "fact"), hidden(CASES), ids=str)
def test_a_fact_that_cannot_be_seen_is_named_and_its_rule_not_checked(case: Case, fact: str) -> None:
    check_hidden(case, fact)


def test_there_is_a_case_for_every_rule_and_whom_it_asks() -> None:
    assert kinds(CASES) == asked_by(alarm)
