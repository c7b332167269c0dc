"""From the inputs to the sizing. Times are in seconds."""

import math
from dataclasses import asdict, replace

from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing.backlog import Waiting, waiting_under
from constructs_lib.sizing.by_name import by_name
from constructs_lib.sizing.cost import cost_per_million
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.limits import (
    AGE_FACTOR,
    AGE_MARGIN,
    ASSUMED_CALL_TIMEOUT,
    BACKLOG_FACTOR,
    BACKLOG_SECONDS,
    DAY,
    DEFAULT_RETENTION,
    MAX_RETENTION,
    TIMEOUT_OVER_MEAN,
    TIMEOUT_OVER_P99,
    VISIBILITY_FACTOR,
)
from constructs_lib.sizing.problems import problems_of, warnings_of
from constructs_lib.sizing.result import Sizing
from constructs_lib.sizing.retries import least_retry_span, loss_probability, retries, retry_span
from constructs_lib.sizing.strategy import FlowStrategy, choose, workers


def from_inputs(inputs: Inputs) -> Sizing:
    """Derive a flow's settings from inputs that are checked. What cannot work is in the sizing's `problems`.

    Raises:
        ValueError: CONCURRENCY is asked for without a latency or a concurrency.
    """
    calls = inputs.calls
    strategy, count, pace = _strategy(inputs)
    utilisation = calls.utilisation(count, pace)
    expected_goodput = None if utilisation is None else utilisation * inputs.goodput
    waiting = waiting_under(inputs.profile, goodput=inputs.goodput, expected_goodput=expected_goodput)
    call_timeout, function_timeout = _timeouts(inputs, pace)
    receives, cap = _retries(inputs)
    sized = Sizing(
        strategy=strategy,
        max_concurrency=count,
        littles_law_concurrency=calls.littles_law_concurrency,
        utilisation=utilisation,
        pace=pace,
        call_timeout=call_timeout,
        function_timeout=function_timeout,
        visibility_timeout=math.ceil(VISIBILITY_FACTOR * function_timeout),
        max_receive_count=receives,
        backoff_cap=cap,
        retry_span=retry_span(receives, cap),
        least_retry_span=least_retry_span(receives, cap),
        retention=_retention(max(inputs.max_wait or 0.0, waiting.longest), retry_span(receives, cap)),
        loss_probability=loss_probability(inputs.error_rate, receives, inputs.in_line),
        cost_per_million=cost_per_million(
            calls, pace=pace, error_rate=inputs.error_rate, receives=receives, memory_size=inputs.memory_size
        ),
        goodput=inputs.goodput,
        expected_goodput=expected_goodput,
        age_alarm=_age_alarm(inputs, waiting),
        backlog_alarm=_backlog_alarm(inputs, waiting),
        **asdict(waiting),
    )
    return replace(sized, problems=problems_of(inputs, sized), warnings=warnings_of(inputs, sized))


@by_name(Inputs)
def derive(inputs: Inputs) -> Sizing:
    """Derive a flow's settings, as `size` does; what cannot work is in the sizing's `problems` instead of an error.

    Raises:
        ValueError: A number makes no sense, or CONCURRENCY is asked for without a latency or a concurrency.
    """
    return from_inputs(inputs)


@by_name(Inputs)
def size(inputs: Inputs) -> Sizing:
    """Derive a flow's settings from what the downstream can take. Times are in seconds; `Inputs` has the arguments.

    Raises:
        ValueError: A number makes no sense, CONCURRENCY is asked for without a latency or a concurrency, or it cannot
            work: the backlog never drains, a message waits longer than `max_wait` even at the downstream's whole rate
            or than a queue keeps it, or not even SQS's limit of receives keeps the loss within the target.
    """
    sized = from_inputs(inputs)
    if sized.problems:
        raise ValueError("; ".join(sized.problems))
    return sized


def _strategy(inputs: Inputs) -> tuple[FlowStrategy, int, float]:
    """The strategy, its workers, and the seconds that each message occupies one of them at least."""
    calls, strategy = inputs.calls, FlowStrategy(inputs.strategy)
    if strategy is FlowStrategy.AUTO:
        strategy = choose(calls)
    count = inputs.max_concurrency or workers(calls, strategy, inputs.function_timeout)
    return strategy, count, count / calls.rate if strategy is FlowStrategy.PACE else 0.0


def _timeouts(inputs: Inputs, pace: float) -> tuple[float, float]:
    """A call's, and the function's."""
    given, batch = inputs.function_timeout, inputs.batch_size
    if inputs.p99_latency is not None:
        call = TIMEOUT_OVER_P99 * inputs.p99_latency
    elif given is None:
        call = max(ASSUMED_CALL_TIMEOUT, TIMEOUT_OVER_MEAN * (inputs.mean_latency or 0))
    else:
        # An equal part of the invocation for each message; the floor keeps a too short function a finding, not a crash.
        call = max(0.001, (given - REPORTING_RESERVE) / batch)
    return call, given if given is not None else math.ceil(batch * max(call, pace) + REPORTING_RESERVE)


def _retries(inputs: Inputs) -> tuple[int, float]:
    return retries(
        error_rate=inputs.error_rate,
        target_loss=inputs.target_loss,
        outage_tolerance=inputs.outage_tolerance,
        in_line=inputs.in_line,
    )


def _retention(wait: float, span: float) -> int:
    """Four times what a message is expected to take, for retries last up to twice their mean, and a day to act."""
    return min(MAX_RETENTION, max(DEFAULT_RETENTION, math.ceil(4 * (wait + 2 * span)) + DAY))


def _age_alarm(inputs: Inputs, waiting: Waiting) -> float:
    if inputs.max_wait is not None:
        return AGE_FACTOR * inputs.max_wait
    return max(inputs.outage_tolerance + AGE_MARGIN, AGE_FACTOR * waiting.longest)


def _backlog_alarm(inputs: Inputs, waiting: Waiting) -> int | None:
    if waiting.peak_arrival is None:
        return None
    in_an_outage = waiting.peak_arrival * max(inputs.outage_tolerance, BACKLOG_SECONDS)
    return math.ceil(BACKLOG_FACTOR * max(waiting.expected_peak_backlog or waiting.peak_backlog or 0.0, in_an_outage))
