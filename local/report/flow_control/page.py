"""The report as one HTML page."""

from html import escape

from local.report.flow_control.experiment import Experiment, Version
from local.report.flow_control.graphs import Figure, figures
from local.report.flow_control.summary import percent, rows, seconds
from local.report.html import document, figure, notes, table, warnings


def page(experiment: Experiment) -> str:
    """The whole page."""
    return document(
        "Flow control: the demo's report",
        [
            "<h1>Flow control: the same load, with and without</h1>",
            f'<p class="lead">{escape(finding(experiment))}</p>',
            f'<p class="muted">{escape(experiment.made_at)} · {escape(experiment.machine)} · '
            "measured on an embedded AWS emulator, at real rates</p>",
            f"<p><b>Load</b>, the same for both: {escape(experiment.load)}. <b>Courier</b>: {experiment.limit:g} calls "
            f"a second, {experiment.burst} at once; a fifth of the calls fails at once, the others take 0 to 2 "
            "seconds.</p>",
            warnings(experiment.warnings),
            table(["", *(version.title for version in experiment.versions)], rows(experiment)),
            *(_pair(heading, row) for heading, row in zip(_HEADINGS, figures(experiment), strict=True)),
            "<h2>The story of one order</h2>",
            '<div class="pair">',
            *(_story(version) for version in experiment.versions),
            "</div>",
            _sizing(experiment),
            notes(experiment.notes),
        ],
    )


_HEADINGS = ("Do the calls succeed?", "How many at once?", "How many invocations?", "What the courier sees")


def finding(experiment: Experiment) -> str:
    """What came out, in two sentences made of the figures."""
    without, with_ = experiment.without.result, experiment.with_.result
    return (
        f"Without flow control the courier got up to {without.peak_rate} calls in a second and refused "
        f"{percent(without.refused_share)} of {without.calls:,}; {without.peak_concurrency} functions waited at once, "
        f"{without.lost} of {without.orders_in} orders were lost and {without.duplicates} delivered twice. "
        f"With it {percent(with_.refused_share)} of {with_.calls:,} calls were refused at {with_.peak_concurrency} "
        f"functions, {with_.lost} of {with_.orders_in} orders were lost, and the last outcome came "
        f"{seconds(with_.drain)} after the load had ended."
    )


def _pair(heading: str, row: tuple[Figure, ...]) -> str:
    drawn = "".join(figure(one.caption, one.svg) for one in row)
    return f'<h2>{escape(heading)}</h2><div class="pair">{drawn}</div>'


def _story(version: Version) -> str:
    lines = [(f"{moment.seconds:.2f} s", moment.service, moment.what) for moment in version.story]
    return (
        f"<section><h3>{escape(version.title)}: {escape(version.story_of)}</h3>"
        f"{table(['after', 'service', 'log line'], lines, kind='story')}</section>"
    )


def _sizing(experiment: Experiment) -> str:
    derived = [(name.replace("_", " "), _short(value)) for name, value in experiment.sizing.items()]
    return (
        "<h2>What the construct derived</h2>"
        f'<p class="muted">From the courier\'s limit, its latency and its error rate; times in seconds.</p>'
        f"{table([], derived)}"
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
