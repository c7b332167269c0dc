"""The rules about queues: dead letters, limits, who sends, who consumes, who watches."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.facts import Facts
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import FIFO, FLOW, QUEUE


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
