"""The article's graphs for one version, each with a caption that says what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.measure import Series
from local.report.flow_control.experiment import Experiment, Version
from local.report.flow_control.summary import percent
from local.report.svg import Mark, chart, standalone, ticks

_SECONDS = "seconds since the first order"
#: Seconds over which the share of successful calls is taken, and the calls without which it would say nothing.
WINDOW, FEWEST = 5, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart and what it shows."""

    caption: str
    svg: str


def figures(experiment: Experiment) -> list[tuple[Figure, ...]]:
    """Rows of figures, one column a version, with the same axes within a row."""
    both = [version.result.series for version in experiment.versions]
    length = max(len(series.calls) for series in both)
    calls = max([experiment.limit, *(value for series in both for value in series.calls)])
    concurrency = max([experiment.workers, *(value for series in both for value in series.concurrency)])
    invocations = max([1, *(value for series in both for value in series.invocations)])
    drawn = [
        (
            _success(version, length=length),
            _concurrency(version, experiment, length=length, highest=concurrency),
            _invocations(version, length=length, highest=invocations),
            _calls(version, experiment, length=length, highest=calls),
        )
        for version in experiment.versions
    ]
    return list(zip(*drawn, strict=True))


def picture(experiment: Experiment) -> str:
    """Calls per second of both versions against the limit, as an SVG file."""
    length = max(len(version.result.series.calls) for version in experiment.versions)
    lines = [
        Mark(label="without flow control", colour="red", values=smoothed(experiment.without.result.series.calls)),
        Mark(label="with flow control", colour="blue", values=smoothed(experiment.with_.result.series.calls)),
        _limit(experiment, length),
    ]
    highest = [max(smoothed(version.result.series.calls), default=0) for version in experiment.versions]
    title = f"Same load: up to {highest[0]:.0f} calls a second without flow control, {highest[1]:.0f} with it"
    return standalone(
        chart(
            description=f"Calls per second to the courier over time. {title}; the courier allows {experiment.limit:g}.",
            x_label=_SECONDS,
            y_label="calls per second (mean of 3 s)",
            lines=lines,
            x_max=length,
            title=title,
        )
    )


def smoothed(values: Sequence[int], *, over: int = 3) -> list[float]:
    """The mean of each value and its neighbours."""
    reach = over // 2
    windows = (values[max(0, place - reach) : place + reach + 1] for place in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def success_shares(series: Series) -> list[float | None]:
    """Percentage of the calls that succeeded, of those begun in the last five seconds; None where they were few."""
    shares: list[float | None] = []
    for end in range(1, len(series.calls) + 1):
        begin = max(0, end - WINDOW)
        calls = sum(series.calls[begin:end])
        shares.append(100 * sum(series.accepted[begin:end]) / calls if calls >= FEWEST else None)
    return shares


def _limit(experiment: Experiment, length: int) -> Mark:
    return Mark(
        label=f"the courier's limit ({experiment.limit:g}/s)",
        colour="ink",
        values=[experiment.limit] * length,
        dash="6 4",
    )


def _success(version: Version, *, length: int) -> Figure:
    shares = success_shares(version.result.series)
    known = [share for share in shares if share is not None]
    calls = version.result.calls
    mean = percent((calls - version.result.failed_calls) / calls) if calls else "-"
    caption = f"{version.title}: {mean} of the calls succeed; at worst {min(known, default=0):.0f} % over {WINDOW} s"
    svg = chart(
        description=caption,
        x_label=_SECONDS,
        y_label="% of calls that succeed",
        lines=[
            Mark(
                label=f"of the calls of the last {WINDOW} s, where there were {FEWEST} or more",
                colour="green",
                values=shares,
            )
        ],
        x_max=length,
        y_max=100,
    )
    return Figure(caption=caption, svg=svg)


def _concurrency(version: Version, experiment: Experiment, *, length: int, highest: float) -> Figure:
    caption = f"{version.title}: up to {version.result.peak_concurrency} invocations at once"
    bound = Mark(
        label=f"the flow's derived limit ({experiment.workers})",
        colour="ink",
        values=[experiment.workers] * length,
        dash="6 4",
    )
    area = Mark(label="delivery function", colour="blue", values=version.result.series.concurrency)
    svg = chart(
        description=caption,
        x_label=_SECONDS,
        y_label="concurrent invocations",
        areas=[area],
        lines=[bound],
        x_max=length,
        y_max=_ceiling(highest),
    )
    return Figure(caption=caption, svg=svg)


def _invocations(version: Version, *, length: int, highest: float) -> Figure:
    series = version.result.series
    caption = f"{version.title}: {sum(series.invocations):,} invocations of the delivery function"
    marks = [
        Mark(label="invocations begun", colour="blue", values=series.invocations),
        Mark(label="orders sent", colour="grey", values=series.sent, dash="3 3"),
    ]
    svg = chart(
        description=caption,
        x_label=_SECONDS,
        y_label="per second",
        lines=marks,
        x_max=length,
        y_max=_ceiling(max([highest, *series.sent])),
    )
    return Figure(caption=caption, svg=svg)


def _calls(version: Version, experiment: Experiment, *, length: int, highest: float) -> Figure:
    series, result = version.result.series, version.result
    others = [
        calls - accepted - refused
        for calls, accepted, refused in zip(series.calls, series.accepted, series.refused, strict=True)
    ]
    caption = f"{version.title}: {result.calls:,} calls to the courier, {percent(result.refused_share)} refused"
    areas = [
        Mark(label="accepted", colour="blue", values=series.accepted),
        Mark(label="failed", colour="grey", values=others),
        Mark(label="refused (429)", colour="red", values=series.refused),
    ]
    svg = chart(
        description=caption,
        x_label=_SECONDS,
        y_label="calls per second",
        areas=areas,
        lines=[_limit(experiment, length)],
        x_max=length,
        y_max=_ceiling(highest),
    )
    return Figure(caption=caption, svg=svg)


def _ceiling(highest: float) -> float:

    return ticks(highest)[-1]
