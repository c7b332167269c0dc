"""The queues of a check: of starts and of checks, and the flow of contacts; and what its author is told of that one."""

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib import _queues
from constructs_lib._findings import Finding
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._queues import Pair
from constructs_lib.delayed_check.arguments import Retries, Times
from constructs_lib.flow_control import consumer
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.queue import FlowControlledQueue
from constructs_lib.runtime.delayed_check.contract import (
    ASSUMED_CONTACT,
    BESIDE_CONTACT,
    CONTACT_BACKOFF,
    backoff_cap,
    contact_workers,
)
from constructs_lib.runtime.flow_control import contract as flow_control
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import FlowStrategy
from constructs_lib.sizing.limits import AGE_FACTOR

#: Rules of flow control that the two queues of the author's function break on purpose, each with the reason.
OVERRULED = {
    "R3": (
        "DelayedCheck claims a row before its contact, so that a message which is received twice contacts once, and "
        "one whose invocation was killed has to come back before the deadline"
    ),
    "R31": (
        "DelayedCheck sends an order from its queue of checks to its queue of contacts, once, and delays a check that "
        "came too early by another message, eight times at most"
    ),
}


def queue(scope: Construct, retries: Retries, *, visibility: float, encryption_key: kms.IKey | None) -> Pair:
    """Create a queue that keeps what it tries again for as long as it is tried: that of starts, or of checks."""
    return _queues.create_pair(
        scope,
        visibility_timeout=Duration.seconds(visibility),
        retention=Duration.seconds(retries.retention(retries.backoff_cap)),
        max_receive_count=retries.receives,
        encryption_key=encryption_key,
        removal_policy=None,
    )


def flow(scope: Construct, pair: Pair, retries: Retries) -> dict[str, str]:
    """What flow control is told of such a queue; no pace, since whoever is due is started, and decided."""
    settings = flow_control.Settings(
        queue_arn=pair.arn,
        dead_letter_queue_arn=pair.dead_letter_arn,
        max_receive_count=retries.receives,
        backoff_cap=retries.backoff_cap,
    )
    return consumer.variable(scope, settings)


def contacts(
    scope: Construct,
    *,
    handler: lambda_.IFunction,
    rate: Downstream,
    times: Times,
    encryption_key: kms.IKey | None,
    alarm_topic: sns.ITopic | None,
    runtime: RuntimeDelivery,
    acknowledge: Mapping[str, str],
) -> FlowControlledQueue:
    """Create the queue of contacts, which are made one by one at the provider's pace.

    A refusal that names the time to wait may come back every second, so a message is received that often until the
    deadline, and each retry's wait is such that they outlast it. A message is several reads, two writes and one call:
    its time is what the function has, whatever the call alone takes.
    """
    outage = backoff_cap(times.window, least=CONTACT_BACKOFF)
    longest = times.timeout - REPORTING_RESERVE
    wait = times.latest / AGE_FACTOR
    workers = contact_workers(
        rate.calls_per_second, longest=longest, contact=contact_seconds(rate), burst=_declared_burst(rate)
    )
    return FlowControlledQueue(
        scope,
        "Contacts",
        consumer=handler,
        # So many contacts may come at once, under PACE: whoever declares no burst accepts what the rate takes.
        downstream=replace(rate, burst=max(workers, rate.burst)),
        # For the alarm on the oldest contact, which is to ring before the deadline.
        max_wait=Duration.millis(round(1000 * wait)),
        strategy=FlowStrategy.PACE,
        batch_size=1,
        max_concurrency=workers,
        visibility_timeout=Duration.seconds(times.visibility),
        max_receive_count=times.retries.receives,
        retention_period=Duration.seconds(times.retries.retention(outage, wait=wait)),
        outage_tolerance=Duration.seconds(outage),
        call_timeout=Duration.millis(round(1000 * longest)),
        encryption_key=encryption_key,
        alarm_topic=alarm_topic,
        runtime=runtime,
        acknowledge=OVERRULED | dict(acknowledge),
    )


def contact_seconds(rate: Downstream) -> float:
    """How long a contact takes, on average as far as that is known."""
    return ASSUMED_CONTACT if rate.mean_seconds is None else rate.mean_seconds + BESIDE_CONTACT


def findings_of(contacts: FlowControlledQueue) -> list[Finding]:
    """What an author is told of the contacts' queue: not what the check itself overrules."""
    return [each for each in contacts.findings if each.acknowledged not in OVERRULED.values()]


def _declared_burst(rate: Downstream) -> int | None:
    """A burst of one, the default, is none that anybody thought of: two at once is the least that Lambda does."""
    return None if rate.burst == 1 else rate.burst
