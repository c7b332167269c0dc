"""The loop over one invocation's messages: what is called when, and what becomes of each message."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from constructs_lib.runtime.flow_control.backoff import asked_delay, backoff_delay, longest_backoff
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE, Settings
from constructs_lib.runtime.flow_control.dead_letter import RETRIES_EXHAUSTED
from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater
from constructs_lib.runtime.flow_control.event import Record, fifo_group_of, queue_arn_of
from constructs_lib.runtime.flow_control.log import MessageLog, describe
from constructs_lib.runtime.flow_control.message import Message, open_message
from constructs_lib.runtime.flow_control.outbound import Outbound

#: Seconds before the function's timeout at which every call has ended. The construct adds the whole reserve to the
#: function's timeout; half of it is what an invocation may lose before and between its calls without deferring one.
MARGIN = REPORTING_RESERVE / 2


class Clock(Protocol):
    """What is used of the `time` module."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""

    def time(self) -> float:
        """Seconds since the epoch."""
        ...


class World(NamedTuple):
    """All that a batch needs from outside; tests have one of their own."""

    clock: Clock
    random: Callable[[], float]
    outbound: Outbound


class Batch:
    """One invocation.

    Args:
        function: The author's.
        settings: For each queue in the batch, by its ARN.
        seconds_left: Seconds until the function's timeout, now.
        world: Clock, randomness and SQS.
        log: Where the story of each message goes.
    """

    def __init__(
        self,
        function: Callable[[Message], object],
        *,
        settings: Mapping[str, Settings],
        seconds_left: Callable[[], float],
        world: World,
        log: MessageLog,
    ) -> None:
        self._function = function
        self._settings = settings
        self._seconds_left = seconds_left
        self._clock, self._random, self._outbound = world
        self._log = log
        self._called_at: float | None = None

    def run(self, records: Sequence[Record]) -> list[str]:
        """Handle the records in their order; the ids of those that go back to the queue."""
        returned: dict[str, None] = {}  # a set that keeps the order; a duplicate is reported once
        held: dict[str, int] = {}  # by FIFO group: the seconds for which its first returned message is hidden
        for index, record in enumerate(records):
            group = fifo_group_of(record)
            settings = self._settings[queue_arn_of(record)]
            timeout = self._time_for_call(settings, len(records) - index)
            delay: int | None
            if group in held:
                delay = self._defer(record, held[group], "an earlier message of its group goes first")
            elif timeout is None:
                # When not even the first one fits, coming back at once would only burn its receives.
                delay = 0 if self._called_at is not None else longest_backoff(settings.backoff_cap)
                delay = self._defer(record, delay, self._shortage(settings))
            else:
                delay = self._handle(record, settings, timeout)
            if delay is not None:
                returned[record["messageId"]] = None
                if group is not None:
                    held[group] = delay
        return list(returned)

    def _time_for_call(self, settings: Settings, remaining: int) -> float | None:
        """Seconds that the next call may take; None when it could not end in time."""
        spare = self._seconds_left() - MARGIN
        if spare <= 0 or spare < settings.pace:
            return None
        if settings.call_timeout is None:
            return spare / remaining
        return settings.call_timeout if spare >= _budget(settings) else None

    def _handle(self, record: Record, settings: Settings, timeout: float) -> int | None:
        message, defect = open_message(record, timeout=timeout, now=self._clock.time)
        delay = self._attempt(message, defect, settings)
        if delay is not None:
            self._hide(record, delay)
        if message.called:
            self._keep_pace(settings.pace)
        return delay

    def _attempt(self, message: Message, defect: PermanentError | None, settings: Settings) -> int | None:
        """Try one message. Seconds until it is tried again, or None when it is done with."""
        with self._log.about(message):
            self._called_at = self._clock.monotonic()
            try:
                self._call(message, defect)
            except PermanentError as error:
                return self._give_up(message, settings, str(error.code), str(error.reason), error)
            except Exception as error:  # noqa: BLE001 - one message's failure must not become the batch's
                return self._retry(message, settings, error)
            self._log.completed(message)
            return None

    def _call(self, message: Message, defect: PermanentError | None) -> None:
        if defect:
            raise defect
        result = self._function(message)
        if hasattr(result, "__await__"):
            # Nothing has run: to call it done would lose the message.
            msg = f"the handler returned {type(result).__name__}, which nobody awaits: make it a plain function"
            raise TypeError(msg)

    def _retry(self, message: Message, settings: Settings, error: Exception) -> int | None:
        most = settings.max_receive_count
        if most is not None and message.attempt >= most:
            reason = f"receive {message.attempt} of {most}, and it failed: {describe(error)}"
            return self._give_up(message, settings, RETRIES_EXHAUSTED, reason, error)
        asked = error.after if isinstance(error, RetryLater) else None
        if asked is None:
            delay = backoff_delay(message.attempt, settings.backoff_cap, self._random())
        else:
            delay = asked_delay(asked, self._random())
        self._log.retry(message, delay, error, throttled=error.throttled if isinstance(error, RetryLater) else None)
        return delay

    def _give_up(self, message: Message, settings: Settings, code: str, reason: str, error: Exception) -> int | None:
        """Move the message to the dead-letter queue; where that fails, leave it to the queue's own redrive."""
        moved = self._move(message, settings.dead_letter_queue_arn, code, reason)
        self._log.failed(message, code, reason, error, dead_lettered=moved)
        # It comes back only to fail again: as late as may be, so that it does not run in circles.
        return None if moved else longest_backoff(settings.backoff_cap)

    def _move(self, message: Message, queue_arn: str | None, code: str, reason: str) -> bool:
        if queue_arn is None:
            self._log.trouble(message.id, "the dead-letter queue is not known, so the message goes back to its queue")
            return False
        try:
            self._outbound.move(message.raw, queue_arn, code, reason)
        except Exception as error:  # noqa: BLE001 - no network, no permission, no region: the message is not lost
            self._log.trouble(message.id, "not moved to the dead-letter queue, so it goes back to its queue", error)
            return False
        return True

    def _shortage(self, settings: Settings) -> str:
        need = max(settings.pace, _budget(settings))
        return f"{self._seconds_left():.3g} s left, and the call needs {need:g} s and {MARGIN:g} s to report"

    def _defer(self, record: Record, delay: int, reason: str) -> int:
        message, _ = open_message(record, timeout=0, now=self._clock.time)
        with self._log.about(message):
            self._log.deferred(message, delay, reason)
        self._hide(record, delay)
        return delay

    def _hide(self, record: Record, seconds: int) -> None:
        try:
            self._outbound.hide(record, seconds)
        except Exception as error:  # noqa: BLE001 - the message then comes back after its visibility timeout
            self._log.trouble(record["messageId"], "the time of the next attempt could not be set", error)

    def _keep_pace(self, pace: float) -> None:
        """Stay with the message until its time is up, so that this worker's next call is not too early."""
        if not pace or self._called_at is None:
            return
        rest = min(self._called_at + pace - self._clock.monotonic(), self._seconds_left() - MARGIN)
        if rest > 0:
            self._clock.sleep(rest)


def _budget(settings: Settings) -> float:
    """Seconds that one message may take, with all the attempts that the author's function makes for it."""
    return settings.call_budget or settings.call_timeout or 0.0
