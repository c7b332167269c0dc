"""The rules about what sends to a queue."""

import pytest

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import Service
from constructs_lib.flow_control.rules import source
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, hidden, kinds
from tests.helpers.rule_facts import SOURCE

CASES = [
    Case(
        SOURCE,
        "R26",
        broken={"fifo": True},
        mended={"fifo": True, "group_id": "$.detail.tenant"},
        words=["EventBridge sends to a FIFO queue", "SqsParameters.MessageGroupId"],
    ),
    Case(
        SOURCE,
        "R26",
        broken={"service": Service.SNS, "fifo": True, "topic_fifo": False},
        mended={"service": Service.SNS, "fifo": True, "topic_fifo": True},
        words=["the topic that sends to it is not", "FifoTopic"],
    ),
    Case(
        SOURCE,
        "R26",
        broken={"service": Service.S3, "fifo": True},
        mended={"service": Service.S3},
        words=["a bucket", "EventBridge"],
    ),
    Case(
        SOURCE,
        "R38",
        broken={"has_undeliverable_queue": False},
        mended={"service": Service.S3, "has_undeliverable_queue": False},
        words=["what EventBridge cannot deliver", "DeadLetterConfig"],
        level=Level.WARNING,
    ),
    Case(
        SOURCE,
        "R38",
        broken={"service": Service.SNS, "topic_fifo": False, "has_undeliverable_queue": False},
        mended={},
        words=["what SNS cannot deliver", "RedrivePolicy on the subscription"],
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
    assert kinds(CASES) == asked_by(source)
