"""The author's side of a DelayedCheck: what its Lambda functions import.

Example:
    from constructs_lib.runtime.delayed_check import Ambiguous, CheckHandler, Rejected

    class OrderCheck(CheckHandler):
        def is_settled(self, ctx, unit):
            return orders.read(unit).status != "placed"

        def contact(self, ctx, unit, arm, token):
            return provider.call(orders.read(unit).phone, report_to=f"{WEBHOOK}/{unit}/{token}", timeout=ctx.timeout)

    handler = OrderCheck.as_handler()
"""

from constructs_lib.runtime.delayed_check.bucketing import bucket
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.errors import Ambiguous, InvalidInput, Rejected, UnknownContact
from constructs_lib.runtime.delayed_check.reporting import record_outcome, start_check

__all__ = [
    "Ambiguous",
    "CheckHandler",
    "Context",
    "InvalidInput",
    "Rejected",
    "UnknownContact",
    "bucket",
    "record_outcome",
    "start_check",
]
