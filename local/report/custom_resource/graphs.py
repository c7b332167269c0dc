"""The article's graph for both providers: Creates over time, and those that made a group again."""

from collections.abc import Sequence

from local.report.custom_resource.experiment import Experiment, Traffic
from local.report.custom_resource.summary import NAIVE, OURS
from local.report.html import figure
from local.report.svg import Mark, chart, standalone, ticks

_SECONDS = "seconds since the first Create"


def graphs(experiment: Experiment) -> list[str]:
    """Groups made per second, at each provider, on the same axes."""
    both = (experiment.naive, experiment.ours)
    length = max(len(traffic.first) for traffic in both)
    highest = max(a + b for traffic in both for a, b in zip(traffic.first, traffic.extra, strict=True))
    return [
        _graph(title, traffic, length=length, highest=highest)
        for title, traffic in zip((NAIVE, OURS), both, strict=True)
    ]


def picture(experiment: Experiment) -> str:
    """Groups made beyond those asked for, at both providers, as an SVG file."""
    length = max(len(experiment.naive.extra), len(experiment.ours.extra))
    sums = [_sums(experiment.naive.extra, length), _sums(experiment.ours.extra, length)]
    requests, again = experiment.naive.requests, experiment.naive.again
    title = f"{requests} requests, {again} delivered twice: {sums[0][-1]:g} groups too many, and {sums[1][-1]:g}"
    lines = [
        Mark(label=NAIVE, colour="red", values=sums[0]),
        Mark(label=OURS, colour="blue", values=sums[1], dash="6 4"),
    ]
    return standalone(
        chart(description=title, x_label=_SECONDS, y_label="groups too many", lines=lines, x_max=length, title=title)
    )


def _graph(title: str, traffic: Traffic, *, length: int, highest: int) -> str:
    caption = f"{title}: {traffic.requests} groups asked for, {sum(traffic.first) + sum(traffic.extra)} made"
    areas = [
        Mark(label="made for a request", colour="blue", values=traffic.first),
        Mark(label="made for it again", colour="red", values=traffic.extra),
    ]
    svg = chart(
        description=caption,
        x_label=_SECONDS,
        y_label="groups made per second",
        areas=areas,
        x_max=length,
        y_max=ticks(highest)[-1],
    )
    return figure(caption, svg)


def _sums(values: Sequence[int], length: int) -> list[float]:
    return [float(sum(values[: end + 1])) for end in range(length)]
