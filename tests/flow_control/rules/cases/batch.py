"""The rules about a batch of a mapping: its failures, its order, its tenants, and what is made of it."""

from constructs_lib._findings import Level
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import FLOW, MAPPING

CASES = [
    Case(
        MAPPING,
        "R14",
        broken={"batch_size": 2, "reports_failures": False, "answers_failures": None},
        mended={"batch_size": 1, "reports_failures": False, "answers_failures": None},
        words=["batches of 2", "report_batch_item_failures=True", "FunctionResponseTypes"],
    ),
    Case(
        MAPPING,
        "R15",
        broken={"batch_size": 1, "reports_failures": False},
        mended={"reports_failures": True},
        words=["answers batchItemFailures", "deletes the messages that failed", "FunctionResponseTypes"],
    ),
    Case(
        MAPPING,
        "R16",
        broken={"answers_failures": False},
        mended={"answers_failures": None},
        words=["never mentions them", "process_partial_response"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R18",
        broken={"batch_size": 10, "call_attempts": 5, "call_timeout": 1.0, "call_retry_wait": 1.5},
        mended={"batch_size": 10, "call_attempts": 5, "call_timeout": 1.0, "call_retry_wait": 1.25},
        words=[
            "5 attempts of 1 s",
            "waits of 1.5 s on average",
            "may take 11 s",
            "timeout 10 s",
            "leave retries to the queue",
        ],
    ),
    Case(
        MAPPING,
        "R18",
        broken={"messages_called_for": 2, "call_attempts": 2, "call_retry_wait": 5.5},
        mended={"messages_called_for": 2, "call_attempts": 2, "call_retry_wait": 5.0},
        words=["2 attempts with waits", "each of 2 messages may take 11 s, and the calls' own time beside it"],
    ),
    Case(
        MAPPING,
        "R27",
        broken={"fifo": True, "batching_window": 1.0, "visibility_timeout": 61.0},
        mended={"fifo": True},
        words=["batching window of 1 s", "remove MaximumBatchingWindowInSeconds"],
    ),
    Case(
        MAPPING,
        "R27",
        broken={"fifo": True, "batch_size": 11},
        mended={"fifo": True, "batch_size": 10},
        words=["batches of 11", "at most 10"],
    ),
    Case(
        FLOW,
        "R28",
        broken={"grouped_sources": ("Shop/Rule",), "max_concurrency": 29, "burst": 30},
        mended={"grouped_sources": ("Shop/Rule",), "max_concurrency": 30, "burst": 30},
        words=["message groups are set by Shop/Rule", "29 x batch_size 1 = 29", "30"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R28",
        broken={"grouped_sources": ("A",), "batch_size": 2},
        mended={"grouped_sources": ("A",), "batch_size": 3},
        words=["message groups are set by A,", "max_concurrency 10 x batch_size 2 = 20", "30"],
        level=Level.WARNING,
    ),
    Case(
        MAPPING,
        "R31",
        broken={"consumes_own_dead_letters": True},
        mended={},
        words=["its dead-letter queue", "StartMessageMoveTask"],
    ),
    Case(
        MAPPING,
        "R31",
        broken={"sends_to_own_queue": True},
        mended={},
        words=["send to the queue that it consumes", "sqs:SendMessage"],
    ),
    Case(
        MAPPING,
        "R35",
        broken={"has_filter": True},
        mended={},
        words=["deletes the messages that do not match", "FilterCriteria"],
        level=Level.WARNING,
    ),
]
