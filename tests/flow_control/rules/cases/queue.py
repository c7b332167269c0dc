"""The rules about queues: dead letters, limits, who sends, who consumes, who watches."""

from constructs_lib._findings import Level
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import FIFO, FLOW, QUEUE

CASES = [
    Case(
        FLOW,
        "R11",
        broken={"dead_letter_queue_fifo": True},
        mended={"dead_letter_queue_fifo": True, "fifo": True},
        words=["the queue is standard", "dead-letter queue is FIFO", "make the dead-letter queue standard"],
    ),
    Case(
        FLOW,
        "R11",
        broken={"fifo": True},
        mended={"fifo": True, "dead_letter_queue_fifo": True},
        words=["the queue is FIFO", "make the dead-letter queue FIFO"],
    ),
    Case(
        QUEUE, "R11", broken={"fifo": True}, mended=FIFO, words=["the queue is FIFO", "make the dead-letter queue FIFO"]
    ),
    Case(
        FLOW,
        "R12",
        broken={"dead_letter_retention": 4.0 * DAY},
        mended={"dead_letter_retention": 5.0 * DAY},
        words=["345600 s", "14 days", "retention_period"],
    ),
    Case(
        QUEUE,
        "R12",
        broken={"dead_letter_retention": 4.0 * DAY},
        mended={"has_dead_letter_queue": False, "dead_letter_queue_fifo": None, "dead_letter_retention": None},
        words=["345600 s", "MessageRetentionPeriod"],
    ),
    Case(
        QUEUE,
        "R13",
        broken={"retention": 60.0, "visibility_timeout": 61.0},
        mended={"retention": 60.0, "visibility_timeout": 60.0, "delivery_delay": 60.0},
        words=["retention 60 s", "61 s", "MessageRetentionPeriod"],
    ),
    Case(QUEUE, "R13", broken={"retention": 60.0, "delivery_delay": 61.0}, mended={}, words=["delay 61 s"]),
    Case(
        FLOW,
        "R25",
        broken={"service_sources": ("SNS", "EventBridge", "SNS"), "aws_managed_key": True},
        mended={"service_sources": (), "aws_managed_key": True},
        words=["EventBridge and SNS", "alias/aws/sqs", "encryption_key"],
    ),
    Case(
        QUEUE,
        "R25",
        broken={"aws_managed_key": True, "service_sources": ("SNS", "EventBridge")},
        mended={"aws_managed_key": True, "service_sources": ()},
        words=["EventBridge and SNS", "alias/aws/sqs", "SqsManagedSseEnabled"],
    ),
    Case(
        FLOW,
        "R29",
        broken={
            "grouped_sources": ("Shop/Rule",),
            "ungrouped_sources": ("Shop/Topic",),
            "max_concurrency": 30,
            "burst": 30,
        },
        mended={"grouped_sources": ("Shop/Rule",), "max_concurrency": 30, "burst": 30},
        words=["is set by Shop/Rule and not by Shop/Topic", "message_group_id"],
    ),
    Case(
        QUEUE,
        "R29",
        broken={"grouped_sources": ("A",), "ungrouped_sources": ("B", "C")},
        mended={"grouped_sources": ("A",), "ungrouped_sources": ()},
        words=["a message group is set by A and not by B and C", "MessageGroupId"],
    ),
    Case(
        FLOW,
        "R30",
        broken={"consumers": ("Shop/Function", "Shop/Other")},
        mended={"consumers": ("Shop/Function", "Shop/Function")},
        words=["Shop/Function and Shop/Other", "a queue of its own"],
        level=Level.WARNING,
    ),
    Case(
        QUEUE,
        "R30",
        broken={"consumers": ("A", "B")},
        mended={"consumers": ("A",)},
        words=["A and B", "a queue of its own"],
        level=Level.WARNING,
    ),
    Case(
        QUEUE,
        "R39",
        broken={"delivery_delay": 901.0},
        mended={"delivery_delay": 900.0},
        words=["901 s", "900 s", "DelaySeconds"],
    ),
    Case(
        QUEUE,
        "R39",
        broken={"visibility_timeout": 43_201.0},
        mended={"visibility_timeout": 43_200.0},
        words=["43201 s", "43200 s", "VisibilityTimeout"],
    ),
    Case(
        QUEUE,
        "R41",
        broken={"other_alarms": ()},
        mended={"age_alarms": (), "other_alarms": ()},
        words=["is watched by Shop/Age alone", "dead-letter queue"],
        level=Level.WARNING,
    ),
]
