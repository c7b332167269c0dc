"""Charts as SVG text: small pure functions, no library, readable on light and on dark."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 280
_LEFT, _RIGHT, _BOTTOM = 52, 14, 44
_LETTER = 6.4  # pixels of a letter at 12 px, about

#: Colours that the colour-blind can tell apart (Okabe and Ito); lines differ in their dashes too.
STYLE = """
.chart { --ink: #1f2328; --muted: #57606a; --grid: #d8dee4; --paper: #ffffff;
  --blue: #0072b2; --red: #c44e00; --grey: #8c959f; --green: #00805c; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .chart { --ink: #e6edf3; --muted: #9da7b1; --grid: #30363d; --paper: #0d1117;
  --blue: #56b4e9; --red: #ff9a4d; --grey: #7d8590; --green: #2fbf94; } }
.chart text { fill: var(--ink); } .chart .muted { fill: var(--muted); }
.chart .title { font-size: 14px; font-weight: 600; }
.chart .grid { stroke: var(--grid); stroke-width: 1; } .chart .line { fill: none; stroke-width: 2; }
.chart .line.hollow, .chart .paper { fill: var(--paper); } .chart .inside { fill: var(--paper); }
.chart .area { stroke: none; opacity: .85; }
""" + "\n".join(
    f".chart .line.{name} {{ stroke: var(--{name}); }} .chart .area.{name} {{ fill: var(--{name}); }}"
    for name in ("ink", "blue", "red", "grey", "green")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is drawn: values of second 0, 1, 2, ..., or of other equal steps, None where there is none.

    Attributes:
        label: Its name in the legend.
        colour: blue, red, grey, green or ink.
        values: One a step.
        dash: The SVG dash pattern of a line; empty: solid.
    """

    label: str
    colour: str
    values: Sequence[float | None]
    dash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    x_max: float
    y_max: float
    top: float
    step: float

    def x(self, value: float) -> float:
        return round(_LEFT + value / self.x_max * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - _BOTTOM - value / self.y_max * (HEIGHT - _BOTTOM - self.top), 1)


def chart(
    *,
    description: str,
    x_label: str,
    y_label: str,
    lines: Sequence[Mark] = (),
    areas: Sequence[Mark] = (),
    x_max: float | None = None,
    y_max: float | None = None,
    title: str = "",
    step: float = 1.0,
) -> str:
    """One chart over time, or over whatever else has equal steps. Areas are stacked, as steps; lines lie above them.

    Args:
        description: For readers who do not see it.
        x_label: What the horizontal axis shows, with its unit.
        y_label: What the vertical axis shows, with its unit.
        lines: Drawn as lines.
        areas: Drawn as stacked areas.
        x_max: Where the horizontal axis ends; default: with the data.
        y_max: Where the vertical axis ends; default: with the data, rounded up.
        title: Written above it; default: nothing.
        step: How far apart two values are.
    """
    width = x_max or step * max([1, *(len(mark.values) for mark in (*lines, *areas))])
    stacks = _stacked(areas)
    highest = max(
        [1.0, *(value for mark in lines for value in mark.values if value is not None), *itertools.chain(*stacks)]
    )
    scale = _Scale(x_max=width, y_max=y_max or ticks(highest)[-1], top=56 if title else 32, step=step)
    parts = [opening(description, height=HEIGHT, title=title, left=_LEFT)]
    parts += [_axes(scale, x_label, y_label), _legend([*areas, *lines], set(map(id, areas)), y=scale.top - 14)]
    base: list[float] = []
    for mark, stack in zip(areas, stacks, strict=True):
        parts.append(_area(mark, base or [0.0] * len(stack), stack, scale))
        base = stack
    parts += [_line(mark, scale) for mark in lines]
    return "\n".join([*parts, "</svg>"])


def opening(description: str, *, height: float, title: str = "", left: float = 0) -> str:
    """How a chart begins: its element, what it shows in words, its ground, and its title."""
    parts = [
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-label="{escape(description)}">',
        f"<title>{escape(description)}</title>",
        f'<rect class="paper" width="{WIDTH}" height="{height:g}"/>',
    ]
    if title:
        parts.append(f'<text class="title" x="{left:g}" y="18">{escape(title)}</text>')
    return "\n".join(parts)


def standalone(svg: str) -> str:
    """The same chart as a file of its own."""
    return svg.replace("<title>", f"<style>{STYLE}</style><title>", 1) + "\n"


def ticks(highest: float, *, about: int = 5) -> list[float]:
    """Round values from 0 to at least `highest`, in steps of 1, 2 or 5 times a power of ten."""
    raw = max(highest, 1e-9) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    return [round(step * count, 10) for count in range(math.ceil(highest / step - 1e-9) + 1)]


def _stacked(areas: Sequence[Mark]) -> list[list[float]]:
    stacks: list[list[float]] = []
    for mark in areas:
        before = stacks[-1] if stacks else [0.0] * len(mark.values)
        stacks.append([low + (value or 0.0) for low, value in zip(before, mark.values, strict=True)])
    return stacks


def _axes(scale: _Scale, x_label: str, y_label: str) -> str:
    left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
    parts = []
    for value in ticks(scale.y_max):
        if value > scale.y_max:
            continue
        y = scale.y(value)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="muted" text-anchor="end" x="{left - 6}" y="{y + 4}">{value:g}</text>')
    for value in ticks(scale.x_max, about=8):
        if value > scale.x_max:
            continue
        parts.append(
            f'<text class="muted" text-anchor="middle" x="{scale.x(value)}" y="{bottom + 16}">{value:g}</text>'
        )
    middle = (scale.top + bottom) / 2
    centred = 'class="muted" text-anchor="middle"'
    parts.append(
        f'<text {centred} x="{(left + right) / 2}" y="{HEIGHT - 8}">{escape(x_label)}</text>'
        f'<text {centred} transform="translate(13 {middle}) rotate(-90)">{escape(y_label)}</text>'
    )
    return "\n".join(parts)


def _legend(marks: Sequence[Mark], areas: set[int], *, y: float) -> str:
    parts = []
    x = float(_LEFT)
    for mark in marks:
        if id(mark) in areas:
            parts.append(f'<rect class="area {mark.colour}" x="{x}" y="{y - 9}" width="14" height="10"/>')
        else:
            dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
            parts.append(f'<line class="line {mark.colour}" x1="{x}" x2="{x + 18}" y1="{y - 4}" y2="{y - 4}"{dash}/>')
        parts.append(f'<text x="{x + 22}" y="{y}">{escape(mark.label)}</text>')
        x = round(x + 38 + _LETTER * len(mark.label), 1)
    return "\n".join(parts)


def _area(mark: Mark, low: Sequence[float], high: Sequence[float], scale: _Scale) -> str:
    def steps(values: Sequence[float], *, back: bool) -> list[str]:
        corners = [(at, value) for second, value in enumerate(values) for at in (second, second + 1)]
        return [
            f"{scale.x(at * scale.step)},{scale.y(value)}" for at, value in (reversed(corners) if back else corners)
        ]

    points = " ".join([*steps(high, back=False), *steps(low, back=True)])
    return f'<polygon class="area {mark.colour}" points="{points}"/>'


def _line(mark: Mark, scale: _Scale) -> str:
    strokes: list[list[str]] = [[]]
    for second, value in enumerate(mark.values):
        if value is None:
            strokes.append([])
        else:
            strokes[-1].append(f"{scale.x(min((second + 0.5) * scale.step, scale.x_max))},{scale.y(value)}")
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    return "".join(
        f'<polyline class="line {mark.colour}" points="{" ".join(stroke)}"{dash}/>' for stroke in strokes if stroke
    )
