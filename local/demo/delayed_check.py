"""The delayed-check experiment: the same orders at two versions, and everything that may come twice, late or not."""

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import NamedTuple

from rich.console import Console

from constructs_lib.runtime.delayed_check.contract import RUN, STOP
from constructs_lib.runtime.delayed_check.contract import Settings as CheckSettings
from local.demo import delayed_check_plan as plan
from local.demo.conduct import timed
from local.demo.delayed_check_crossing import Crossing
from local.demo.delayed_check_floor import Floor
from local.demo.delayed_check_notes import NOTES
from local.demo.delayed_check_plan import Planned
from local.demo.delayed_check_records import (
    Trail,
    deliver_stream_again,
    is_at_rest,
    rows,
    trail_of_logs,
    trail_of_rows,
    version,
)
from local.demo.delayed_check_shop import Place, Shop
from local.demo.machine import machine
from local.demo.timetable import Timetable
from local.deploy import Deployer, Outputs
from local.emulator import ROOT, Emulator
from local.logs import LogReader
from local.processes import wait_until
from local.queues import messages_in
from local.report.delayed_check.experiment import Experiment, Settings, Version
from local.short_waits import shorten_waits
from local.twilio import Twilio

ASYNC_RETRY = 60.0
ORDERS, QUICK_ORDERS = 300, 40
OURS, NAIVE = "OrderCheckStack", "OrderCheckWithoutClaimStack"
APP = shlex.join([sys.executable, "-m", "local.order_check_app"])

#: Orders that cross Scheduler, and seconds from one to the next: they meet its ticks at different moments.
_CROSSING, _CROSSING_PAUSE = 20, 1.1
#: Messages for the emulator's own floor, and seconds from one to the next.
_FLOOR, _FLOOR_PAUSE = 100, 0.3
#: Seconds after the beginning of the first checks at which the kill switch is thrown, and for how long.
_STOPPED_AFTER, _STOPPED_FOR = 20.0, 2.0
#: Orders that start the functions before the run; they are long dead, so nobody is called.
_WARM_UP = 60
_LONG_AGO = 86_400
_PATIENCE = 150.0
#: Seconds in which late reports, and events on their way to S3, arrive.
_REST = 5.0
_LOOK = 2.0
#: One in so many changes of rows comes again.
_STREAM_SHARE = 5
#: Seconds behind schedule from which the report warns.
_LATE = 1.0


class Side(NamedTuple):
    """One version with its customers and its provider."""

    stack: str
    shop: Shop
    twilio: Twilio


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
    scripts = {order.unit: order.script for order in orders}
    numbers = {order.phone: order.unit for order in orders}
    twilios = {stack: life.enter_context(Twilio(scripts=scripts, numbers=numbers)) for stack in (OURS, NAIVE)}
    outputs = _deploy(emulator, twilios, console)
    ours, naive = (_side(emulator, outputs, stack, twilios[stack], orders) for stack in (OURS, NAIVE))
    floor, crossing = _floors(emulator, outputs)
    with timed(console, "warming up with orders that are long dead, not counted"):
        _warm_up(emulator, ours, naive)
    console.print(f"Load, the same for both versions at the same time: {plan.describe(orders)}.")
    timetable = _timetable(emulator, orders, (ours, naive), floor, crossing)
    epoch = time.time()
    with timed(console, f"orders placed, started, checked and called about, for {timetable.ends:.0f} s"):
        timetable.run()
    with timed(console, "quiet: killed workers' messages come back, the provider is asked for unknown contacts"):
        cut = "" if wait_until(lambda: _is_quiet(emulator, ours, naive), seconds=_PATIENCE, interval=_LOOK) else "cut"
    with timed(console, "changes of rows are delivered again to the function that publishes"):
        _deliver_stream_again(emulator, ours)
        time.sleep(_REST)
    with timed(console, "comparing the providers' ledgers with rows, stream, objects and logs"):
        versions = _versions(emulator, outputs, orders, ours, naive, epoch=epoch)
    return Experiment(
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        machine=machine(),
        load=plan.describe(orders),
        settings=_settings(ours),
        ours=versions[OURS],
        naive=versions[NAIVE],
        floor=floor.lateness("delay"),
        crossing=crossing.lateness(),
        crossing_floor=floor.lateness("crossing"),
        notes=NOTES,
        warnings=_warnings(timetable, (ours, naive), cut=cut),
    )


def _deploy(emulator: Emulator, twilios: Mapping[str, Twilio], console: Console) -> Outputs:
    providers = {plan.OURS_PROVIDER: twilios[OURS].endpoint, plan.NAIVE_PROVIDER: twilios[NAIVE].endpoint}
    deployer = Deployer(emulator, app=APP, folder=ROOT, environment=providers)
    with timed(console, "cdk bootstrap"):
        deployer.bootstrap()
    with timed(console, "cdk deploy: an order check with and one without a claim, and what measures the emulator"):
        outputs = deployer.deploy()
    for stack, twilio in twilios.items():
        account = {
            "account_sid": twilio.account,
            "auth_token": twilio.auth_token,
            "from_number": "+15005550006",
        }
        emulator.client("secretsmanager").put_secret_value(
            SecretId=outputs[stack]["TwilioSecretArn"], SecretString=json.dumps(account)
        )
    return outputs


def _side(emulator: Emulator, outputs: Outputs, stack: str, twilio: Twilio, orders: Sequence[Planned]) -> Side:
    shop = Shop(emulator, Place.of(outputs[stack], endpoint=emulator.endpoint), orders)
    twilio.on_call = shop.answered
    return Side(stack, shop, twilio)


def _floors(emulator: Emulator, outputs: Outputs) -> tuple[Floor, Crossing]:
    own = outputs["FloorStack"]
    logs = LogReader.of(emulator, own["FunctionName"])
    late = outputs["LateOrderCheckStack"]
    shorten_waits(
        emulator,
        late["StartFunctionName"],
        longest_sqs_delay=plan.CROSSING_SQS,
        schedule_lead=plan.CROSSING_LEAD,
    )
    return (
        Floor(emulator, queue_url=own["QueueUrl"], logs=logs),
        Crossing(emulator, table=late["RowsTableName"], start_queue=late["StartQueueUrl"]),
    )


def _check_of(side: Side) -> CheckSettings:
    settings = side.shop.settings
    assert settings is not None  # noqa: S101 - the deployed version is a DelayedCheck
    return settings


def _warm_up(emulator: Emulator, ours: Side, naive: Side) -> None:
    """Start the functions: starting one takes this machine's processors half a second, not AWS's."""
    timetable = Timetable()
    units = [f"warm-up-{number}" for number in range(_WARM_UP)]
    for side in (ours, naive):
        for unit in units:
            # Too long ago for a call; and no number, so that not even a mistake could call.
            timetable.at(0, partial(side.shop.start, unit, placed_at=time.time() - _LONG_AGO))
            timetable.at(0, partial(side.shop.advance, unit))
    timetable.run()
    table = _check_of(ours).table_name
    wait_until(
        lambda: sum(row.unit in units and is_at_rest(row) for row in rows(emulator, table)) == _WARM_UP, seconds=60
    )
    time.sleep(_REST)


def _timetable(
    emulator: Emulator, orders: Sequence[Planned], sides: Sequence[Side], floor: Floor, crossing: Crossing
) -> Timetable:
    timetable = Timetable()
    for side in sides:
        for order in orders:
            _plan_order(timetable, side.shop, order)
    for number in range(min(_FLOOR, len(orders))):
        timetable.at(number * _FLOOR_PAUSE, partial(floor.send, plan.DELAY))
    for number in range(_CROSSING):
        at = number * _CROSSING_PAUSE
        timetable.at(at, partial(crossing.start, f"late-{number:02d}"))
        timetable.at(at, partial(floor.schedule, f"floor-{number:02d}", plan.CROSSING_DUE_IN))
    switch = _check_of(sides[0]).kill_switch
    if orders[-1].at > _STOPPED_AFTER:  # of a short run, it would leave nobody to call
        for value, at in ((STOP, _STOPPED_AFTER), (RUN, _STOPPED_AFTER + _STOPPED_FOR)):
            timetable.at(plan.DELAY + at, partial(_throw, emulator, switch, value))
    return timetable


def _throw(emulator: Emulator, switch: str, value: str) -> None:
    emulator.client("ssm").put_parameter(Name=switch, Value=value, Overwrite=True)


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


def _is_quiet(emulator: Emulator, ours: Side, naive: Side) -> bool:
    found = {row.unit: row for row in rows(emulator, _check_of(ours).table_name)}
    return all(unit in found and is_at_rest(found[unit]) for unit in ours.shop.placed_at) and not messages_in(
        emulator, naive.shop.queue_url
    )


def _deliver_stream_again(emulator: Emulator, ours: Side) -> None:
    again = deliver_stream_again(emulator, _check_of(ours).table_name, share=_STREAM_SHARE)
    for unit, times in again.items():
        ours.shop.again[unit]["stream"] += times


def _versions(
    emulator: Emulator, outputs: Outputs, orders: Sequence[Planned], ours: Side, naive: Side, *, epoch: float
) -> dict[str, Version]:
    check = _check_of(ours)
    bucket = outputs[OURS]["OutcomesBucketName"]
    trails: dict[str, Trail] = {}
    versions = {}
    for side in (ours, naive):
        journals = {
            name.removesuffix("FunctionName").lower(): LogReader.of(emulator, function).read()
            for name, function in outputs[side.stack].items()
            if name.endswith("FunctionName")
        }
        if side is ours:
            folder = emulator.folder / "outcomes"
            trails[side.stack] = trail_of_rows(emulator, check.table_name, bucket=bucket, folder=folder, epoch=epoch)
        else:
            trails[side.stack] = trail_of_logs(journals["check"], side.twilio.requests())
        versions[side.stack] = version(
            orders,
            side.shop,
            side.twilio,
            trails[side.stack],
            epoch=epoch,
            dead_letters=_dead_letters(emulator, outputs[side.stack]),
            journals=journals,
        )
    return versions


def _dead_letters(emulator: Emulator, outputs: Mapping[str, str]) -> dict[str, int]:
    kind = "DeadLetterQueueUrl"
    urls = {name.removesuffix(kind).lower() or "queue": url for name, url in outputs.items() if name.endswith(kind)}
    return {name: messages_in(emulator, url) for name, url in urls.items()}


def _settings(ours: Side) -> Settings:
    experiment = _check_of(ours).experiment
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


def _warnings(timetable: Timetable, sides: Sequence[Side], *, cut: str) -> list[str]:
    """What makes this run's figures doubtful."""
    found = []
    late, failures = timetable.latest(), timetable.failures() + [one for side in sides for one in side.shop.failures]
    if late > _LATE:
        found.append(f"This machine could not keep up: things were done up to {late:.1f} s behind schedule.")
    if failures:
        found.append(f"{len(failures)} of the demo's own requests failed, the first: {failures[0]}.")
    if cut:
        found.append(f"The wait for quiet was cut after {_PATIENCE:g} s.")
    return found
