"""The messages that arrive over time: segments in each of which the rate goes in a straight line."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

from constructs_lib.sizing.limits import LARGEST

_EXAMPLE = "such as [(60, 2, 2), (120, 2, 5)]"
_SHAPE = "(seconds, messages a second at its start, messages a second at its end)"


class Segment(NamedTuple):
    """So many seconds, and the messages that arrive in each, at their start and at their end."""

    length: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Profile:
    """One segment after the other, once or again and again."""

    segments: tuple[Segment, ...]
    repeat: bool

    @property
    def length(self) -> float:
        """Seconds of all segments."""
        return math.fsum(segment.length for segment in self.segments)

    @property
    def messages(self) -> float:
        """All that arrive, once through."""
        return math.fsum(segment.length * (segment.start + segment.end) / 2 for segment in self.segments)

    @property
    def peak(self) -> float:
        """The most messages a second."""
        return max(max(segment.start, segment.end) for segment in self.segments)

    @property
    def after(self) -> float:
        """Messages a second that go on arriving: none, or the mean of what repeats."""
        return self.messages / self.length if self.repeat else 0.0

    def until(self, time: float) -> float:
        """All that has arrived so many seconds after the beginning."""
        periods, time = divmod(time, self.length) if self.repeat else (0.0, time)
        arrived = periods * self.messages
        for segment in self.segments:
            elapsed = min(max(time, 0.0), segment.length)
            arrived += elapsed * (segment.start + (segment.end - segment.start) * elapsed / segment.length / 2)
            time -= segment.length
        return arrived


def read(load: object, *, repeat: object = False) -> Profile | None:
    """Read what an author wrote; None where that is nothing.

    Raises:
        ValueError: It is no load.
    """
    if repeat not in (True, False):
        msg = f"repeat must be True or False, got {repeat!r}"
        raise ValueError(msg)
    if load is None:
        if repeat:
            msg = "repeat says that the load comes again and again, and there is no load: give one, or leave repeat out"
            raise ValueError(msg)
        return None
    if not isinstance(load, Iterable) or isinstance(load, str | bytes | Mapping):
        msg = f"load must be a list of segments {_SHAPE}, {_EXAMPLE}, got {load!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    profile = Profile(tuple(_segments(load)), bool(repeat))
    _check_whole(profile)
    return profile


def _segments(load: Iterable[object]) -> Iterator[Segment]:
    for number, given in enumerate(load, start=1):
        values = list(given) if isinstance(given, list | tuple) else []
        if len(values) != len(Segment._fields):
            msg = f"segment {number} of load must be {_SHAPE}, such as (60, 2, 5), got {given!r}"
            raise ValueError(msg)
        length, start, end = (value if is_number(value) else math.nan for value in values)
        if not 0 < length <= LARGEST:
            msg = f"segment {number} of load must last more than 0 seconds, and at most {LARGEST:g}, got {given!r}"
            raise ValueError(msg)
        if not (0 <= start <= LARGEST and 0 <= end <= LARGEST):
            msg = (
                f"the rates of segment {number} of load must be from 0 to {LARGEST:g} messages a second, got {given!r}"
            )
            raise ValueError(msg)
        yield Segment(float(length), float(start), float(end))


def _check_whole(profile: Profile) -> None:
    if not profile.segments:
        msg = f"load has no segments: give at least one {_SHAPE}, {_EXAMPLE}, or leave load out"
        raise ValueError(msg)
    if not profile.peak:
        msg = "all rates of load are 0, so there is nothing to size for: give the messages a second, or leave load out"
        raise ValueError(msg)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number, which may be without end; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
