"""Virtual time."""

from constructs_lib.runtime.flow_control.batch import Clock


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.now = start

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""
        self.now += seconds


class FakeContext:
    """A Lambda context whose time runs out on a virtual clock."""

    function_name = "function"
    aws_request_id = "request-1"

    def __init__(self, clock: Clock, timeout: float) -> None:
        self._clock = clock
        self._deadline = clock.time() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - self._clock.time()) * 1000))
