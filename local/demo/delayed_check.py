"""The delayed-check experiment: the same orders at two versions, and everything that may come twice, late or not."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial

from rich.console import Console

from constructs_lib.runtime.delayed_check.contract import RUN, STOP
from constructs_lib.runtime.delayed_check.row import State
from local.demo import delayed_check_plan as plan
from local.demo.conduct import timed
from local.demo.delayed_check_notes import NOTES
from local.demo.delayed_check_plan import Planned
from local.demo.delayed_check_records import (
    DeadLetters,
    Trail,
    dead_letters,
    deliver_stream_again,
    is_at_rest,
    rows,
    trail_of_logs,
    trail_of_rows,
    version,
)
from local.demo.delayed_check_rig import OURS, Rig, Side, set_up
from local.demo.delayed_check_shop import Shop
from local.demo.machine import machine
from local.demo.timetable import Timetable
from local.emulator import Emulator
from local.logs import Journal, LogReader
from local.processes import wait_until
from local.queues import messages_in
from local.report.delayed_check.experiment import Experiment, Settings, Version

ASYNC_RETRY = 60.0
ORDERS, QUICK_ORDERS = 200, 40

#: Orders that cross Scheduler, and seconds from one to the next: they meet its ticks at different moments.
_CROSSING, _CROSSING_PAUSE = 20, 1.1
#: Messages for the emulator's own floor, and seconds from one to the next.
_FLOOR, _FLOOR_PAUSE = 100, 0.3
#: Seconds after the beginning of the first checks at which the kill switch is thrown, and for how long.
_STOPPED_AFTER, _STOPPED_FOR = 20.0, 2.0
_PATIENCE = 150.0
#: Seconds in which late reports, and events on their way to S3, arrive.
_REST = 5.0
_LOOK = 2.0
#: One in so many changes of rows comes again.
_STREAM_SHARE = 5
#: Seconds behind schedule, and share of orders that expired, from which the report warns.
_LATE, _EXPIRED = 1.0, 0.2


def run(emulator: Emulator, console: Console, life: ExitStack, *, quick: bool = False) -> Experiment:
    """Deploy both versions, let everything happen to both at once, and return what was found.

    Args:
        emulator: Where to; running.
        console: Where progress is shown.
        life: Ends what must live as long as the emulator.
        quick: A few orders only.

    Raises:
        LocalError: The deployment failed.
    """
    orders = plan.draw(QUICK_ORDERS if quick else ORDERS)
    rig = set_up(emulator, orders, console, life)
    console.print(f"Load, the same for both versions at the same time: {plan.describe(orders)}.")
    timetable = _timetable(rig, orders)
    epoch = time.time()
    with timed(console, f"orders placed, started, checked and called about, for {timetable.ends:.0f} s"):
        timetable.run()
    with timed(console, "quiet: killed workers' messages come back, the provider is asked for unknown contacts"):
        is_cut = not wait_until(lambda: _is_quiet(rig), seconds=_PATIENCE, interval=_LOOK)
    with timed(console, "changes of rows are delivered again to the function that publishes"):
        _deliver_stream_again(rig)
        time.sleep(_REST)
    with timed(console, "comparing the providers' ledgers with rows, stream, objects and logs"):
        ours, naive = (_version(rig, side, orders, epoch=epoch) for side in (rig.ours, rig.naive))
    return Experiment(
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        machine=machine(),
        load=plan.describe(orders),
        settings=_settings(rig),
        ours=ours,
        naive=naive,
        floor=rig.floor.lateness("delay"),
        crossing=rig.crossing.lateness(),
        crossing_floor=rig.floor.lateness("crossing"),
        notes=NOTES,
        warnings=_warnings(timetable, rig, ours, is_cut=is_cut),
    )


def _timetable(rig: Rig, orders: Sequence[Planned]) -> Timetable:
    timetable = Timetable()
    for side in (rig.ours, rig.naive):
        for order in orders:
            _plan_order(timetable, side.shop, order)
    for number in range(min(_FLOOR, len(orders))):
        timetable.at(number * _FLOOR_PAUSE, partial(rig.floor.send, plan.DELAY))
    for number in range(_CROSSING):
        at = number * _CROSSING_PAUSE
        timetable.at(at, partial(rig.crossing.start, f"late-{number:02d}"))
        timetable.at(at, partial(rig.floor.schedule, f"floor-{number:02d}", plan.CROSSING_DUE_IN))
    if orders[-1].at > _STOPPED_AFTER:  # of a short run, it would leave nobody to call
        for value, at in ((STOP, _STOPPED_AFTER), (RUN, _STOPPED_AFTER + _STOPPED_FOR)):
            timetable.at(plan.DELAY + at, partial(_throw, rig, value))
    return timetable


def _throw(rig: Rig, value: str) -> None:
    rig.emulator.client("ssm").put_parameter(Name=rig.check.kill_switch, Value=value, Overwrite=True)


def _plan_order(timetable: Timetable, shop: Shop, order: Planned) -> None:
    timetable.at(order.at, partial(shop.place, order.unit))
    if order.lag:
        timetable.at(order.at + order.lag, partial(shop.start, order.unit, times=order.starts))
    elif order.starts > 1:
        timetable.at(order.at + 1, partial(shop.start, order.unit, times=order.starts - 1))
    for seconds in order.again:
        timetable.at(order.at + plan.DELAY + seconds, partial(shop.deliver_again, order.unit))
    if order.advances is not None:
        timetable.at(order.at + order.advances, partial(shop.advance, order.unit))


def _is_quiet(rig: Rig) -> bool:
    found = {row.unit: row for row in rows(rig.emulator, rig.check.table_name)}
    return all(unit in found and is_at_rest(found[unit]) for unit in rig.ours.shop.placed_at) and not messages_in(
        rig.emulator, rig.naive.shop.queue_url
    )


def _deliver_stream_again(rig: Rig) -> None:
    again = deliver_stream_again(rig.emulator, rig.check.table_name, share=_STREAM_SHARE)
    for unit, times in again.items():
        rig.ours.shop.again[unit]["stream"] += times


def _version(rig: Rig, side: Side, orders: Sequence[Planned], *, epoch: float) -> Version:
    outputs = rig.outputs[side.stack]
    journals = {
        name.removesuffix("FunctionName").lower(): LogReader.of(rig.emulator, function).read()
        for name, function in outputs.items()
        if name.endswith("FunctionName")
    }
    return version(
        orders,
        side.shop,
        side.twilio,
        _trail(rig, side, journals, epoch=epoch),
        epoch=epoch,
        dead_letters=_dead_letters(rig.emulator, outputs),
        journals=journals,
    )


def _trail(rig: Rig, side: Side, journals: Mapping[str, Journal], *, epoch: float) -> Trail:
    if side is rig.naive:
        return trail_of_logs(journals["check"], side.twilio.requests())
    bucket, folder = rig.outputs[OURS]["OutcomesBucketName"], rig.emulator.folder / "outcomes"
    return trail_of_rows(rig.emulator, rig.check.table_name, bucket=bucket, folder=folder, epoch=epoch)


def _dead_letters(emulator: Emulator, outputs: Mapping[str, str]) -> DeadLetters:
    kind = "DeadLetterQueueUrl"
    urls = {name.removesuffix(kind).lower() or "queue": url for name, url in outputs.items() if name.endswith(kind)}
    return dead_letters(emulator, urls)


def _settings(rig: Rig) -> Settings:
    experiment = rig.check.experiment
    assert experiment is not None  # noqa: S101 - the example has one
    return Settings(
        delay=plan.DELAY,
        deadline=plan.DEADLINE,
        scale=plan.SCALE,
        calls_per_second=plan.CALLS_PER_SECOND,
        experiment=experiment.key,
        arms=dict(experiment.arms),
        control=experiment.control,
    )


def _warnings(timetable: Timetable, rig: Rig, ours: Version, *, is_cut: bool) -> list[str]:
    """What makes this run's figures doubtful."""
    found = []
    late = timetable.latest()
    failures = [*timetable.failures(), *rig.ours.shop.failures, *rig.naive.shop.failures]
    expired = sum(order.state == State.EXPIRED for order in ours.orders)
    if late > _LATE:
        found.append(f"This machine could not keep up: things were done up to {late:.1f} s behind schedule.")
    if expired > _EXPIRED * len(ours.orders):
        found.append(
            f"{expired} of {len(ours.orders)} orders expired: the emulator was so slow that it looked at them after "
            "their deadline. Run it again on an idle machine."
        )
    if failures:
        found.append(f"{len(failures)} of the demo's own requests failed, the first: {failures[0]}.")
    if is_cut:
        found.append(f"The wait for quiet was cut after {_PATIENCE:g} s.")
    return found
