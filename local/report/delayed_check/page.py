"""The report as one HTML page."""

from html import escape

from constructs_lib.runtime.delayed_check.row import State
from local.report.delayed_check import records
from local.report.delayed_check.arms import arms_of, in_no_arm, told_by_orders
from local.report.delayed_check.experiment import Experiment, Order, Version
from local.report.delayed_check.graphs import (
    arms_figure,
    crossing,
    lateness,
    lift_figure,
    outcomes_figure,
    timelines,
)
from local.report.delayed_check.story import called_twice, story_rows
from local.report.delayed_check.summary import (
    ARM_HEAD,
    DEAD_LETTER_HEAD,
    LATENESS_HEAD,
    MADE_UP,
    NAIVE,
    OURS,
    arm_rows,
    counted,
    dead_letter_rows,
    fact_rows,
    faults,
    lateness_rows,
    promise_rows,
    split_line,
)
from local.report.html import Wrong, document, notes, table, warnings


def page(experiment: Experiment) -> str:
    """The whole page."""
    settings = experiment.settings
    return document(
        "Delayed checks: the demo's report",
        [
            "<h1>Delayed checks: one decision, at most one call?</h1>",
            f'<p class="lead">{escape(finding(experiment))}</p>',
            f'<p class="muted">{escape(experiment.made_at)} · {escape(experiment.machine)} · on an embedded AWS '
            f"emulator, at a scale of 1:{settings.scale:g}</p>",
            warnings(faults(experiment)),
            warnings(experiment.warnings),
            f"<p><b>Load</b>, the same for both: {escape(experiment.load)}. Each order is looked at "
            f"{settings.delay:g} s after it was placed, and nobody may be contacted from {settings.deadline:g} s on; "
            f"the provider allows {settings.calls_per_second:g} contact requests a second. At 1:{settings.scale:g} one "
            f"second stands for {settings.scale:g}.</p>",
            "<h2>What must not be</h2>",
            table(["to reach: 0", NAIVE, OURS], promise_rows(experiment)),
            *_story(experiment),
            "<h2>How late?</h2>",
            f'<div class="pair">{lateness(experiment)}{crossing(experiment)}</div>',
            table(LATENESS_HEAD, lateness_rows(experiment)),
            *_arms(experiment),
            "<h2>What happened</h2>",
            table(["", NAIVE, OURS], fact_rows(experiment)),
            *_dead_letters(experiment),
            notes([*experiment.notes, *_NOTES]),
        ],
    )


_NOTES = (
    "Measured on the emulator: everything with a time, and every count. Arithmetic: the lift, its interval (Newcombe's "
    "hybrid score method) and the split's chi-square. Nothing here is a simulation.",
    f"A contact request of an order that settled less than {records.ON_ITS_WAY:g} s before it arrived is counted as on "
    'its way ("while the order was settling"), not as one for a settled order.',
    "A call that the provider made although it refused the request, or did not answer in time, is a call. Whoever "
    "sends a request again that was not clearly refused (4xx) redials.",
    "Arms, states, outcomes and lift are those of each order's newest outcome event: what a query over the objects "
    "sees. An order in no arm had settled, or was too late, before it was drawn; it is in nobody's lift.",
    "Invocations and writes per order include the duplicates, the kills and the provider's refusals of this load.",
)


def finding(experiment: Experiment) -> str:
    """What came out, in two sentences made of the figures."""
    naive, ours = experiment.naive, experiment.ours
    return (
        f"Of {len(naive.orders):,} orders, with their messages delivered again and their workers killed, the version "
        f"{NAIVE} called {counted(records.called_twice(naive.orders), 'customer')} more than once and sent "
        f"{counted(_late(naive), 'contact request')} after the deadline; {OURS} "
        f"{records.called_twice(ours.orders):,} and {_late(ours):,}. {OURS} published an outcome of "
        f"{sum(bool(order.events) for order in ours.orders):,} of {len(ours.orders):,} orders, and says of "
        f"{sum(order.state == State.UNKNOWN for order in ours.orders):,} that nobody knows whether they were called."
    )


def _late(version: Version) -> int:
    return sum(map(records.late, version.orders))


def _dead_letters(experiment: Experiment) -> list[str]:
    rows = dead_letter_rows(experiment)
    return ["<h3>Why there are dead letters</h3>", table(DEAD_LETTER_HEAD, rows, kind="story")] if rows else []


def _story(experiment: Experiment) -> list[str]:
    pair = called_twice(experiment)
    if pair is None:
        return []
    drawn = zip(timelines(experiment), ((NAIVE, pair.naive), (OURS, pair.ours)), strict=True)
    return [
        "<h2>An order that was called more than once, and its like</h2>",
        '<p class="muted">A ring is a contact request that called nobody; red is a call too many, or a kill.</p>',
        '<div class="pair">',
        *(_column(timeline, title, order) for timeline, (title, order) in drawn),
        "</div>",
    ]


def _column(timeline: str, title: str, order: Order) -> str:
    rows = story_rows(order)
    return (
        f"<section>{timeline}<h3>{escape(title)}: {escape(order.unit)}</h3>"
        f"{table(['after', 'what'], rows, kind='story')}</section>"
    )


def _arms(experiment: Experiment) -> list[str]:
    told = told_by_orders(experiment.ours.orders)
    arms = arms_of(told)
    line = split_line(arms, experiment.settings.arms)
    split = f"<p{' class=wrong' if isinstance(line, Wrong) else ''}>{escape(line)}</p>" if line else ""
    return [
        "<h2>Arms, outcomes and lift</h2>",
        f'<p class="warning">{escape(MADE_UP)}</p>',
        f'<div class="pair">{arms_figure(arms)}{outcomes_figure(arms)}{lift_figure(experiment)}</div>',
        table(ARM_HEAD, arm_rows(arms, experiment.settings.control, in_no_arm(told)), kind="story-of-all"),
        split,
    ]
