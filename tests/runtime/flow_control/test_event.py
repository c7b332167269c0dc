import pytest

from constructs_lib.runtime.flow_control.event import fifo_group_of, records_in
from constructs_lib.runtime.flow_control.testing import eventbridge_event, sqs_record


def test_no_records_are_fine() -> None:
    assert records_in({"Records": []}) == []


@pytest.mark.parametrize(
    ("event", "got"),
    [
        ({}, r"keys \[\]"),
        (None, "NoneType"),
        ([], "list"),
        ({"order_id": 1, "amount": 2}, r"keys \['amount', 'order_id'\]"),
        (eventbridge_event({}), "'detail-type'"),
        ({"Records": None}, r"keys \['Records'\]"),
        ({"Records": {}}, r"keys \['Records'\]"),
        ({"Records": ["text"]}, "str"),
        ({"Records": [{"body": "{}"}]}, r"keys \['body'\]"),
        ({"Records": [{**sqs_record({}), "eventSource": "aws:kinesis"}]}, "'aws:kinesis'"),
    ],
)
def test_any_other_event_is_named_with_the_fix(event: object, got: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*; this function expects batches of SQS messages: .*sqs_event"):
        records_in(event)


def test_a_group_orders_messages_on_fifo_queues_only() -> None:
    assert fifo_group_of(sqs_record({}, group="a", queue="orders.fifo")) == "a"
    assert fifo_group_of(sqs_record({}, group="a", queue="orders")) is None
    assert fifo_group_of(sqs_record({}, queue="orders.fifo")) is None
