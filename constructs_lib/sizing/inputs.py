"""What sizing is asked about, checked one by one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from constructs_lib.sizing.limits import LARGEST, MAX_BATCH, MAX_FIFO_BATCH, SMALLEST_RATE
from constructs_lib.sizing.profile import Profile, is_number, read
from constructs_lib.sizing.strategy import Calls, FlowStrategy

_MAY_BE_NONE = ("mean_latency", "p99_latency", "function_timeout", "max_concurrency", "max_wait")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A downstream, the load that comes to it, and what the author decides. Times are in seconds.

    Attributes:
        calls_per_second: What the downstream takes.
        burst: Calls it takes at once.
        mean_latency: Of all calls, errors included; None when unknown.
        p99_latency: The 99th percentile; None when unknown.
        error_rate: Share of calls that fail though the rate is held.
        overhead: Of an invocation, beside its calls.
        batch_size: Messages an invocation gets at most, worked on one after the other.
        fifo: The queue keeps an order: a failure sends the rest of its group's batch back.
        strategy: AUTO chooses.
        max_concurrency: Workers, where the author decides; derived when None.
        function_timeout: The consumer's; derived when None.
        memory_size: The consumer's, in MB, for the cost.
        target_loss: Highest probability that a message is dead-lettered though the downstream is up.
        outage_tolerance: An outage of the downstream that the retries must outlast.
        load: The messages that arrive: segments (seconds, messages a second at its start, messages a second at its
            end), one after the other. Without it nothing is said of backlog and waits.
        repeat: The load comes again and again; otherwise nothing comes after it.
        max_wait: The longest time that a message may wait in the queue.

    Raises:
        ValueError: A number makes no sense.
    """

    calls_per_second: float
    burst: int = 1
    mean_latency: float | None = None
    p99_latency: float | None = None
    error_rate: float = 0.01
    overhead: float = 0.03
    batch_size: int = 1
    fifo: bool = False
    strategy: FlowStrategy | str = FlowStrategy.AUTO
    max_concurrency: int | None = None
    function_timeout: float | None = None
    memory_size: int = 256
    target_loss: float = 1e-6
    outage_tolerance: float = 0
    load: Sequence[Sequence[float]] | None = None
    repeat: bool = False
    max_wait: float | None = None
    profile: Profile | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check(f"above 0 (at least {SMALLEST_RATE:g})", lambda value: value >= SMALLEST_RATE, "calls_per_second")
        self._check("above 0", lambda value: value > 0, "p99_latency", "function_timeout", "max_wait")
        self._check("0 or more", lambda value: value >= 0, "mean_latency", "overhead", "outage_tolerance")
        self._check("from 0 to below 1", lambda value: 0 <= value < 1, "error_rate")
        self._check("above 0 and below 1", lambda value: 0 < value < 1, "target_loss")
        counts = ("burst", "batch_size", "max_concurrency", "memory_size")
        self._check("a whole number from 1", lambda value: value >= 1 and value == int(value), *counts)
        if self.fifo not in (True, False):
            msg = f"fifo must be True or False, got {self.fifo!r}"
            raise ValueError(msg)
        if self.mean_latency is not None and self.p99_latency is not None and self.mean_latency > self.p99_latency:
            msg = (
                f"mean_latency must not be above p99_latency, got {self.mean_latency:g} and {self.p99_latency:g}: "
                "give both over the same calls"
            )
            raise ValueError(msg)
        most = MAX_FIFO_BATCH if self.fifo else MAX_BATCH
        if self.batch_size > most:
            msg = f"batch_size must be at most {most}{' with fifo' * self.fifo}, Lambda's limit, got {self.batch_size}"
            raise ValueError(msg)
        if self.strategy not in list(FlowStrategy):
            msg = f"strategy must be one of {', '.join(FlowStrategy)}, got {self.strategy!r}"
            raise ValueError(msg)
        object.__setattr__(self, "profile", read(self.load, repeat=self.repeat))

    @property
    def calls(self) -> Calls:
        """What is known of the flow's calls."""
        return Calls(
            rate=self.calls_per_second,
            burst=self.burst,
            mean_latency=self.mean_latency,
            overhead=self.overhead,
            batch_size=self.batch_size,
        )

    @property
    def in_line(self) -> int:
        """Messages that must succeed one after the other."""
        return self.batch_size if self.fifo else 1

    @property
    def goodput(self) -> float:
        """Messages a second that succeed at the downstream's whole rate."""
        return self.calls_per_second * (1 - self.error_rate)

    def _check(self, allowed: str, is_sound: Callable[[float], bool], *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is None and name in _MAY_BE_NONE:
                continue
            if not (_is_finite(value) and is_sound(value)):
                msg = f"{name} must be {allowed}, got {value!r}"
                raise ValueError(msg)
            if value > LARGEST:
                msg = f"{name} must be at most {LARGEST:g}, got {value!r}"
                raise ValueError(msg)


def _is_finite(value: object) -> TypeGuard[float]:
    # math.isfinite cannot take every whole number, and those that it cannot are too large anyway.
    return is_number(value) and (isinstance(value, int) or math.isfinite(value))
