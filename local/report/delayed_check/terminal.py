"""The report as it is printed."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from local.report.delayed_check.arms import Arm, arms_of, control_of, in_no_arm, lifts, told_by_details, told_by_orders
from local.report.delayed_check.experiment import Experiment
from local.report.delayed_check.objects import Found, newest
from local.report.delayed_check.statistics import Lift
from local.report.delayed_check.story import called_twice, story_rows
from local.report.delayed_check.summary import (
    ARM_HEAD,
    DEAD_LETTER_HEAD,
    LATENESS_HEAD,
    MADE_UP,
    NAIVE,
    OURS,
    arm_rows,
    dead_letter_rows,
    fact_rows,
    faults,
    lateness_rows,
    points,
    promise_rows,
    split_line,
)
from local.report.flow_control.summary import percent
from local.report.html import Wrong
from local.report.terminal import beside, table

#: Letters of a bar of a hundred percent, and of an interval's axis.
_WIDTH = 40


def show(experiment: Experiment, console: Console) -> None:
    """Print what must not be, what happened, how late, and the experiment's arms with their lift."""
    for fault in faults(experiment):
        console.print(fault, style="bold red", highlight=False)
    for note in experiment.warnings:
        console.print(note, style="yellow", markup=False, highlight=False)
    versions = ["", NAIVE, OURS]
    console.print(table("What must not be (to reach: 0)", versions, promise_rows(experiment), right=True))
    console.print(table(f"The same load: {experiment.load}", versions, fact_rows(experiment), right=True))
    if letters := dead_letter_rows(experiment):
        console.print(table("Why there are dead letters", DEAD_LETTER_HEAD, letters))
    console.print(table("Lateness, on the emulator", LATENESS_HEAD, lateness_rows(experiment), right=True))
    pair = called_twice(experiment)
    if pair is not None:
        told = [
            table(f"{title}: {order.unit}", ["after", "what"], story_rows(order))
            for title, order in ((NAIVE, pair.naive), (OURS, pair.ours))
        ]
        console.print("An order that was called more than once without a claim, and its like:", highlight=False)
        console.print(beside(*told))
    outcomes = told_by_orders(experiment.ours.orders)
    arms = arms_of(outcomes)
    show_arms(arms, experiment.settings.control, in_no_arm(outcomes), console)
    line = split_line(arms, experiment.settings.arms)
    if line:
        console.print(line, style="red" if isinstance(line, Wrong) else "", markup=False, highlight=False)
    console.print(MADE_UP, style="dim")


def show_objects(found: Found, saved: Mapping[str, bool], console: Console) -> None:
    """Print arms, outcomes and lift from outcome objects, one experiment after the other."""
    kept = newest(found.details)
    read = f"{found.files:,} objects with {len(found.details):,} outcome events of {len(kept):,} orders"
    console.print(f"{read}; of each order the newest counts", highlight=False)
    if found.others:
        console.print(f"{found.others:,} values in them are no outcome events, and are not counted", style="yellow")
    if not saved:
        console.print("Which orders were saved, the events do not know: for the lift, name a file with --orders")

    def kind(detail: Mapping[str, object]) -> tuple[object, ...]:
        return tuple(detail.get(name) for name in ("check", "experiment", "version"))

    for check, experiment, version in sorted({kind(detail) for detail in kept}, key=str):
        told = told_by_details((d for d in kept if kind(d) == (check, experiment, version)), saved)
        arms = arms_of(told)
        named = f"experiment {experiment}, version {version}" if experiment else "in no experiment"
        console.print(f"\nCheck {check}, {named}", style="bold", markup=False, highlight=False)
        show_arms(arms, control_of(arms), in_no_arm(told), console)


def show_arms(arms: Sequence[Arm], control: str | None, outside: Mapping[str, int], console: Console) -> None:
    """Print the arms as a table and as a plot."""
    title = "Arms: every order that was assigned to one, by its newest outcome event"
    console.print(table(title, ARM_HEAD, arm_rows(arms, control, outside)))
    for line in [*saved_plot(arms), *lift_plot(lifts(arms, control))]:
        console.print(line, highlight=False, markup=False)


def saved_plot(arms: Sequence[Arm]) -> list[str]:
    """A bar an arm: the share of its orders that were saved."""
    shares = {arm.name: arm.saved / arm.judged for arm in arms if arm.judged}
    widest = max(map(len, shares), default=0)
    return [f"saved {name:>{widest}} {_bar(share)} {percent(share)}" for name, share in shares.items()]


def lift_plot(found: Mapping[str, Lift]) -> list[str]:
    """An interval an arm, on an axis with no difference in its middle."""
    if not found:
        return []
    reach = max(max(abs(lift.low), abs(lift.high)) for lift in found.values()) or 1.0
    widest = max(map(len, found))
    axis = f"{points(-reach)}{'0':^{_WIDTH - len(points(-reach)) - len(points(reach))}}{points(reach)}"
    return [
        *(f"lift  {name:>{widest}} {_interval(lift, reach)}" for name, lift in found.items()),
        f"{' ' * (7 + widest)}{axis} points",
    ]


def _bar(share: float) -> str:
    full = round(share * _WIDTH)
    return "█" * full + "░" * (_WIDTH - full)


def _interval(lift: Lift, reach: float) -> str:
    def place(value: float) -> int:
        return round((value + reach) / (2 * reach) * (_WIDTH - 1))

    low, high = place(lift.low), place(lift.high)
    letters = [" "] * _WIDTH
    letters[low : high + 1] = "─" * (high - low + 1)
    letters[place(0)] = "│"
    letters[low], letters[high], letters[place(lift.difference)] = "├", "┤", "●"
    return "".join(letters)
