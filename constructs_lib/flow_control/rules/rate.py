"""Rules about flows (`FlowFacts`), of their rate: whether the workers hold it, use it, and keep up with the load."""

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import seconds
from constructs_lib.sizing import limits, problems
from constructs_lib.sizing.strategy import FlowStrategy, concurrency_limit

#: Share of the rate below which PACE is too slow to be meant.
_LEAST_UTILISATION = 0.5
#: Messages of a queue that may be in flight: received, and not yet deleted.
_IN_FLIGHT = 120_000


def _is_concurrency(strategy: FlowStrategy) -> bool:
    return strategy is FlowStrategy.CONCURRENCY


def _is_pace(strategy: FlowStrategy) -> bool:
    return strategy is FlowStrategy.PACE


def _a_load_goes_on(load_after: float | None) -> bool:
    return load_after is not None


def _at_most(workers: int) -> str:
    return f"set at most {workers}, or " if workers >= limits.MIN_CONCURRENCY else ""


@rule(
    "R19",
    about=FlowFacts,
    what="CONCURRENCY: two workers, the least there are, make more calls than the rate",
    why="Lambda's least maximum concurrency is 2: calls so short cannot be held to the rate by concurrency.",
    source=pages.SIZING,
    fix="Use `FlowStrategy.PACE`.",
    when=_is_concurrency,
)
def _least_concurrency_holds_the_rate(littles_law_concurrency: float, calls_per_second: float) -> str | None:
    if littles_law_concurrency >= limits.MIN_CONCURRENCY:
        return None
    return (
        f"strategy CONCURRENCY: Lambda's least concurrency, 2, makes more than {calls_per_second:g} calls a second "
        f"({littles_law_concurrency:.2g} workers would make just that); use FlowStrategy.PACE"
    )


@rule(
    "R20",
    about=FlowFacts,
    what=f"CONCURRENCY: more workers than {limits.CONCURRENCY_SHARE:g} of those that make the rate",
    why=(
        "Calls that are refused take no time, so their workers come back at once and are refused again: from there on "
        "the refusals grow as an avalanche."
    ),
    source=pages.SIZING,
    fix="Lower `max_concurrency` or leave it out, or use `FlowStrategy.PACE`.",
    when=_is_concurrency,
)
def _concurrency_stays_off_the_cliff(
    littles_law_concurrency: float, max_concurrency: int, calls_per_second: float
) -> str | None:
    if max_concurrency <= limits.CONCURRENCY_SHARE * littles_law_concurrency:
        return None
    return (
        f"strategy CONCURRENCY with max_concurrency {max_concurrency} is above {limits.CONCURRENCY_SHARE:g} x "
        f"{littles_law_concurrency:.3g}, the workers that make {calls_per_second:g} calls a second: from there calls "
        "are refused in an avalanche; "
        f"{_at_most(concurrency_limit(littles_law_concurrency))}use FlowStrategy.PACE"
    )


@rule(
    "R22",
    about=FlowFacts,
    what="more arrives than the downstream completes, and goes on to arrive",
    why="The queue never drains: each message waits longer than the one before, until they expire.",
    source=pages.SIZING,
    fix="Send less, or have the downstream take more (`calls_per_second`) or fail less.",
    when=_a_load_goes_on,
)
def _the_downstream_keeps_up(load_after: float, goodput: float) -> str | None:
    return problems.never_drains(load_after=load_after, goodput=goodput)


@rule(
    "R22",
    Level.WARNING,
    about=FlowFacts,
    what="as much arrives as the flow's workers, or the downstream, are expected to complete",
    why="What piles up in an outage stays: there is no time left to work it off.",
    source=pages.SIZING,
    fix="Declare the burst that the downstream takes, or a higher `max_concurrency`.",
    when=_a_load_goes_on,
)
def _the_workers_keep_up(load_after: float, goodput: float, expected_goodput: float | None) -> str | None:
    return problems.may_never_drain(load_after=load_after, goodput=goodput, expected_goodput=expected_goodput)


@rule(
    "R23",
    about=FlowFacts,
    what="messages wait longer than `max_wait`, though the downstream is called at its whole rate",
    why="The declared load does not go with the declared wait: nobody could call this downstream faster.",
    source=pages.SIZING,
    fix="Accept a longer `max_wait`, spread the load, or have the downstream take more.",
    when=lambda longest_wait: longest_wait is not None,
)
def _the_wait_is_possible(longest_wait: float, max_wait: float | None) -> str | None:
    return problems.waits_too_long(longest_wait=longest_wait, max_wait=max_wait)


@rule(
    "R23",
    Level.WARNING,
    about=FlowFacts,
    what="messages wait and nobody said how long they may, or are expected to wait longer than `max_wait`",
    why="Whether so long a wait is right is not for a library to say; and without `max_wait` its alarm is a guess.",
    source=pages.SIZING,
    fix="Declare `max_wait`, or the burst that the downstream takes, or a higher `max_concurrency`.",
    when=lambda longest_wait: longest_wait is not None,
)
def _the_wait_is_agreed(longest_wait: float, expected_longest_wait: float | None, max_wait: float | None) -> str | None:
    return problems.waits(longest_wait=longest_wait, expected_longest_wait=expected_longest_wait, max_wait=max_wait)


@rule(
    "R24",
    Level.WARNING,
    about=FlowFacts,
    what="PACE: more calls at once than the downstream's burst",
    why="After a pause all workers call at once. What is above the burst is refused, and tried again.",
    source=pages.SIZING,
    fix="Declare the burst that the downstream takes, or lower `max_concurrency` or `batch_size`.",
    when=_is_pace,
)
def _calls_at_once_are_within_the_burst(max_concurrency: int, batch_size: int, burst: int) -> str | None:
    at_once = max_concurrency * batch_size
    # Two at once is the least that Lambda allows: nothing that an author could mend.
    if at_once <= max(burst, limits.MIN_CONCURRENCY):
        return None
    return (
        f"max_concurrency {max_concurrency} x batch_size {batch_size} = {at_once} is above the downstream's burst of "
        f"{burst}: so many calls may come at once, and some be refused and retried; "
        "declare the burst that the downstream takes, or lower the two"
    )


@rule(
    "R40",
    Level.WARNING,
    about=FlowFacts,
    what="an outage may hide more than 120,000 messages",
    why="A message that waits for its retry is in flight, and of a queue with 120,000 of them SQS delivers nothing.",
    source=pages.QUEUE_QUOTAS,
    fix="Declare a shorter `outage_tolerance`, which shortens the waits, or split the load over several queues.",
    when=lambda has_runtime, has_load: has_runtime and has_load,
)
def _an_outage_can_be_waited_out(
    peak_arrival: float | None, outage_tolerance: float, backoff_cap: float, calls_per_second: float
) -> str | None:
    # All that arrives may be hidden; but no more than was called, and that within one wait.
    hidden = min((peak_arrival or 0.0) * (outage_tolerance + backoff_cap), calls_per_second * backoff_cap)
    if hidden <= _IN_FLIGHT:
        return None
    return (
        f"in an outage of {seconds(outage_tolerance)} up to {hidden:.0f} messages wait for their next attempt, hidden "
        f"for up to {seconds(backoff_cap)} each, and SQS delivers nothing from a queue with {_IN_FLIGHT} in flight; "
        "declare a shorter outage_tolerance, or split the load over several queues"
    )


@rule(
    "R46",
    Level.WARNING,
    about=FlowFacts,
    what="PACE: the workers reach less than half of the rate",
    why="A pace as slow is hardly meant: the workers are kept within the burst, and calls take long.",
    source=pages.SIZING,
    fix="Declare the burst that the downstream takes, or a higher `max_concurrency`.",
    when=_is_pace,
)
def _pace_uses_the_rate(
    utilisation: float | None, max_concurrency: int, calls_per_second: float, burst: int
) -> str | None:
    if utilisation is None or utilisation >= _LEAST_UTILISATION:
        return None
    return (
        f"PACE with {max_concurrency} workers reaches about {utilisation:.0%} of {calls_per_second:g} calls a second: "
        f"its workers are kept within the burst of {burst}; "
        "declare the burst that the downstream takes, or a higher max_concurrency"
    )
