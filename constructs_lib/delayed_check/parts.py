"""The parts of a check that the author's function works with: its two queues, the kill switch, and rows of its own."""

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib import _queues
from constructs_lib._findings import Finding
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._queues import Pair
from constructs_lib._seen import same
from constructs_lib.delayed_check.arguments import Retries, Times
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.delayed_check.monitoring import CheckMetrics
from constructs_lib.flow_control import consumer
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.queue import AGE_FACTOR, FlowControlledQueue
from constructs_lib.runtime.delayed_check.contract import (
    ASSUMED_CONTACT,
    BESIDE_CONTACT,
    CONTACT_BACKOFF,
    RUN,
    STOP,
    backoff_cap,
    contact_workers,
)
from constructs_lib.runtime.flow_control import contract as flow_control
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import FlowStrategy

#: No more than two should read a shard of a table's stream at the same time: a third is throttled.
_MOST_READERS = 2
#: Rules of flow control that do not hold for contacts, each with the reason.
_OVERRULED = {
    "R3": (
        "DelayedCheck claims a row before its contact, so that a message which is received twice contacts once, and "
        "one whose invocation was killed has to come back before the deadline"
    )
}


def kill_switch(scope: Construct, name: str) -> ssm.StringParameter:
    """Create the parameter that says whether anybody is contacted."""
    return ssm.StringParameter(
        scope,
        "KillSwitch",
        parameter_name=name,
        string_value=RUN,
        allowed_pattern=f"^({RUN}|{STOP})$",
        # The same for all checks and versions: whatever changes the parameter sets it to "run".
        description=f'Whether anybody is contacted: "{RUN}", or "{STOP}"',
    )


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
        acknowledge=_OVERRULED | dict(acknowledge),
    )


def contact_seconds(rate: Downstream) -> float:
    """How long a contact takes, on average as far as that is known."""
    return ASSUMED_CONTACT if rate.mean_seconds is None else rate.mean_seconds + BESIDE_CONTACT


def findings_of(contacts: FlowControlledQueue) -> list[Finding]:
    """What an author is told of the contacts' queue: not what the check itself overrules."""
    return [each for each in contacts.findings if each.acknowledged not in _OVERRULED.values()]


def _declared_burst(rate: Downstream) -> int | None:
    """A burst of one, the default, is none that anybody thought of: two at once is the least that Lambda does."""
    return None if rate.burst == 1 else rate.burst


def check_shared(scope: Construct, table: dynamodb.ITable | None, experiment: Experiment | None) -> None:
    """Refuse a table that other checks of this app have, where both would not get on.

    Raises:
        ValueError: As many checks as may read its stream have the table; or one has other weights for this experiment.
    """
    if table is None:
        return
    others = [each for each in scope.node.root.node.find_all() if isinstance(each, CheckMetrics)]
    sharing = [each for each in others if same(table, table.table_name, each.table, each.table.table_name)]
    if len(sharing) >= _MOST_READERS:
        msg = (
            f"table {table.node.path} has the rows of {' and '.join(each.node.path for each in sharing)} already, and "
            f"each check reads its stream, which DynamoDB gives to {_MOST_READERS} readers at most: give this check a "
            "table of its own (leave table out)"
        )
        raise ValueError(msg)
    for other in sharing:
        if experiment is not None and _contradicts(experiment, other.experiment):
            msg = (
                f"table {table.node.path} has the frozen weights of experiment {experiment.key!r}, version "
                f"{experiment.version}, for {other.node.path} too, which declares others: both would have the weights "
                "of whoever is first; give this experiment another key or version, or both the same arms"
            )
            raise ValueError(msg)


def _contradicts(one: Experiment, other: Experiment | None) -> bool:
    """Whether two experiments have the same weights' row, and not the same weights."""
    return other is not None and (one.key, one.version) == (other.key, other.version) and one != other
