"""The flow-control experiment: two order hubs, the same load, the same courier, one after the other."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rich.console import Console

from local.addresses import local_address
from local.demo.conduct import Conducted, Conductor, timed
from local.demo.machine import machine
from local.demo.observer import Hub
from local.deploy import Deployer, Outputs
from local.emulator import Emulator
from local.load import ARTICLE, QUICK, Sent, describe, send_times
from local.measure import measure
from local.report.flow_control.experiment import Experiment, Version
from local.report.flow_control.story import find, most_eventful, story

#: Seconds before Lambda first retries a failed asynchronous invocation; twice as long before it retries it last.
ASYNC_RETRY = 60.0
WITHOUT = Hub(
    stack="OrderHubWithoutFlowControlStack",
    prefix="without",
    title="Without flow control",
    longest_wait=2 * ASYNC_RETRY,
    workers=130,
)
#: It needs no more functions than its derived concurrency, which the orders of the warm-up start.
WITH = Hub(stack="OrderHubStack", prefix="with", title="With flow control", longest_wait=60.0, workers=0)

STACKS = ("SlowCourierStack", WITH.stack, WITHOUT.stack)

#: Seconds after the load for which outcomes are waited for: three invocations and Lambda's two waits fit in.
PATIENCE = 300.0

#: Seconds behind schedule from which the report warns.
LATE = 5.0
#: GB; some 200 functions run at once, of about 30 MB each.
MEMORY = 8

NOTES = [
    "All figures were measured on an embedded AWS emulator on one machine, not on AWS. Time was not compressed.",
    "Both versions ran one after the other, each after a warm-up whose orders are not counted. Starting a function "
    f"takes this machine's own processor time, not one of AWS's: {WITHOUT.workers} delivery functions of the version "
    "without flow control were started before its load, or the machine could not have kept up with the orders.",
    "Acceptances are the courier's own record; calls and 429s are the delivery functions' log of attempts, because a "
    "call that the gateway refuses never reaches the courier's function. Nothing comes from CloudWatch metrics, which "
    "the emulator does not have for queues and their consumers.",
    "In backlog: while more orders were open (sent and not accepted yet) than the flow may have in hand, N. Calls per "
    "second against the limit counts the calls begun in that time; the same N is used for both versions.",
    "The worst window is the one, of whatever length W, in which calls exceed limit x W by most. The construct "
    "promises at most N there, whatever W is.",
    "Concurrency is that of the delivery function: how many of its invocations overlap, each from its REPORT line's "
    "time minus its duration. The article's graph shows the whole account.",
    "Without flow control an order is lost when Lambda has given it up after three attempts, which wait 60 and 120 "
    "seconds as on AWS; there is no dead-letter queue.",
    "Without flow control, a small function stands between EventBridge and the delivery function here and invokes it "
    "asynchronously: the emulator calls a rule's function directly and once, and Lambda's retries would be missing.",
    "The emulator does not model processor shares, memory limits, EventBridge's own retries and a usage plan's "
    "inexactness; its usage plan is an exact token bucket, and answers 429 without Retry-After as API Gateway does.",
]


def run(emulator: Emulator, console: Console, *, quick: bool = False) -> Experiment:
    """Deploy both hubs, measure them, and return what was found.

    Args:
        emulator: Where to; running.
        console: Where progress is shown.
        quick: Send a few orders only, which shows that the path works and nothing else.

    Raises:
        LocalError: The deployment failed, or an order hub did not take orders.
    """
    load = QUICK if quick else ARTICLE
    _warn_of_little_memory(console)
    outputs = deploy(emulator, console)
    console.print(f"Load, the same for both versions: {describe(load)}")
    without, with_ = (
        Conductor(emulator, outputs, hub, console=console, patience=PATIENCE).conduct(send_times(load))
        for hub in (replace(WITHOUT, workers=0) if quick else WITHOUT, WITH)
    )
    return _experiment(outputs, describe(load), without=without, with_=with_)


def deploy(emulator: Emulator, console: Console) -> Outputs:
    """Bootstrap the emulator and deploy the example stacks to it."""
    deployer = Deployer(emulator)
    with timed(console, "cdk bootstrap"):
        deployer.bootstrap()
    with timed(console, "cdk deploy: a slow courier, and an order hub with and one without flow control"):
        return deployer.deploy(STACKS)


def webhook(outputs: Outputs, hub: Hub, endpoint: str) -> str:
    """Where a version's orders are posted."""
    return local_address(outputs[hub.stack]["WebhookUrl"], endpoint=endpoint)


def _experiment(outputs: Outputs, load: str, *, without: Conducted, with_: Conducted) -> Experiment:
    courier = outputs["SlowCourierStack"]
    sizing = json.loads(outputs[WITH.stack]["Sizing"])
    limit, workers = float(courier["CallsPerSecond"]), int(sizing["max_concurrency"])
    number = most_eventful(without.run)
    versions = [
        _version(hub, conducted, limit=limit, workers=workers, number=number)
        for hub, conducted in ((WITHOUT, without), (WITH, with_))
    ]
    return Experiment(
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        machine=machine(),
        load=load,
        limit=limit,
        burst=int(float(courier["Burst"])),
        workers=workers,
        sizing=sizing,
        without=versions[0],
        with_=versions[1],
        notes=NOTES,
        warnings=_warnings(versions),
    )


def _warnings(versions: Sequence[Version]) -> list[str]:
    """What makes this run's figures doubtful."""
    late = [
        f"{version.title}, this machine could not keep up: orders were sent up to {version.result.latest_send:.0f} s "
        "behind schedule, and calls may have timed out because of that alone. Run it again on a less busy machine."
        for version in versions
        if version.result.latest_send > LATE
    ]
    return late + [f"{version.title}, {version.result.cut}." for version in versions if version.result.cut]


def _warn_of_little_memory(console: Console) -> None:
    try:
        gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (OSError, ValueError):  # not every system says
        return
    if gigabytes < MEMORY:
        console.print(f"This machine has {gigabytes:.0f} GB of memory; the demo may need {MEMORY} GB.", style="yellow")


def _version(hub: Hub, conducted: Conducted, *, limit: float, workers: int, number: int) -> Version:
    sent = find(conducted.run.sent, number)
    return Version(
        title=hub.title,
        result=measure(conducted.run, limit=limit, workers=workers),
        story=story(conducted.observer.journals(), sent) if sent else [],
        story_of=_name(sent),
    )


def _name(sent: Sent | None) -> str:
    return f"order {sent.number}, correlation id {sent.correlation_id}" if sent else "no order"
