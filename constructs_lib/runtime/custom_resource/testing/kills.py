"""Kills an invocation between two steps, as Lambda does when its time or memory ends."""

from collections.abc import Sequence

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.testing.killed import Killed
from constructs_lib.runtime.custom_resource.performer import Table
from constructs_lib.runtime.custom_resource.steps import Call, Put, Step

#: After which step an invocation can be killed, in their order: "create" is before the id is known to anybody else.
POINTS = ("claim", "create", "checkpoint", "commit", "respond")

#: The author's methods that count as "create".
_EFFECTS = ("create", "update", "delete")


def orders(kill_after: str | Sequence[str] | None, kills: int) -> list[str]:
    """Orders to kill.

    Args:
        kill_after: One of POINTS, for as many invocations as `kills` says; or one for each kill.
        kills: How many.

    Raises:
        ValueError: There is no such point.
    """
    points = [] if kill_after is None else [kill_after] * kills if isinstance(kill_after, str) else list(kill_after)
    if unknown := [point for point in points if point not in POINTS]:
        msg = f"an invocation can be killed after one of {', '.join(POINTS)}, got {', '.join(map(repr, unknown))}"
        raise ValueError(msg)
    return points


def point_of_write(change: Change) -> str | None:
    """After which of POINTS the function is when this change has been made; None for the other changes."""
    phase = change.set.get("phase")
    if phase is not None:
        return "claim" if phase == "RUNNING" else "commit"
    is_created = any(isinstance(value, dict) and value.get("being") == "CREATED" for value in change.set.values())
    return "checkpoint" if is_created and len(change.set) == 1 else None


def point_of(step: Step) -> str | None:
    """After which of POINTS the function is when this step, but a write, has been performed."""
    if isinstance(step, Put):
        return "respond"
    return "create" if isinstance(step, Call) and step.method in _EFFECTS else None


class KillSwitch:
    """Watches one invocation.

    Args:
        orders: The points at which somebody is to be killed; each order is carried out once, by whoever gets there.
        table: The table.
    """

    def __init__(self, orders: list[str], table: Table) -> None:
        self.killed_after: str | None = None
        self._orders = orders
        self._table = table

    def write(self, change: Change) -> Written:
        """Make a change, and be killed after it."""
        self.check()
        point = point_of_write(change)
        if point == "checkpoint":  # the author has made something, and nobody else knows yet
            self._reach("create")
        written = self._table.write(change)
        if written.won:
            self._reach(point)
        return written

    def passed(self, step: Step) -> None:
        """Be killed after a step."""
        self.check()
        self._reach(point_of(step))

    def check(self) -> None:
        """Stay dead.

        Raises:
            Killed: It was killed before.
        """
        if self.killed_after is not None:
            raise Killed(self.killed_after)

    def _reach(self, point: str | None) -> None:
        if point in self._orders:
            self._orders.remove(point)
            self.killed_after = point
            raise Killed(point)
