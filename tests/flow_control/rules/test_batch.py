"""The rules about a batch of a mapping: its failures, its order, its tenants, and what is made of it."""

from constructs_lib._unknown import UNKNOWN
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import FIFO, FLOW, MAPPING


def test_what_decides_a_rule_alone_makes_the_rest_unimportant() -> None:
    assert findings_of(MAPPING, "R14", batch_size=UNKNOWN, reports_failures=True) == []
    assert findings_of(MAPPING, "R14", batch_size=1, reports_failures=UNKNOWN, answers_failures=None) == []
    assert findings_of(MAPPING, "R27", batching_window=UNKNOWN) == []


def test_a_group_on_a_fifo_queue_asks_for_order_and_not_for_fairness() -> None:
    assert findings_of(FLOW, "R28", **FIFO, grouped_sources=("Shop/Rule",)) == []


def test_several_sources_are_told_with_the_grammar_of_one() -> None:
    (finding,) = findings_of(MAPPING, "R28", grouped_sources=("B", "A"), batch_size=2)

    assert finding.message.startswith("message groups are set by A and B, so that")
