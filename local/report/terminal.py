"""What the reports have in common when they are printed."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from local.report.html import Wrong


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = False) -> Table:
    """A table of text, in which red is what must not be; `right` aligns all columns but the first to the right."""
    drawn = Table(title=Text(title))
    for place, name in enumerate(head):
        drawn.add_column(name, justify="right" if right and place else "left")
    for row in rows:
        drawn.add_row(*(Text(cell, style="red" if isinstance(cell, Wrong) else "") for cell in row))
    return drawn


def beside(*tables: Table) -> Table:
    """Tables next to each other."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(*tables)
    return grid
