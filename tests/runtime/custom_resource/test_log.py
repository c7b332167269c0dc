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

from constructs_lib.runtime.custom_resource import log
from constructs_lib.runtime.custom_resource.calls import Failure
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Note
from tests.helpers.log_levels import nobody_chose_a_level

ROOT = Path(__file__).parents[3]
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c3a52-7b1e-11ef-9c3d-0a5b6c7d8e9f"
REQUEST = Request(
    type="Create",
    request_id="r-1",
    stack_id=STACK,
    logical_id="Group",
    resource_type="Custom::Group",
    url="",
    url_digest="",
)
METRICS = sorted(value for name, value in vars(Metric).items() if name.isupper())


@pytest.fixture(autouse=True)
def new_logger() -> Iterator[None]:
    with nobody_chose_a_level(log.NAME):
        yield


def note(metric: str | None = None, text: str = "made g-1", about: Request | None = REQUEST) -> None:
    log.Log("groups").note(Note(metric, text), about)


def test_a_note_is_one_line_that_says_whose_it_is(caplog: pytest.LogCaptureFixture) -> None:
    note()

    (line,) = caplog.records
    assert line.getMessage() == "Group of stack shop, request r-1: made g-1"
    assert line.name == "constructs_lib.runtime.custom_resource"


def test_its_fields_can_be_searched_for(caplog: pytest.LogCaptureFixture) -> None:
    note(Metric.ORPHANED)

    (line,) = caplog.records
    fields = {name: getattr(line, name) for name in ("request_id", "logical_id", "stack", "resource_type", "metric")}
    assert fields == {
        "request_id": "r-1",
        "logical_id": "Group",
        "stack": STACK,
        "resource_type": "Custom::Group",
        "metric": "Orphaned",
    }


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (None, "dropped"),
        (REQUEST._replace(stack_id="", logical_id="", resource_type=""), "request r-1: dropped"),
        (REQUEST._replace(request_id="", stack_id="", resource_type=""), "Group: dropped"),
        (REQUEST._replace(request_id="", stack_id="shop", resource_type=""), "Group of stack shop: dropped"),
    ],
)
def test_what_is_not_known_is_left_out(caplog: pytest.LogCaptureFixture, about: Request | None, message: str) -> None:
    note(None, "dropped", about)

    assert caplog.records[0].getMessage() == message
    assert not hasattr(caplog.records[0], "resource_type")


@pytest.mark.parametrize("metric", [None, *METRICS])
def test_the_level_is_what_somebody_has_to_do(caplog: pytest.LogCaptureFixture, metric: str | None) -> None:
    note(metric)

    warnings = {Metric.LEASE_TAKEOVER, Metric.FENCE_LOST, Metric.STALE_DROPPED}
    errors = {Metric.AMBIGUOUS, Metric.ORPHANED, Metric.UNDELIVERABLE, Metric.GAVE_UP, Metric.MALFORMED}
    expected = "WARNING" if metric in warnings else "ERROR" if metric in errors else "INFO"
    assert caplog.records[0].levelname == expected


@pytest.mark.parametrize("metric", METRICS)
def test_what_matters_is_counted(capsys: pytest.CaptureFixture[str], metric: str) -> None:
    note(metric)

    (line,) = capsys.readouterr().out.splitlines()
    content = json.loads(line)
    timestamp = content["_aws"].pop("Timestamp")
    assert isinstance(timestamp, int)
    assert content == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "ConstructsLib/CustomResource",
                    "Dimensions": [["Provider"]],
                    "Metrics": [{"Name": metric, "Unit": "Count"}],
                }
            ]
        },
        "Provider": "groups",
        metric: 1,
        "request_id": "r-1",
        "logical_id": "Group",
        "stack": STACK,
        "resource_type": "Custom::Group",
    }


def test_what_does_not_matter_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    note()

    assert capsys.readouterr().out == ""


def test_no_dimension_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    log.Log("").note(Note(Metric.MALFORMED, "dropped"), None)

    assert json.loads(capsys.readouterr().out)["Provider"] == "unnamed"


def test_no_signature_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    note(None, "InvalidURL: https://bucket/key?X-Amz-Date=1&X-Amz-Signature=5ec2e7 has a fault")

    assert caplog.records[0].getMessage().endswith(": InvalidURL: https://bucket/key?*** has a fault")


def test_a_text_with_percent_signs_is_a_text(caplog: pytest.LogCaptureFixture) -> None:
    note(None, "100 %s of it")

    assert caplog.records[0].getMessage().endswith("100 %s of it")


def test_info_is_logged_though_lambda_s_root_logger_is_at_warning() -> None:
    script = (
        "import logging; logging.basicConfig(format='%(levelname)s %(message)s')\n"
        "from constructs_lib.runtime.custom_resource import log\n"
        "from constructs_lib.runtime.custom_resource.steps import Note\n"
        "log.Log('').note(Note(None, 'made g-1'), None)"
    )

    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stderr == "INFO made g-1\n"


def test_a_level_that_somebody_chose_stays(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger(log.NAME).setLevel(logging.ERROR)

    note()

    assert caplog.records == []


def test_powertools_writes_each_field() -> None:
    stream = io.StringIO()
    logger = Logger(service="groups", stream=stream)
    own = logging.getLogger(log.NAME)
    own.addHandler(logger.registered_handler)
    try:
        note(Metric.ORPHANED)
    finally:
        own.removeHandler(logger.registered_handler)

    line: dict[str, Any] = json.loads(stream.getvalue())
    assert (line["request_id"], line["metric"], line["level"]) == ("r-1", "Orphaned", "ERROR")


def test_an_authors_failure_is_one_error_line_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log.Log("groups").failure(Failure(REQUEST, "create", "ValueError: no", "Traceback ...\nValueError: no"))

    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    assert line.getMessage() == (
        "Group of stack shop, request r-1: create failed: ValueError: no\nTraceback ...\nValueError: no"
    )
    fields = vars(line)
    assert (fields["request_id"], fields["method"], fields["reason"]) == ("r-1", "create", "ValueError: no")
    assert fields["stack"] == STACK


def test_a_failure_without_a_traceback_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    log.Log("groups").failure(Failure(REQUEST, "create", "create returned None"))

    assert caplog.records[0].getMessage().endswith("create failed: create returned None")
