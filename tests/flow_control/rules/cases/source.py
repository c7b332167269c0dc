"""The rules about what sends to a queue."""

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import Service
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import SOURCE

CASES = [
    Case(
        SOURCE,
        "R26",
        broken={"fifo": True},
        mended={"fifo": True, "group_id": "$.detail.tenant"},
        words=["EventBridge sends to a FIFO queue", "SqsParameters.MessageGroupId"],
    ),
    Case(
        SOURCE,
        "R26",
        broken={"service": Service.SNS, "fifo": True, "topic_fifo": False},
        mended={"service": Service.SNS, "fifo": True, "topic_fifo": True},
        words=["the topic that sends to it is not", "FifoTopic"],
    ),
    Case(
        SOURCE,
        "R26",
        broken={"service": Service.S3, "fifo": True},
        mended={"service": Service.S3},
        words=["a bucket", "EventBridge"],
    ),
    Case(
        SOURCE,
        "R38",
        broken={"has_undeliverable_queue": False},
        mended={"service": Service.S3, "has_undeliverable_queue": False},
        words=["what EventBridge cannot deliver", "DeadLetterConfig"],
        level=Level.WARNING,
    ),
    Case(
        SOURCE,
        "R38",
        broken={"service": Service.SNS, "topic_fifo": False, "has_undeliverable_queue": False},
        mended={},
        words=["what SNS cannot deliver", "RedrivePolicy on the subscription"],
        level=Level.WARNING,
    ),
]
