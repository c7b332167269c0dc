"""How much waits under a load, and how long, exactly: arrivals in straight lines, a constant goodput, no steps of time.

The backlog grows by arrival minus goodput, and stays at 0 where it would fall below (Lindley's recursion). Within a
segment the growth goes in a straight line, so that the backlog is a parabola, which is cut where the growth changes
its sign and where the backlog comes to 0.

A load that repeats is gone through twice, and the second time is how it stays: where a period brings X messages
beyond the goodput, X <= 0, the backlog after the second is the larger of (the backlog after the first) + X and of
what an empty start comes to, which is the backlog after the first. So the third begins as the second did.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from constructs_lib.sizing.limits import ROUNDING
from constructs_lib.sizing.profile import Profile, Segment


class _Piece(NamedTuple):  # a dataclass would take thrice as long for the half million minutes of a year
    """Part of a parabola that only grows, only shrinks, or is 0."""

    start: float
    end: float
    backlog: float
    growth: float
    change: float  # of the growth, a second
    backlog_after: float

    def at(self, time: float) -> float:
        elapsed = time - self.start
        return max(0.0, self.backlog + self.growth * elapsed + self.change * elapsed * elapsed / 2)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits while a load is worked off at a goodput, in messages a second, beginning with nothing.

    Attributes:
        profile: The load.
        goodput: Messages a second that are worked off.
        peak: The most messages that wait; of a load that repeats, in its second period.
        peak_at: Seconds from the beginning to that peak.
        empty_before: Seconds from the beginning to when nothing waited for the last time before it.
        drain_time: Seconds from the peak until nothing waits; infinite where that never comes.
    """

    profile: Profile
    goodput: float
    peak: float
    peak_at: float
    empty_before: float
    drain_time: float
    _pieces: list[_Piece]

    @classmethod
    def of(cls, profile: Profile, goodput: float) -> "Backlog":
        """Go through the load once and until nothing is left, or, where it repeats, twice."""
        pieces = list(_period(profile, goodput, 0.0, 0.0))
        over, left, usual = pieces[-1].end, pieces[-1].backlog_after, 0
        if profile.repeat:
            usual = len(pieces)
            pieces += _period(profile, goodput, over, left)
        else:
            pieces.append(_Piece(over, over + left / goodput, left, -goodput, 0.0, 0.0))
        peak = max(piece.backlog_after for piece in pieces[usual:])
        index = next(index for index in range(usual, len(pieces)) if pieces[index].backlog_after == peak)
        # A load that takes the whole goodput comes to 0 at one moment, but for the rounding.
        empty = [piece.end for piece in pieces if piece.backlog_after <= ROUNDING * peak]
        peak_at = pieces[index].end
        # Where it does not drain before the second period ends, it drains where the second period first did.
        again = [over + end for end in empty if end > over] if profile.repeat else []
        return cls(
            profile=profile,
            goodput=goodput,
            peak=peak,
            peak_at=peak_at,
            empty_before=max((end for end in empty if end < peak_at), default=0.0),
            drain_time=min((end - peak_at for end in [*empty, *again] if end >= peak_at), default=math.inf),
            _pieces=pieces,
        )

    @property
    def ends_at(self) -> float:
        """When the picture is complete: the load is over and nothing waits, or it was seen twice."""
        return self._pieces[-1].end

    @property
    def turns(self) -> list[float]:
        """The times at which its course changes, for whoever draws it."""
        return [0.0, *(piece.end for piece in self._pieces)]

    def at(self, time: float) -> float:
        """The messages that wait so many seconds after the beginning; a third period is as the second."""
        over = self.profile.length
        if self.profile.repeat and time > self.ends_at:
            time = over + (time - over) % over
        piece = self._pieces[min(bisect_left(self._pieces, time, key=lambda each: each.end), len(self._pieces) - 1)]
        return piece.at(time) if time < piece.end else piece.backlog_after


def drains(*, load_after: float, goodput: float) -> bool:
    """Whether the backlog comes to 0 again; at an equal rate it does, as long as nothing else adds to it."""
    return load_after <= goodput * (1 + ROUNDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What of a sizing follows from the load, at the downstream's whole rate and as expected, by the names there."""

    load_after: float | None = None
    peak_arrival: float | None = None
    peak_backlog: float | None = None
    drain_time: float | None = None
    max_wait: float | None = None
    expected_peak_backlog: float | None = None
    expected_drain_time: float | None = None
    expected_max_wait: float | None = None

    @property
    def longest(self) -> float:
        """The longest wait that is known of; 0 without a load."""
        return max(self.max_wait or 0.0, self.expected_max_wait or 0.0)


def waiting_under(profile: Profile | None, *, goodput: float, expected_goodput: float | None) -> Waiting:
    """Work the load off at either goodput; what never drains is None."""
    if profile is None:
        return Waiting()
    peak, drain, wait = _worked_off(profile, goodput)
    expected = _worked_off(profile, expected_goodput)
    return Waiting(
        load_after=profile.after,
        peak_arrival=profile.peak,
        peak_backlog=peak,
        drain_time=drain,
        max_wait=wait,
        expected_peak_backlog=expected[0],
        expected_drain_time=expected[1],
        expected_max_wait=expected[2],
    )


def _worked_off(profile: Profile, goodput: float | None) -> tuple[float, float, float] | tuple[None, None, None]:
    """Peak, drain time and longest wait."""
    if goodput is None or not drains(load_after=profile.after, goodput=goodput):
        return None, None, None
    backlog = Backlog.of(profile, goodput)
    return backlog.peak, backlog.drain_time, backlog.peak / goodput


def _period(profile: Profile, goodput: float, start: float, backlog: float) -> Iterator[_Piece]:
    for segment in profile.segments:
        for length, growth, change in _stretches(segment, goodput):
            for piece in _pieces(start=start, length=length, backlog=backlog, growth=growth, change=change):
                yield piece
                start, backlog = piece.end, piece.backlog_after


def _stretches(segment: Segment, goodput: float) -> Iterator[tuple[float, float, float]]:
    """Length, growth at the start, and its change: cut where the growth changes its sign."""
    growth, change = segment.start - goodput, (segment.end - segment.start) / segment.length
    turn = -growth / change if change else 0.0
    if 0 < turn < segment.length:
        yield turn, growth, change
        yield segment.length - turn, 0.0, change
    else:
        yield segment.length, growth, change


def _pieces(*, start: float, length: float, backlog: float, growth: float, change: float) -> Iterator[_Piece]:
    after = backlog + (growth + change * length / 2) * length
    if growth + change * length / 2 >= 0:
        yield _Piece(start, start + length, backlog, growth, change, max(0.0, after))
        return
    empty = _until_empty(backlog, growth, change)
    if empty >= length:
        yield _Piece(start, start + length, backlog, growth, change, max(0.0, after))
        return
    if empty:
        yield _Piece(start, start + empty, backlog, growth, change, 0.0)
    yield _Piece(start + empty, start + length, 0.0, 0.0, 0.0, 0.0)


def _until_empty(backlog: float, growth: float, change: float) -> float:
    """The first time at which a parabola that shrinks is 0; written so that nothing large is subtracted."""
    square = growth * growth - 2 * change * backlog
    if square < 0:
        return math.inf
    return 2 * backlog / (-growth + math.sqrt(square)) if backlog else 0.0
