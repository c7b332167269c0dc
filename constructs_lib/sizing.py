"""From what the downstream can take to the settings of the flow in front of it. Plain seconds, no aws_cdk.

The mathematics, with N workers, a rate of R calls a second, a batch of b messages, a call of S seconds and an
overhead of o seconds an invocation:

* Little's law: N* = R * (o + b * S) / b workers make R calls a second.
* CONCURRENCY takes floor(0.8 * N*) workers: at N* every hiccup overruns the downstream.
* PACE lets each message occupy its worker for at least N/R seconds, so that at most R*W + N calls fall in any
  window of W seconds, however fast they are answered. Its N is kept within the burst that the downstream allows.
* A message is dead-lettered with probability p**m after m receives that each fail with probability p.
* Retries wait `uniform(0, min(cap, base * 2**k))` seconds, so they span half the sum of those bounds on average.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE, REPORTING_RESERVE

#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: MaximumConcurrency is 2 to 1,000.
MIN_CONCURRENCY, MAX_CONCURRENCY = 2, 1000
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: at least five receives, and a
#: visibility timeout of six function timeouts.
MIN_RECEIVES, VISIBILITY_FACTOR = 5, 6
#: SQS's limit of maxReceiveCount.
MAX_RECEIVES = 1000
#: Share of Little's-law concurrency that CONCURRENCY uses: from there the share of refused calls rises as a cliff.
CONCURRENCY_SHARE = 0.8
#: Share of the rate that PACE aims for: more workers than that buy little and are billed while they wait.
PACE_UTILISATION = 0.9
#: Seconds a refused or failed call takes at the least; it decides whether concurrency alone holds the rate.
FAST_FAILURE = 0.02
#: Seconds assumed where the latency of a call is unknown.
ASSUMED_LATENCY, ASSUMED_CALL_TIMEOUT = 1.0, 10.0
#: A call's timeout over its 99th percentile: an exponential tail reaches the 99.9th there.
TIMEOUT_OVER_P99 = 1.5
#: The same over its mean.
TIMEOUT_OVER_MEAN = 7
#: Standard deviations by which the retries' mean span must exceed the outage: one message in a thousand falls short.
SPAN_MARGIN = 3.0
#: Seconds; the smallest bound of the backoff cap, and SQS's limit of a visibility timeout (12 hours).
MIN_BACKOFF_CAP, MAX_BACKOFF_CAP = 60.0, 43_200.0
DAY = 86_400
#: Products of floats are compared with this tolerance.
ROUNDING = 1e-9
#: SQS keeps four days by default and 14 at most; a day less than the dead-letter queue's 14 is left to read them in.
DEFAULT_RETENTION, MAX_RETENTION = 4 * DAY, 13 * DAY


_OPTIONAL = ("mean_latency", "p99_latency", "function_timeout", "max_concurrency")


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
class Sizing:
    """What a flow's settings were derived to be. Times are in seconds.

    Attributes:
        strategy: CONCURRENCY or PACE.
        max_concurrency: Workers at most (the mapping's MaximumConcurrency).
        littles_law_concurrency: Workers that make exactly R calls a second; None when the latency is unknown.
        utilisation: Share of R that the flow reaches while it has a backlog; None when the latency is unknown.
        pace: Seconds each message occupies a worker at least; 0 under CONCURRENCY.
        call_timeout: Seconds one call may take.
        function_timeout: The consumer's timeout, given or derived.
        visibility_timeout: Six function timeouts.
        max_receive_count: Receives before a message is dead-lettered.
        backoff_cap: Longest wait before a retry.
        retry_span: Time from the first to the last receive of a message that always fails, on average.
        retention: How long the queue keeps a message.
        loss_probability: That a message is dead-lettered because every receive fails, independently.
        cost_per_million: USD for a million messages, us-east-1 list prices, SQS and Lambda on ARM, without the
            event bus, logs and alarms.
    """

    strategy: FlowStrategy
    max_concurrency: int
    littles_law_concurrency: float | None
    utilisation: float | None
    pace: float
    call_timeout: float
    function_timeout: float
    visibility_timeout: int
    max_receive_count: int
    backoff_cap: float
    retry_span: float
    retention: int
    loss_probability: float
    cost_per_million: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """One flow's inputs, under the names of the formulas."""

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
        occupied = self.occupied(pace)
        return None if not occupied else min(1.0, workers / (self.rate * occupied))


def size(
    *,
    calls_per_second: float,
    burst: int = 1,
    mean_latency: float | None = None,
    p99_latency: float | None = None,
    error_rate: float = 0.01,
    overhead: float = 0.03,
    batch_size: int = 1,
    fifo: bool = False,
    strategy: FlowStrategy = FlowStrategy.AUTO,
    max_concurrency: int | None = None,
    function_timeout: float | None = None,
    memory_size: int = 256,
    target_loss: float = 1e-6,
    outage_tolerance: float = 0,
    max_wait: float = 0,
) -> Sizing:
    """Derive a flow's settings. Times are in seconds.

    Args:
        calls_per_second: What the downstream takes.
        burst: Calls it takes at once.
        mean_latency: Of all calls, errors included; None when unknown.
        p99_latency: The 99th percentile; None when unknown.
        error_rate: Share of calls that fail though the rate is held.
        overhead: Of an invocation, beside its calls.
        batch_size: Messages an invocation gets at most, worked on one after the other.
        fifo: The queue keeps an order: a failure sends the rest of its group's batch back.
        strategy: AUTO chooses.
        max_concurrency: Workers, where the author decides; derived when None.
        function_timeout: The consumer's; derived when None.
        memory_size: The consumer's, in MB, for the cost.
        target_loss: Highest probability that a message is dead-lettered though the downstream is up.
        outage_tolerance: An outage of the downstream that the retries must outlast.
        max_wait: Longest time that a message is expected to wait in the queue.

    Raises:
        ValueError: A number makes no sense, or CONCURRENCY is asked for without a latency or a concurrency.
    """
    _check("above 0", lambda value: value > 0, calls_per_second=calls_per_second, function_timeout=function_timeout)
    _check("0 or more", lambda value: value >= 0, mean_latency=mean_latency, p99_latency=p99_latency, overhead=overhead)
    _check("0 or more", lambda value: value >= 0, outage_tolerance=outage_tolerance, max_wait=max_wait)
    _check("from 0 to below 1", lambda value: 0 <= value < 1, error_rate=error_rate)
    _check("above 0 and below 1", lambda value: 0 < value < 1, target_loss=target_loss)
    counts = {"burst": burst, "batch_size": batch_size, "max_concurrency": max_concurrency, "memory_size": memory_size}
    _check("a whole number from 1", lambda value: value >= 1 and value == int(value), **counts)
    strategy = FlowStrategy(strategy)
    load = _Load(
        rate=calls_per_second, burst=burst, mean_latency=mean_latency, overhead=overhead, batch_size=batch_size
    )
    strategy = _choose(load) if strategy is FlowStrategy.AUTO else strategy
    workers = max_concurrency or _workers(load, strategy, function_timeout)
    pace = workers / load.rate if strategy is FlowStrategy.PACE else 0.0
    call_timeout = _call_timeout(load, p99_latency, function_timeout)
    if function_timeout is None:
        function_timeout = math.ceil(batch_size * max(call_timeout, pace) + REPORTING_RESERVE)
    in_line = batch_size if fifo else 1
    receives, cap = _retries(error_rate, target_loss, outage_tolerance, in_line)
    span, _ = _span(receives, cap)
    return Sizing(
        strategy=strategy,
        max_concurrency=workers,
        littles_law_concurrency=load.littles_law_concurrency,
        utilisation=load.utilisation(workers, pace),
        pace=pace,
        call_timeout=call_timeout,
        function_timeout=function_timeout,
        visibility_timeout=math.ceil(VISIBILITY_FACTOR * function_timeout),
        max_receive_count=receives,
        backoff_cap=cap,
        retry_span=span,
        retention=min(MAX_RETENTION, max(DEFAULT_RETENTION, math.ceil(4 * (max_wait + 2 * span)) + DAY)),
        loss_probability=loss_probability(error_rate, receives, in_line),
        cost_per_million=_cost(load, pace, error_rate, receives, memory_size),
    )


def loss_probability(error_rate: float, receives: int, in_line: int = 1) -> float:
    """That a message is dead-lettered though the downstream is up.

    A FIFO batch goes back from its first failure on, so that its last message has as many receives for the successes
    of all before it, and its own.

    Args:
        error_rate: That a call fails.
        receives: The queue's maxReceiveCount.
        in_line: Messages that must succeed one after the other: the batch size of a FIFO flow, else 1.
    """
    success = 1 - error_rate
    return sum(
        math.comb(receives, done) * success**done * error_rate ** (receives - done)
        for done in range(min(in_line, receives))
    )


def call_budget(call_attempts: int, call_timeout: float, call_retry_wait: float) -> float:
    """Seconds that one message may take, with all the attempts that the author's function makes for it."""
    return call_attempts * call_timeout + (call_attempts - 1) * call_retry_wait


def retry_span(max_receive_count: int, backoff_cap: float) -> float:
    """Seconds between the first and the last receive of a message that always fails, on average."""
    return _span(max_receive_count, backoff_cap)[0]


def concurrency_limit(littles_law_concurrency: float) -> int:
    """The workers that CONCURRENCY may use."""
    return math.floor(CONCURRENCY_SHARE * littles_law_concurrency)


def _check(allowed: str, is_sound: Callable[[float], bool], **values: object) -> None:
    for name, value in values.items():
        if value is None and name in _OPTIONAL:
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not (is_number and is_sound(cast("float", value))):
            msg = f"{name} must be {allowed}, got {value!r}"
            raise ValueError(msg)


def _choose(load: _Load) -> FlowStrategy:
    if load.littles_law_concurrency is None:
        return FlowStrategy.PACE
    workers = min(concurrency_limit(load.littles_law_concurrency), MAX_CONCURRENCY)
    calls_at_once = workers * load.batch_size
    worst_rate = calls_at_once / (load.overhead + load.batch_size * FAST_FAILURE)
    holds = workers >= MIN_CONCURRENCY and worst_rate <= load.rate and calls_at_once <= load.burst
    return FlowStrategy.CONCURRENCY if holds else FlowStrategy.PACE


def _workers(load: _Load, strategy: FlowStrategy, function_timeout: float | None) -> int:
    if strategy is FlowStrategy.PACE:
        return _pace_workers(load, function_timeout)
    if load.littles_law_concurrency is None:
        msg = (
            "FlowStrategy.CONCURRENCY cannot be sized without a latency: "
            "give mean_latency (over all calls, errors included), or max_concurrency (2 to 1000)"
        )
        raise ValueError(msg)
    return max(MIN_CONCURRENCY, min(MAX_CONCURRENCY, concurrency_limit(load.littles_law_concurrency)))


def _pace_workers(load: _Load, function_timeout: float | None) -> int:
    """The fewest workers that reach the target utilisation, within the burst and the function's timeout."""
    most = min(MAX_CONCURRENCY, load.burst // load.batch_size)
    if function_timeout is not None:
        # Longer paces than this do not fit into an invocation.
        most = min(most, math.floor((function_timeout - REPORTING_RESERVE) * load.rate / load.batch_size))
    most = max(MIN_CONCURRENCY, most)
    if load.mean_latency is None:
        return max(MIN_CONCURRENCY, min(most, math.ceil(ASSUMED_LATENCY * load.rate)))
    for workers in range(MIN_CONCURRENCY, most):
        if (load.utilisation(workers, workers / load.rate) or 1.0) >= PACE_UTILISATION:
            return workers
    return most


def _call_timeout(load: _Load, p99_latency: float | None, function_timeout: float | None) -> float:
    if p99_latency is not None:
        return TIMEOUT_OVER_P99 * p99_latency
    if function_timeout is None:
        return max(ASSUMED_CALL_TIMEOUT, TIMEOUT_OVER_MEAN * (load.mean_latency or 0))
    # An equal part of the invocation for each message; the floor keeps a too short function a finding, not a crash.
    return max(0.001, (function_timeout - REPORTING_RESERVE) / load.batch_size)


def _retries(error_rate: float, target_loss: float, outage_tolerance: float, in_line: int) -> tuple[int, float]:
    """Receives and backoff cap: enough receives for the target loss, and a span that outlasts the outage."""
    cap = min(MAX_BACKOFF_CAP, max(MIN_BACKOFF_CAP, outage_tolerance))
    receives = max(MIN_RECEIVES, in_line)
    while receives < MAX_RECEIVES:
        mean, deviation = _span(receives, cap)
        outlasts = not outage_tolerance or mean - SPAN_MARGIN * deviation >= outage_tolerance
        if outlasts and loss_probability(error_rate, receives, in_line) <= target_loss * (1 + ROUNDING):
            break
        receives += 1
    return receives, cap


def _span(receives: int, cap: float) -> tuple[float, float]:
    """Mean and standard deviation of the sum of the waits between `receives` receives, under full jitter."""
    bounds = [min(cap, BACKOFF_BASE * 2.0 ** min(k, 40)) for k in range(receives - 1)]
    return sum(bounds) / 2, math.sqrt(sum(bound * bound for bound in bounds) / 12)


# us-east-1 list prices in USD: https://aws.amazon.com/sqs/pricing/ and https://aws.amazon.com/lambda/pricing/ (ARM).
_SQS_REQUEST, _LAMBDA_REQUEST, _LAMBDA_GB_SECOND = 0.40e-6, 0.20e-6, 0.0000133334


def _cost(load: _Load, pace: float, error_rate: float, receives: int, memory_size: int) -> float:
    attempts = (1 - error_rate**receives) / (1 - error_rate)
    occupied = load.occupied(pace)
    if occupied is None:
        occupied = max(ASSUMED_LATENCY, pace) + load.overhead / load.batch_size
    # One send, a receive an attempt and a delete a message (shared by a batch), a visibility change a retry.
    requests = 1 + (attempts + 1) / load.batch_size + (attempts - 1)
    gigabyte_seconds = attempts * occupied * memory_size / 1024
    each = requests * _SQS_REQUEST + attempts / load.batch_size * _LAMBDA_REQUEST + gigabyte_seconds * _LAMBDA_GB_SECOND
    return 1e6 * each
