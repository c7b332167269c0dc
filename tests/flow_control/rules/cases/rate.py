"""The rules about a flow's rate."""

from constructs_lib._findings import Level
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import CONCURRENCY, FLOW, LOAD

CASES = [
    Case(
        FLOW,
        "R19",
        broken={**CONCURRENCY, "littles_law_concurrency": 1.9, "max_concurrency": 2},
        mended={**CONCURRENCY, "littles_law_concurrency": 2.5, "max_concurrency": 2},
        words=["2, makes more than 10 calls a second", "1.9 workers", "FlowStrategy.PACE"],
        also={"R20"},
    ),
    Case(
        FLOW,
        "R20",
        broken={**CONCURRENCY, "max_concurrency": 7},
        mended={**CONCURRENCY, "max_concurrency": 6},
        words=["max_concurrency 7", "0.8 x 8.4", "at most 6", "FlowStrategy.PACE"],
    ),
    Case(
        FLOW,
        "R24",
        broken={"burst": 9},
        mended={"burst": 10},
        words=["max_concurrency 10 x batch_size 1 = 10", "burst of 9", "declare the burst"],
        level=Level.WARNING,
    ),
    Case(
        FLOW,
        "R40",
        broken={**LOAD, "peak_arrival": 401.0, "calls_per_second": 401.0},
        mended={**LOAD, "peak_arrival": 400.0, "calls_per_second": 401.0, "outage_tolerance": 0.0},
        words=["outage of 300 s", "120300 messages", "300 s each", "120000", "shorter outage_tolerance"],
        level=Level.WARNING,
        also={"R13"},
    ),
    Case(
        FLOW,
        "R46",
        broken={"utilisation": 0.49},
        mended={"utilisation": 0.5},
        words=["49%", "10 calls a second", "burst of 10"],
        level=Level.WARNING,
    ),
]
