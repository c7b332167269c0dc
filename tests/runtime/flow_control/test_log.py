import io
import json
import logging

import pytest
from aws_lambda_powertools import Logger

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater, flow_controlled
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.runtime.flow_control.log import default_logger
from constructs_lib.runtime.flow_control.testing import queue_arn, sqs_event, sqs_record

SETTINGS = Settings(queue_arn=queue_arn("queue"), dead_letter_queue_arn=queue_arn("dead"), max_receive_count=3)
EVENT = sqs_event(
    *(
        sqs_record({"do": what}, message_id=what, attributes={"correlation_id": f"c-{what}"}, attempt=attempt)
        for what, attempt in [("complete", 1), ("retry", 1), ("fail", 1), ("crash", 1), ("exhaust", 3)]
    )
)


def act(message: Message) -> None:
    match message.body["do"]:
        case "retry":
            raise RetryLater(after=5, throttled=True)
        case "fail":
            raise PermanentError("no such address")
        case "crash" | "exhaust":
            raise KeyError("x")


def powertools_logger() -> tuple[Logger, io.StringIO]:
    stream = io.StringIO()
    return Logger(service=f"service-{id(stream)}", level="INFO", stream=stream), stream


def test_powertools_writes_each_field_and_the_authors_lines_carry_the_correlation_id() -> None:
    logger, stream = powertools_logger()

    @flow_controlled(logger=logger)
    def handler(message: Message) -> None:
        logger.info("author's line")
        act(message)

    handler.using(settings=SETTINGS)(EVENT, None)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    story = [(line.get("status", "-"), line["correlation_id"]) for line in lines]
    outcomes = {"complete": "COMPLETED", "retry": "RETRY", "fail": "FAILED", "crash": "RETRY", "exhaust": "FAILED"}
    assert story == [(status, f"c-{what}") for what, outcome in outcomes.items() for status in ("START", "-", outcome)]
    retry = next(line for line in lines if line.get("status") == "RETRY")
    assert {key: retry[key] for key in ("message_id", "attempt", "error_type", "throttled", "level")} == {
        "message_id": "retry",
        "attempt": 1,
        "error_type": "RetryLater",
        "throttled": True,
        "level": "WARNING",
    }
    assert retry["delay"] >= 5
    failed = next(line for line in lines if line.get("status") == "FAILED")
    assert (failed["reason"], failed["error_code"], failed["level"]) == ("no such address", "PERMANENT_ERROR", "ERROR")
    assert failed["dead_lettered"] is True
    assert "exception" not in failed
    assert "KeyError" in lines[-1]["exception"]


def test_the_correlation_id_does_not_outlive_its_message() -> None:
    logger, _ = powertools_logger()

    flow_controlled(logger=logger)(act).using(settings=SETTINGS)(EVENT, None)

    assert logger.get_correlation_id() is None


def test_a_correlation_id_of_the_invocation_is_there_again_afterwards() -> None:
    logger, _ = powertools_logger()
    logger.set_correlation_id("invocation")

    flow_controlled(logger=logger)(act).using(settings=SETTINGS)(EVENT, None)

    assert logger.get_correlation_id() == "invocation"


def test_the_correlation_id_goes_even_when_the_process_is_told_to_stop() -> None:
    logger, _ = powertools_logger()

    @flow_controlled(logger=logger)
    def handler(_: Message) -> None:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        handler.using(settings=SETTINGS)(EVENT, None)

    assert logger.get_correlation_id() is None


def test_a_logger_of_the_standard_library_gets_every_line(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("author")
    caplog.set_level(logging.INFO, logger="author")

    flow_controlled(logger=logger)(act).using(settings=SETTINGS)(EVENT, None)

    assert [line.name for line in caplog.records if hasattr(line, "status")] == ["author"] * 10
    texts = [line.getMessage() for line in caplog.records]
    assert texts[:2] == ["START complete", "COMPLETED complete"]
    assert "FAILED fail: no such address" in texts


def test_the_library_logs_start_although_lambdas_root_logger_is_at_warning() -> None:
    logger = logging.getLogger("constructs_lib.runtime.flow_control")
    before = logger.level
    try:
        logger.setLevel(logging.NOTSET)
        assert default_logger().isEnabledFor(logging.INFO)

        logger.setLevel(logging.ERROR)
        assert default_logger().level == logging.ERROR, "a level that somebody chose stays"
    finally:
        logger.setLevel(before)
