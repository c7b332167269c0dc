"""What the reports' pages have in common: each is one self-contained file that reads on light and on dark."""

from collections.abc import Iterable, Sequence
from html import escape

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
.wrong { color: #c44e00; font-weight: 600; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .25rem; } svg { width: 100%; height: auto; }
.scroll { overflow-x: auto; }
"""


class Wrong(str):
    """A table's cell that says what must not be."""

    __slots__ = ()


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page; the parts are HTML."""
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}{STYLE}</style></head><body>",
        *parts,
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "summary") -> str:
    """A table of text."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    top = f"<thead><tr>{titles}</tr></thead>" if head else ""
    return f'<div class="scroll"><table class="{kind}">{top}<tbody>{body}</tbody></table></div>'


def notes(lines: Iterable[str]) -> str:
    """What a reader must know to judge the figures."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>How to read the figures</h2><ul>{items}</ul>"


def warnings(lines: Iterable[str]) -> str:
    """What makes the figures doubtful."""
    return "".join(f'<p class="warning">{escape(line)}</p>' for line in lines)


def figure(caption: str, svg: str) -> str:
    """A chart with what it shows."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{svg}</figure>"


def _cell(text: str) -> str:
    mark = ' class="wrong"' if isinstance(text, Wrong) else ""
    return f"<td{mark}>{escape(text)}</td>"
