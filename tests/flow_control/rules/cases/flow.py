"""The rules about a flow's times."""

from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import DAY
from tests.helpers.rule_cases import Case
from tests.helpers.rule_facts import FLOW, LOAD

CASES = [
    Case(
        FLOW,
        "R8",
        broken={"max_receive_count": 8},
        mended={"max_receive_count": 9},
        words=[
            "error_rate 0.2",
            "max_receive_count 8",
            "2.6e-06",
            "target_loss 1e-06",
            "or leave it out",
        ],
    ),
    Case(
        FLOW,
        "R8",
        broken={"error_rate": 0.1, "max_receive_count": 5},
        mended={"error_rate": 0.1, "max_receive_count": 6},
        words=["1e-05"],
    ),
    Case(
        FLOW,
        "R9",
        broken={"least_retry_span": 299.0},
        mended={"least_retry_span": 300.0},
        words=["9 receives", "299 s", "outage of 300 s", "raise max_receive_count or leave it out"],
    ),
    Case(
        FLOW,
        "R13",
        broken={"retention": DAY + 599.0},
        mended={"retention": DAY + 600.0},
        words=["retries 600 s", "+ a day", "longer retention_period"],
    ),
    Case(
        FLOW,
        "R13",
        broken={"retention": 3.0 * DAY, "max_wait": 2.0 * DAY},
        mended={"max_wait": 2.0 * DAY},
        words=["max_wait 172800 s"],
    ),
    Case(
        FLOW,
        "R13",
        broken={
            **LOAD,
            "retention": 3.0 * DAY,
            "max_wait": 60.0,
            "longest_wait": DAY,
            "expected_longest_wait": 2.0 * DAY,
        },
        mended={**LOAD, "max_wait": 60.0, "longest_wait": DAY, "expected_longest_wait": 2.0 * DAY},
        words=["the load's longest wait 172800 s"],
        also={"R23"},
    ),
    Case(
        FLOW,
        "R17",
        broken={"batch_size": 4, "burst": 40},
        mended={"batch_size": 3, "burst": 40},
        words=[
            "batch of 4",
            f"{12 + REPORTING_RESERVE:g} s",
            "call timeout 3 s",
            "10 s",
            "raise the function's timeout",
            "lower batch_size",
        ],
    ),
    Case(
        FLOW,
        "R17",
        broken={"pace": 10.0},
        mended={"pace": 10 - REPORTING_RESERVE},
        words=["pace 10 s", f"{10 + REPORTING_RESERVE:g} s", "max_concurrency"],
    ),
    Case(
        FLOW,
        "R18",
        broken={"call_attempts": 3, "call_retry_wait": 1.0},
        mended={"call_attempts": 3, "call_retry_wait": 0.0},
        words=["3 attempts of 3 s", "waits of 1 s", f"{11 + REPORTING_RESERVE:g} s", "10 s", "call_attempts=1"],
    ),
]
