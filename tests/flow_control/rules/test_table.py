"""The table of the rules: its order, who is asked, and what is answered."""

from dataclasses import replace

import pytest

from constructs_lib._findings import Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import Facts, FlowFacts, QueueFacts
from tests.helpers.rule_cases import findings_of
from tests.helpers.rule_facts import ALARM, FLOW, MAPPING, QUEUE, SOUND

NAMED = ["role", "queue-policy", "runtime"]


def test_rules_are_in_the_order_of_their_numbers_and_then_those_with_names() -> None:
    numbered = [rule_id for rule_id in rules.rule_ids() if rule_id not in NAMED]

    assert rules.rule_ids() == [*sorted(numbered, key=lambda rule_id: int(rule_id[1:])), *NAMED]


def test_of_one_id_errors_come_before_warnings() -> None:
    for rule_id in rules.rule_ids():
        levels = [rule.level for rule in rules.RULES if rule.id == rule_id]
        assert levels == sorted(levels, key=lambda level: level is not Level.ERROR)


def test_the_numbers_that_are_missing_are_of_rules_that_nobody_can_ask() -> None:
    without_inputs = {"R36", "R37", "R42", "R43"}

    assert {f"R{number}" for number in range(1, 47)} - without_inputs == set(rules.rule_ids()) - set(NAMED)


def test_a_flow_is_asked_whatever_it_knows_the_facts_of() -> None:
    asked = {rule.id for rule in rules.RULES if rule.concerns(FLOW)}

    assert {"R3", "R8", "R12"} <= asked, "about a mapping, a flow and a queue"
    assert not {"R16", "R38", "R45"} & asked, "about a handler's code, a source's target, a function's memory"


def test_a_flow_that_refuses_a_value_itself_or_asks_more_is_not_asked_twice() -> None:
    for_queues = [rule for rule in rules.RULES if rule.id in {"R13", "R39"} and rule.about is QueueFacts]

    assert [rule.concerns(FLOW) for rule in for_queues] == [False] * 3
    assert [rule.about for rule in rules.RULES if rule.id == "R13" and rule.concerns(FLOW)] == [FlowFacts]


def test_a_rule_about_one_kind_is_asked_about_no_other() -> None:
    about_queues = [rule for rule in rules.RULES if rule.about is QueueFacts]

    assert len(about_queues) > 5
    assert all(rule.concerns(QUEUE) for rule in about_queues)
    assert not any(rule.concerns(facts) for rule in about_queues for facts in (MAPPING, ALARM))


def test_what_only_an_author_knows_is_asked_of_flows_alone() -> None:
    of_templates = {rule.id for rule in rules.RULES if rule.is_decidable_from_a_template}
    by_number = ["R8", "R9", "R17", "R19", "R20", "R22", "R23", "R24", "R32", "R33", "R40", "R46"]

    assert [rule for rule in rules.rule_ids() if rule not in of_templates] == [*by_number, *NAMED]


@pytest.mark.parametrize("sound", SOUND, ids=lambda facts: type(facts).__name__)
def test_what_is_sound_breaks_no_rule(sound: Facts) -> None:
    assert list(rules.answers(sound)) == []
    assert rules.evaluate(sound) == []


def test_an_answer_has_the_rule_with_its_message_or_what_of_its_needs_cannot_be_seen() -> None:
    broken, hidden = rules.answers(replace(MAPPING, has_dead_letter_queue=False, has_filter=UNKNOWN))

    assert (broken.rule.id, broken.unseen) == ("R10", ())
    assert broken.message.startswith("the queue has no dead-letter queue")
    assert (hidden.rule.id, hidden.message, hidden.unseen) == ("R35", "", ("has_filter",))


def test_several_rules_are_reported_together_in_the_order_of_their_ids() -> None:
    found = rules.evaluate(
        replace(FLOW, max_concurrency=1, visibility_timeout=5.0, max_receive_count=1, has_dead_letter_queue=False)
    )

    assert [finding.rule for finding in found] == ["R1", "R2", "R3", "R7", "R8", "R10"]


def test_two_rules_of_one_id_that_miss_the_same_are_one_finding() -> None:
    assert len(findings_of(FLOW, "R7", max_receive_count=UNKNOWN)) == 1
    assert len([each for each in rules.answers(replace(FLOW, max_receive_count=UNKNOWN)) if each.rule.id == "R7"]) == 2


def test_what_can_be_declared_is_named_by_its_parameter() -> None:
    (finding,) = findings_of(FLOW, "R13", retention=UNKNOWN, visibility_timeout=UNKNOWN)

    assert finding.message == (
        "not checked, because the retention and the visibility timeout cannot be seen at synth; "
        "pass retention_period and visibility_timeout, or acknowledge R13 with the reason why it holds"
    )
