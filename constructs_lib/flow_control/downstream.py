"""What an author says of the system behind the queue."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration

from constructs_lib import _validate

#: Required, with a default only so that its absence ends in our words.
_MISSING: Any = None


@dataclass(frozen=True, kw_only=True)
class Downstream:
    """A system that takes so many calls a second.

    Only the rate is required. With the latencies known, concurrency, timeouts and cost are derived from them; without,
    `FlowStrategy.AUTO` never relies on concurrency alone.

    Attributes:
        calls_per_second: Calls it takes a second, above 0.
        burst: Calls it takes at once, at least 1. Behind API Gateway this is the usage plan's burst limit.
        mean_latency: Mean time of all its calls, errors included.
        p99_latency: The 99th percentile of the same; a call's timeout is 1.5 times this.
        error_rate: Share of its calls that fail though the rate is held, from 0 to below 1.
        name: What it is called, in the alarms of all flows in front of it. Flows of one stage (or of an app without
            stages) whose downstreams have one name, or are one object, are in front of one downstream (R33).

    Raises:
        ValueError: A value is a token, or not in its range.
    """

    if TYPE_CHECKING:
        calls_per_second: float
    else:
        calls_per_second: float = _MISSING
    burst: int = 1
    mean_latency: Duration | None = None
    p99_latency: Duration | None = None
    error_rate: float = 0.01
    name: str | None = None
    # What `dataclasses.replace` hands on: a copy with another burst is the same system.
    _system: object = field(default_factory=object, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.calls_per_second is _MISSING:
            msg = (
                "calls_per_second is missing: say how many calls a second the downstream takes, a number above 0, "
                "such as Downstream(calls_per_second=10)"
            )
            raise ValueError(msg)
        _validate.number("calls_per_second", self.calls_per_second, above=0)
        object.__setattr__(self, "burst", _validate.whole("burst", self.burst, minimum=1))
        _validate.number("error_rate", self.error_rate, minimum=0, below=1)
        _check_name(self.name)
        mean, p99 = self.mean_seconds, self.p99_seconds
        if mean is not None and p99 is not None and mean > p99:
            msg = (
                f"mean_latency must not be above p99_latency, got {mean:g} s and {p99:g} s: "
                "give both over the same calls"
            )
            raise ValueError(msg)

    def is_same_as(self, other: "Downstream") -> bool:
        """Whether both are one system: by name where they have one, else if both are the same object, or made of it."""
        if self.name and other.name:
            return self.name == other.name
        return self._system is other._system  # noqa: SLF001 - of another object of this class

    @property
    def mean_seconds(self) -> float | None:
        """The mean latency in seconds."""
        return None if self.mean_latency is None else _validate.known_seconds("mean_latency", self.mean_latency)

    @property
    def p99_seconds(self) -> float | None:
        """The 99th percentile of the latency in seconds."""
        return None if self.p99_latency is None else _validate.known_seconds("p99_latency", self.p99_latency)


def _check_name(name: object) -> None:
    if name is not None and not isinstance(name, str):
        msg = f'name must be a text, such as "courier", got {name!r}'
        raise ValueError(msg)
