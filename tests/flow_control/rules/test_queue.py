"""The rules about queues: dead letters, limits, who sends, who consumes, who watches."""

import pytest

from constructs_lib._findings import Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.facts import Facts
from constructs_lib.flow_control.rules import queue
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import Case, asked_by, check, check_hidden, findings_of, hidden, kinds
from tests.helpers.rule_facts import FLOW, QUEUE

FIFO = {"fifo": True, "dead_letter_queue_fifo": True}

CASES = [
    Case(
        FLOW,
        "R11",
        broken={"dead_letter_queue_fifo": True},
        mended={"dead_letter_queue_fifo": True, "fifo": True},
        words=["the queue is standard", "dead-letter queue is FIFO", "make the dead-letter queue standard"],
    ),
    Case(
        FLOW,
        "R11",
        broken={"fifo": True},
        mended={"fifo": True, "dead_letter_queue_fifo": True},
        words=["the queue is FIFO", "make the dead-letter queue FIFO"],
    ),
    Case(
        QUEUE, "R11", broken={"fifo": True}, mended=FIFO, words=["the queue is FIFO", "make the dead-letter queue FIFO"]
    ),
    Case(
        FLOW,
        "R12",
        broken={"dead_letter_retention": 4.0 * DAY},
        mended={"dead_letter_retention": 5.0 * DAY},
        words=["345600 s", "14 days", "retention_period"],
    ),
    Case(
        QUEUE,
        "R12",
        broken={"dead_letter_retention": 4.0 * DAY},
        mended={"has_dead_letter_queue": False, "dead_letter_queue_fifo": None, "dead_letter_retention": None},
        words=["345600 s", "MessageRetentionPeriod"],
    ),
    Case(
        QUEUE,
        "R13",
        broken={"retention": 60.0, "visibility_timeout": 61.0},
        mended={"retention": 60.0, "visibility_timeout": 60.0, "delivery_delay": 60.0},
        words=["retention 60 s", "61 s", "MessageRetentionPeriod"],
    ),
    Case(QUEUE, "R13", broken={"retention": 60.0, "delivery_delay": 61.0}, mended={}, words=["delay 61 s"]),
    Case(
        FLOW,
        "R25",
        broken={"service_sources": ("SNS", "EventBridge", "SNS"), "aws_managed_key": True},
        mended={"service_sources": (), "aws_managed_key": True},
        words=["EventBridge and SNS", "alias/aws/sqs", "encryption_key"],
    ),
    Case(
        QUEUE,
        "R25",
        broken={"aws_managed_key": True, "service_sources": ("SNS", "EventBridge")},
        mended={"aws_managed_key": True, "service_sources": ()},
        words=["EventBridge and SNS", "alias/aws/sqs", "SqsManagedSseEnabled"],
    ),
    Case(
        FLOW,
        "R29",
        broken={
            "grouped_sources": ("Shop/Rule",),
            "ungrouped_sources": ("Shop/Topic",),
            "max_concurrency": 30,
            "burst": 30,
        },
        mended={"grouped_sources": ("Shop/Rule",), "max_concurrency": 30, "burst": 30},
        words=["is set by Shop/Rule and not by Shop/Topic", "message_group_id"],
    ),
    Case(
        QUEUE,
        "R29",
        broken={"grouped_sources": ("A",), "ungrouped_sources": ("B", "C")},
        mended={"grouped_sources": ("A",), "ungrouped_sources": ()},
        words=["a message group is set by A and not by B and C", "MessageGroupId"],
    ),
    Case(
        FLOW,
        "R30",
        broken={"consumers": ("Shop/Function", "Shop/Other")},
        mended={"consumers": ("Shop/Function", "Shop/Function")},
        words=["Shop/Function and Shop/Other", "a queue of its own"],
        level=Level.WARNING,
    ),
    Case(
        QUEUE,
        "R30",
        broken={"consumers": ("A", "B")},
        mended={"consumers": ("A",)},
        words=["A and B", "a queue of its own"],
        level=Level.WARNING,
    ),
    Case(
        QUEUE,
        "R39",
        broken={"delivery_delay": 901.0},
        mended={"delivery_delay": 900.0},
        words=["901 s", "900 s", "DelaySeconds"],
    ),
    Case(
        QUEUE,
        "R39",
        broken={"visibility_timeout": 43_201.0},
        mended={"visibility_timeout": 43_200.0},
        words=["43201 s", "43200 s", "VisibilityTimeout"],
    ),
    Case(
        QUEUE,
        "R41",
        broken={"other_alarms": ()},
        mended={"age_alarms": (), "other_alarms": ()},
        words=["is watched by Shop/Age alone", "dead-letter queue"],
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
    assert kinds(CASES) == asked_by(queue)


@pytest.mark.parametrize("facts", [FLOW, QUEUE])
def test_dead_letters_of_a_fifo_queue_may_be_kept_as_long_as_its_messages(facts: Facts) -> None:
    assert findings_of(facts, "R12", **FIFO, dead_letter_retention=4.0 * DAY) == []


def test_a_group_on_a_fifo_queue_asks_for_order_and_not_for_fairness() -> None:
    assert findings_of(FLOW, "R29", **FIFO, grouped_sources=("Shop/Rule",), ungrouped_sources=("Shop/Topic",)) == []


def test_without_a_service_the_key_is_unimportant() -> None:
    assert findings_of(QUEUE, "R25", service_sources=(), aws_managed_key=UNKNOWN) == []


def test_several_alarms_are_told_with_the_grammar_of_one() -> None:
    (finding,) = findings_of(QUEUE, "R41", age_alarms=("B", "A"), other_alarms=())

    assert finding.message.startswith("the queue is watched by A and B alone, on the age")
