"""The rules about functions that consume a queue."""

from constructs_lib._findings import Level
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import FLOW, FUNCTION

CASES = [
    Case(
        FLOW,
        "R4",
        broken={"reserved_concurrency": 9},
        mended={"reserved_concurrency": 10},
        words=["reserved concurrency 9", "below 10", "reserve at least 10"],
    ),
    Case(
        FUNCTION,
        "R4",
        broken={"reserved_concurrency": 9},
        mended={"reserved_concurrency": 10},
        words=["reserved concurrency 9", "below 10", "ReservedConcurrentExecutions"],
    ),
    Case(
        FLOW,
        "R5",
        broken={"reserved_concurrency": 10, "mapped_concurrency": None},
        mended={"reserved_concurrency": None, "mapped_concurrency": None},
        words=["an SQS mapping of it", "no max_concurrency", "set max_concurrency on that mapping"],
    ),
    Case(
        FUNCTION,
        "R5",
        broken={"reserved_concurrency": 9, "mapped_concurrency": None},
        mended={"reserved_concurrency": None, "mapped_concurrency": None},
        words=["reserves a concurrency of 9", "ScalingConfig.MaximumConcurrency"],
    ),
    Case(
        FLOW,
        "R6",
        broken={"reserved_concurrency": 0},
        mended={"reserved_concurrency": 10},
        words=["is 0", "reserve as much as its mappings may use, or nothing"],
    ),
    Case(
        FUNCTION,
        "R6",
        broken={"reserved_concurrency": 0},
        mended={"reserved_concurrency": 10},
        words=["is 0", "Enabled"],
    ),
    Case(
        FUNCTION,
        "R34",
        broken={"async_destination": "Shop/Failures"},
        mended={"async_destination": "Shop/Failures", "has_other_triggers": True},
        words=["Shop/Failures", "nothing ever arrives", "remove it"],
        level=Level.WARNING,
    ),
    Case(
        FUNCTION,
        "R45",
        broken={"timeout_is_set": False},
        mended={},
        words=["timeout (Timeout, 3 s) is left", "set what it needs"],
        level=Level.WARNING,
    ),
    Case(
        FUNCTION,
        "R45",
        broken={"timeout_is_set": False, "memory_is_set": False},
        mended={},
        words=["3 s) and memory (MemorySize, 128 MB) are"],
        level=Level.WARNING,
    ),
]
