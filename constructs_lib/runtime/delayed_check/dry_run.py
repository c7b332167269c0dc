"""What would be decided of orders now, with nothing written and nobody contacted."""

from collections.abc import Mapping
from typing import Any, NoReturn

from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime.delayed_check import protocol
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.check_handler import CheckHandler
from constructs_lib.runtime.delayed_check.contract import Settings
from constructs_lib.runtime.delayed_check.errors import AuthorFailed, InvalidInput
from constructs_lib.runtime.delayed_check.messages import read_start, read_unit
from constructs_lib.runtime.delayed_check.performer import Journal, Performer, World
from constructs_lib.runtime.delayed_check.steps import Clock
from constructs_lib.runtime.delayed_check.timing import parse_placed_at
from constructs_lib.runtime.delayed_check.transitions import Order

#: What asks for a dry run in an event; beside it, where a function serves several checks, which one.
DRY_RUN, CHECK = "dry_run", "check"

#: Seconds that are kept for answering.
_RESERVE = 1.0


class _Untouched:
    """Stands where a real run writes, sends and contacts."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"a dry run does nothing, and was to {name}")


def dry_run(
    asked: object, *, author: CheckHandler, settings: Settings, journal: Journal, clock: Clock
) -> list[dict[str, Any]]:
    """What would be decided of each order now.

    The experiment is the one in the settings: the weights with which its version began are in the table, and reading
    them could be the first write of them.

    Args:
        asked: A list of orders, each its id, which is taken to be due now, or a map of unit and placed_at.
        author: Whose `is_settled` and `suppress` are asked.
        settings: The check's.
        journal: Where it is logged that they failed.
        clock: The time, and how much of it is left.

    Returns:
        A map of unit, state, arm and reason for each; the state is None where nothing could be decided.

    Raises:
        ValueError: It is no list.
    """
    if not isinstance(asked, list):
        msg = (
            f"dry_run must be a list of orders, got {type(asked).__name__}: invoke the function with "
            '{"dry_run": ["order-1", {"unit": "order-2", "placed_at": "2026-11-21T10:00:00Z"}]}'
        )
        raise ValueError(msg)  # noqa: TRY004 - to the caller it is one mistake: the wrong event
    nothing: Any = _Untouched()
    experiment = settings.experiment
    known = {} if experiment is None else {(experiment.key, experiment.version): experiment}
    world = World(table=nothing, outbound=nothing, switch=nothing, journal=journal, experiments=known)
    return [_replayed(each, author=author, settings=settings, world=world, clock=clock) for each in asked]


def _replayed(asked: object, *, author: CheckHandler, settings: Settings, world: World, clock: Clock) -> dict[str, Any]:
    try:
        order = _order(asked, settings, now=clock.now())
    except InvalidInput as error:
        return _line(asked, reason=str(error))
    if clock.remaining() < _RESERVE:
        return _line(order.unit, reason="not asked, because too little time was left: ask for fewer orders at a time")
    case = Case(order=order, settings=settings, clock=clock, nonce="")
    try:
        decision = run(protocol.decide(case), Performer(case, author=author, world=world))
    except AuthorFailed as error:  # what one order makes of the author's code is not the others' matter
        return _line(order.unit, reason=str(error))
    return _line(order.unit, state=str(decision.state), arm=decision.arm, reason=decision.reason)


def _order(asked: object, settings: Settings, *, now: int) -> Order:
    if isinstance(asked, Mapping) and "placed_at" in asked:
        unit, placed_at = read_start(asked)
        return Order.placed(unit, parse_placed_at(placed_at, now=now), settings)
    unit = read_unit(asked.get("unit") if isinstance(asked, Mapping) else asked)
    return Order.placed(unit, now - round(settings.delay * 1000), settings)


def _line(unit: object, *, state: str | None = None, arm: str | None = None, reason: str | None) -> dict[str, Any]:
    return {"unit": unit, "state": state, "arm": arm, "reason": reason}
