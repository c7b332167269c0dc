"""How calls are kept within the downstream's rate: which strategy, how many workers, how fast. Times are in seconds."""

import math
from dataclasses import dataclass
from enum import StrEnum

from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing.limits import (
    ASSUMED_LATENCY,
    CONCURRENCY_SHARE,
    FAST_FAILURE,
    MAX_CONCURRENCY,
    MIN_CONCURRENCY,
    PACE_UTILISATION,
)


class FlowStrategy(StrEnum):
    """How calls are kept within the downstream's rate.

    AUTO chooses PACE, unless calls are so fast that concurrency alone holds the rate even if every call fails at
    once (which needs a known latency), or the runtime cannot pace.
    CONCURRENCY only bounds how many calls are under way. It is no rate limit: calls that fail fast come faster.
    PACE makes each message occupy its worker for N/R seconds, failures too.
    """

    AUTO = "AUTO"
    CONCURRENCY = "CONCURRENCY"
    PACE = "PACE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is known of a flow's calls, under the names of the formulas."""

    rate: float
    burst: int
    mean_latency: float | None
    overhead: float
    batch_size: int

    @property
    def invocation(self) -> float | None:
        """E[D], the mean seconds of an invocation."""
        return None if self.mean_latency is None else self.overhead + self.batch_size * self.mean_latency

    @property
    def littles_law_concurrency(self) -> float | None:
        """N*, the workers that make just as many calls as the downstream takes."""
        return None if self.invocation is None else self.rate * self.invocation / self.batch_size

    def occupied(self, pace: float) -> float | None:
        """Mean seconds a message occupies a worker: E[max(S, pace)] for exponential S, and its part of the overhead.

        Exponential, because only the mean is known; measured downstreams were less variable, so this errs to more.
        """
        if self.mean_latency is None:
            return None
        tail = self.mean_latency * math.exp(-pace / self.mean_latency) if self.mean_latency else 0.0
        return pace + tail + self.overhead / self.batch_size

    def utilisation(self, workers: int, pace: float) -> float | None:
        """Share of the rate that so many workers reach while there is a backlog."""
        occupied = self.occupied(pace)
        return None if not occupied else min(1.0, workers / (self.rate * occupied))


def concurrency_limit(littles_law_concurrency: float) -> int:
    """The workers that CONCURRENCY may use."""
    return math.floor(CONCURRENCY_SHARE * littles_law_concurrency)


def choose(calls: Calls) -> FlowStrategy:
    """What AUTO stands for."""
    if calls.littles_law_concurrency is None:
        return FlowStrategy.PACE
    workers = min(concurrency_limit(calls.littles_law_concurrency), MAX_CONCURRENCY)
    calls_at_once = workers * calls.batch_size
    worst_rate = calls_at_once / (calls.overhead + calls.batch_size * FAST_FAILURE)
    holds = workers >= MIN_CONCURRENCY and worst_rate <= calls.rate and calls_at_once <= calls.burst
    return FlowStrategy.CONCURRENCY if holds else FlowStrategy.PACE


def workers(calls: Calls, strategy: FlowStrategy, function_timeout: float | None) -> int:
    """How many workers the strategy takes.

    Raises:
        ValueError: CONCURRENCY is asked for without a latency.
    """
    if strategy is FlowStrategy.PACE:
        return _pace_workers(calls, function_timeout)
    if calls.littles_law_concurrency is None:
        msg = (
            "FlowStrategy.CONCURRENCY cannot be sized without a latency: "
            "give mean_latency (over all calls, errors included), or max_concurrency (2 to 1000)"
        )
        raise ValueError(msg)
    return max(MIN_CONCURRENCY, min(MAX_CONCURRENCY, concurrency_limit(calls.littles_law_concurrency)))


def _pace_workers(calls: Calls, function_timeout: float | None) -> int:
    """The fewest workers that reach the target utilisation, within the burst and the function's timeout."""
    most = min(MAX_CONCURRENCY, calls.burst // calls.batch_size)
    if function_timeout is not None:
        # Longer paces than this do not fit into an invocation.
        most = min(most, math.floor((function_timeout - REPORTING_RESERVE) * calls.rate / calls.batch_size))
    most = max(MIN_CONCURRENCY, most)
    if calls.mean_latency is None:
        return max(MIN_CONCURRENCY, min(most, math.ceil(ASSUMED_LATENCY * calls.rate)))
    for enough in range(MIN_CONCURRENCY, most):
        if (calls.utilisation(enough, enough / calls.rate) or 1.0) >= PACE_UTILISATION:
            return enough
    return most
