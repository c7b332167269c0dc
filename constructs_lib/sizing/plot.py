"""A picture of a sizing: what arrives, what waits, and how long, over the load. The one place that needs matplotlib."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib.sizing.backlog import Backlog
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.profile import Profile
from constructs_lib.sizing.result import Sizing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The endings that say what kind of picture it is.
KINDS = (".png", ".svg")
_POINTS = 600
#: Times are told in the unit of which the picture spans at least three.
_UNITS = ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))
_COLOURS = ("#0072b2", "#c44e00")


class CannotPlot(Exception):
    """A picture cannot be drawn; the message says why, and what to do."""


def check(inputs: Inputs, path: Path) -> None:
    """Find out, before anything else is done, whether there is something to draw and something to draw with.

    Raises:
        CannotPlot: There is not.
    """
    if path.suffix.lower() not in KINDS:
        raise CannotPlot(f"a picture's name ends in {' or '.join(KINDS)}, got {str(path)!r}")
    if inputs.profile is None:
        raise CannotPlot("there is nothing to draw without a load: give one")
    try:
        import matplotlib  # noqa: F401, PLC0415 - an extra: needed for pictures only
    except ImportError as error:
        raise CannotPlot('a picture needs matplotlib: pip install "constructs-lib[plot]"') from error


def save(inputs: Inputs, sized: Sizing, path: Path) -> None:
    """Draw the load, the backlog and the wait, at the goodput and as expected, until drained, into a file.

    A load that repeats is drawn twice, from an empty queue.

    Raises:
        CannotPlot: There is no load, no matplotlib, or the file cannot be written.
    """
    check(inputs, path)
    if inputs.profile is None:
        return
    import matplotlib as mpl  # noqa: PLC0415 - as above

    # Equal inputs, equal pictures: ids and dates would differ from run to run. Letters stay letters.
    with mpl.rc_context({"svg.hashsalt": "constructs-lib", "svg.fonttype": "none", "font.size": 9}):
        figure = _draw(inputs.profile, list(_curves(inputs.profile, sized)))
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        try:
            figure.savefig(path, metadata=metadata, dpi=150)
        except OSError as error:
            raise CannotPlot(f"{path} cannot be written: {error.strerror or error}") from error


def times(profile: Profile, backlogs: list[Backlog]) -> list[float]:
    """When to look: evenly, and wherever a course turns, so that no peak is cut off."""
    end = max(backlog.ends_at for backlog in backlogs)
    evenly = {end * step / _POINTS for step in range(_POINTS + 1)}
    turns = {turn for backlog in backlogs for turn in backlog.turns}
    # A year by the hour has more turns than a picture has dots.
    return sorted(evenly | turns if len(profile.segments) <= _POINTS else evenly)


def _curves(profile: Profile, sized: Sizing) -> Iterator[tuple[str, Backlog]]:
    yield f"at the downstream's whole rate, {sized.goodput:.3g}/s", Backlog.of(profile, sized.goodput)
    if sized.expected_goodput is not None and sized.expected_goodput < sized.goodput:
        label = f"as expected of {sized.max_concurrency} workers, {sized.expected_goodput:.3g}/s"
        yield label, Backlog.of(profile, sized.expected_goodput)


def _draw(profile: Profile, curves: list[tuple[str, Backlog]]) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above; a figure of its own needs no screen

    figure = Figure(figsize=(7, 6), layout="constrained")
    arrival, backlog, wait = figure.subplots(3, 1, sharex=True)
    moments = times(profile, [curve for _, curve in curves])
    unit, name = next(((size, name) for size, name in _UNITS if moments[-1] >= 3 * size), _UNITS[-1])
    scaled = [moment / unit for moment in moments]
    corners = list(_corners(profile, moments[-1]))
    arrival.plot([time / unit for time, _ in corners], [rate for _, rate in corners], color="#555", label="arrivals")
    for (label, curve), colour in zip(curves, _COLOURS, strict=False):
        arrival.axhline(curve.goodput, color=colour, linestyle="--", linewidth=1)
        waiting = [curve.at(moment) for moment in moments]
        backlog.plot(scaled, waiting, color=colour, label=label)
        wait.plot(scaled, [messages / curve.goodput for messages in waiting], color=colour)
    _label(arrival, "messages a second\n(dashed: goodput)")
    _label(backlog, "backlog\n(messages)")
    _label(wait, "wait of a message that\ncomes then (seconds)")
    backlog.legend(frameon=False, fontsize=8)
    wait.set_xlabel(name)
    return figure


def _label(axes: "Axes", what: str) -> None:
    axes.set_ylabel(what)
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _corners(profile: Profile, end: float) -> Iterator[tuple[float, float]]:
    """Time and rate at each end of each segment."""
    now = 0.0
    for _ in range(2 if profile.repeat else 1):
        for segment in profile.segments:
            yield now, segment.start
            now += segment.length
            yield now, segment.end
    if end > now:
        yield now, 0.0
        yield end, 0.0
