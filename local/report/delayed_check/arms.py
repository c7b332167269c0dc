"""The arms of an experiment: what became of their orders, and how many more of them one arm has saved. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from constructs_lib.runtime.delayed_check.row import State
from local.report.delayed_check import records
from local.report.delayed_check.experiment import Order
from local.report.delayed_check.objects import Detail
from local.report.delayed_check.statistics import Lift, lift


class Told(NamedTuple):
    """What is known of an order: its newest outcome event, and whether it was saved.

    Attributes:
        state: The event's.
        arm: The event's; None: in no arm, as what had settled before the check.
        outcome: The event's.
        saved: Whether it advanced in time; None: not known.
    """

    state: str
    arm: str | None = None
    outcome: str | None = None
    saved: bool | None = None


class Arm(NamedTuple):
    """An arm, with everything that was assigned to it, contacted or not.

    Attributes:
        name: Its name.
        orders: How many.
        states: How many by state.
        outcomes: How many by what came of the contact.
        saved: How many were saved.
        judged: Of how many it is known whether they were.
    """

    name: str
    orders: int
    states: Mapping[str, int]
    outcomes: Mapping[str, int]
    saved: int
    judged: int


def told_by_orders(orders: Iterable[Order]) -> list[Told]:
    """What the outcome events of a run say."""
    pairs = ((order, records.newest(order)) for order in orders)
    return [
        Told(event.state, event.arm, event.outcome, records.is_saved(order))
        for order, event in pairs
        if event is not None
    ]


def told_by_details(details: Iterable[Detail], saved: Mapping[str, bool]) -> list[Told]:
    """What outcome objects say; of each order one, the newest."""
    return [
        Told(detail["state"], detail.get("arm"), detail.get("outcome"), saved.get(detail["unit"])) for detail in details
    ]


def arms_of(told: Iterable[Told]) -> list[Arm]:
    """Every arm, in the order of their names."""
    by_name: dict[str, list[Told]] = {}
    for one in told:
        if one.arm is not None:
            by_name.setdefault(one.arm, []).append(one)
    return [
        Arm(
            name=name,
            orders=len(members),
            states=_counted(one.state for one in members),
            outcomes=_counted(one.outcome for one in members if one.outcome is not None),
            saved=sum(one.saved is True for one in members),
            judged=sum(one.saved is not None for one in members),
        )
        for name, members in sorted(by_name.items())
    ]


def in_no_arm(told: Iterable[Told]) -> dict[str, int]:
    """By state: the orders that belong to no arm, so that no arm is judged by them."""
    return _counted(one.state for one in told if one.arm is None)


def control_of(arms: Iterable[Arm]) -> str | None:
    """The arm that is not contacted, as the events show it; None where they do not."""
    return next((arm.name for arm in arms if arm.states.get(State.CONTROL)), None)


def lifts(arms: Iterable[Arm], control: str | None) -> dict[str, Lift]:
    """How many more orders each arm has saved than control, in shares of all that were assigned to it.

    Suppressed, expired and unknown contacts count in the arm that they were assigned to: leaving them out would
    compare customers who could be reached with all.
    """
    judged = {arm.name: arm for arm in arms if arm.judged}
    other = judged.pop(control, None) if control is not None else None
    if other is None:
        return {}
    return {name: lift(arm.saved, arm.judged, other.saved, other.judged) for name, arm in judged.items()}


def _counted(names: Iterable[str]) -> dict[str, int]:
    """How many by name, the most frequent first."""
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
