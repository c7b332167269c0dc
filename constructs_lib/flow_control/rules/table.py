"""The table of the rules: what a rule is, and how it is asked.

The construct, the checks of templates, and the page of the documentation all read this one table.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from inspect import signature

from constructs_lib._findings import Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.facts import Facts, FlowFacts

Check = Callable[..., str | None]
When = Callable[..., bool]


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        id: Such as "R3". Two rules of one id are two levels, or two sides, of one matter.
        level: How bad it is to break it.
        about: The kind of facts that it is asked about.
        flows: Whether it is asked about a flow too, where `FlowFacts` have what it needs.
        what: When it is broken, in half a sentence.
        why: What happens then.
        source: Where that is known from.
        fix: What to do, in general; a finding's message has the values.
        check: Its parameters are the facts that it needs; it returns a message, or None when all is well.
        when: Its parameters are facts too; the rule applies only where it returns True.
        needs: The names of the facts that the check needs.
        conditions: The names of the facts that decide whether it applies.
    """

    id: str
    level: Level
    about: type[Facts]
    flows: bool
    what: str
    why: str
    source: str
    fix: str
    check: Check
    when: When
    # Read once: a large app asks thousands of times.
    needs: tuple[str, ...]
    conditions: tuple[str, ...]

    @property
    def is_decidable_from_a_template(self) -> bool:
        """Whether it can be asked about an app that never heard of this library."""
        return self.about is not FlowFacts

    def concerns(self, facts: Facts) -> bool:
        """Whether it can be asked about these facts."""
        if isinstance(facts, self.about):
            return True
        return isinstance(facts, FlowFacts) and self.is_asked_by_flows

    @property
    def is_asked_by_flows(self) -> bool:
        """Whether a flow knows all that it asks for."""
        return self.flows and _FLOW.issuperset([*self.needs, *self.conditions])

    def applies(self, facts: Facts) -> bool:
        """Whether there is anything to ask."""
        return self.when(**{name: getattr(facts, name) for name in self.conditions})


_FLOW = frozenset(field.name for field in fields(FlowFacts))

#: The rules in the order in which their modules were imported.
REGISTERED: list[Rule] = []


def rule(
    rule_id: str,
    level: Level = Level.ERROR,
    *,
    about: type[Facts],
    what: str,
    why: str,
    source: str,
    fix: str,
    when: When = _always,
    flows: bool = True,
) -> Callable[[Check], Check]:
    """Put the decorated check into the table."""

    def register(check: Check) -> Check:
        REGISTERED.append(
            Rule(
                id=rule_id,
                level=level,
                about=about,
                flows=flows,
                what=what,
                why=why,
                source=source,
                fix=fix,
                check=check,
                when=when,
                needs=tuple(signature(check).parameters),
                conditions=tuple(signature(when).parameters),
            )
        )
        return check

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a rule has to say of some facts.

    Attributes:
        rule: The rule.
        message: What is wrong, the values, and the fix; empty where the rule could not be asked.
        unseen: The names of the facts that it needs, and that cannot be seen; empty where it was asked.
    """

    rule: Rule
    message: str = ""
    unseen: tuple[str, ...] = ()


def answers(rules: Iterable[Rule], facts: Facts) -> Iterator[Answer]:
    """What the rules have to say of the facts: those that are broken, and those that could not be asked."""
    for asked in rules:
        if not (asked.concerns(facts) and asked.applies(facts)):
            continue
        hidden = tuple(name for name in asked.needs if getattr(facts, name) is UNKNOWN)
        if hidden:
            yield Answer(rule=asked, unseen=hidden)
            continue
        message = asked.check(**{name: getattr(facts, name) for name in asked.needs})
        if message is not None:
            yield Answer(rule=asked, message=message)
