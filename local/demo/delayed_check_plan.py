"""What is to happen in the delayed-check experiment: drawn once from a seed, the same for both versions. Pure.

Nothing here knows of arms: customers, duplicates, kills and the provider's faults are drawn for every order alike.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from local.twilio import Behaviour, Script

_T = TypeVar("_T")

SEED = 20220511
#: Seconds: the real case's five and ten minutes at 1:12.
DELAY, DEADLINE, SCALE = 25, 50, 12
#: Orders a second, and contacts that the provider allows: so many more that their pace lets no order expire.
RATE, CALLS_PER_SECOND = 4.0, 10

#: Seconds; what DelayedCheck needs between check and deadline follows from it.
FUNCTION_TIMEOUT = 6

#: Seconds that the second check waits, so that it needs Scheduler; and when its orders are dead.
CROSSING_DELAY, CROSSING_DEADLINE = 1200, 3600
#: Seconds that SQS may hold its messages, and by which Scheduler is early: above the emulator's own ten.
CROSSING_SQS, CROSSING_LEAD = 15, 15
#: Seconds after the start at which its orders are due: they were placed long before.
CROSSING_DUE_IN = 40

#: The environment variables of the synthesis that name the providers' addresses.
OURS_PROVIDER, NAIVE_PROVIDER = "DEMO_PROVIDER_OURS", "DEMO_PROVIDER_NAIVE"

#: Shares of the orders.
EARLY = 0.20
#: Accepted between the check and the call, so that the second look is needed.
BETWEEN = 0.03
#: Accepted later without a call.
BASE = 0.25
#: Of the customers who answer, those who then have their order accepted.
PERSUADED = 0.55
ANSWERING = 0.8
LAGGING = 0.06
#: How often a check is started at most.
MANY = 20
MANYFOLD, TWOFOLD = 0.04, 0.15
AGAIN = 0.15
OPTED_OUT = 0.02

#: Of the orders' scripts at the provider; the rest is accepted.
FAULTS = {
    Behaviour.KILLS: 0.10,
    Behaviour.THROTTLES: 0.10,
    Behaviour.HANGS: 0.03,
    Behaviour.CLOSES: 0.03,
    Behaviour.FAILS_AFTER: 0.03,
    Behaviour.FAILS_BEFORE: 0.03,
    Behaviour.LIES: 0.03,
    Behaviour.REFUSES: 0.03,
}
#: Of the calls of which the provider gave no proper answer, those that it never reports either.
SILENT = 0.5
TWICE_REPORTED, NEVER_REPORTED = 0.2, 0.03
#: Seconds that a liar asks to wait; its report comes before they are over.
_LIARS_WAIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One order. Times are seconds since its placing, unless it says otherwise.

    Attributes:
        unit: Its id.
        phone: Its customer's number.
        at: When it is placed, in seconds since the run began.
        lag: How much later its event comes.
        starts: How often its event comes.
        again: After its check, so many seconds each, its messages are delivered again.
        advances: When its customer has it accepted without being called; None: never.
        is_persuaded: Whether the customer has it accepted after a call.
        do_not_call: Whether the customer has opted out.
        script: What the provider does.
    """

    unit: str
    phone: str
    at: float
    lag: float = 0.0
    starts: int = 1
    again: tuple[float, ...] = ()
    advances: float | None = None
    is_persuaded: bool = False
    do_not_call: bool = False
    script: Script = field(default_factory=Script)


def draw(count: int, *, seed: int = SEED) -> list[Planned]:
    """So many orders."""
    dice = random.Random(seed)  # noqa: S311 - a load that can be repeated
    faults = _shuffled(_exact(FAULTS, count), count, dice)
    starts = _shuffled([MANY] * round(MANYFOLD * count) + [2] * round(TWOFOLD * count), count, dice)
    lags = _shuffled([dice.uniform(5, 30) for _ in range(round(LAGGING * count))], count, dice)
    opted_out = _shuffled([True] * round(OPTED_OUT * count), count, dice)
    return [
        Planned(
            unit=f"order-{number:04d}",
            phone=f"+1555{number:07d}",
            at=number / RATE,
            lag=lags[number] or 0.0,
            starts=starts[number] or 1,
            again=(1.0, 3.0, 20.0) if dice.random() < AGAIN else (),
            advances=_advances(dice),
            is_persuaded=dice.random() < PERSUADED,
            do_not_call=bool(opted_out[number]),
            script=_script(faults[number] or Behaviour.ACCEPTS, dice),
        )
        for number in range(count)
    ]


def describe(orders: Sequence[Planned]) -> str:
    """The load in words."""
    starts = sum(order.starts for order in orders)
    kills = sum(order.script.behaviour is Behaviour.KILLS for order in orders)
    faults = sum(order.script.behaviour not in {Behaviour.KILLS, Behaviour.ACCEPTS} for order in orders)
    many, late = sum(order.starts == MANY for order in orders), sum(order.lag > 0 for order in orders)
    again = sum(bool(order.again) for order in orders)
    return (
        f"{len(orders)} orders, {RATE:g} a second, checked {DELAY} s after each was placed and dead after {DEADLINE} s "
        f"(1:{SCALE} of 5 and 10 minutes). {starts} starts: {many} orders are started {MANY} times, and {late} events "
        f"are late. Other messages are delivered again for {again} orders. If called, {kills} kill the worker that "
        f"called, and for {faults} the provider throttles, refuses, fails, lies or does not answer"
    )


def _advances(dice: random.Random) -> float | None:
    chosen = dice.random()
    if chosen < EARLY:
        return dice.uniform(2, DELAY - 3)
    if chosen < EARLY + BETWEEN:
        return DELAY + dice.uniform(-1, 2)
    if chosen < EARLY + BETWEEN + BASE:
        return dice.uniform(DELAY + 8, DEADLINE - 1)
    return None


def _script(behaviour: Behaviour, dice: random.Random) -> Script:
    status = "completed" if dice.random() < ANSWERING else dice.choice(["no-answer", "busy"])
    silent, reported = dice.random() < SILENT, dice.random()
    reports = 0 if reported < NEVER_REPORTED else 2 if reported < NEVER_REPORTED + TWICE_REPORTED else 1
    if behaviour not in {Behaviour.ACCEPTS, Behaviour.THROTTLES, Behaviour.LIES, Behaviour.REFUSES}:
        reports = 0 if silent else reports
    if behaviour is Behaviour.LIES:
        reports = max(1, reports)
    times = dice.choice([1, 1, 2]) if behaviour is Behaviour.THROTTLES else 1
    if behaviour is Behaviour.REFUSES:
        times = 100  # a number that is refused is refused always
    return Script(
        behaviour=behaviour,
        times=times,
        retry_after=_LIARS_WAIT if behaviour is Behaviour.LIES else 2,
        rings=dice.uniform(1.5, 3.5),
        status=status,
        reports=reports,
    )


def _exact(shares: dict[Behaviour, float], count: int) -> list[Behaviour]:
    return [behaviour for behaviour, share in shares.items() for _ in range(round(share * count))]


def _shuffled(chosen: Sequence[_T], count: int, dice: random.Random) -> list[_T | None]:
    """The chosen ones at random places among so many, exactly as many as there are."""
    places: list[_T | None] = [*chosen, *[None] * (count - len(chosen))]
    dice.shuffle(places)
    return places
