"""What the records of an order say: judged one by one, so that a table, a graph and a test mean the same. Pure."""

from collections.abc import Iterable

from constructs_lib.runtime.delayed_check.row import PUBLISHED, State
from local.report.delayed_check.experiment import Contact, Event, Order

#: Seconds. An order that settles within this before a contact request arrives did so while that was on its way, after
#: it had been looked at for the last time: no strong read can know.
ON_ITS_WAY = 1.0


def calls(order: Order) -> int:
    """How often the customer was called."""
    return sum(contact.rang for contact in order.contacts)


def is_called_twice(order: Order) -> bool:
    """Whether the customer was called more than once."""
    return calls(order) > 1


def called_twice(orders: Iterable[Order]) -> int:
    """How many customers were called more than once."""
    return sum(map(is_called_twice, orders))


def may_have_rung(contact: Contact) -> bool:
    """Whether whoever sent the request had to reckon with a call: anything but a clear refusal."""
    return contact.rang or contact.status is None or not 400 <= contact.status < 500  # noqa: PLR2004 - HTTP's refusals


def redials(order: Order) -> int:
    """Contact requests after one that may have rung."""
    first = next((place for place, contact in enumerate(order.contacts) if may_have_rung(contact)), None)
    return 0 if first is None else len(order.contacts) - first - 1


def late(order: Order) -> int:
    """Contact requests at the deadline or after it."""
    return sum(contact.at >= order.deadline_at for contact in order.contacts)


def after_settling(order: Order) -> int:
    """Contact requests for an order that had settled before they were sent."""
    return _since_settling(order, ON_ITS_WAY)


def while_settling(order: Order) -> int:
    """Contact requests for an order that settled while they were on their way."""
    return _since_settling(order, 0.0) - after_settling(order)


def is_early(order: Order) -> bool:
    """Whether it was decided before it was due."""
    return order.decided_at is not None and order.decided_at < order.due_at


def is_exposed_wrongly(order: Order) -> bool:
    """Whether it has an arm and was never written into it, or the other way round."""
    return (order.exposures > 0) != (order.arm is not None)


def is_saved(order: Order) -> bool:
    """Whether it advanced in time, so that it was not cancelled."""
    return order.settled_at is not None and order.settled_at < order.deadline_at


def is_open(order: Order) -> bool:
    """Whether its row is in a state in which something would still have to happen, or there is none."""
    return order.state not in PUBLISHED


def was_unknown(order: Order) -> bool:
    """Whether nobody knew for a time, or to the end, whether it was contacted."""
    return State.UNKNOWN in {order.state, *(event.state for event in order.events)}


def ids(order: Order) -> set[str]:
    """The ids of its outcome events."""
    return {event.event_id for event in order.events}


def newest(order: Order) -> Event | None:
    """What a query sees of it: the event with the highest revision."""
    return max(order.events, key=lambda event: event.revision, default=None)


def is_told_wrongly(order: Order) -> bool:
    """Whether what a query sees of it is not what its row says."""
    event = newest(order)
    told = None if event is None else (event.state, event.arm, event.outcome)
    return told is not None and told != (order.state, order.arm, order.outcome)


def _since_settling(order: Order, margin: float) -> int:
    if order.settled_at is None:
        return 0
    return sum(contact.at > order.settled_at + margin for contact in order.contacts)
