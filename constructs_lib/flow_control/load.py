"""How many messages come, and when: what the author says of the load, for the sizing."""

from collections.abc import Sequence

from aws_cdk import Duration

from constructs_lib import _validate

_EXAMPLE = "LoadProfile([(Duration.minutes(10), 4, 15)])"
#: How long, rate at start, rate at end.
_PARTS = 3
#: The rate is steady, so any time will do: a day is what a retention is read in.
_STEADY = Duration.days(1)


class LoadProfile:
    """The messages that come in a second, over time, in segments in each of which the rate changes evenly.

        LoadProfile([
            (Duration.minutes(1), 2, 2),       # for a minute two a second,
            (Duration.minutes(2), 2, 5),       # then more and more, to five,
            (Duration.minutes(10), 4, 15),     # a jump down to four, and up to fifteen
        ])

    After the last segment no more messages come, unless it all begins again: a peak that is above the downstream's rate
    waits in the queue and drains afterwards. What is held must be below the rate, or the queue never drains (R22).

    Args:
        segments: How long, and the messages a second at the start and at the end, one after the other.
        repeat: Begin again after the last segment, for ever, such as a day's profile every day. Default: False.

    Attributes:
        segments: The same, with seconds.
        repeat: Whether it begins again.

    Raises:
        ValueError: There is no segment, one is not known at synth or not in its range, or no message ever comes.
    """

    segments: tuple[tuple[float, float, float], ...]
    repeat: bool

    def __init__(self, segments: Sequence[tuple[Duration, float, float]], *, repeat: bool = False) -> None:
        _check_shape(segments, repeat)
        self.segments = tuple(_segment(number, each) for number, each in enumerate(segments))
        self.repeat = repeat
        if not any(rate for _, *rates in self.segments for rate in rates):
            msg = "all rates of the LoadProfile are 0, so that no message ever comes: give a rate, or leave load out"
            raise ValueError(msg)

    @classmethod
    def steady(cls, rate: float) -> "LoadProfile":
        """So many messages a second, for ever.

        Raises:
            ValueError: The rate is 0, or no number known at synth.
        """
        return cls([(_STEADY, rate, rate)], repeat=True)

    @classmethod
    def ramp(cls, *, over: Duration, start: float = 0, end: float, hold: Duration | None = None) -> "LoadProfile":
        """More and more messages, or less and less, such as at the launch of a campaign.

        Args:
            over: How long the rate changes.
            start: Messages a second at first. Default: 0.
            end: Messages a second at last.
            hold: How long it then stays so; after that no more messages come. Default: not at all.

        Raises:
            ValueError: An argument is not known at synth or not in its range, or both rates are 0.
        """
        return cls([(over, start, end), *([] if hold is None else [(hold, end, end)])])

    def __repr__(self) -> str:
        return f"LoadProfile({list(self.segments)!r}, repeat={self.repeat})"


def check(load: object) -> None:
    """Refuse what is no profile.

    Raises:
        ValueError: It is none.
    """
    if load is not None and not isinstance(load, LoadProfile):
        msg = f"load must be a LoadProfile, such as {_EXAMPLE} or LoadProfile.steady(5), got {load!r}"
        raise ValueError(msg)


def _check_shape(segments: object, repeat: object) -> None:
    if isinstance(segments, str) or not isinstance(segments, Sequence) or not segments:
        msg = f"a LoadProfile needs a list of at least one segment, such as {_EXAMPLE}, got {segments!r}"
        raise ValueError(msg)
    if not isinstance(repeat, bool):
        msg = f"repeat must be True or False, got {repeat!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument


def _segment(number: int, value: object) -> tuple[float, float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != _PARTS:
        msg = (
            f"segment {number + 1} of the LoadProfile must be (how long, rate at start, rate at end), such as "
            f"(Duration.minutes(10), 4, 15), got {value!r}"
        )
        raise ValueError(msg)
    where = f"segment {number + 1} of the LoadProfile:"
    how_long, start, end = value
    return (
        _validate.known_seconds(f"{where} how long it is", how_long),
        _validate.number(f"{where} the rate at its start", start, minimum=0),
        _validate.number(f"{where} the rate at its end", end, minimum=0),
    )
