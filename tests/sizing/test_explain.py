"""What is explained is what was done: each formula, worked out as it stands there, gives the number."""

import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constructs_lib.sizing import FlowStrategy, Inputs, Sizing
from constructs_lib.sizing.derivation import from_inputs
from constructs_lib.sizing.explain import explain
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD, inputs, loads

ARITHMETIC = {name: getattr(math, name) for name in ("ceil", "floor", "sqrt", "exp")} | {"min": min, "max": max}


def worked_out(formula: str) -> float:
    return float(eval(formula, {"__builtins__": {}}, ARITHMETIC))  # noqa: S307 - our own arithmetic


def explained(**given_: Any) -> tuple[Sizing, dict[str, str]]:  # noqa: ANN401 - as size has
    asked = Inputs(**given_)
    sized = from_inputs(asked)
    return sized, {each.name: each.formula for each in explain(asked, sized)}


@given(
    inputs(),
    st.none() | loads(),
    st.fixed_dictionaries(
        {},
        optional={
            "strategy": st.sampled_from([FlowStrategy.AUTO, FlowStrategy.PACE]),
            "max_concurrency": st.integers(2, 1000),
            "function_timeout": st.integers(2, 900),
            "fifo": st.booleans(),
        },
    ),
)
@example({**ARTICLE, "max_wait": None}, ARTICLE_LOAD, {})
@example({**ARTICLE, "max_wait": None}, ARTICLE_LOAD, {"strategy": FlowStrategy.CONCURRENCY})
def test_each_formula_gives_the_number_that_it_explains(
    given_: dict[str, Any], load: list[tuple[float, float, float]] | None, more: dict[str, Any]
) -> None:
    sized, formulas = explained(**{**given_, **more}, load=load, repeat=load is not None and len(load) > 1)

    for name, formula in formulas.items():
        if formula:
            value = getattr(sized, name)
            # A formula's numbers have ten digits. What is rounded up to a whole number may come out one less, and what
            # is a small difference is as exact as the numbers that it is the difference of.
            near = 1 if isinstance(value, int) else 1e-9 * max(1, worked_out(formula.replace(" - ", " + ")))
            assert worked_out(formula) == pytest.approx(value, rel=1e-6, abs=near), (name, formula)


def test_every_number_that_is_known_is_explained() -> None:
    sized, formulas = explained(**ARTICLE, load=ARTICLE_LOAD)
    known = [field.name for field in fields(sized) if field.name not in {"problems", "warnings"}]

    assert list(formulas) == known


def test_what_is_unknown_is_not_explained() -> None:
    _, formulas = explained(calls_per_second=10)

    assert not {"littles_law_concurrency", "utilisation", "expected_goodput", "peak_backlog"} & set(formulas)


def test_an_explanation_shows_the_values_and_the_source() -> None:
    asked = Inputs(**ARTICLE, load=ARTICLE_LOAD)
    found = {each.name: each for each in explain(asked, from_inputs(asked))}

    assert found["littles_law_concurrency"].formula == "10 * (0.03 + 1 * 0.81) / 1"
    assert found["goodput"].formula == "10 * (1 - 0.2)"
    assert found["max_wait"].formula == "1336.363636 / 8"
    assert found["visibility_timeout"].why.endswith("/lambda/latest/dg/services-sqs-configure.html")


@pytest.mark.parametrize(
    ("more", "name", "why"),
    [
        ({"strategy": "PACE"}, "strategy", "given"),
        ({"mean_latency": None}, "strategy", "AUTO takes PACE where mean_latency is not known"),
        ({}, "strategy", "AUTO takes CONCURRENCY only where"),
        ({"max_concurrency": 5}, "max_concurrency", "given"),
        ({"mean_latency": None}, "max_concurrency", "as many as reach the rate where a call takes 1 s"),
        ({}, "max_concurrency", "the fewest that reach 90% of the rate"),
        ({"function_timeout": 30}, "function_timeout", "given"),
        ({"outage_tolerance": 300}, "max_receive_count", "outlast an outage of 300 s"),
        ({"fifo": True, "batch_size": 5}, "loss_probability", "fewer than 5 of"),
        ({"strategy": "CONCURRENCY"}, "pace", "CONCURRENCY does not pace"),
        ({"max_wait": 60}, "age_alarm", "1.5 times max_wait"),
    ],
    ids=str,
)
def test_what_was_given_or_assumed_is_told(more: dict[str, Any], name: str, why: str) -> None:
    asked = Inputs(**{**ARTICLE, **more})
    found = {each.name: each for each in explain(asked, from_inputs(asked))}

    assert why in found[name].why
