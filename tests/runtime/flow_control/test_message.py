import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater
from constructs_lib.runtime.flow_control.message import open_message
from constructs_lib.runtime.flow_control.testing import eventbridge_event, sns_notification, sqs_record

ORDER = {"order_id": 1}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


def opened(record: dict[str, Any]) -> Message:
    message, defect = open_message(record, timeout=1, now=lambda: 0)
    assert defect is None
    return message


@pytest.mark.parametrize(
    "body",
    [
        ORDER,
        eventbridge_event(ORDER),
        sns_notification(ORDER),
        sns_notification(eventbridge_event(ORDER)),
        eventbridge_event(sns_notification(ORDER)),
        eventbridge_event(eventbridge_event(ORDER)),
        sns_notification(sns_notification(eventbridge_event(ORDER))),
    ],
)
def test_the_body_is_what_is_in_the_envelopes(body: object) -> None:
    record = sqs_record(body)
    before = json.dumps(record)

    message = opened(record)

    assert message.body == ORDER
    assert message.raw is record
    assert json.dumps(record) == before


@given(JSON)
def test_any_json_without_an_envelope_is_the_body(body: object) -> None:
    assert opened(sqs_record(json.dumps(body))).body == body


@pytest.mark.parametrize(
    "body",
    [
        {"detail": ORDER},
        {"source": "shop", "detail-type": "order", "detail": ORDER},
        {"id": "1", "source": "shop", "detail-type": "order", "detail": "text"},
        {"Type": "Notification", "Message": "{}"},
        {"Type": "Notification", "TopicArn": "arn", "Message": {"not": "text"}},
        {"Type": "SubscriptionConfirmation", "TopicArn": "arn", "Message": "{}"},
    ],
)
def test_what_only_resembles_an_envelope_stays_closed(body: object) -> None:
    assert opened(sqs_record(body)).body == body


def test_envelopes_without_end_are_opened_five_deep() -> None:
    body: dict[str, Any] = ORDER
    for _ in range(7):
        body = eventbridge_event(body)

    assert opened(sqs_record(body)).body == eventbridge_event(eventbridge_event(ORDER))


@pytest.mark.parametrize(
    "text", ["", "{", "plain text", "{'single': 'quotes'}", "[" * 100_000, "9" * 5000, None, 5, b"{}", ["{}"]]
)
def test_a_body_that_is_not_json_is_named_a_defect(text: object) -> None:
    message, defect = open_message({**sqs_record(""), "body": text}, timeout=1, now=lambda: 0)

    assert message.body is None
    assert message.correlation_id == "message-1"
    assert isinstance(defect, PermanentError)
    assert defect.code == "MALFORMED_JSON"


def test_a_record_without_a_body_has_a_defect() -> None:
    record = sqs_record(ORDER)
    del record["body"]

    assert open_message(record, timeout=1, now=lambda: 0)[1] is not None


def test_a_notification_of_plain_text_has_a_defect() -> None:
    assert open_message(sqs_record(sns_notification("hello")), timeout=1, now=lambda: 0)[1] is not None


def test_a_defect_does_not_quote_the_body() -> None:
    _, defect = open_message(sqs_record("card number 4111"), timeout=1, now=lambda: 0)

    assert "4111" not in str(defect)


IN_BODY = {"correlation_id": "body"}


@pytest.mark.parametrize(
    ("expected", "record"),
    [
        ("attribute", sqs_record(eventbridge_event(IN_BODY), attributes={"correlation_id": "attribute"})),
        ("topic", sqs_record(sns_notification(IN_BODY, attributes={"correlation_id": "topic"}))),
        ("body", sqs_record(IN_BODY)),
        ("body", sqs_record(eventbridge_event(IN_BODY))),
        ("body", sqs_record(eventbridge_event({"metadata": IN_BODY}))),
        ("body", sqs_record(eventbridge_event({"meta_data": IN_BODY}))),
        ("event-7", sqs_record(eventbridge_event(ORDER, event_id="event-7"))),
        ("event-7", sqs_record(sns_notification(eventbridge_event(ORDER, event_id="event-7")))),
        ("message-1", sqs_record(ORDER)),
        ("message-1", sqs_record([1, 2])),
        ("42", sqs_record({"correlation_id": 42})),
        ("message-1", sqs_record({"correlation_id": ""})),
        ("message-1", sqs_record({"correlation_id": "  "})),
        ("message-1", sqs_record({"correlation_id": None})),
        ("message-1", sqs_record({"correlation_id": True})),
        ("message-1", sqs_record({"correlation_id": ["a"], "metadata": "text"})),
        ("body", {**sqs_record(IN_BODY), "messageAttributes": None}),
        ("body", {**sqs_record(IN_BODY), "messageAttributes": {"correlation_id": "odd"}}),
    ],
)
def test_the_correlation_id_is_looked_for_from_the_outside_in(expected: str, record: dict[str, Any]) -> None:
    assert opened(record).correlation_id == expected


def test_a_malformed_message_keeps_the_correlation_id_of_its_attribute() -> None:
    message, _ = open_message(sqs_record("{", attributes={"correlation_id": "a"}), timeout=1, now=lambda: 0)

    assert message.correlation_id == "a"


@pytest.mark.parametrize(("count", "attempt"), [("3", 3), (4, 4), ("0", 1), ("-2", 1), ("x", 1), ("9" * 5000, 1)])
def test_the_attempt_is_the_receive_count(count: object, attempt: int) -> None:
    assert opened({**sqs_record(ORDER), "attributes": {"ApproximateReceiveCount": count}}).attempt == attempt


@pytest.mark.parametrize("attributes", [{}, None, "odd"])
def test_the_attempt_is_the_first_when_sqs_does_not_say(attributes: object) -> None:
    assert opened({**sqs_record(ORDER), "attributes": attributes}).attempt == 1


def test_check_measures_a_date_by_the_clock_of_the_handler() -> None:
    message, _ = open_message(sqs_record(ORDER), timeout=1, now=lambda: 1_767_225_600.0)

    with pytest.raises(RetryLater) as raised:
        message.check(503, {"Retry-After": "Thu, 01 Jan 2026 00:01:30 GMT"})

    assert raised.value.after == 90


def test_its_repr_does_not_show_the_body() -> None:
    assert repr(opened(sqs_record("4111"))) == "Message(id='message-1', correlation_id='message-1', attempt=1)"


@pytest.mark.parametrize("body", ['{"amount": NaN}', "Infinity", "[-Infinity]"])
def test_what_python_reads_and_json_does_not_have_is_malformed(body: str) -> None:
    _, defect = open_message(sqs_record(body), timeout=1, now=lambda: 0)

    assert defect is not None
    assert "is no JSON value" in defect.reason
