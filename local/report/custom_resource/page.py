"""The report as one HTML page."""

from html import escape

from local.report.custom_resource.experiment import Experiment, Outcome, total
from local.report.custom_resource.graphs import graphs
from local.report.custom_resource.summary import (
    NAIVE,
    OURS,
    call_rows,
    death,
    interleaving_rows,
    ledger_rows,
    traffic_rows,
)
from local.report.html import document, notes, table, warnings


def page(experiment: Experiment) -> str:
    """The whole page."""
    return document(
        "Custom resources: the demo's report",
        [
            "<h1>Custom resources: one request, one resource?</h1>",
            f'<p class="lead">{escape(finding(experiment))}</p>',
            f'<p class="muted">{escape(experiment.made_at)} · {escape(experiment.machine)} · '
            "on an embedded AWS emulator</p>",
            warnings(experiment.warnings),
            "<h2>Creates and Deletes, a few delivered twice</h2>",
            '<div class="pair">',
            *graphs(experiment),
            "</div>",
            table(["", NAIVE, OURS], traffic_rows(experiment)),
            "<h2>What can happen, and what came of it</h2>",
            table(
                ["what happens", "made to happen by", "vendor", NAIVE, OURS],
                interleaving_rows(experiment),
                kind="story-of-all",
            ),
            *_ledgers(experiment),
            "<h2>What it costs</h2>",
            table(["IdempotentProvider", "calls of DynamoDB"], call_rows(experiment)),
            notes(experiment.notes),
        ],
    )


def finding(experiment: Experiment) -> str:
    """What came out, in two sentences made of the figures."""
    naive, ours = experiment.naive, experiment.ours
    wrong = total(experiment.interleavings)
    count = len(experiment.interleavings)
    return (
        f"Of {naive.requests:,} Creates {naive.again:,} were delivered twice: CDK's Provider let the vendor make "
        f"{sum(naive.extra):,} groups twice and left {naive.left:,} of them behind, IdempotentProvider "
        f"{sum(ours.extra):,} and {ours.left:,}. Of {count} interleavings of deliveries, deaths and outages "
        f"{wrong[0]} ended wrong with CDK's Provider and {wrong[1]} with IdempotentProvider."
    )


def _ledgers(experiment: Experiment) -> list[str]:
    one = death(experiment)
    if one is None:
        return []
    return [
        f"<h2>Both ledgers, when {escape(one.title)}</h2>",
        '<div class="pair">',
        *(_ledger(title, outcome) for title, outcome in ((NAIVE, one.naive), (OURS, one.ours))),
        "</div>",
    ]


def _ledger(title: str, outcome: Outcome) -> str:
    rows = ledger_rows(outcome)
    return f"<section><h3>{escape(title)}</h3>{table(['after', 'what'], rows, kind='story')}</section>"
