"""Charts of rows as SVG text: each row has a name, and bars, lines and points along one axis that all share."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from local.report.svg import WIDTH, opening, ticks

_RIGHT, _BOTTOM = 34, 44
_ROW, _BAR = 26, 16
_RADIUS = 4.5
_SMALL, _CAPITAL = 6.4, 8.6  # pixels of a letter at 12 px, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A filled stretch of a row.

    Attributes:
        begin: Where it begins.
        end: Where it ends.
        colour: As of the lines of `svg.py`.
        text: Written into it where there is room, and shown on hovering.
        short: Written into it where there is no room for that.
    """

    begin: float
    end: float
    colour: str
    text: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of a row; with `low` and `high` one with its interval.

    Attributes:
        at: Where.
        colour: As of the lines of `svg.py`.
        text: Shown on hovering.
        low: Where its interval begins.
        high: Where it ends.
        is_hollow: Whether it is drawn as a ring.
    """

    at: float
    colour: str
    text: str = ""
    low: float | None = None
    high: float | None = None
    is_hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A row.

    Attributes:
        label: Its name, to the left of it.
        bars: Drawn first.
        points: Drawn above them.
        note: Written after the last of them.
    """

    label: str
    bars: Sequence[Bar] = ()
    points: Sequence[Point] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    low: float
    high: float
    left: float

    def x(self, value: float) -> float:
        width = WIDTH - self.left - _RIGHT
        return round(self.left + (value - self.low) / (self.high - self.low) * width, 1)


def strips(
    *,
    description: str,
    x_label: str,
    rows: Sequence[Strip],
    low: float = 0.0,
    high: float,
    rules: Sequence[tuple[float, str]] = (),
    legend: Sequence[tuple[str, str]] = (),
    title: str = "",
) -> str:
    """A chart of rows.

    Args:
        description: For readers who do not see it.
        x_label: What the axis shows, with its unit.
        rows: From top to bottom.
        low: Where the axis begins.
        high: Where it ends.
        rules: Upright lines across all rows, each with a text above it.
        legend: Colours and what they mean.
        title: Written above it; default: nothing.
    """
    axis = _Axis(low=low, high=high, left=22 + max((_length(row.label) for row in rows), default=0))
    # A rule's text is above the rows, the legend above that, the title above all.
    legend_y = 40 if title else 18
    top = (26 if title else 6) + (20 if legend else 0) + (18 if rules else 0)
    bottom = top + _ROW * len(rows)
    parts = [opening(description, height=bottom + _BOTTOM, title=title, left=8), _scale(axis, x_label, top, bottom)]
    if legend:
        parts.append(_legend(legend, y=legend_y))
    parts += [_rule(axis, at, text, top, bottom) for at, text in rules]
    parts += [_row(axis, row, top + _ROW * place + _ROW / 2) for place, row in enumerate(rows)]
    return "\n".join([*parts, "</svg>"])


def _scale(axis: _Axis, x_label: str, top: float, bottom: float) -> str:
    step = ticks(axis.high - axis.low, about=8)[1]
    first = round(axis.low / step)
    parts = []
    for number in range(first, round(axis.high / step) + 1):
        value = round(number * step, 10)
        if not axis.low <= value <= axis.high:
            continue
        x = axis.x(value)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        parts.append(f'<text class="muted" text-anchor="middle" x="{x}" y="{bottom + 16}">{value:g}</text>')
    middle = (axis.left + WIDTH - _RIGHT) / 2
    parts.append(f'<text class="muted" text-anchor="middle" x="{middle}" y="{bottom + 36}">{escape(x_label)}</text>')
    return "\n".join(parts)


def _legend(legend: Sequence[tuple[str, str]], *, y: float) -> str:
    parts = []
    x = 8.0
    for colour, text in legend:
        parts.append(f'<rect class="area {colour}" x="{x}" y="{y - 9}" width="14" height="10"/>')
        parts.append(f'<text x="{x + 20}" y="{y}">{escape(text)}</text>')
        x = round(x + 38 + _length(text), 1)
    return "\n".join(parts)


def _rule(axis: _Axis, at: float, text: str, top: float, bottom: float) -> str:
    x = axis.x(at)
    return (
        f'<line class="line ink" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke-dasharray="4 3"/>'
        f'<text class="muted" text-anchor="middle" x="{x}" y="{top - 5}">{escape(text)}</text>'
    )


def _row(axis: _Axis, row: Strip, y: float) -> str:
    parts = [f'<text text-anchor="end" x="{axis.left - 10:g}" y="{y + 4}">{escape(row.label)}</text>']
    parts += [_bar(axis, bar, y) for bar in row.bars]
    parts += [_point(axis, point, y) for point in row.points]
    if row.note:
        ends = [bar.end for bar in row.bars] + [p.at if p.high is None else p.high for p in row.points]
        x = axis.x(max(ends, default=axis.low)) + 8
        parts.append(f'<text x="{x}" y="{y + 4}">{escape(row.note)}</text>')
    return "\n".join(parts)


def _bar(axis: _Axis, bar: Bar, y: float) -> str:
    x, width = axis.x(bar.begin), round(axis.x(bar.end) - axis.x(bar.begin), 1)
    title = f"<title>{escape(bar.text)}</title>" if bar.text else ""
    drawn = f'<rect class="area {bar.colour}" x="{x}" y="{y - _BAR / 2}" width="{width}" height="{_BAR}">{title}</rect>'
    inside = next((text for text in (bar.text, bar.short) if text and width > 8 + _length(text)), "")
    if inside:
        middle = round(x + width / 2, 1)
        drawn += f'<text class="inside" text-anchor="middle" x="{middle}" y="{y + 4}">{escape(inside)}</text>'
    return drawn


def _point(axis: _Axis, point: Point, y: float) -> str:
    x = axis.x(point.at)
    text = f"<title>{escape(point.text)}</title>" if point.text else ""
    kind = f"line hollow {point.colour}" if point.is_hollow else f"area {point.colour}"
    drawn = f'<circle class="{kind}" cx="{x}" cy="{y}" r="{_RADIUS}">{text}</circle>'
    if point.low is None or point.high is None:
        return drawn
    low, high = axis.x(point.low), axis.x(point.high)
    ends = "".join(f"M{end} {y - 6}V{y + 6}" for end in (low, high))
    return f'<path class="line {point.colour}" d="M{low} {y}H{high}{ends}"/>{drawn}'


def _length(text: str) -> float:
    return sum(_CAPITAL if letter.isupper() else _SMALL for letter in text)
