"""The delayed-check experiment's rig: both versions deployed and warm, with their customers and their providers."""

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from rich.console import Console

from constructs_lib.runtime.delayed_check.contract import Settings as CheckSettings
from local.demo import delayed_check_plan as plan
from local.demo.conduct import timed
from local.demo.delayed_check_crossing import Crossing
from local.demo.delayed_check_floor import Floor
from local.demo.delayed_check_plan import Planned
from local.demo.delayed_check_records import is_at_rest, rows
from local.demo.delayed_check_shop import Place, Shop
from local.demo.timetable import Timetable
from local.deploy import Deployer, Outputs
from local.emulator import ROOT, Emulator
from local.logs import LogReader
from local.processes import wait_until
from local.short_waits import shorten_waits
from local.twilio import Twilio

OURS, NAIVE = "OrderCheckStack", "OrderCheckWithoutClaimStack"
APP = shlex.join([sys.executable, "-m", "local.order_check_app"])

#: Orders that start the functions before the run; they are long dead, so nobody is called.
_WARM_UP = 60
_LONG_AGO = 86_400
#: Seconds in which the last functions of the warm-up end.
_REST = 5.0


class Side(NamedTuple):
    """One version with its customers and its provider."""

    stack: str
    shop: Shop
    twilio: Twilio


class Rig(NamedTuple):
    """Everything that the experiment needs."""

    emulator: Emulator
    outputs: Outputs
    ours: Side
    naive: Side
    floor: Floor
    crossing: Crossing

    @property
    def check(self) -> CheckSettings:
        """The settings of our version's check."""
        settings = self.ours.shop.settings
        assert settings is not None  # noqa: S101 - the deployed version is a DelayedCheck
        return settings


def set_up(emulator: Emulator, orders: Sequence[Planned], console: Console, life: ExitStack) -> Rig:
    """Deploy both versions, each with a provider of its own, and start their functions.

    Raises:
        LocalError: The deployment failed.
    """
    scripts = {order.unit: order.script for order in orders}
    numbers = {order.phone: order.unit for order in orders}
    twilios = {stack: life.enter_context(Twilio(scripts=scripts, numbers=numbers)) for stack in (OURS, NAIVE)}
    outputs = _deploy(emulator, twilios, console)
    ours, naive = (_side(emulator, outputs, stack, twilios[stack], orders) for stack in (OURS, NAIVE))
    rig = Rig(emulator, outputs, ours, naive, *_floors(emulator, outputs))
    with timed(console, "warming up with orders that are long dead, not counted"):
        _warm_up(rig)
    return rig


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


def _warm_up(rig: Rig) -> None:
    """Start the functions: starting one takes this machine's processors half a second, not AWS's."""
    timetable = Timetable()
    units = [f"warm-up-{number}" for number in range(_WARM_UP)]
    for side in (rig.ours, rig.naive):
        for unit in units:
            # Too long ago for a call; and no number, so that not even a mistake could call.
            timetable.at(0, partial(side.shop.start, unit, placed_at=time.time() - _LONG_AGO))
            timetable.at(0, partial(side.shop.advance, unit))
    timetable.run()
    table = rig.check.table_name
    wait_until(
        lambda: sum(row.unit in units and is_at_rest(row) for row in rows(rig.emulator, table)) == _WARM_UP, seconds=60
    )
    time.sleep(_REST)
