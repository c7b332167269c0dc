"""A sizing as text: numbers with their units, and what is wrong below."""

from dataclasses import fields, replace

import pytest

from constructs_lib.sizing import Inputs, Sizing
from constructs_lib.sizing.derivation import from_inputs
from constructs_lib.sizing.report import text
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD

COURIER = Inputs(**ARTICLE, load=ARTICLE_LOAD)
SIZED = from_inputs(COURIER)


def line_of(sized: Sizing, name: str) -> str:
    (line,) = [line for line in text(COURIER, sized, explained=False).splitlines() if line.startswith(f"{name} ")]
    return line


def test_every_number_has_a_line_with_its_meaning() -> None:
    lines = text(COURIER, replace(SIZED, warnings=()), explained=False).splitlines()

    assert [line.split()[0] for line in lines] == [
        field.name for field in fields(Sizing) if field.name not in {"problems", "warnings"}
    ]
    assert [line for line in lines if not line[47:].strip()] == []


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (119.0, "119 s "),
        (120.0, "120 s (2 min) "),
        (7200.0, "7,200 s (2 h) "),
        (172_800.0, "1.728e+05 s (2 d) "),
        (None, "unknown "),
    ],
)
def test_long_times_are_told_in_a_larger_unit_too(seconds: float | None, shown: str) -> None:
    assert line_of(replace(SIZED, drain_time=seconds), "drain_time")[25:].startswith(shown)


def test_reasons_stand_under_their_numbers_where_asked_for() -> None:
    lines = text(COURIER, SIZED, explained=True).splitlines()

    assert lines[lines.index(line_of(SIZED, "goodput")) + 1] == "    = 10 * (1 - 0.2)"
    assert "    = " not in text(COURIER, SIZED, explained=False)


def test_problems_and_warnings_are_paragraphs_of_lines_that_fit_a_terminal() -> None:
    told = text(COURIER, replace(SIZED, problems=("too slow " * 20,), warnings=("odd",)), explained=False)

    *_, problem, warning = told.split("\n\n")
    assert problem.startswith("problem: too slow")
    assert warning == "warning: odd\n"
    assert len(problem.splitlines()) > 1
    assert max(len(line) for line in problem.splitlines()) <= 100
