"""The report as it is printed."""

from rich.console import Console
from rich.table import Table

from local.report.flow_control.experiment import Experiment
from local.report.flow_control.summary import rows


def show(experiment: Experiment, console: Console) -> None:
    """Print the figures of both versions, and what makes them doubtful."""
    table = Table(title=f"The same load: {experiment.load}")
    table.add_column("")
    for version in experiment.versions:
        table.add_column(version.title, justify="right")
    for row in rows(experiment):
        table.add_row(*row)
    console.print(table)
    for note in experiment.warnings:
        console.print(note, style="yellow")
