"""What an author's method is told besides the order."""

from datetime import datetime

from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.timing import moment


class Context:
    """One order, as a method of a `CheckHandler` sees it.

    Attributes:
        unit: The order's id.
        check: The check's name.
        timeout: Seconds that the call may take. Give it to the client, and let that not retry.
    """

    __slots__ = ("_case", "check", "timeout", "unit")

    def __init__(self, case: Case, *, timeout: float) -> None:
        self._case = case
        self.unit = case.order.unit
        self.check = case.check
        self.timeout = timeout

    @property
    def placed_at(self) -> datetime:
        """When the order was placed, in UTC."""
        return moment(self._case.order.placed_at)

    @property
    def due_at(self) -> datetime:
        """When it was to be looked at, in UTC."""
        return moment(self._case.order.due_at)

    @property
    def deadline_at(self) -> datetime:
        """From when on nobody may be contacted, in UTC."""
        return moment(self._case.order.deadline_at)

    @property
    def now(self) -> datetime:
        """The time, in UTC; a test's own clock in a test."""
        return moment(self._case.now())
