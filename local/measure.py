"""What a run showed, computed from records alone: the shop's, the callers' attempt log and the courier's own record.

Nothing comes from CloudWatch metrics. Times are epoch seconds; all functions are pure.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from local.load import Sent
from local.logs import Acceptance, Call, Invocation

_TOO_MANY_REQUESTS = 429
#: Log times are whole milliseconds, so two invocations that follow each other may seem to overlap by as much.
_CLOCK_STEP = 0.002
_INSTANT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The records of one version's run.

    Attributes:
        sent: What the shop sent.
        calls: What the delivery function called.
        acceptances: What the courier took.
        invocations: The delivery function's.
        dead_lettered: Orders in the dead-letter queue at the end; None where there is no such queue.
        waiting: Orders still in the queue at the end.
        cut: Why the wait for outcomes was given up; empty when every order's fate was known.
    """

    sent: Sequence[Sent]
    calls: Sequence[Call]
    acceptances: Sequence[Acceptance]
    invocations: Sequence[Invocation]
    dead_lettered: int | None = None
    waiting: int = 0
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Per second of the run, from the first order on.

    Attributes:
        calls: Calls begun.
        accepted: Of those, answered with success.
        refused: Of those, answered 429.
        concurrency: Most invocations of the delivery function that overlapped.
        invocations: Invocations begun.
        open_orders: Orders sent and not accepted yet, at the second's end.
        sent: Orders sent.
    """

    calls: list[int] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    concurrency: list[int] = field(default_factory=list)
    invocations: list[int] = field(default_factory=list)
    open_orders: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one version. Times in seconds, shares from 0 to 1; None: there was nothing to measure.

    Attributes:
        orders_in: Orders that the hub took.
        delivered: Of those, different ones that the courier accepted.
        duplicates: Acceptances beyond the first of an order.
        lost: Orders neither delivered nor kept anywhere.
        dead_lettered: Orders in the dead-letter queue; None where there is none.
        waiting: Orders still in the queue.
        calls: HTTP calls to the courier.
        refused_share: Share of the calls answered 429.
        failed_calls: Calls without success, 429 included.
        backlog_seconds: How long more orders were open than the workers could have in hand.
        limit_used: Calls per second against the limit during those seconds.
        worst_excess: Largest number of calls, over all windows of W seconds, beyond limit times W.
        peak_rate: Most calls that began within one second.
        peak_concurrency: Most invocations of the delivery function at once.
        delivery_p50: Median time from sending an order to its acceptance.
        delivery_p99: The 99th percentile of the same.
        drain: From the last order sent to the last outcome.
        latest_send: How far behind schedule an order was sent at most.
        cut: Why the wait for outcomes was given up; empty when every order's fate was known.
        series: The same over time.
    """

    orders_in: int
    delivered: int
    duplicates: int
    lost: int
    dead_lettered: int | None
    waiting: int
    calls: int
    refused_share: float | None
    failed_calls: int
    backlog_seconds: float
    limit_used: float | None
    worst_excess: float
    peak_rate: int
    peak_concurrency: int
    delivery_p50: float | None
    delivery_p99: float | None
    drain: float | None
    latest_send: float
    cut: str
    series: Series


def measure(run: Run, *, limit: float, workers: int) -> Result:
    """The figures of one run.

    Args:
        run: Its records.
        limit: Calls per second that the courier allows.
        workers: Orders that the flow may have in hand at once. While more are open there is a backlog; the same
            number is used for the version that knows no such bound, so that the two compare.
    """
    taken = [sent for sent in run.sent if sent.taken]
    ours = {sent.order_id for sent in taken}
    first: dict[str, float] = {}
    accepted = [acceptance for acceptance in run.acceptances if acceptance.order_id in ours]
    for acceptance in accepted:
        first.setdefault(acceptance.order_id, acceptance.accepted_at)
    calls = sorted(call.called_at for call in run.calls)
    waits = sorted(first[sent.order_id] - sent.sent_at for sent in taken if sent.order_id in first)
    backlog = backlog_intervals([sent.sent_at for sent in taken], list(first.values()), more_than=workers)
    seconds = sum(end - begin for begin, end in backlog)
    during = sum(1 for at in calls if any(begin <= at < end for begin, end in backlog))
    kept = (run.dead_lettered or 0) + run.waiting
    return Result(
        orders_in=len(taken),
        delivered=len(first),
        duplicates=len(accepted) - len(first),
        lost=len(taken) - len(first) - kept,
        dead_lettered=run.dead_lettered,
        waiting=run.waiting,
        calls=len(calls),
        refused_share=share(run.calls, _TOO_MANY_REQUESTS),
        failed_calls=sum(1 for call in run.calls if not call.accepted),
        backlog_seconds=seconds,
        limit_used=during / (limit * seconds) if seconds else None,
        worst_excess=worst_excess(calls, limit=limit),
        peak_rate=most_within(calls, seconds=1.0),
        peak_concurrency=peak_overlap(run.invocations),
        delivery_p50=percentile(waits, 50),
        delivery_p99=percentile(waits, 99),
        drain=_drain(taken, first, run.calls),
        latest_send=max((sent.late for sent in run.sent), default=0.0),
        cut=run.cut,
        series=series(run, first),
    )


def share(calls: Sequence[Call], status: int) -> float | None:
    """Share of the calls with this status."""
    return sum(1 for call in calls if call.status == status) / len(calls) if calls else None


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The smallest value that at least this percentage of the values does not exceed (nearest rank)."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def backlog_intervals(sent: Iterable[float], settled: Iterable[float], *, more_than: int) -> list[tuple[float, float]]:
    """The stretches of time in which more than so many orders were sent and not settled."""
    steps = sorted([(at, 1) for at in sent] + [(at, -1) for at in settled])
    intervals: list[tuple[float, float]] = []
    open_orders, began = 0, None
    for at, step in steps:
        open_orders += step
        if began is None and open_orders > more_than:
            began = at
        elif began is not None and open_orders <= more_than:
            intervals.append((began, at))
            began = None
    if began is not None:  # orders that never were settled: until the last thing that happened
        intervals.append((began, steps[-1][0]))
    return intervals


def worst_excess(calls: Sequence[float], *, limit: float) -> float:
    """The most that any window holds beyond its share: calls - limit * length, both ends of the window included.

    The bound of PACE is limit * W + N * b calls, so this is at most N * b. One pass: a window from call i to call j
    exceeds by (j + 1 - limit * t_j) - (i - limit * t_i).
    """
    worst, lowest = 0.0, math.inf
    for place, at in enumerate(calls):
        lowest = min(lowest, place - limit * at)
        worst = max(worst, place + 1 - limit * at - lowest)
    return worst


def most_within(calls: Sequence[float], *, seconds: float) -> int:
    """Most calls in any half-open window of that length."""
    worst, begin = 0, 0
    for end, at in enumerate(calls):
        while calls[begin] <= at - seconds:
            begin += 1
        worst = max(worst, end - begin + 1)
    return worst


def _steps(invocations: Sequence[Invocation]) -> list[tuple[float, int]]:
    # An end comes before another's beginning at the same time, never before its own.
    begins = [(one.began, 1) for one in invocations]
    ends = [(max(one.began + _INSTANT, one.ended - _CLOCK_STEP), -1) for one in invocations]
    return sorted(begins + ends)


def peak_overlap(invocations: Sequence[Invocation]) -> int:
    """Most invocations that ran at the same time, by their REPORT lines: from its time minus the duration, to it."""
    peak = now = 0
    for _, step in _steps(invocations):
        now += step
        peak = max(peak, now)
    return peak


def _drain(taken: Sequence[Sent], first: dict[str, float], calls: Sequence[Call]) -> float | None:
    if not taken or not (first or calls):
        return None
    last_outcome = max([*first.values(), *(call.called_at + call.duration for call in calls)])
    return max(0.0, last_outcome - max(sent.sent_at for sent in taken))


def series(run: Run, first: dict[str, float]) -> Series:
    """The run second by second, from the first order sent to the last thing that happened."""
    if not run.sent:
        return Series()
    zero = min(sent.sent_at for sent in run.sent)
    moments = [*(call.called_at + call.duration for call in run.calls), *(sent.sent_at for sent in run.sent)]
    length = int(max(moments) - zero) + 2

    def count(times: Iterable[float]) -> list[int]:
        counts = [0] * length
        for at in times:
            if 0 <= (second := int(at - zero)) < length:
                counts[second] += 1
        return counts

    sent = count(one.sent_at for one in run.sent if one.taken)
    settled = count(first.values())
    return Series(
        calls=count(call.called_at for call in run.calls),
        accepted=count(call.called_at for call in run.calls if call.accepted),
        refused=count(call.called_at for call in run.calls if call.status == _TOO_MANY_REQUESTS),
        concurrency=_concurrency(run.invocations, zero=zero, length=length),
        invocations=count(one.began for one in run.invocations),
        open_orders=[sum(sent[: end + 1]) - sum(settled[: end + 1]) for end in range(length)],
        sent=sent,
    )


def _concurrency(invocations: Sequence[Invocation], *, zero: float, length: int) -> list[int]:
    peaks = [0] * length
    now = place = 0
    steps = _steps(invocations)
    for second in range(length):
        peaks[second] = now
        while place < len(steps) and steps[place][0] < zero + second + 1:
            now += steps[place][1]
            peaks[second] = max(peaks[second], now)
            place += 1
    return peaks
