"""The rules that keep messages from being lost, done twice, or thrown at a neighbour too fast.

Pure: from facts to findings; times are in seconds. A rule that needs a fact that cannot be seen says that it was not
checked.
"""

import re
from collections.abc import Iterator, Mapping

from constructs_lib._findings import Finding, Level
from constructs_lib.flow_control.facts import Facts, FlowFacts
from constructs_lib.flow_control.rules import (
    alarm,
    batch,
    flow,
    function,
    mapping,
    promises,
    queue,
    rate,
    source,
    table,
    words,
)
from constructs_lib.flow_control.rules.table import Answer, Rule

__all__ = ["RULES", "Answer", "Rule", "answers", "evaluate", "rule_ids"]

#: Importing a module of rules put them into the table.
_MODULES = (mapping, batch, queue, function, source, alarm, flow, rate, promises)

#: How a flow's author says what cannot be seen.
_DECLARED_BY = {
    "visibility_timeout": "visibility_timeout",
    "max_receive_count": "max_receive_count",
    "retention": "retention_period",
    "has_dead_letter_queue": "dead_letter_queue",
    "dead_letter_queue_fifo": "dead_letter_queue",
    "call_timeout": "call_timeout",
    "littles_law_concurrency": "Downstream(mean_latency=...)",
}


def _order(rule: Rule) -> tuple[bool, int, bool, bool]:
    """By number, and then those that have a name; errors before warnings, and what anybody's app is asked first."""
    numbered = re.fullmatch(r"R(\d+)", rule.id)
    number = int(numbered[1]) if numbered else 0
    return (numbered is None, number, rule.level is not Level.ERROR, rule.about is FlowFacts)


#: All rules, in the order of their ids.
RULES: tuple[Rule, ...] = tuple(sorted(table.REGISTERED, key=_order))


def answers(facts: Facts) -> Iterator[Answer]:
    """What the rules have to say of the facts, in the order of their ids: what is broken, and what cannot be seen."""
    return table.answers(RULES, facts)


def evaluate(facts: Facts) -> list[Finding]:
    """The answers as findings; equal ones once."""
    declared_by = _DECLARED_BY if isinstance(facts, FlowFacts) else {}
    return list(dict.fromkeys(_finding(answer, declared_by) for answer in answers(facts)))


def rule_ids() -> list[str]:
    """The ids that an author may acknowledge."""
    return list(dict.fromkeys(rule.id for rule in RULES))


def _finding(answer: Answer, declared_by: Mapping[str, str]) -> Finding:
    rule = answer.rule
    if not answer.unseen:
        return Finding(rule=rule.id, level=rule.level, message=answer.message)
    what = words.in_a_row(words.in_words(name) for name in answer.unseen)
    declare = dict.fromkeys(declared_by[name] for name in answer.unseen if name in declared_by)
    fix = f"pass {' and '.join(declare)}, or " if declare else ""
    message = (
        f"not checked, because {what} cannot be seen at synth; {fix}acknowledge {rule.id} with the reason why it holds"
    )
    return Finding(rule=rule.id, level=Level.NOT_CHECKED, message=message)
