"""One order, in one invocation: what the protocol knows without asking. Pure but for the clock."""

from typing import NamedTuple

from constructs_lib.runtime.delayed_check.contract import DEADLINE_MARGIN, Settings
from constructs_lib.runtime.delayed_check.steps import Clock
from constructs_lib.runtime.delayed_check.transitions import Order


class Case(NamedTuple):
    """What is being worked on. Give the fields by name.

    Attributes:
        order: The order.
        settings: The check's.
        clock: The time, and what is left of it.
        nonce: Differs in each invocation; nobody can guess it.
        message_id: Of the message that asks for it: the same each time that message is delivered.
        can_reconcile: Whether the author's class has `reconcile`.
    """

    order: Order
    settings: Settings
    clock: Clock
    nonce: str
    message_id: str = ""
    can_reconcile: bool = False

    @property
    def check(self) -> str:
        """The check's name."""
        return self.settings.check

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.clock.now()

    def is_too_late(self, after: float = 0.0) -> bool:
        """Whether a contact that began in so many seconds would miss the deadline."""
        return self.now() + (after + DEADLINE_MARGIN) * 1000 >= self.order.deadline_at

    def seconds_to_deadline(self) -> float:
        """What is left until nobody may be contacted."""
        return (self.order.deadline_at - self.now()) / 1000
