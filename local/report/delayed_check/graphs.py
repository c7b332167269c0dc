"""The experiment's graphs, each with a caption that says what it shows."""

from bisect import bisect
from collections.abc import Mapping, Sequence

from local.measure import percentile
from local.report.delayed_check import records
from local.report.delayed_check.arms import Arm, arms_of, lifts, told_by_orders
from local.report.delayed_check.experiment import Experiment, Order
from local.report.delayed_check.story import called_twice
from local.report.delayed_check.summary import NAIVE, OURS, counted, lift_text, promises
from local.report.flow_control.summary import percent
from local.report.html import figure
from local.report.strips import Bar, Point, Strip, strips
from local.report.svg import Mark, chart, standalone, ticks

#: Seconds between two values of the lateness graph.
_STEP = 0.05
_PERCENT = 100
#: Colours of the states and outcomes that arms consist of; what is not named is grey.
_COLOURS = {
    "OUTCOME": "green",
    "DIALED": "blue",
    "UNKNOWN": "red",
    "CONTROL": "ink",
    "answered": "green",
    "no_answer": "blue",
    "failed": "red",
}
_OTHER = "grey"
#: The promises that concern customers: those that the picture shows.
_SHOWN = 5


def picture(experiment: Experiment) -> str:
    """What must not happen to customers, counted at both versions, as an SVG file."""
    rows: list[Strip] = []
    highest = 1
    for promise in promises(experiment)[:_SHOWN]:
        if not promise.is_known(experiment.naive):
            continue
        naive, ours = promise.count(experiment.naive), promise.count(experiment.ours)
        highest = max(highest, naive, ours)
        short = promise.label.removeprefix("customers ").removeprefix("contact requests ")
        rows.append(Strip(label=short, bars=[Bar(begin=0, end=naive, colour="red")], note=f"{naive:,}"))
        rows.append(Strip(label="", bars=[Bar(begin=0, end=ours, colour="blue")], note=f"{ours:,}"))
    orders = len(experiment.naive.orders)
    naive, ours = (records.called_twice(version.orders) for version in (experiment.naive, experiment.ours))
    title = f"The same {orders:,} orders: {counted(naive, 'customer')} called more than once, and {ours:,}"
    return standalone(
        strips(
            description=title,
            title=title,
            x_label="customers, or contact requests, on an embedded AWS emulator",
            rows=rows,
            high=ticks(highest * 1.05)[-1],
            legend=[("red", NAIVE), ("blue", OURS)],
        )
    )


def lateness(experiment: Experiment) -> str:
    """The share of the checks that had been decided so many seconds after they were due, beside the floor."""
    described = [
        (f"{OURS}", "blue", "", experiment.ours.lateness),
        ("the emulator's floor", "ink", "6 4", experiment.floor),
        (f"{NAIVE}", "red", "2 3", experiment.naive.lateness),
    ]
    return _curves(described, "How late are checks?")


def crossing(experiment: Experiment) -> str:
    """The same for checks that crossed Scheduler."""
    described = [
        (f"{OURS}, across Scheduler", "blue", "", experiment.crossing),
        ("the emulator's floor", "ink", "6 4", experiment.crossing_floor),
    ]
    return _curves(described, "And where the delay crosses EventBridge Scheduler?")


def arms_figure(arms: Sequence[Arm]) -> str:
    """What each arm consists of, by state."""
    return _shares({arm.name: arm.states for arm in arms}, "Arms: the states of their orders", "% of the arm's orders")


def outcomes_figure(arms: Sequence[Arm]) -> str:
    """What came of the contacts of each arm."""
    counts = {arm.name: arm.outcomes for arm in arms if arm.outcomes}
    return _shares(counts, "Outcomes of contacts, as the provider reported them", "% of the reported outcomes")


def lift_figure(experiment: Experiment) -> str:
    """How many more orders were saved, with the interval."""
    arms = arms_of(told_by_orders(experiment.ours.orders))
    found = lifts(arms, experiment.settings.control)
    if not found:
        return ""
    reach = _PERCENT * max(0.01, *(max(abs(lift.low), abs(lift.high)) for lift in found.values()))
    end = min(ticks(reach, about=4)[-1], float(_PERCENT))
    rows = [
        Strip(
            label=name,
            points=[
                Point(
                    at=_PERCENT * lift.difference,
                    low=_PERCENT * lift.low,
                    high=_PERCENT * lift.high,
                    colour="blue",
                    text=lift_text(lift),
                )
            ],
        )
        for name, lift in found.items()
    ]
    caption = "; ".join(f"{name}: {lift_text(lift)}" for name, lift in found.items())
    svg = strips(
        description=f"Lift. {caption}",
        x_label="percentage points more orders saved than in control, with the 95 % interval",
        rows=rows,
        low=-end,
        high=end,
        rules=[(0.0, "no difference")],
    )
    return figure(f"Lift: {caption}", svg)


def timelines(experiment: Experiment) -> list[str]:
    """An order that the naive version called twice, and its like, on the same axis; empty where there is none."""
    pair = called_twice(experiment)
    if pair is None:
        return []
    last = max(_last(order) for order in pair)
    return [_timeline(title, order, ticks(last)[-1]) for title, order in ((NAIVE, pair.naive), (OURS, pair.ours))]


def _timeline(title: str, order: Order, end: float) -> str:
    zero = order.placed_at
    requests = [
        Point(
            at=contact.at - zero,
            colour="red" if number and contact.rang else "blue",
            is_hollow=not contact.rang,
            text=f"{'called' if contact.rang else 'no call'}, status {contact.status}",
        )
        for number, contact in enumerate(order.contacts)
    ]
    rows = [
        Strip(label="check started", points=[Point(at=at - zero, colour="grey") for at in order.starts]),
        Strip(label="decided", points=_at(order.decided_at, zero, "ink")),
        Strip(
            label="worker killed",
            points=[Point(at=kill.at - zero, colour="red", text=f"after {kill.after}") for kill in order.kills],
        ),
        Strip(label="contact requests", points=requests),
        Strip(label="order settles", points=_at(order.settled_at, zero, "green")),
    ]
    calls = records.calls(order)
    times = {0: "is not called", 1: "is called once"}.get(calls, f"is called {calls} times")
    caption = f"{title}: the customer {times}"
    svg = strips(
        description=caption,
        x_label="seconds since the order was placed",
        rows=rows,
        high=end,
        rules=[(order.due_at - zero, "due"), (order.deadline_at - zero, "deadline")],
    )
    return figure(caption, svg)


def _at(moment: float | None, zero: float, colour: str) -> list[Point]:
    return [] if moment is None else [Point(at=moment - zero, colour=colour)]


def _last(order: Order) -> float:
    moments = [order.deadline_at, *(contact.at for contact in order.contacts), *(kill.at for kill in order.kills)]
    moments += [at for at in (order.settled_at, order.decided_at) if at is not None] + order.starts
    return max(moments) - order.placed_at


def _curves(described: Sequence[tuple[str, str, str, Sequence[float]]], caption: str) -> str:
    known = [(label, colour, dash, sorted(samples)) for label, colour, dash, samples in described if samples]
    if not known:
        return ""
    # To the last percent: what comes later would press all else together, and is in the table.
    end = ticks(max(0.2, *(percentile(samples, 99) or 0.0 for *_more, samples in known)))[-1]
    steps = round(end / _STEP)
    lines = [
        Mark(
            label=f"{label} ({len(samples):,})",
            colour=colour,
            dash=dash,
            values=[_PERCENT * bisect(samples, (n + 0.5) * _STEP) / len(samples) for n in range(steps)],
        )
        for label, colour, dash, samples in known
    ]
    svg = chart(
        description=caption,
        x_label="seconds after they were due, on the emulator",
        y_label="% decided by then",
        lines=lines,
        x_max=end,
        y_max=_PERCENT,
        step=_STEP,
    )
    return figure(caption, svg)


def _shares(counts: Mapping[str, Mapping[str, int]], caption: str, x_label: str) -> str:
    rows: list[Strip] = []
    for name, parts in counts.items():
        total, end = sum(parts.values()), 0.0
        bars = []
        for part, count in parts.items():
            begin, end = end, end + _PERCENT * count / total
            text = f"{part} {count:,} ({percent(count / total)})"
            bars.append(Bar(begin=begin, end=end, colour=_COLOURS.get(part, _OTHER), text=text, short=f"{count:,}"))
        rows.append(Strip(label=f"{name} ({total:,})", bars=bars))
    if not rows:
        return ""
    named = dict.fromkeys(part for parts in counts.values() for part in parts)
    legend = [(_COLOURS.get(part, _OTHER), part) for part in named]
    return figure(caption, strips(description=caption, x_label=x_label, rows=rows, high=_PERCENT, legend=legend))
