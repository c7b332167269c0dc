"""What an author writes of a check."""

from typing import TYPE_CHECKING

from constructs_lib.runtime.delayed_check.context import Context

if TYPE_CHECKING:
    from constructs_lib.runtime.delayed_check.handler import DelayedCheckHandler
    from constructs_lib.runtime.flow_control.log import Logger


class CheckHandler:
    """Subclass it, define `is_settled` and `contact`, and make `handler = YourCheck.as_handler()`.

    `reconcile` counts only where a subclass defines it: without, an unknown contact stays unknown.
    """

    def is_settled(self, ctx: Context, unit: str) -> bool:
        """Whether there is nothing left to do about an order. Read it strongly consistently.

        Asked at the decision and again right before a contact. An exception has it asked again, until the deadline.
        """
        raise NotImplementedError

    def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
        """Contact the order's customer, within `ctx.timeout` seconds and without a retry; the provider's id of that.

        Read whom to contact here, by `unit`: no message, row or log has it.

        Args:
            ctx: More about the order.
            unit: The order.
            arm: Its arm; None without an experiment.
            token: Names this contact, in each attempt the same: to the provider where it takes an idempotency token,
                and in the address of its report, for `record_outcome`.

        Raises:
            Rejected: The provider surely has not taken it: refused with 4xx or 429, or not reached at all.
            Ambiguous: It may have: a timeout, a lost connection, 5xx. So does any other exception.
        """
        raise NotImplementedError

    def suppress(self, ctx: Context, unit: str) -> str | None:  # noqa: ARG002 - the default knows no reason
        """A reason not to contact (quiet hours, an opt-out, a cap), or None. It is recorded with the arm.

        Asked at the decision, in both arms, and again right before a contact. It only reads.
        """
        return None

    def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:
        """The provider's id of the contact if it has taken it, else None.

        Asked a minute after the contact became unknown, five after that, and fifteen after that.
        """
        raise NotImplementedError

    @classmethod
    def as_handler(cls, *, logger: "Logger | None" = None) -> "DelayedCheckHandler":
        """The Lambda handler, for both of the check's queues.

        Args:
            logger: A Powertools Logger or a `logging.Logger`. By default "constructs_lib.runtime.delayed_check".

        Raises:
            TypeError: The class lacks a method, or one of them cannot be called as it will be.
        """
        from constructs_lib.runtime.delayed_check.handler import make_handler  # noqa: PLC0415 - it imports this module

        return make_handler(cls, logger=logger)
