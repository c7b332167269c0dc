"""The report as it is printed."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

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
from local.report.html import Wrong


def show(experiment: Experiment, console: Console) -> None:
    """Print what came of each interleaving, of the load, and of the one whose worker died."""
    console.print(
        _table("What came of it", ["what happens", "by", "vendor", NAIVE, OURS], interleaving_rows(experiment))
    )
    one = death(experiment)
    if one is not None:
        ledgers = [
            _table(title, ["after", "what"], ledger_rows(o)) for title, o in ((NAIVE, one.naive), (OURS, one.ours))
        ]
        console.print(f"Both ledgers, when {one.title}:", highlight=False)
        beside = Table.grid(padding=(0, 2))
        beside.add_row(*ledgers)
        console.print(beside)
    console.print(
        _table("Creates and Deletes, a few delivered twice", ["", NAIVE, OURS], traffic_rows(experiment), right=True)
    )
    console.print(_table(f"{OURS}: its calls of DynamoDB", ["operation", "calls"], call_rows(experiment)))
    for note in experiment.warnings:
        console.print(note, style="yellow")


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = False) -> Table:
    table = Table(title=title)
    for place, name in enumerate(head):
        table.add_column(name, justify="right" if right and place else "left")
    for row in rows:
        table.add_row(*(Text(cell, style="red" if isinstance(cell, Wrong) else "") for cell in row))
    return table
