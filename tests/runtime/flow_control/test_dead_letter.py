from base64 import b64encode
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control.dead_letter import dead_letter
from constructs_lib.runtime.flow_control.testing import queue_arn, sqs_record

DEAD_LETTERS = queue_arn("dead-letters")


def letter_of(record: dict[str, Any], *, reason: str = "no such address", queue: str = DEAD_LETTERS) -> dict[str, Any]:
    return dead_letter(record, queue_arn=queue, code="PERMANENT_ERROR", reason=reason)


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_the_body_is_kept_byte_for_byte() -> None:
    body = '{ "a" :1,\n"é": "\\u00e9" } '

    assert letter_of(sqs_record(body))["MessageBody"] == body


def test_the_attributes_are_kept_in_the_form_that_sqs_takes() -> None:
    attributes = {
        "tenant": {"stringValue": "a", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "amount": {"stringValue": "1.50", "stringListValues": [], "binaryListValues": [], "dataType": "Number.EUR"},
        "label": {
            "binaryValue": b64encode(b"\x00\xff").decode(),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary.png",
        },
    }

    assert letter_of({**sqs_record("{}"), "messageAttributes": attributes})["MessageAttributes"] == {
        "tenant": text("a"),
        "amount": {"DataType": "Number.EUR", "StringValue": "1.50"},
        "label": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
        "ERROR_CODE": text("PERMANENT_ERROR"),
        "ERROR_MESSAGE": text("no such address"),
    }


@pytest.mark.parametrize(
    ("originals", "added"), [(8, ["ERROR_MESSAGE", "ERROR_CODE"]), (9, ["ERROR_MESSAGE"]), (10, [])]
)
def test_the_originals_win_where_there_is_room_for_ten(originals: int, added: list[str]) -> None:
    names = [f"a{number}" for number in range(originals)]

    letter = letter_of(sqs_record("{}", attributes=dict.fromkeys(names, "x")))

    assert list(letter["MessageAttributes"]) == names + added


def test_the_reason_of_an_earlier_stay_is_replaced() -> None:
    earlier = {"ERROR_CODE": "OLD", "ERROR_MESSAGE": "old"} | dict.fromkeys("abcdefgh", "x")

    attributes = letter_of(sqs_record("{}", attributes=earlier))["MessageAttributes"]

    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == (text("PERMANENT_ERROR"), text("no such address"))


@given(st.text(st.characters(), max_size=1500))
def test_the_reason_is_what_sqs_allows(reason: str) -> None:
    value = letter_of(sqs_record("{}"), reason=reason)["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]

    allowed = [
        c for c in reason if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    ]
    assert value == ("".join(allowed)[:1000] or "PERMANENT_ERROR")


def test_trace_and_group_go_along() -> None:
    record = sqs_record("{}", group="tenant-a")
    record["attributes"]["AWSTraceHeader"] = "Root=1-2-3"

    letter = letter_of(record)

    assert letter["MessageSystemAttributes"] == {"AWSTraceHeader": text("Root=1-2-3")}
    assert letter["MessageGroupId"] == "tenant-a"
    assert "MessageDeduplicationId" not in letter


def test_a_fifo_queue_gets_the_message_id_against_duplicates() -> None:
    letter = letter_of(sqs_record("{}", group="a"), queue=queue_arn("dead.fifo"))

    assert (letter["MessageGroupId"], letter["MessageDeduplicationId"]) == ("a", "message-1")


def test_sqs_accepts_the_parameters() -> None:
    record = sqs_record("{}", group="a", attributes={"tenant": "a"})
    record["attributes"]["AWSTraceHeader"] = "Root=1-2-3"
    shape = botocore.session.get_session().get_service_model("sqs").operation_model("SendMessage").input_shape
    assert shape is not None

    report = ParamValidator().validate(
        {"QueueUrl": "https://queue.test", **letter_of(record, queue=queue_arn("dead.fifo"))},
        shape,
    )

    assert not report.has_errors(), report.generate_report()
