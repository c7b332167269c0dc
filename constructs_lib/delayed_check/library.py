"""The library's two functions of a check: `start` writes rows and sends what waits, `outcomes` publishes what came."""

from typing import NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _metadata, _nag, _own_functions, _queues, _records, _statements
from constructs_lib._queues import Pair
from constructs_lib.delayed_check import handler as handlers
from constructs_lib.delayed_check import queues
from constructs_lib.delayed_check.arguments import Retries
from constructs_lib.delayed_check.scheduling import Scheduling
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime.delayed_check.contract import KEY_SEPARATOR, OUTCOMES_HANDLER, START_HANDLER, Settings

#: A start is one write and one message. A killed one is repeated after twice this, which is soon enough to be in time.
_START_TIMEOUT = Duration.seconds(10)
START_VISIBILITY = 20.0
#: Starts that are worked on at once, by batches: some hundred orders a second; more of them wait.
_START_BATCH, _START_WORKERS = 10, 10

_OUTCOMES_TIMEOUT = Duration.seconds(30)
_OUTCOMES_BATCH = 100
#: What cannot be published is tried again so long, and then has 18 hours until the stream forgets it.
_LONGEST_RETRY = Duration.hours(6)
_MEMORY = 256

_WHY_SOON = (
    "a start is one row, however often it is received, and one whose invocation was killed has to come back in time"
)
_WHY_LIST = (
    "Lambda asks for dynamodb:ListStreams when it maps a stream, and that action takes no resource; what the function "
    "reads is the stream of one table"
)
_WHY_NO_DLQ = (
    "the queue takes what Lambda could not publish from the table's stream: it is a dead-letter queue, of a stream "
    "and not of a queue"
)


class Outcomes(NamedTuple):
    """What publishes the outcomes, and where that goes which it cannot."""

    function: lambda_.Function
    failures: sqs.Queue


def create_start(
    scope: Construct,
    pair: Pair,
    *,
    settings: Settings,
    table: dynamodb.ITable,
    rows: str,
    retries: Retries,
    checks: Pair,
    schedules: Scheduling,
) -> lambda_.Function:
    """Create the function that starts checks, and have it consume the start queue.

    Args:
        scope: Its parent, which has the queue.
        pair: The start queue.
        settings: The check's.
        table: The rows.
        rows: What the keys of the check's rows are like.
        retries: How a start is tried again.
        checks: The check queue.
        schedules: For a delay that SQS cannot hold.
    """
    function, policy = _own_functions.create(
        scope,
        slice_name=handlers.SLICE,
        handler=START_HANDLER,
        description=f"Starts checks of {settings.check}",
        timeout=_START_TIMEOUT,
        memory_size=_MEMORY,
        environment=handlers.variable(scope, settings) | queues.flow(scope, pair, retries),
        statements=[
            *_start_permissions(pair, checks),
            *_records.statements(table, keys=[rows]),
            *schedules.statements,
        ],
    )
    schedules.explain_wildcard(policy)
    mapping = _queues.consume(
        scope, function, pair.queue, batch_size=_START_BATCH, workers=_START_WORKERS, policy=policy
    )
    _metadata.tell(mapping, acknowledge={"R3": _WHY_SOON})
    return function


def _start_permissions(pair: Pair, checks: Pair) -> list[iam.PolicyStatement]:
    """What the function that starts checks does with queues."""
    return [
        *_statements.consume(pair.queue, dead_letters=pair.dead_letter_queue),
        _statements.send(checks.queue),
        *_statements.use_keys([pair.queue, pair.dead_letter_queue, checks.queue]),
    ]


def create_outcomes(
    scope: Construct,
    *,
    settings: Settings,
    table: dynamodb.ITable,
    bus: events.IEventBus,
    encryption_key: kms.IKey | None,
) -> Outcomes:
    """Create the function that publishes outcomes, and have it read the table's stream.

    Args:
        scope: Its parent, which has no other.
        settings: The check's.
        table: The rows.
        bus: Where outcomes go.
        encryption_key: Of the queue for what could not be published.
    """
    failures = _queues.create_last(scope, "Failures", why=_WHY_NO_DLQ, encryption_key=encryption_key)
    function, policy = _own_functions.create(
        scope,
        slice_name=handlers.SLICE,
        handler=OUTCOMES_HANDLER,
        description=f"Publishes outcomes of {settings.check}",
        timeout=_OUTCOMES_TIMEOUT,
        memory_size=_MEMORY,
        environment=handlers.variable(scope, settings),
        statements=[
            *_records.stream_statements(table),
            _statements.allow("events", ["PutEvents"], bus.event_bus_arn),
            _statements.send(failures),
            *_statements.use_keys([failures]),
        ],
    )
    _nag.explain(policy, "AwsSolutions-IAM5", _WHY_LIST, applies_to="Resource::*")
    _map_stream(scope, function, policy, table=table, failures=failures, check=settings.check)
    return Outcomes(function=function, failures=failures)


def _map_stream(
    scope: Construct,
    function: lambda_.Function,
    policy: iam.Policy,
    *,
    table: dynamodb.ITable,
    failures: sqs.Queue,
    check: str,
) -> None:
    of_this_check = {"Keys": {PARTITION_KEY: {"S": lambda_.FilterRule.begins_with(f"{check}{KEY_SEPARATOR}")}}}
    mapping = lambda_.EventSourceMapping(
        scope,
        "EventSourceMapping",
        target=function,
        event_source_arn=table.table_stream_arn,
        # From the oldest on: an order that is decided while the stack is deployed has an outcome too.
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=_OUTCOMES_BATCH,
        filters=[
            lambda_.FilterCriteria.filter(
                {"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY"), "dynamodb": of_this_check}
            )
        ],
        bisect_batch_on_error=True,
        report_batch_item_failures=True,
        max_record_age=_LONGEST_RETRY,
    )
    mapping.node.add_dependency(policy)
    resource = mapping.node.default_child
    assert isinstance(resource, lambda_.CfnEventSourceMapping)  # noqa: S101 - narrows the type of what an L2 always has
    # Not by way of the L2, which would grant the use of a key by wildcards.
    resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=failures.queue_arn)
    )
