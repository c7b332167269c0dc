"""Whatever the facts are, the rules answer in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._findings import Level
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.facts import SENT_METRIC, Facts, FlowFacts, Service
from constructs_lib.sizing import FlowStrategy
from tests.helpers.rule_facts import ALARM, SOUND

KINDS: tuple[type[Facts], ...] = get_args(Facts)

# A template may have any number; an author's were checked, and are what a system can have.
NUMBERS = {
    True: {float: st.floats(0.001, 1e6), int: st.integers(1, 10_000)},
    False: {float: st.floats(-1e9, 1e9), int: st.integers(-(10**9), 10**9)},
}
#: An author's, in their own ranges.
RANGES = {
    "error_rate": st.floats(0, 0.999),
    "target_loss": st.floats(1e-12, 0.5),
    "in_line": st.integers(1, 10),
    "batch_size": st.integers(1, 10),
}
NAMES = st.text("abc/ ", min_size=1, max_size=5)


def values_of(hint: Any, *, of_a_flow: bool) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    """Values of a fact's type."""
    if get_origin(hint) is UnionType or str(hint).startswith("typing.Union"):
        return st.one_of(*(values_of(each, of_a_flow=of_a_flow) for each in get_args(hint)))
    if get_origin(hint) is Sequence:
        return st.lists(NAMES, max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(NAMES, st.floats(0.001, 1e6), max_size=3)
    if "UNKNOWN" in str(hint):
        return st.just(UNKNOWN)
    if hint in {FlowStrategy, Service}:
        return st.sampled_from(list(hint))
    simple = {bool: st.booleans(), type(None): st.none(), str: NAMES}
    return simple[hint] if hint in simple else NUMBERS[of_a_flow][hint]


def any_facts(kind: type[Facts]) -> st.SearchStrategy[Facts]:
    hints, of_a_flow = get_type_hints(kind), kind is FlowFacts
    each = {name: values_of(hint, of_a_flow=of_a_flow) for name, hint in hints.items()}
    if of_a_flow:
        each |= RANGES
    return st.builds(kind, **each)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_the_rules_answer_in_words(kind: type[Facts], data: st.DataObject) -> None:
    for finding in rules.evaluate(data.draw(any_facts(kind))):
        assert finding.rule in rules.rule_ids()
        assert finding.message
        assert "\n" not in finding.message
        assert "UNKNOWN" not in finding.message
        assert "None" not in finding.message


# Of an alarm on any other metric nothing is asked.
@pytest.mark.parametrize(
    "facts", [*SOUND[:-1], replace(ALARM, metric=SENT_METRIC)], ids=lambda facts: type(facts).__name__
)
def test_whatever_cannot_be_seen_is_never_called_broken(facts: Facts) -> None:
    hints = get_type_hints(type(facts))
    hidden: dict[str, Any] = {name: UNKNOWN for name, hint in hints.items() if "UNKNOWN" in str(hint)}

    assert {finding.level for finding in rules.evaluate(replace(facts, **hidden))} == {Level.NOT_CHECKED}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_is_documented_in_its_order(kind: type[Facts]) -> None:
    documented = re.findall(r"^ {8}(\w+): ", kind.__doc__ or "", flags=re.MULTILINE)

    assert documented == [field.name for field in fields(kind)]
