"""From an author's arguments to the numbers of a flow: derived where left out, checked where given."""

from dataclasses import dataclass, replace

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib import _functions, _validate, sizing
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import load as loads
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.load import LoadProfile
from constructs_lib.flow_control.queues import Queues
from constructs_lib.sizing import FlowStrategy, Sizing

#: Lambda's limit for a queue without a batching window.
_MAX_BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The author's numbers, checked one by one; times are in seconds, None is "derive it"."""

    batch_size: int
    in_line: int
    max_concurrency: int | None
    max_receive_count: int | None
    target_loss: float
    outage_tolerance: float
    load: LoadProfile | None
    max_wait: float | None
    call_timeout: float | None
    call_attempts: int
    call_retry_wait: float


def options(
    *,
    fifo: bool,
    batch_size: int,
    max_concurrency: int | None,
    max_receive_count: int | None,
    target_loss: float,
    outage_tolerance: Duration,
    load: LoadProfile | None,
    max_wait: Duration | None,
    call_timeout: Duration | None,
    call_attempts: int,
    call_retry_wait: Duration | None,
) -> Options:
    """Check the author's numbers.

    Raises:
        ValueError: One is a token, or out of its range.
    """
    batch_size = _batch_size(batch_size)
    loads.check(load)
    return Options(
        batch_size=batch_size,
        in_line=batch_size if fifo else 1,
        max_concurrency=(
            None if max_concurrency is None else _validate.whole("max_concurrency", max_concurrency, minimum=1)
        ),
        max_receive_count=_receives(max_receive_count),
        target_loss=_validate.number("target_loss", target_loss, above=0, below=1),
        outage_tolerance=_validate.known_seconds("outage_tolerance", outage_tolerance, allow_zero=True),
        load=load,
        max_wait=_seconds("max_wait", max_wait),
        call_timeout=_seconds("call_timeout", call_timeout),
        call_attempts=_validate.whole("call_attempts", call_attempts, minimum=1),
        call_retry_wait=_seconds("call_retry_wait", call_retry_wait) or 0.0,
    )


def _batch_size(value: int) -> int:
    value = _validate.whole("batch_size", value, minimum=1)
    if value > _MAX_BATCH:
        msg = (
            f"batch_size must be from 1 to {_MAX_BATCH}, got {value}: "
            "more needs a batching window, which would delay every message"
        )
        raise ValueError(msg)
    return value


def _receives(value: int | None) -> int | None:
    if value is None:
        return None
    value = _validate.whole("max_receive_count", value, minimum=1)
    if value > sizing.MAX_RECEIVES:
        msg = f"max_receive_count must be from 1 to {sizing.MAX_RECEIVES}, SQS's limit, got {value}"
        raise ValueError(msg)
    return value


def _seconds(name: str, value: Duration | None) -> float | None:
    return None if value is None else _validate.known_seconds(name, value)


def check_visibility(consumer: lambda_.IFunction, visibility_timeout: Duration | None) -> None:
    """Refuse to guess a visibility timeout.

    Raises:
        ValueError: None is given, and the function's timeout, from which it is derived, cannot be seen.
    """
    if visibility_timeout is None and _functions.timeout(consumer) is UNKNOWN:
        msg = (
            f"the timeout of consumer {consumer.node.path} cannot be seen at synth (it is a token, or the function is "
            "imported), so no visibility timeout can be derived: pass visibility_timeout, six times that timeout"
        )
        raise ValueError(msg)


def derive(
    *,
    downstream: Downstream,
    consumer: lambda_.IFunction,
    strategy: FlowStrategy,
    runtime: RuntimeDelivery,
    options: Options,
) -> Sizing:
    """Size the flow; what the author gave stands.

    Raises:
        ValueError: The strategy does not go with the runtime, or cannot be sized.
    """
    if not hasattr(downstream, "calls_per_second"):
        msg = f"downstream must be a Downstream, such as Downstream(calls_per_second=10), got {downstream!r}"
        raise ValueError(msg)
    known_timeout = _functions.timeout(consumer)
    sized = sizing.derive(
        calls_per_second=downstream.calls_per_second,
        burst=downstream.burst,
        mean_latency=downstream.mean_seconds,
        p99_latency=downstream.p99_seconds,
        error_rate=downstream.error_rate,
        batch_size=options.batch_size,
        fifo=options.in_line > 1,
        strategy=_strategy(strategy, runtime),
        max_concurrency=options.max_concurrency,
        function_timeout=None if known_timeout is UNKNOWN else known_timeout,
        memory_size=_functions.memory_size(consumer),
        target_loss=options.target_loss,
        outage_tolerance=options.outage_tolerance,
        load=options.load.segments if options.load else None,
        repeat=options.load.repeat if options.load else False,
        max_wait=options.max_wait,
    )
    sized = replace(sized, call_timeout=options.call_timeout or sized.call_timeout)
    return _with_receives(sized, options.max_receive_count, downstream, options)


def _strategy(value: str, runtime: RuntimeDelivery) -> FlowStrategy:
    if value not in list(FlowStrategy):
        allowed = ", ".join(f"FlowStrategy.{strategy}" for strategy in FlowStrategy)
        msg = f"strategy must be one of {allowed}, got {value!r}"
        raise ValueError(msg)
    strategy = FlowStrategy(value)
    if runtime != "none":
        return strategy
    if strategy is FlowStrategy.PACE:
        msg = (
            'strategy PACE needs this library\'s handler, and runtime="none" says that it is not there: '
            'use FlowStrategy.CONCURRENCY (or AUTO), or runtime="layer"'
        )
        raise ValueError(msg)
    return FlowStrategy.CONCURRENCY


def with_queues(sized: Sizing, queues: Queues, downstream: Downstream, options: Options) -> Sizing:
    """The sizing with what the queues in fact have, where it can be seen."""
    receives = None if queues.max_receive_count is UNKNOWN else queues.max_receive_count
    sized = _with_receives(sized, receives, downstream, options)
    if queues.visibility_timeout is not UNKNOWN:
        sized = replace(sized, visibility_timeout=int(queues.visibility_timeout))
    if queues.retention is not UNKNOWN:
        sized = replace(sized, retention=int(queues.retention))
    return sized


def _with_receives(sized: Sizing, receives: int | None, downstream: Downstream, options: Options) -> Sizing:
    """The sizing with another number of receives, where one is given."""
    if receives is None:
        return sized
    counted = min(receives, sizing.MAX_RECEIVES)  # a queue without a dead-letter queue has no limit
    return replace(
        sized,
        max_receive_count=receives,
        retry_span=sizing.retry_span(counted, sized.backoff_cap),
        least_retry_span=sizing.least_retry_span(counted, sized.backoff_cap),
        loss_probability=sizing.loss_probability(downstream.error_rate, counted, options.in_line),
    )
