"""Which number follows from which: each of a sizing's, its formula with the values put in, and where it is from.

A formula is arithmetic that can be worked out as it stands; what is searched for or looked up is told in words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import groupby

from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE, REPORTING_RESERVE
from constructs_lib.sizing import cost, limits
from constructs_lib.sizing.backlog import Backlog, drains
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.profile import Profile
from constructs_lib.sizing.result import Sizing
from constructs_lib.sizing.retries import wait_bounds
from constructs_lib.sizing.strategy import FlowStrategy

_SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"
_CONFIGURE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
_QUOTAS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
_JITTER = "https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"
_PRICES = "https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/lambda/pricing/"
_FLUID = "fluid model: arrivals in straight lines, a constant goodput, never below 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where one number of a sizing is from.

    Attributes:
        name: The sizing's field.
        formula: Arithmetic with the values put in; empty where there is none.
        why: What it means, and its source.
    """

    name: str
    formula: str = ""
    why: str


def explain(inputs: Inputs, sized: Sizing) -> list[Explanation]:
    """Explain what is known, in the order of the sizing's fields."""
    groups = (_workers, _timeouts, _retries, _goods, _load, _alarms)
    found = {each.name: each for group in groups for each in group(inputs, sized)}
    return [found[field.name] for field in fields(sized) if field.name in found]


def _workers(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    rate, batch, latency = _n(inputs.calls_per_second), inputs.batch_size, inputs.mean_latency
    yield Explanation(name="strategy", why=_why_strategy(inputs))
    yield _max_concurrency(inputs, sized)
    if sized.strategy is FlowStrategy.PACE:
        formula, why = (
            f"{sized.max_concurrency} / {rate}",
            "N workers make R calls a second if each takes N / R seconds",
        )
    else:
        formula, why = "", "CONCURRENCY does not pace"
    yield Explanation(name="pace", formula=formula, why=why)
    if latency is None or sized.utilisation is None:
        return
    overhead = _n(inputs.overhead)
    yield Explanation(
        name="littles_law_concurrency",
        formula=f"{rate} * ({overhead} + {batch} * {_n(latency)}) / {batch}",
        why="Little's law: rate x seconds of an invocation / batch_size",
    )
    tail = f" + {_n(latency)} * exp(-{_n(sized.pace)} / {_n(latency)})" if latency else ""
    yield Explanation(
        name="utilisation",
        formula=f"min(1, {sized.max_concurrency} / ({rate} * ({_n(sized.pace)}{tail} + {overhead} / {batch})))",
        why="workers / (rate x the seconds that a message occupies one, with exponential latencies)",
    )


def _why_strategy(inputs: Inputs) -> str:
    if inputs.strategy != FlowStrategy.AUTO:
        return "given"
    if inputs.mean_latency is None:
        return "AUTO takes PACE where mean_latency is not known"
    return (
        "AUTO takes CONCURRENCY only where its workers hold rate and burst even if every call fails at once "
        f"(in {limits.FAST_FAILURE:g} s), and PACE elsewhere"
    )


def _max_concurrency(inputs: Inputs, sized: Sizing) -> Explanation:
    least, most = limits.MIN_CONCURRENCY, limits.MAX_CONCURRENCY
    formula, allowed = "", f"Lambda takes {least} to {most}, {_SCALING}"
    if inputs.max_concurrency is not None:
        why = "given"
    elif sized.strategy is FlowStrategy.CONCURRENCY and sized.littles_law_concurrency is not None:
        littles_law = _n(sized.littles_law_concurrency)
        formula = f"max({least}, min({most}, floor({limits.CONCURRENCY_SHARE:g} * {littles_law})))"
        why = f"{1 - limits.CONCURRENCY_SHARE:.0%} of Little's law are left unused; {allowed}"
    else:
        enough = (
            f"the fewest that reach {limits.PACE_UTILISATION:.0%} of the rate"
            if inputs.mean_latency is not None
            else f"as many as reach the rate where a call takes {limits.ASSUMED_LATENCY:g} s"
        )
        why = (
            f"{enough}, of at most burst {inputs.burst} / batch_size {inputs.batch_size}, and as the function's "
            f"timeout lets them be paced; {allowed}"
        )
    return Explanation(name="max_concurrency", formula=formula, why=why)


def _timeouts(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    given, batch = inputs.function_timeout, inputs.batch_size
    if inputs.p99_latency is not None:
        factor = f"{limits.TIMEOUT_OVER_P99:g}"
        formula, why = f"{factor} * {_n(inputs.p99_latency)}", f"{factor} times the 99th percentile"
    elif given is None:
        formula = f"max({limits.ASSUMED_CALL_TIMEOUT:g}, {limits.TIMEOUT_OVER_MEAN} * {_n(inputs.mean_latency or 0)})"
        why = (
            f"{limits.ASSUMED_CALL_TIMEOUT:g} s, or {limits.TIMEOUT_OVER_MEAN} times the mean latency, because no "
            "p99_latency is known"
        )
    else:
        formula = f"max(0.001, ({_n(given)} - {REPORTING_RESERVE:g}) / {batch})"
        why = f"an equal part of the function's timeout for each message, less {REPORTING_RESERVE:g} s to report"
    yield Explanation(name="call_timeout", formula=formula, why=why)
    if given is not None:
        yield Explanation(name="function_timeout", why="given")
    else:
        yield Explanation(
            name="function_timeout",
            formula=f"ceil({batch} * max({_n(sized.call_timeout)}, {_n(sized.pace)}) + {REPORTING_RESERVE:g})",
            why=f"batch_size x the call's timeout or the pace, and {REPORTING_RESERVE:g} s to report",
        )
    yield Explanation(
        name="visibility_timeout",
        formula=f"ceil({limits.VISIBILITY_FACTOR} * {_n(sized.function_timeout)})",
        why=f"{limits.VISIBILITY_FACTOR} function timeouts, {_CONFIGURE}",
    )


def _retries(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    receives, outage = sized.max_receive_count, inputs.outage_tolerance
    lasts = f", and whose waits outlast an outage of {_n(outage)} s for 999 of 1000 messages" if outage else ""
    yield Explanation(
        name="max_receive_count",
        why=(
            f"the fewest, from {limits.MIN_RECEIVES} ({_CONFIGURE}), "
            f"that lose at most target_loss {_n(inputs.target_loss)}{lasts}"
        ),
    )
    if inputs.in_line == 1:
        formula, why = f"{_n(inputs.error_rate)} ** {receives}", "every receive of a message fails, independently"
    else:
        formula, why = "", f"fewer than {inputs.in_line} of {receives} receives succeed, so the last in line is lost"
    yield Explanation(name="loss_probability", formula=formula, why=why)
    yield Explanation(
        name="backoff_cap",
        formula=f"min({_n(limits.MAX_BACKOFF_CAP)}, max({_n(limits.MIN_BACKOFF_CAP)}, {_n(outage)}))",
        why=f"a minute, or the outage, of at most the 12 hours that SQS hides a message, {_QUOTAS}",
    )
    bounds = _grouped(wait_bounds(receives, sized.backoff_cap))
    yield Explanation(
        name="retry_span",
        formula=f"({' + '.join(f'{count} * {_n(bound)}' for bound, count in bounds)}) / 2",
        why=f"half of each wait's bound, which doubles from {BACKOFF_BASE:g} s up to the cap: full jitter, {_JITTER}",
    )
    squares = " + ".join(f"{count} * {_n(bound)} ** 2" for bound, count in bounds)
    yield Explanation(
        name="least_retry_span",
        formula=f"max(0, {_n(sized.retry_span)} - {limits.SPAN_MARGIN:g} * sqrt(({squares}) / 12))",
        why=f"the mean less {limits.SPAN_MARGIN:g} standard deviations; a wait is uniform",
    )


def _grouped(bounds: list[float]) -> list[tuple[float, int]]:
    return [(bound, len(list(equal))) for bound, equal in groupby(bounds)] or [(0.0, 0)]


def _goods(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    wait = max(inputs.max_wait or 0.0, sized.max_wait or 0.0, sized.expected_max_wait or 0.0)
    least, most = limits.DEFAULT_RETENTION, limits.MAX_RETENTION
    yield Explanation(
        name="retention",
        formula=f"min({most}, max({least}, ceil(4 * ({_n(wait)} + 2 * {_n(sized.retry_span)})) + {limits.DAY}))",
        why=(
            f"4 x (longest wait + retries) and a day, from {least // limits.DAY} to {most // limits.DAY} days; "
            f"SQS keeps a message 14 at most, {_QUOTAS}"
        ),
    )
    attempts = _n(cost.mean_attempts(inputs.error_rate, sized.max_receive_count))
    seconds, batch = _n(cost.billed(inputs.calls, sized.pace)), inputs.batch_size
    yield Explanation(
        name="cost_per_million",
        formula=(
            f"1e6 * ((1 + ({attempts} + 1) / {batch} + {attempts} - 1) * {cost.SQS_REQUEST:g}"
            f" + {attempts} / {batch} * {cost.LAMBDA_REQUEST:g}"
            f" + {attempts} * {seconds} * {inputs.memory_size} / 1024 * {cost.LAMBDA_GB_SECOND:.6g})"
        ),
        why=f"SQS requests, Lambda requests, and its GB-seconds; us-east-1 list prices, ARM, {_PRICES}",
    )
    rate, error = _n(inputs.calls_per_second), _n(inputs.error_rate)
    yield Explanation(name="goodput", formula=f"{rate} * (1 - {error})", why="calls that succeed at the whole rate")
    if sized.expected_goodput is not None and sized.utilisation is not None:
        yield Explanation(
            name="expected_goodput",
            formula=f"{_n(sized.utilisation)} * {_n(sized.goodput)}",
            why="utilisation x goodput",
        )


def _load(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    profile = inputs.profile
    if profile is None:
        return
    if profile.repeat:
        formula, why = f"{_n(profile.messages)} / {_n(profile.length)}", "messages of the load / its seconds"
    else:
        formula, why = "", "nothing comes after the load; with repeat it would come again"
    yield Explanation(name="load_after", formula=formula, why=why)
    yield Explanation(name="peak_arrival", why="the highest rate of the load's segments")
    yield from _waiting("", sized.goodput, profile)
    if sized.expected_goodput is not None:
        yield from _waiting("expected_", sized.expected_goodput, profile)


def _waiting(prefix: str, goodput: float, profile: Profile) -> Iterator[Explanation]:
    if not drains(load_after=profile.after, goodput=goodput):
        return
    backlog = Backlog.of(profile, goodput)
    each, peak_at, empty = _n(goodput), _n(backlog.peak_at), _n(backlog.empty_before)
    arrived = _n(profile.until(backlog.peak_at) - profile.until(backlog.empty_before))
    if backlog.peak:
        formula, why = (
            f"{arrived} - {each} * ({peak_at} - {empty})",
            f"what came, less what was worked off, from {empty} s",
        )
    else:
        formula, why = "", f"never more than {each} a second come"
    yield Explanation(name=f"{prefix}peak_backlog", formula=formula, why=f"{why}; {_FLUID}")
    yield Explanation(
        name=f"{prefix}drain_time",
        formula=f"{_n(backlog.peak_at + backlog.drain_time)} - {peak_at}",
        why="seconds from the beginning at which the backlog is 0 again, less those at which it is at its peak",
    )
    yield Explanation(
        name=f"{prefix}max_wait",
        formula=f"{_n(backlog.peak)} / {each}",
        why="whoever comes to the peak waits until those before it are worked off",
    )


def _alarms(inputs: Inputs, sized: Sizing) -> Iterator[Explanation]:
    wait = max(sized.max_wait or 0.0, sized.expected_max_wait or 0.0)
    factor, margin, outage = _n(limits.AGE_FACTOR), _n(limits.AGE_MARGIN), _n(inputs.outage_tolerance)
    if inputs.max_wait is not None:
        formula, why = f"{factor} * {_n(inputs.max_wait)}", f"{factor} times max_wait"
    else:
        formula, why = (
            f"max({outage} + {margin}, {factor} * {_n(wait)})",
            f"{margin} s above an outage, {factor} times a wait",
        )
    yield Explanation(name="age_alarm", formula=formula, why=why)
    if sized.peak_arrival is None:
        return
    peak = _n(sized.expected_peak_backlog or sized.peak_backlog or 0.0)
    least = _n(limits.BACKLOG_SECONDS)
    in_an_outage = f"{_n(sized.peak_arrival)} * max({outage}, {least})"
    yield Explanation(
        name="backlog_alarm",
        formula=f"ceil({_n(limits.BACKLOG_FACTOR)} * max({peak}, {in_an_outage}))",
        why=f"{_n(limits.BACKLOG_FACTOR)} times the peak, or what comes at most in an outage or {least} s",
    )


def _n(value: float) -> str:
    """A number in a formula: to ten digits, so that rounding up stays what it is."""
    return str(value) if isinstance(value, int) else f"{value:.10g}"
