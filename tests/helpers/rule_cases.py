"""What the tests of the rules have in common: facts that break a rule, and what is said of them then."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from constructs_lib._findings import Finding, Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import Facts, FlowFacts
from constructs_lib.flow_control.rules.words import in_words


@dataclass(frozen=True)
class Case:
    """A rule at its border.

    Attributes:
        facts: Sound ones, of a kind that the rule is asked about.
        rule: The rule's id.
        broken: The facts that break it.
        mended: The facts that are just within it.
        words: What its message must hold: values and the fix.
        level: How bad it is.
        also: The other rules that cannot but be broken with it.
    """

    facts: Facts
    rule: str
    broken: dict[str, Any] = field(kw_only=True)
    mended: dict[str, Any] = field(kw_only=True)
    words: list[str] = field(kw_only=True)
    level: Level = field(default=Level.ERROR, kw_only=True)
    also: set[str] = field(default_factory=set, kw_only=True)

    def __str__(self) -> str:
        return f"{type(self.facts).__name__}-{self.rule}"


def findings_of(facts: Facts, rule: str, **changes: Any) -> list[Finding]:  # noqa: ANN401 - values of any fact
    """What a rule finds in facts that are changed."""
    return [finding for finding in rules.evaluate(replace(facts, **changes)) if finding.rule == rule]


def check(case: Case) -> None:
    """Hold that what breaks the rule is told in a line, with the values and the fix, and breaks no other."""
    (finding,) = findings_of(case.facts, case.rule, **case.broken)

    assert [word for word in case.words if word not in finding.message] == []
    assert finding.level is case.level
    assert "\n" not in finding.message
    assert not finding.message.endswith(".")
    assert "; " in finding.message, "what is wrong; how to mend it"
    assert {each.rule for each in rules.evaluate(replace(case.facts, **case.broken))} == {case.rule} | case.also
    assert findings_of(case.facts, case.rule, **case.mended) == []


def hidden(cases: Iterable[Case]) -> list[tuple[Case, str]]:
    """Every fact of what the cases break that may be impossible to see."""
    found = []
    for case in cases:
        broken = replace(case.facts, **case.broken)
        can_be_hidden = {each.name for each in fields(case.facts) if "Unknown" in str(each.type)}
        asked = {answer.rule for answer in rules.answers(broken) if answer.rule.id == case.rule}
        needed = dict.fromkeys(name for rule in asked for name in rule.needs)
        found += [(case, name) for name in needed if name in can_be_hidden]
    return found


def check_hidden(case: Case, fact: str) -> None:
    """Hold that a fact that cannot be seen is named, and its rule not checked."""
    found = findings_of(case.facts, case.rule, **{**case.broken, fact: UNKNOWN})

    assert {finding.level for finding in found} == {Level.NOT_CHECKED}
    assert [finding for finding in found if in_words(fact) not in finding.message] == []
    assert [finding for finding in found if f"acknowledge {case.rule} with" not in finding.message] == []
    if not isinstance(case.facts, FlowFacts):
        assert "pass" not in " ".join(map(str, found)), "a template has no parameters of the construct"


def kinds_of_rules() -> set[tuple[type[Facts], str]]:
    """The rules, with each kind of facts that they are asked about."""
    of_flows = {(FlowFacts, rule.id) for rule in rules.RULES if rule.is_asked_by_flows}
    return {(rule.about, rule.id) for rule in rules.RULES} | of_flows


def kinds(cases: Iterable[Case]) -> set[tuple[type[Facts], str]]:
    """The same of cases."""
    return {(type(case.facts), case.rule) for case in cases}
