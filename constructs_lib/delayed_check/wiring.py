"""Who is told what, and may do what: the author's function, and the library's two."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib import _functions, _metadata, _queues, _records, _statements
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._queues import Pair
from constructs_lib.delayed_check import handler as handlers
from constructs_lib.delayed_check import library, queues, scheduling
from constructs_lib.delayed_check.arguments import Times
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.delayed_check.library import Outcomes
from constructs_lib.flow_control.queue import FlowControlledQueue
from constructs_lib.runtime.delayed_check.contract import (
    KEY_SEPARATOR,
    OUTCOME_SUFFIX,
    START_SUFFIX,
    VERSION_SEPARATOR,
    Settings,
)

#: Checks in an invocation: one strongly consistent read and one write each.
_CHECK_BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a check is made of, when its functions are wired to it.

    Attributes:
        name: What rows, metrics and functions call the check, and the name of its event bus.
        table: The table of rows.
        times: When what happens.
        experiment: Which share of orders is contacted.
        starts: The queue of starts.
        checks: The queue of checks.
        contacts: The queue of contacts.
        switch: The kill switch.
        switch_name: Its name.
        bus: The event bus of outcomes.
        encryption_key: The author's.
    """

    name: str
    table: dynamodb.ITable
    times: Times
    experiment: Experiment | None
    starts: Pair
    checks: Pair
    contacts: FlowControlledQueue
    switch: ssm.StringParameter
    switch_name: str
    bus: events.EventBus
    encryption_key: kms.IKey | None

    @property
    def rows(self) -> str:
        """What the keys of the check's rows are like, for a policy."""
        return f"{self.name}{KEY_SEPARATOR}*"

    @property
    def settings(self) -> Settings:
        """What everybody is told: by names only, since a function may be in a stack that the check's needs."""
        return Settings(check=self.name, table_name=_records.literal_name(self.table) or self.table.table_name)

    def timed(self) -> Settings:
        """The same, for who has to know when an order is due."""
        times = self.times
        return self.settings._replace(delay=times.delay, deadline=times.deadline, check_queue_arn=self.checks.arn)


def serve(
    check: Construct,
    scope: Construct,
    parts: Parts,
    *,
    handler: lambda_.IFunction,
    runtime: RuntimeDelivery,
    workers: int,
) -> tuple[dict[str, str], lambda_.EventSourceMapping]:
    """Have the author's function check and contact.

    Args:
        check: The construct.
        scope: The parent of the mapping of the check queue.
        parts: The check's.
        handler: The function.
        runtime: How the library reaches it.
        workers: How many batches of checks are worked on at once.

    Returns:
        What the function's environment needs, and the mapping.
    """
    policy = handlers.permit(check, handler, _permissions(parts))
    settings = parts.timed()._replace(
        contact_queue_arn=parts.contacts.queue_arn,
        kill_switch=parts.switch_name,
        experiment=parts.experiment.as_settings() if parts.experiment else None,
    )
    environment = handlers.variable(check, settings) | queues.flow(scope, parts.checks, parts.times.retries)
    _functions.equip(handler, runtime, slice_name=handlers.SLICE, environment=environment)
    mapping = _queues.consume(
        scope, handler, parts.checks.queue, batch_size=_CHECK_BATCH, workers=workers, policy=policy
    )
    _metadata.tell(mapping, acknowledge=queues.OVERRULED)
    return environment | parts.contacts.environment, mapping


def _permissions(parts: Parts) -> list[iam.PolicyStatement]:
    """What the author's function does: flow control's part of the contacts is let by their queue."""
    queue, dead_letters, contacts = parts.checks.queue, parts.checks.dead_letter_queue, parts.contacts.queue
    keys = [parts.rows]
    if parts.experiment is not None:
        keys.append(f"{parts.experiment.key}{VERSION_SEPARATOR}*")  # its frozen weights
    return [
        *_statements.consume(queue, dead_letters=dead_letters),
        _statements.send(queue, contacts),
        *_statements.use_keys([queue, dead_letters, contacts]),
        *_records.statements(parts.table, keys=keys),
        _statements.allow("ssm", ["GetParameter"], parts.switch.parameter_arn),
    ]


def start(check: Construct, scope: Construct, parts: Parts) -> lambda_.Function:
    """Create the function that starts checks, with what it needs for delays that SQS cannot hold."""
    # For a short delay too: a deployment that shortened it would take away the group, with the schedules of all orders
    # that wait.
    schedules = scheduling.create(Construct(check, "Schedules"), parts.checks)
    return library.create_start(
        scope,
        parts.starts,
        settings=schedules.known_by(parts.timed()._replace(start_queue_arn=parts.starts.arn)),
        table=parts.table,
        rows=parts.rows,
        retries=parts.times.starts,
        checks=parts.checks,
        schedules=schedules,
    )


def publish(check: Construct, parts: Parts) -> Outcomes:
    """Create the function that publishes outcomes."""
    return library.create_outcomes(
        Construct(check, "Publishing"),
        settings=parts.settings._replace(event_bus=parts.name),
        table=parts.table,
        bus=parts.bus,
        encryption_key=parts.encryption_key,
    )


def start_environment(check: Construct, parts: Parts) -> dict[str, str]:
    """What the environment needs of whoever calls `start_check`."""
    settings = Settings(check=parts.name, start_queue_arn=parts.starts.arn)
    return handlers.variable(check, settings, START_SUFFIX)


def outcome_environment(check: Construct, parts: Parts) -> dict[str, str]:
    """What the environment needs of whoever calls `record_outcome`."""
    return handlers.variable(check, parts.settings, OUTCOME_SUFFIX)
