"""What is delivered more than once: SQS, Scheduler, EventBridge and streams promise at least once, and no more."""

from random import Random
from typing import NamedTuple


class _Rule(NamedTuple):
    unit: str | None
    queue: str | None
    share: float
    times: int
    within: float


class Duplicates:
    """Says how often a message is delivered, and when.

    Args:
        random: For the share that is.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._rules: list[_Rule] = []

    def add(self, *, unit: str | None, queue: str | None, share: float, times: int, within: float) -> None:
        """Deliver messages so many times more; see `CheckRunner.duplicate`."""
        self._rules.append(_Rule(unit, queue, share, times, within))

    def delays(self, queue: str, unit: str | None) -> list[float]:
        """Seconds after which a message is delivered, once for each delivery, beside its own delay."""
        delays = [0.0]
        for rule in self._rules:
            if rule.unit not in (None, unit) or rule.queue not in (None, queue):
                continue
            if rule.share >= 1 or self._random.random() < rule.share:
                delays += [self._random.random() * rule.within for _ in range(rule.times)]
        return delays
