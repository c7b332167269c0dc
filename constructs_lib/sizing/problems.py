"""Problems and warnings, in words: what cannot work, and what works and may surprise. Times are in seconds.

`problems_of` and `warnings_of` say it of a sizing. The functions below them have one message each, and return None
when all is well; the rules of flow control ask them too, so that both say it alike.
"""

from constructs_lib.sizing.backlog import drains
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.limits import (
    DAY,
    MAX_CONCURRENCY,
    MAX_FUNCTION_TIMEOUT,
    MAX_RECEIVES,
    MAX_RETENTION,
    MIN_CONCURRENCY,
    ROUNDING,
)
from constructs_lib.sizing.result import Sizing

#: A shorter wait goes unnoticed beside what polling and a cold start add.
_NOTICED = 1.0


def problems_of(inputs: Inputs, sized: Sizing) -> tuple[str, ...]:
    """What cannot work."""
    found = [
        cannot_be_mapped(max_concurrency=sized.max_concurrency),
        gives_up_early(call_timeout=sized.call_timeout, mean_latency=inputs.mean_latency),
        loses_too_much(
            loss_probability=sized.loss_probability, error_rate=inputs.error_rate, target_loss=inputs.target_loss
        ),
        outlasts_retention(wait=_longest_wait(inputs, sized.max_wait), retry_span=sized.retry_span),
    ]
    if sized.load_after is not None:
        found.append(never_drains(load_after=sized.load_after, goodput=sized.goodput))
    if sized.max_wait is not None:
        found.append(waits_too_long(longest_wait=sized.max_wait, max_wait=inputs.max_wait))
    return _said(found)


def warnings_of(inputs: Inputs, sized: Sizing) -> tuple[str, ...]:
    """What works, and may surprise."""
    found = [runs_too_long(function_timeout=sized.function_timeout)]
    if sized.load_after is not None:
        found.append(
            may_never_drain(load_after=sized.load_after, goodput=sized.goodput, expected_goodput=sized.expected_goodput)
        )
    if sized.max_wait is not None:
        expected = sized.expected_max_wait
        found.append(waits(longest_wait=sized.max_wait, expected_longest_wait=expected, max_wait=inputs.max_wait))
        if not outlasts_retention(wait=_longest_wait(inputs, sized.max_wait), retry_span=sized.retry_span):
            found.append(outlasts_retention(wait=expected or 0.0, retry_span=sized.retry_span))
    return _said(found)


def cannot_be_mapped(*, max_concurrency: int) -> str | None:
    """Lambda takes no mapping with so few, or so many, workers: an error."""
    if MIN_CONCURRENCY <= max_concurrency <= MAX_CONCURRENCY:
        return None
    return (
        f"max_concurrency {max_concurrency} is outside of what Lambda allows, {MIN_CONCURRENCY} to {MAX_CONCURRENCY}; "
        "set one of these (ScalingConfig.MaximumConcurrency)"
    )


def gives_up_early(*, call_timeout: float, mean_latency: float | None) -> str | None:
    """A call has less time than it takes on average: an error."""
    if mean_latency is None or call_timeout > mean_latency:
        return None
    return (
        f"a call has {call_timeout:g} s and takes {mean_latency:g} s on average, so that most would be given up; raise "
        f"the function's timeout (up to {MAX_FUNCTION_TIMEOUT} s), lower batch_size, or declare a longer p99_latency "
        "or call_timeout"
    )


def never_drains(*, load_after: float, goodput: float) -> str | None:
    """The load goes on above what the downstream can work off: an error."""
    if drains(load_after=load_after, goodput=goodput):
        return None
    return (
        f"the load that goes on, {load_after:.4g} messages a second on average, is above the goodput of "
        f"{goodput:.4g}, which is calls_per_second x (1 - error_rate): a backlog never drains; "
        "lower the load, or agree on a higher calls_per_second with whoever runs the downstream"
    )


def may_never_drain(*, load_after: float, goodput: float, expected_goodput: float | None) -> str | None:
    """The load goes on at all that these workers, or the downstream, are expected to work off: a warning."""
    if not drains(load_after=load_after, goodput=goodput):
        return None  # the error says it
    if expected_goodput is not None and goodput > load_after >= expected_goodput * (1 - ROUNDING):
        return (
            f"the load that goes on, {load_after:.4g} messages a second on average, is not below the "
            f"{expected_goodput:.4g} that the flow's workers are expected to reach of the goodput of {goodput:.4g}: "
            "the backlog may never drain; declare the burst that the downstream takes, or set a higher max_concurrency"
        )
    if load_after >= goodput * (1 - ROUNDING):
        return (
            f"the load that goes on, {load_after:.4g} messages a second on average, takes the whole goodput of "
            f"{goodput:.4g}: what an outage adds to the backlog never drains; "
            "lower the load, or agree on a higher calls_per_second with whoever runs the downstream"
        )
    return None


def waits_too_long(*, longest_wait: float, max_wait: float | None) -> str | None:
    """Even at the downstream's whole rate a message waits longer than it may: an error."""
    if max_wait is None or longest_wait <= max_wait * (1 + ROUNDING):
        return None
    return (
        f"a message of this load waits up to {_time(longest_wait)}, though the downstream's whole rate is used, longer "
        f"than max_wait {_time(max_wait)}; "
        "accept a longer max_wait, spread the load, or agree on a higher calls_per_second"
    )


def waits(*, longest_wait: float, expected_longest_wait: float | None, max_wait: float | None) -> str | None:
    """How long messages wait where nobody said how long they may, or longer than that as expected: a warning."""
    longest = max(longest_wait, expected_longest_wait or 0.0)
    if max_wait is None:
        if longest < _NOTICED:
            return None
        whole = "" if longest == longest_wait else f" ({_time(longest_wait)} at the downstream's whole rate)"
        return (
            f"a message of this load waits up to {_time(longest)}{whole}; "
            "set max_wait to what is acceptable, and it is checked"
        )
    if longest_wait > max_wait * (1 + ROUNDING) or longest <= max_wait * (1 + ROUNDING):
        return None  # the error says it, or all is well
    return (
        f"a message of this load is expected to wait up to {_time(longest)}, longer than max_wait {_time(max_wait)}: "
        f"the flow's workers do not reach the downstream's whole rate, at which it would be {_time(longest_wait)}; "
        "declare the burst that the downstream takes, set a higher max_concurrency, or accept a longer max_wait"
    )


def outlasts_retention(*, wait: float, retry_span: float) -> str | None:
    """A message waits and is retried for longer than SQS keeps it: an error."""
    longest = wait + retry_span + DAY
    if longest <= MAX_RETENTION:
        return None
    return (
        f"a message may wait {_time(wait)} and be retried for {_time(retry_span)}; with a day to spare that is "
        f"{longest / DAY:.1f} days, longer than the {MAX_RETENTION / DAY:g} days that the queue can keep it: messages "
        "expire unprocessed; lower the load, max_wait, outage_tolerance or error_rate"
    )


def runs_too_long(*, function_timeout: float) -> str | None:
    """No function may run for so long: a warning, because the numbers beside it are right for other workers."""
    if function_timeout <= MAX_FUNCTION_TIMEOUT:
        return None
    return (
        f"an invocation may take {function_timeout:g} s, longer than the {MAX_FUNCTION_TIMEOUT} s that Lambda lets a "
        "function run; lower batch_size or max_concurrency, or declare a shorter p99_latency or function_timeout"
    )


def loses_too_much(*, loss_probability: float, error_rate: float, target_loss: float) -> str | None:
    """Not even SQS's limit of receives keeps the loss within the target: an error."""
    if loss_probability <= target_loss * (1 + ROUNDING):
        return None
    return (
        f"with error_rate {error_rate:g}, {loss_probability:.2g} of the messages are dead-lettered even after "
        f"{MAX_RECEIVES} receives, SQS's limit, more than target_loss {target_loss:g}; "
        "lower the downstream's error_rate, or accept a larger target_loss"
    )


def _longest_wait(inputs: Inputs, at_the_goodput: float | None) -> float:
    return max(inputs.max_wait or 0.0, at_the_goodput or 0.0)


def _time(seconds: float) -> str:
    """Seconds as long as they can be pictured, then days."""
    return f"{seconds:.4g} s" if seconds < DAY else f"{seconds / DAY:.3g} days"


def _said(found: list[str | None]) -> tuple[str, ...]:
    return tuple(each for each in found if each is not None)
