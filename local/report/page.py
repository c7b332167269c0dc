"""The report as one self-contained HTML page: nothing is fetched, and it reads on light and on dark."""

from html import escape

from local.report.experiment import Experiment, Version
from local.report.graphs import Figure, figures
from local.report.summary import percent, rows, seconds
from local.report.svg import STYLE

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --muted: #57606a; --edge: #d8dee4; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --muted: #9da7b1; --edge: #30363d; --paper: #0d1117; } }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { line-height: 1.2; margin-bottom: .25rem; } .lead { font-size: 1.15rem; max-width: 60rem; }
.muted { color: var(--muted); } .warning { border-left: 4px solid #c44e00; padding-left: .75rem; }
table { border-collapse: collapse; }
th, td { padding: .3rem .9rem; border-bottom: 1px solid var(--edge); text-align: left; }
.summary td + td, .summary th + th { text-align: right; font-variant-numeric: tabular-nums; }
.story td:first-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .25rem; } svg { width: 100%; height: auto; }
.scroll { overflow-x: auto; }
"""


def page(experiment: Experiment) -> str:
    """The whole page."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Flow control: the demo's report</title><style>{_STYLE}{STYLE}</style></head><body>",
        "<h1>Flow control: the same load, with and without</h1>",
        f'<p class="lead">{escape(finding(experiment))}</p>',
        f'<p class="muted">{escape(experiment.made_at)} · {escape(experiment.machine)} · '
        "measured on an embedded AWS emulator, at real rates</p>",
        f"<p><b>Load</b>, the same for both: {escape(experiment.load)}. <b>Courier</b>: {experiment.limit:g} calls a "
        f"second, {experiment.burst} at once; a fifth of the calls fails at once, the others take 0 to 2 seconds.</p>",
        *(f'<p class="warning">{escape(warning)}</p>' for warning in experiment.warnings),
        _summary(experiment),
        *(_pair(heading, row) for heading, row in zip(_HEADINGS, figures(experiment), strict=True)),
        "<h2>The story of one order</h2>",
        '<div class="pair">',
        *(_story(version) for version in experiment.versions),
        "</div>",
        _sizing(experiment),
        "<h2>How to read the figures</h2><ul>",
        *(f"<li>{escape(note)}</li>" for note in experiment.notes),
        "</ul></body></html>",
    ]
    return "\n".join(parts) + "\n"


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


def _summary(experiment: Experiment) -> str:
    head = "".join(f"<th>{escape(version.title)}</th>" for version in experiment.versions)
    body = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(without)}</td><td>{escape(with_)}</td></tr>"
        for label, without, with_ in rows(experiment)
    )
    table = f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="summary">{table}</table></div>'


def _pair(heading: str, row: tuple[Figure, ...]) -> str:
    drawn = "".join(f"<figure><figcaption>{escape(figure.caption)}</figcaption>{figure.svg}</figure>" for figure in row)
    return f'<h2>{escape(heading)}</h2><div class="pair">{drawn}</div>'


def _story(version: Version) -> str:
    body = "".join(
        f"<tr><td>{moment.seconds:.2f} s</td><td>{escape(moment.service)}</td><td>{escape(moment.what)}</td></tr>"
        for moment in version.story
    )
    return (
        f"<section><h3>{escape(version.title)}: {escape(version.story_of)}</h3>"
        '<div class="scroll"><table class="story">'
        "<thead><tr><th>after</th><th>service</th><th>log line</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _sizing(experiment: Experiment) -> str:
    body = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{escape(_short(value))}</td></tr>"
        for name, value in experiment.sizing.items()
    )
    return (
        "<h2>What the construct derived</h2>"
        f'<p class="muted">From the courier\'s limit, its latency and its error rate; times in seconds.</p>'
        f'<div class="scroll"><table class="summary"><tbody>{body}</tbody></table></div>'
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
