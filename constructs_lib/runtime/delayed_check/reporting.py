"""What producers and webhooks call: an order was placed, and this came of a contact."""

import os
import time
from datetime import datetime
from functools import lru_cache

from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime.delayed_check import protocol
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.errors import InvalidInput
from constructs_lib.runtime.delayed_check.log import default_logger
from constructs_lib.runtime.delayed_check.messages import read_outcome, read_unit, start_body
from constructs_lib.runtime.delayed_check.performer import Performer, World
from constructs_lib.runtime.delayed_check.queue_handler import MessageClock
from constructs_lib.runtime.delayed_check.settings import OUTCOME, START, of_check
from constructs_lib.runtime.delayed_check.timing import iso, parse_placed_at
from constructs_lib.runtime.delayed_check.transitions import Order
from constructs_lib.runtime.delayed_check.world import OUTBOUND, make_world

#: Seconds that writing down an outcome is given: no webhook waits longer.
_PATIENCE = 30.0


def start_check(unit: str | int, placed_at: str | datetime | float, *, check: str | None = None) -> None:
    """Have an order looked at when it is due. Call it as often as you like: an order is started once.

    Args:
        unit: The order's id.
        placed_at: When it was placed: ISO 8601 with a UTC offset, an aware datetime, or seconds since the epoch.
        check: The check's name; needed where the function was granted the start of several.

    Raises:
        InvalidInput: Order or time are none; nothing was sent.
        Unanswered: The queue did not take it. Try again: it may have, which does no harm.
        SettingsError: The function was not granted it, or `check` does not say which one.
    """
    settings = of_check(check, START, os.environ)
    body = start_body(read_unit(unit), iso(parse_placed_at(placed_at, now=time.time_ns() // 1_000_000)))
    OUTBOUND.send(settings.start_queue_arn, body)


def record_outcome(unit: str | int, token: str, outcome: str, *, check: str | None = None) -> bool:
    """Write down what the provider says came of a contact. The first outcome stands.

    Args:
        unit: The order's id.
        token: The one that `contact` was given.
        outcome: A name, such as "answered", "no_answer" or "failed"; it is published.
        check: The check's name; needed where the function was granted the outcomes of several.

    Returns:
        Whether this is the order's outcome now; False when another one was recorded before.

    Raises:
        UnknownContact: No contact of this order has that token.
        InvalidInput: One of the three is none.
        Unanswered: The table did not take it. Let the provider report again: it may have, which does no harm.
        SettingsError: The function was not granted it, or `check` does not say which one.
    """
    settings = of_check(check, OUTCOME, os.environ)
    order = Order(unit=read_unit(unit), placed_at=0, due_at=0, deadline_at=0)
    given: object = token
    if not isinstance(given, str) or not given:
        msg = f"token must be the text that contact was given, got {given!r}: put it into the address of the report"
        raise InvalidInput(msg)
    clock = MessageClock(time, _PATIENCE)
    steps = protocol.record(order.unit, token, read_outcome(outcome), settings, now=clock.now())
    case = Case(order=order, settings=settings, clock=clock, nonce="")
    # No step of a report asks the author.
    return run(steps, Performer(case, author=CheckHandler(), world=_world(settings.table_name)))


@lru_cache(maxsize=16)
def _world(table_name: str) -> World:
    return make_world(table_name, default_logger())
