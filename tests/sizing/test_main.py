"""`python -m constructs_lib.sizing`: what it prints, and its exit code."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.sizing import Inputs, Sizing, size
from constructs_lib.sizing.__main__ import main
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD

COURIER = ["--calls-per-second", "10", "--burst", "10", "--mean-latency", "0.81", "--error-rate", "0.2"]
LOAD = ["--load", "60:2:2", "--load", "120:2:5", "--load", "600:4:15"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main([*COURIER, *arguments]) == code
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_the_table_has_every_number_of_the_sizing(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, *LOAD).splitlines()

    named = [line.split()[0] for line in lines if line and not line.startswith((" ", "warning:"))]
    assert named == [field.name for field in fields(Sizing) if field.name not in {"problems", "warnings"}]


@pytest.mark.parametrize(
    "line",
    [
        "strategy                 PACE ",
        "max_concurrency          10 ",
        "littles_law_concurrency  8.4 ",
        "peak_backlog             1,336 ",
        "drain_time               167 s (2.78 min) ",
        "retention                345,600 s (4 d) ",
        "goodput                  8/s ",
        "cost_per_million         6.924 USD ",
    ],
)
def test_the_table_has_numbers_with_their_units(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert line in printed(capsys, *LOAD)


def test_what_nobody_can_say_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--calls-per-second", "10"]) == 0

    assert "utilisation              unknown " in capsys.readouterr().out


def test_segments_may_stand_in_one_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--load", "60:2:2,120:2:5,600:4:15") == printed(capsys, *LOAD)


def test_json_is_the_sizing(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(printed(capsys, *LOAD, "--json"))

    sized = size(**ARTICLE, load=ARTICLE_LOAD)
    assert {name: value for name, value in answer.items() if value not in (None, [])} == sized.as_metadata()
    assert list(answer) == [field.name for field in fields(Sizing)]


def test_json_has_null_for_what_nobody_can_say(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(printed(capsys, "--json"))

    assert answer["peak_backlog"] is None
    assert answer["problems"] == []


def test_json_has_the_explanations_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(printed(capsys, "--json", "--explain"))

    assert {"name": "goodput", "formula": "10 * (1 - 0.2)"}.items() <= next(
        each for each in answer["explain"] if each["name"] == "goodput"
    ).items()


def test_explain_puts_the_formula_under_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--explain").splitlines()

    at = next(index for index, line in enumerate(lines) if line.startswith("littles_law_concurrency"))
    assert lines[at + 1] == "    = 10 * (0.03 + 1 * 0.81) / 1"
    assert lines[at + 2].startswith("    Little's law")


def test_a_problem_is_told_below_the_table_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, *LOAD, "--max-wait", "60", code=1)

    assert "max_wait                 167 s" in text
    assert "\nproblem: a message of this load waits up to 167 s" in text


def test_a_warning_is_told_with_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nwarning: a message of this load waits up to 325 s" in printed(capsys, *LOAD)


def test_a_picture_is_drawn_beside_the_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "peak_backlog" in printed(capsys, *LOAD, "--plot", str(tmp_path / "backlog.svg"))

    assert (tmp_path / "backlog.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: --calls-per-second"),
        (["--calls-per-second", "0"], "calls_per_second must be above 0"),
        (["--calls-per-second", "nan"], "calls_per_second must be above 0"),
        (["--calls-per-second", "ten"], "argument --calls-per-second: invalid float value: 'ten'"),
        ([*COURIER, "--burst", "1.5"], "argument --burst: invalid int value"),
        ([*COURIER, "--load", "60:2"], "segments are SECONDS:RATE:RATE, such as 60:2:5,120:5:5, got '60:2'"),
        ([*COURIER, "--load", "60:2:x"], "segments are SECONDS:RATE:RATE"),
        ([*COURIER, "--load", ""], "segments are SECONDS:RATE:RATE"),
        ([*COURIER, "--load", "0:2:2"], "segment 1 of load must last more than 0 seconds"),
        ([*COURIER, "--load", "60:0:0"], "all rates of load are 0"),
        ([*COURIER, "--load", "60:-1:2"], "the rates of segment 1 of load must be from 0"),
        ([*COURIER, "--repeat"], "there is no load"),
        ([*COURIER, "--plot", "x.svg"], "nothing to draw without a load"),
        ([*COURIER, *LOAD, "--plot", "x.pdf"], "a picture's name ends in .png or .svg"),
        ([*COURIER, *LOAD, "--plot", "no/such/folder/x.svg"], "cannot be written"),
        (["--calls-per-second", "10", "--strategy", "CONCURRENCY"], "cannot be sized without a latency"),
        ([*COURIER, "--strategy", "TOKEN"], "invalid choice: 'TOKEN'"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense_are_refused_in_words_with_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in refused(capsys, *arguments)


def test_every_input_has_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    text = capsys.readouterr().out
    names = [field.name for field in fields(Inputs) if field.init]
    assert [name for name in names if f"--{name.replace('_', '-')}" not in text] == []


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("--p99-latency", "p99_latency", 2.5),
        ("--overhead", "overhead", 0.5),
        ("--batch-size", "batch_size", 5),
        ("--max-concurrency", "max_concurrency", 7),
        ("--function-timeout", "function_timeout", 30.0),
        ("--memory-size", "memory_size", 512),
        ("--target-loss", "target_loss", 0.001),
        ("--outage-tolerance", "outage_tolerance", 300.0),
        ("--max-wait", "max_wait", 60.0),
        ("--strategy", "strategy", "CONCURRENCY"),
    ],
)
def test_an_option_is_the_input_of_its_name(
    capsys: pytest.CaptureFixture[str],
    option: str,
    name: str,
    value: Any,  # noqa: ANN401 - as size has
) -> None:
    answer = json.loads(printed(capsys, option, str(value), "--json"))

    assert {key: each for key, each in answer.items() if each not in (None, [])} == size(
        **ARTICLE, **{name: value}
    ).as_metadata()


def test_fifo_and_repeat_are_options_without_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "--load", "60:2:2", "--fifo", "--batch-size", "5", "--repeat", "--json")

    sized = size(**ARTICLE, load=[(60, 2, 2)], fifo=True, batch_size=5, repeat=True)
    assert json.loads(text)["max_receive_count"] == sized.max_receive_count
    assert json.loads(text)["load_after"] == 2


def test_the_command_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "constructs_lib.sizing", *COURIER, *LOAD], capture_output=True, text=True, check=True
    )

    assert "peak_backlog             1,336" in run.stdout
