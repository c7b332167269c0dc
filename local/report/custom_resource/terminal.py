"""The report as it is printed."""

from rich.console import Console

from local.report.custom_resource.experiment import Experiment
from local.report.custom_resource.summary import (
    NAIVE,
    OURS,
    call_rows,
    death,
    interleaving_rows,
    ledger_rows,
    traffic_rows,
)
from local.report.terminal import beside, table


def show(experiment: Experiment, console: Console) -> None:
    """Print what came of each interleaving, of the load, and of the one whose worker died."""
    console.print(
        table("What came of it", ["what happens", "by", "vendor", NAIVE, OURS], interleaving_rows(experiment))
    )
    one = death(experiment)
    if one is not None:
        ledgers = [
            table(title, ["after", "what"], ledger_rows(o)) for title, o in ((NAIVE, one.naive), (OURS, one.ours))
        ]
        console.print(f"Both ledgers, when {one.title}:", highlight=False)
        console.print(beside(*ledgers))
    console.print(
        table("Creates and Deletes, a few delivered twice", ["", NAIVE, OURS], traffic_rows(experiment), right=True)
    )
    console.print(table(f"{OURS}: its calls of DynamoDB", ["operation", "calls"], call_rows(experiment)))
    for note in experiment.warnings:
        console.print(note, style="yellow")
