"""One order that the naive version called twice, and what became of its like at DelayedCheck. Pure."""

from typing import NamedTuple

from local.report.delayed_check import records
from local.report.delayed_check.experiment import Contact, Experiment, Order
from local.report.html import Wrong


class Pair(NamedTuple):
    """The same order at both versions. Give the fields by name."""

    naive: Order
    ours: Order


def called_twice(experiment: Experiment) -> Pair | None:
    """An order that the naive version called twice at least.

    One whose like was called too, because a like in the control arm shows nothing; of those a killed worker's, and of
    those the one that was called most often.
    """
    pairs = [Pair(*both) for both in zip(experiment.naive.orders, experiment.ours.orders, strict=False)]
    told = [pair for pair in pairs if records.is_called_twice(pair.naive)]
    return max(told, key=_telling, default=None)


def _telling(pair: Pair) -> tuple[bool, int, int]:
    return records.calls(pair.ours) > 0, len(pair.ours.kills), records.calls(pair.naive)


def story_rows(order: Order) -> list[tuple[str, str]]:
    """Everything that happened to an order, in order, since it was placed."""
    moments: list[tuple[float, str]] = [(order.due_at, "due"), (order.deadline_at, "the deadline")]
    moments += [(at, "check started" + (", again" if number else "")) for number, at in enumerate(order.starts)]
    moments += [(kill.at, f"worker killed after {kill.after}") for kill in order.kills]
    if order.decided_at is not None:
        moments.append((order.decided_at, _decided(order)))
    if order.settled_at is not None:
        moments.append((order.settled_at, "the order settles"))
    calls = 0
    for contact in order.contacts:
        calls += contact.rang
        moments.append((contact.at, _contacted(order, contact, calls)))
    moments += [(event.recorded_at, f"recorded: {_named(event.state, event.outcome)}") for event in order.events]
    rows = [(f"{at - order.placed_at:.2f} s", text) for at, text in sorted(moments, key=lambda moment: moment[0])]
    if order.state:
        rows.append(("in the end", _named(order.state, order.outcome or order.reason)))
    return rows


def _decided(order: Order) -> str:
    arm = f", arm {order.arm}" if order.arm is not None else ""
    return f"decided{arm}" if order.decisions == 1 else f"decided for the first time of {order.decisions}{arm}"


def _contacted(order: Order, contact: Contact, calls: int) -> str:
    answer = "no answer in time" if contact.status is None else f"answered {contact.status}"
    text = f"contact request: {'the customer is called' if contact.rang else 'no call'}, {answer}"
    if contact.rang and calls > 1:
        text = f"{text}: call number {calls}"
    return Wrong(text) if (contact.rang and calls > 1) or contact.at >= order.deadline_at else text


def _named(state: str, more: str | None) -> str:
    return state if more is None else f"{state} ({more})"
