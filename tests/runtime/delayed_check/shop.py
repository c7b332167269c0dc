"""A shop and its provider of calls, as a test of the kit sees them: a ledger, and what an author writes against it."""

# ruff: noqa: ARG002 - an author's methods take what they are called with, whether they need it or not

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.row import PUBLISHED, State
from constructs_lib.runtime.delayed_check.testing import POINTS, CheckRunner, Experiment

HALF = Experiment(key="late-orders", version=1, arms={"call": 50, "control": 50}, control="control")
MOMENTS = list(product(("before", "after"), POINTS))


class Shop:
    """Orders that settle, and a provider that keeps a ledger.

    Attributes:
        settled: The orders about which nothing is left to do.
        calls: Who was called, in order, whatever the caller came to know of it.
        answers: What happens at the next calls, instead of an answer.
    """

    def __init__(self) -> None:
        self.settled: set[str] = set()
        self.calls: list[str] = []
        self.answers: list[Callable[[], None]] = []

    def call(self, unit: str) -> str:
        """Call somebody."""
        self.calls.append(unit)
        if self.answers:
            self.answers.pop(0)()
        return f"call-{len(self.calls)}"

    def most_calls(self) -> int:
        """How often the one was called that was called most."""
        return max(Counter(self.calls).values(), default=0)


def order_check(shop: Shop) -> type[CheckHandler]:
    """What an author writes."""

    class OrderCheck(CheckHandler):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            return unit in shop.settled

        def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
            return shop.call(unit)

    return OrderCheck


def reconciled(shop: Shop) -> type[CheckHandler]:
    """The same, of a provider that can be asked."""

    class ReconciledCheck(order_check(shop)):  # type: ignore[misc] # made by a function
        def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:
            return f"call-{shop.calls.index(unit) + 1}" if unit in shop.calls else None

    return ReconciledCheck


def states(runner: CheckRunner) -> Counter[State]:
    """How many orders are in which state."""
    return Counter(row.state for row in runner.orders.values())


def is_told(runner: CheckRunner) -> bool:
    """Whether what became of each order is known, and published, under an id of its own."""
    latest: Mapping[str, Any] = {unit: runner.outcome_of(unit) for unit in runner.orders}
    ids = {detail["event_id"] for detail in runner.outcomes}
    return len(ids) == len(runner.orders) and all(
        row.state in PUBLISHED and latest[unit] is not None and latest[unit]["state"] == row.state
        for unit, row in runner.orders.items()
    )


def began(runner: CheckRunner, function: str) -> list[float]:
    """When a function was given its messages, in seconds since the test began."""
    zero = runner.clock.time - runner.seconds
    return [run.began_at - zero for run in runner.runs if run.function == function for _ in range(run.messages)]
