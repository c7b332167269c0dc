"""What is expected of the worked example is what a simulation of its workers comes to, message by message."""

import heapq
from collections.abc import Sequence
from random import Random

import pytest

from constructs_lib.sizing import size
from tests.helpers.documents import ROOT
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD

ERROR_RATE, OVERHEAD = 0.2, 0.03


def arrivals(load: Sequence[tuple[float, float, float]]) -> list[float]:
    """When each message comes, one after the other as the rate says."""
    found, begun, owed = [], 0.0, 0.0
    for length, start, end in load:
        steps = 100 * int(length)
        for step in range(steps):
            owed += (start + (end - start) * step / steps) * length / steps
            if owed >= 1:
                owed -= 1
                found.append(begun + length * step / steps)
        begun += length
    return found


def simulated(workers: int, rate: float, seed: int) -> tuple[int, float]:
    """The peak of the backlog, and when the last message has succeeded.

    A call takes 0 to 2 s, or 0.05 s if it fails; its message occupies the worker for workers / rate seconds at least.
    """
    random = Random(seed)  # noqa: S311 - a simulation
    coming = [(time, 0) for time in arrivals(ARTICLE_LOAD)]
    heapq.heapify(coming)
    free = [0.0] * workers
    received: list[float] = []
    visible: list[float] = []
    ended = 0.0
    while coming:
        came, receives = heapq.heappop(coming)
        begins = max(came, heapq.heappop(free))
        visible.append(came)
        received.append(begins)
        fails = random.random() < ERROR_RATE
        ends = begins + max(0.05 if fails else random.uniform(0, 2), workers / rate) + OVERHEAD
        heapq.heappush(free, ends)
        if fails:
            heapq.heappush(coming, (ends + random.uniform(0, min(60, 2 ** (receives + 1))), receives + 1))
        else:
            ended = max(ended, ends)
    changes = sorted([(time, 1) for time in visible] + [(time, -1) for time in received])
    backlog = peak = 0
    for _, change in changes:
        backlog += change
        peak = max(peak, backlog)
    return peak, ended


@pytest.mark.parametrize("workers", [10, 12, 16])
def test_the_peak_is_a_tenth_below_the_estimate_and_never_below_the_bound(workers: int) -> None:
    sized = size(**{**ARTICLE, "burst": workers}, load=ARTICLE_LOAD, max_concurrency=workers)
    runs = [simulated(workers, 10, seed) for seed in range(3)]
    peak = sum(peak for peak, _ in runs) / len(runs)
    drained = sum(ended for _, ended in runs) / len(runs) - 780

    assert sized.peak_backlog is not None
    assert sized.expected_peak_backlog is not None
    assert sized.peak_backlog < peak < sized.expected_peak_backlog < 1.1 * peak
    if workers == 10:
        assert f"has its peak at {peak:,.0f} messages" in (ROOT / "docs" / "sizing.md").read_text()
    # The last retries are still waiting when the backlog is 0 for the first time.
    assert sized.drain_time is not None
    assert sized.drain_time < drained
    assert sized.expected_drain_time == pytest.approx(drained, rel=0.06)
