import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from constructs_lib.runtime.delayed_check import log
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.steps import Note
from tests.helpers.log_levels import nobody_chose_a_level
from tests.runtime.delayed_check.stage import PHONE

ROOT = Path(__file__).parents[3]
METRICS = sorted(value for name, value in vars(Metric).items() if name.isupper())


@pytest.fixture(autouse=True)
def new_logger() -> Iterator[None]:
    with nobody_chose_a_level(log.NAME):
        yield


def note(metric: str | None = None, text: str = "DECIDED", value: float = 1, unit: str | None = "order-1") -> None:
    log.Journal().note(Note(text, metric, value), check="late-orders", unit=unit)


def test_a_note_is_one_line_that_says_whose_it_is(caplog: pytest.LogCaptureFixture) -> None:
    note()
    note(unit=None, text="weights differ")

    assert [line.getMessage() for line in caplog.records] == [
        "order-1 of late-orders: DECIDED",
        "late-orders: weights differ",
    ]
    assert caplog.records[0].name == "constructs_lib.runtime.delayed_check"


def test_its_fields_can_be_searched_for(caplog: pytest.LogCaptureFixture) -> None:
    note(Metric.EXPIRED)
    note(unit=None)

    fields = [{n: v for n, v in vars(line).items() if n in ("check", "unit", "metric")} for line in caplog.records]
    assert fields == [{"check": "late-orders", "unit": "order-1", "metric": "Expired"}, {"check": "late-orders"}]


@pytest.mark.parametrize("metric", [None, *METRICS])
def test_the_level_is_what_somebody_has_to_do(caplog: pytest.LogCaptureFixture, metric: str | None) -> None:
    note(metric)

    warnings, errors = {Metric.EXPIRED, Metric.SWITCH_UNREADABLE}, {Metric.UNKNOWN, Metric.WEIGHTS_IGNORED}
    expected = "WARNING" if metric in warnings else "ERROR" if metric in errors else "INFO"
    assert caplog.records[0].levelname == expected


@pytest.mark.parametrize("metric", METRICS)
def test_what_matters_is_counted(capsys: pytest.CaptureFixture[str], metric: str) -> None:
    note(metric, value=2.5)

    (line,) = capsys.readouterr().out.splitlines()
    content = json.loads(line)
    assert isinstance(content["_aws"].pop("Timestamp"), int)
    assert content == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "ConstructsLib/DelayedCheck",
                    "Dimensions": [["Check"]],
                    "Metrics": [{"Name": metric, "Unit": "Seconds" if metric == Metric.LATENESS else "Count"}],
                }
            ]
        },
        "Check": "late-orders",
        metric: 2.5,
        "check": "late-orders",
        "unit": "order-1",
    }


def test_what_does_not_matter_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    note()

    assert capsys.readouterr().out == ""


def test_what_somebody_else_counts_is_a_line_only(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    journal = log.Journal(uncounted=frozenset({Metric.UNKNOWN}))

    journal.note(Note("nobody knows", Metric.UNKNOWN), check="late-orders", unit="order-1")

    assert (capsys.readouterr().out, caplog.records[0].levelname) == ("", "ERROR")


def test_a_text_with_percent_signs_is_a_text(caplog: pytest.LogCaptureFixture) -> None:
    note(text="100 %s of it", unit="order-%d")

    assert caplog.records[0].getMessage() == "order-%d of late-orders: 100 %s of it"


def dials() -> None:
    number = PHONE
    try:
        reaches(number)
    except ConnectionError as error:
        raise ValueError(number) from error


def reaches(number: str) -> None:
    raise ConnectionError(f"{number} is not reached")


def test_a_failure_is_told_by_its_kind_and_place_alone(caplog: pytest.LogCaptureFixture) -> None:
    try:
        dials()
    except ValueError as error:
        log.Journal().failure("contact", error, check="late-orders", unit="order-1")

    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    assert line.getMessage().startswith("order-1 of late-orders: contact raised ValueError from ConnectionError at ")
    assert line.getMessage().endswith(" in dials")
    fields: dict[str, Any] = vars(line)
    assert (fields["method"], fields["error_type"], len(fields["where"])) == ("contact", "ValueError", 2)
    assert PHONE not in f"{line.getMessage()} {fields}"
    assert line.exc_info is None


def test_an_error_that_was_not_raised_and_one_that_causes_itself_are_told_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = ValueError(PHONE)
    error.__cause__ = error

    log.Journal().failure("contact", error, check="late-orders", unit="order-1")

    assert caplog.records[0].getMessage().endswith("contact raised ValueError at an unknown place")


def test_powertools_writes_each_field() -> None:
    stream = io.StringIO()
    journal = log.Journal(Logger(service="orders", stream=stream))

    journal.note(Note("kill switch", Metric.SWITCH_UNREADABLE), check="late-orders", unit="order-1")
    journal.failure("contact", ValueError(PHONE), check="late-orders", unit="order-1")

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["check"], first["unit"], first["level"]) == ("late-orders", "order-1", "WARNING")
    assert (second["method"], second["error_type"]) == ("contact", "ValueError")
    assert PHONE not in stream.getvalue()


def test_info_is_logged_though_lambda_s_root_logger_is_at_warning() -> None:
    script = (
        "import logging; logging.basicConfig(format='%(levelname)s %(message)s')\n"
        "from constructs_lib.runtime.delayed_check import log\n"
        "from constructs_lib.runtime.delayed_check.steps import Note\n"
        "log.Journal().note(Note('DECIDED'), check='late', unit='order-1')"
    )

    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stderr == "INFO order-1 of late: DECIDED\n"
