"""Virtual time."""


class VirtualClock:
    """Time that passes only when somebody sleeps.

    Attributes:
        time: Seconds since the epoch.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.time = start

    def sleep(self, seconds: float, /) -> None:
        """Let time pass: in an author's method, that is a call which takes so long."""
        self.time += seconds


class InvocationClock:
    """What one invocation sees of the time.

    Args:
        clock: The time.
        deadline: When the invocation is killed.
    """

    __slots__ = ("_clock", "_deadline")

    def __init__(self, clock: VirtualClock, deadline: float) -> None:
        self._clock = clock
        self._deadline = deadline

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock.time * 1000)

    def remaining(self) -> float:
        """Seconds until this invocation is killed."""
        return self._deadline - self._clock.time
