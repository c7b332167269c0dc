"""The figures of both versions as rows of text, for the terminal and for the page: computed here, and kept nowhere."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from constructs_lib.runtime.delayed_check.row import State
from local.measure import percentile
from local.report.delayed_check import records
from local.report.delayed_check.arms import Arm, lifts
from local.report.delayed_check.experiment import Experiment, Order, Version
from local.report.delayed_check.statistics import Lift, split
from local.report.flow_control.summary import percent
from local.report.html import Wrong

NAIVE, OURS = "without a claim", "DelayedCheck"
ARM_HEAD = ("arm", "orders", "states", "outcomes of contacts", "saved", "lift (95 % interval)")
DEAD_LETTER_HEAD = ("", "queue and reason", "dead letters")
LATENESS_HEAD = ("", "checks", "earliest", "median", "99th percentile", "latest")
MADE_UP = "The demo's customers are made up, so the lift shows the method and is no finding."

#: A label, then what stands under each version.
Row = tuple[str, str, str]

#: What comes sooner was on its way already.
_FOR_SETTLED = f"contact requests for orders settled over {records.ON_ITS_WAY:g} s before"
_NOT_RECORDED = "not recorded"


class Promise(NamedTuple):
    """What must be 0.

    Attributes:
        label: What.
        count: Counts it in a version.
        is_known: Whether a version says enough to be judged.
    """

    label: str
    count: Callable[[Version], int]
    is_known: Callable[[Version], bool]


def promises(experiment: Experiment) -> list[Promise]:
    """Everything that must not be, the worst first."""
    control = experiment.settings.control

    def orders(judge: Callable[[Order], object]) -> Callable[[Version], int]:
        return lambda version: sum(bool(judge(order)) for order in version.orders)

    def requests(count: Callable[[Order], int]) -> Callable[[Version], int]:
        return lambda version: sum(count(order) for order in version.orders)

    def in_control(order: Order) -> int:
        return len(order.contacts) if order.arm == control else 0

    return [
        Promise("customers called more than once", orders(records.is_called_twice), _always),
        Promise("contact requests after one that may have rung", requests(records.redials), _always),
        Promise("contact requests after the deadline", requests(records.late), _always),
        Promise("contact requests for the control arm", requests(in_control), _knows_arms),
        Promise(_FOR_SETTLED, requests(records.after_settling), _always),
        Promise("orders decided more than once", orders(lambda order: order.decisions > 1), _always),
        Promise("orders never decided", orders(lambda order: order.decisions < 1), _always),
        Promise("orders decided before they were due", orders(records.is_early), _always),
        Promise("orders exposed more than once", orders(lambda order: order.exposures > 1), _always),
        Promise("orders exposed without an arm, or in one unexposed", orders(records.is_exposed_wrongly), keeps_rows),
        Promise("orders for which something is still to happen", orders(records.is_open), keeps_rows),
        Promise("orders without an outcome event", orders(lambda order: not order.events), keeps_rows),
        Promise("orders with several outcome ids", orders(lambda order: len(records.ids(order)) > 1), keeps_rows),
        Promise("orders whose newest event is not their row", orders(records.is_told_wrongly), keeps_rows),
        Promise("unknown contacts that no metric has raised", _not_raised, keeps_rows),
    ]


def keeps_rows(version: Version) -> bool:
    """Whether it writes down what becomes of its orders."""
    return any(order.state for order in version.orders)


def promise_rows(experiment: Experiment) -> list[Row]:
    """What must not be, at both; what DelayedCheck broke comes first."""

    def shown(version: Version, promise: Promise) -> str:
        if not promise.is_known(version):
            return _NOT_RECORDED
        found = promise.count(version)
        return Wrong(f"{found:,}") if found else "0"

    rows = [(one.label, shown(experiment.naive, one), shown(experiment.ours, one)) for one in promises(experiment)]
    return sorted(rows, key=lambda row: not isinstance(row[2], Wrong))


def faults(experiment: Experiment) -> list[str]:
    """What DelayedCheck promises and did not hold, in words."""
    counted = ((promise.label, promise.count(experiment.ours)) for promise in promises(experiment))
    return [f"DelayedCheck broke a promise: {label}: {count:,}" for label, count in counted if count]


def fact_rows(experiment: Experiment) -> list[Row]:
    """What both went through, and what it took."""
    described: list[tuple[str, Callable[[Version], str]]] = [
        ("orders placed", lambda v: f"{len(v.orders):,}"),
        ("of which settled before they were due", lambda v: _orders(v, _settled_before_due)),
        ("of which settled before the deadline", lambda v: _orders(v, records.is_saved)),
        ("check starts sent", lambda v: f"{sum(len(order.starts) for order in v.orders):,}"),
        ("most starts of one order", lambda v: f"{max((len(order.starts) for order in v.orders), default=0):,}"),
        ("other messages delivered again", lambda v: f"{sum(sum(order.again.values()) for order in v.orders):,}"),
        ("workers killed", lambda v: f"{sum(len(order.kills) for order in v.orders):,}"),
        ("contact requests", lambda v: f"{sum(len(order.contacts) for order in v.orders):,}"),
        ("of which refused (4xx)", lambda v: _answered(v, "4")),
        ("of which failed (5xx)", lambda v: _answered(v, "5")),
        ("of which not answered in time", lambda v: _answered(v, "None")),
        ("of which while the order was settling", lambda v: f"{sum(map(records.while_settling, v.orders)):,}"),
        ("calls to customers", lambda v: f"{sum(map(records.calls, v.orders)):,}"),
        ("unique outcome ids : orders", _unique_ids),
        ("outcome events, repeated ones included", lambda v: _known(v, sum(len(order.events) for order in v.orders))),
        ("UNKNOWN in the end", lambda v: _known(v, sum(order.state == State.UNKNOWN for order in v.orders))),
        ("UNKNOWN raised (orders with the metric in the log)", lambda v: _known(v, len(v.raised))),
        ("dead letters", lambda v: _parts(v.dead_letters)),
        ("invocations per order, faults and duplicates included", lambda v: _per_order(v, sum(v.invocations.values()))),
        ("DynamoDB writes per order, the same", lambda v: _per_order(v, sum(v.writes.values()))),
    ]
    return [(label, show(experiment.naive), show(experiment.ours)) for label, show in described]


def dead_letter_rows(experiment: Experiment) -> list[tuple[str, ...]]:
    """Version, queue and reason, and how many dead letters; empty where there are none."""
    versions = ((NAIVE, experiment.naive), (OURS, experiment.ours))
    return [(name, reason, f"{n:,}") for name, v in versions for reason, n in sorted(v.reasons.items())]


def counted(number: int, what: str) -> str:
    """Several of something, or one: 1 customer, 2 customers."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def lateness_rows(experiment: Experiment) -> list[tuple[str, ...]]:
    """What, how many, the earliest, and the percentiles: how late checks were, beside how late the emulator is."""
    described = [
        (f"{NAIVE}: due to decided", experiment.naive.lateness),
        (f"{OURS}: due to decided", experiment.ours.lateness),
        ("the emulator's floor: a delayed message to a function that does nothing", experiment.floor),
        (f"{OURS}, across EventBridge Scheduler", experiment.crossing),
        ("the emulator's floor: a schedule's message", experiment.crossing_floor),
    ]
    return [(label, f"{len(samples):,}", *_spread(samples)) for label, samples in described if samples]


def arm_rows(arms: Sequence[Arm], control: str | None, outside: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Name, orders, states, outcomes, saved orders and lift, one row an arm; then the orders in no arm."""
    found = lifts(arms, control)
    rows: list[tuple[str, ...]] = [
        (
            f"{arm.name} (not contacted)" if arm.name == control else arm.name,
            f"{arm.orders:,}",
            _listed(arm.states),
            _listed(arm.outcomes),
            f"{arm.saved:,} of {arm.judged:,}, {percent(arm.saved / arm.judged)}" if arm.judged else "not known",
            lift_text(found[arm.name]) if arm.name in found else "",
        )
        for arm in arms
    ]
    if outside:
        rows.append(("in no arm", f"{sum(outside.values()):,}", _listed(outside), "", "", ""))
    return rows


def lift_text(lift: Lift) -> str:
    """A lift in percentage points, with its interval."""
    clear = "" if lift.is_clear else ", may be none"
    return f"{points(lift.difference)} points ({points(lift.low)} to {points(lift.high)}{clear})"


def split_line(arms: Sequence[Arm], weights: Mapping[str, int]) -> str:
    """Whether the arms' sizes fit their weights, in words; empty where no order is in an arm."""
    counts = {arm.name: arm.orders for arm in arms}
    if not counts:
        return ""
    try:
        found = split(counts, weights)
    except ValueError as error:
        return Wrong(f"Split: {error}")
    sizes = ", ".join(f"{name} {counts.get(name, 0):,} ({weight} %)" for name, weight in sorted(weights.items()))
    verdict = "a sample ratio mismatch: trust no lift" if found.is_mismatch else "no sample ratio mismatch"
    text = f"Split: {sizes}; chi-square {found.statistic:.2f}, p = {found.p_value:.2g}, {verdict}"
    return Wrong(text) if found.is_mismatch else text


def points(value: float) -> str:
    """A difference of shares, with its sign."""
    return f"{100 * value:+.1f}"


def _spread(samples: Sequence[float]) -> tuple[str, ...]:
    ordered = sorted(samples)
    earliest = f"{ordered[0]:.2f} s"
    found = (percentile(ordered, 50), percentile(ordered, 99), ordered[-1])
    return (Wrong(earliest) if ordered[0] < 0 else earliest, *(f"{value:.2f} s" for value in found))


def _always(_version: Version) -> bool:
    return True


def _knows_arms(version: Version) -> bool:
    return any(order.arm is not None for order in version.orders)


def _not_raised(version: Version) -> int:
    raised = set(version.raised)
    return sum(records.was_unknown(order) and order.unit not in raised for order in version.orders)


def _settled_before_due(order: Order) -> bool:
    return order.settled_at is not None and order.settled_at < order.due_at


def _orders(version: Version, judge: Callable[[Order], bool]) -> str:
    return f"{sum(map(judge, version.orders)):,}"


def _answered(version: Version, begins: str) -> str:
    return f"{sum(str(c.status).startswith(begins) for order in version.orders for c in order.contacts):,}"


def _known(version: Version, count: float) -> str:
    return f"{count:,g}" if keeps_rows(version) else _NOT_RECORDED


def _unique_ids(version: Version) -> str:
    if not keeps_rows(version):
        return _NOT_RECORDED
    unique = len(set[str]().union(*map(records.ids, version.orders)))
    text = f"{unique:,} : {len(version.orders):,}"
    return text if unique == len(version.orders) else Wrong(text)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _parts(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    named = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()) if count)
    return f"{total:,} ({named})" if named else "0"


def _per_order(version: Version, count: int) -> str:
    return f"{count / len(version.orders):.2f}" if version.orders and count else "-"
