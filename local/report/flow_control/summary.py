"""The figures of both versions as rows of text, for the terminal and for the page."""

from collections.abc import Callable

from local.measure import Result
from local.report.flow_control.experiment import Experiment

#: A label, then what stands under each version.
Row = tuple[str, str, str]


def rows(experiment: Experiment) -> list[Row]:
    """The summary table."""
    bound = experiment.workers
    limit = experiment.limit
    described: list[tuple[str, Callable[[Result], str]]] = [
        ("orders in", lambda r: f"{r.orders_in:,}"),
        ("delivered", lambda r: f"{r.delivered:,} ({percent(r.delivered / r.orders_in if r.orders_in else None)})"),
        ("lost", lambda r: f"{r.lost:,}"),
        ("dead-lettered", lambda r: "no such queue" if r.dead_lettered is None else f"{r.dead_lettered:,}"),
        ("still waiting", lambda r: f"{r.waiting:,}"),
        ("delivered twice or more", lambda r: f"{r.duplicates:,}"),
        ("calls to the courier", lambda r: f"{r.calls:,} ({_per_order(r)} an order)"),
        ("calls refused (429)", lambda r: percent(r.refused_share)),
        ("calls failed, 429 included", lambda r: f"{r.failed_calls:,}"),
        (f"most calls within 1 s (limit {limit:g}/s)", lambda r: f"{r.peak_rate:,}"),
        (f"calls beyond {limit:g}/s in the worst window (bound {bound})", lambda r: f"{r.worst_excess:,.1f}"),
        ("calls per second against the limit, in backlog", lambda r: percent(r.limit_used)),
        (f"peak concurrency (limit {bound})", lambda r: f"{r.peak_concurrency:,}"),
        ("time to delivery, median", lambda r: seconds(r.delivery_p50)),
        ("time to delivery, 99th percentile", lambda r: seconds(r.delivery_p99)),
        ("time to drain after the last order", lambda r: seconds(r.drain)),
        ("orders sent behind schedule by at most", lambda r: seconds(r.latest_send)),
    ]
    without, with_ = (version.result for version in experiment.versions)
    return [(label, show(without), show(with_)) for label, show in described]


def percent(share: float | None) -> str:
    """A share as a percentage; whole only where it is exact."""
    if share is None:
        return "-"
    value = 100 * share
    return f"{value:.0f} %" if value == round(value) else f"{value:.1f} %"


def seconds(value: float | None) -> str:
    """A time in seconds."""
    return "-" if value is None else f"{value:.1f} s"


def _per_order(result: Result) -> str:
    return f"{result.calls / result.orders_in:.2f}" if result.orders_in else "-"
