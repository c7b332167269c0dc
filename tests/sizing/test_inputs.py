"""What makes no sense is refused by its name, with the value and what is allowed."""

import math
from typing import Any

import pytest

from constructs_lib.sizing import derive, size

#: How CDK writes a number, and a text, that it does not know yet.
NUMBER_TOKEN, TEXT_TOKEN = -1.8881545897087626e289, "${Token[TOKEN.23]}"


@pytest.mark.parametrize(
    "bad",
    [
        {"calls_per_second": 0},
        {"calls_per_second": -1},
        {"calls_per_second": math.nan},
        {"calls_per_second": math.inf},
        {"calls_per_second": 1e-9},
        {"calls_per_second": 1e12},
        {"calls_per_second": "10"},
        {"calls_per_second": True},
        {"calls_per_second": None},
        {"calls_per_second": NUMBER_TOKEN},
        {"mean_latency": TEXT_TOKEN},
        {"mean_latency": -1},
        {"burst": 0},
        {"burst": 10**400},
        {"batch_size": 0},
        {"batch_size": 1.5},
        {"p99_latency": 0},
        {"max_concurrency": -5},
        {"max_concurrency": 0},
        {"memory_size": -1},
        {"function_timeout": 0},
        {"overhead": -1},
        {"error_rate": 1},
        {"error_rate": -0.1},
        {"target_loss": 0},
        {"target_loss": 1},
        {"outage_tolerance": -1},
        {"outage_tolerance": None},
        {"max_wait": 0},
        {"max_wait": [60]},
        {"fifo": "no"},
        {"repeat": "daily"},
        {"strategy": "TOKEN"},
    ],
    ids=lambda bad: str(bad)[:60],
)
def test_what_makes_no_sense_is_refused_by_name(bad: dict[str, Any]) -> None:
    ((name, value),) = bad.items()

    for function in (size, derive):
        with pytest.raises(ValueError, match=f"^{name} must be ") as refused:
            function(**{"calls_per_second": 10, **bad})
        assert str(refused.value).endswith(f", got {value!r}")


def test_latencies_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mean_latency must not be above p99_latency, got 5 and 0\.1"):
        size(calls_per_second=10, mean_latency=5, p99_latency=0.1)


def test_the_slowest_downstream_and_the_fastest_are_sized() -> None:
    assert size(calls_per_second=1e-6).pace == 2e6
    assert size(calls_per_second=1e9, burst=10**9, mean_latency=1e9).max_concurrency == 1000


def test_a_batch_is_no_larger_than_lambda_s() -> None:
    assert size(calls_per_second=10, batch_size=10_000).max_receive_count == 5
    with pytest.raises(ValueError, match="batch_size must be at most 10000, Lambda's limit, got 10001"):
        size(calls_per_second=10, batch_size=10_001)
    with pytest.raises(ValueError, match="batch_size must be at most 10 with fifo, Lambda's limit, got 11"):
        size(calls_per_second=10, batch_size=11, fifo=True)


def test_a_load_is_needed_to_repeat_it() -> None:
    with pytest.raises(ValueError, match="repeat says that the load comes again and again, and there is no load"):
        size(calls_per_second=10, repeat=True)
