"""Queues of the constructs' own, with dead-letter queues, and the mapping that has a function consume one."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from constructs_lib import _nag
from constructs_lib._names import physical_name

#: SQS keeps a message 14 days at most: the time there is to find out what is wrong with it.
DEAD_LETTER_RETENTION = Duration.days(14)
_MAX_QUEUE_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A queue and its dead-letter queue.

    Attributes:
        queue: The queue.
        dead_letter_queue: Its dead-letter queue.
        arn: The queue's ARN, in a form that another stack may hold without referring to this one.
        dead_letter_arn: The same of the dead-letter queue.
    """

    queue: sqs.Queue
    dead_letter_queue: sqs.Queue
    arn: str
    dead_letter_arn: str


def create_pair(
    scope: Construct,
    *,
    visibility_timeout: Duration,
    retention: Duration,
    max_receive_count: int,
    encryption_key: kms.IKey | None,
    removal_policy: RemovalPolicy | None,
    fifo: bool = False,
) -> Pair:
    """Create both queues: TLS only, encrypted, the dead-letter queue for this queue alone.

    Both have names of ours. The dead-letter queue names its source and the source its dead-letter queue, and a
    function of another stack names both: references would be cycles.
    """
    name, dead_letter_name = _name(scope, "", fifo=fifo), _name(scope, "-dlq", fifo=fifo)
    common: dict[str, Any] = {"encryption_key": encryption_key, "removal_policy": removal_policy, "fifo": fifo}
    dead_letter_queue = create(
        scope,
        "DeadLetterQueue",
        **common,
        queue_name=dead_letter_name,
        retention_period=DEAD_LETTER_RETENTION,
        redrive_allow_policy=sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE,
            source_queues=[sqs.Queue.from_queue_arn(scope, "SourceQueueByName", arn_of(scope, name))],
        ),
    )
    queue = create(
        scope,
        "Queue",
        **common,
        queue_name=name,
        visibility_timeout=visibility_timeout,
        retention_period=retention,
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letter_queue, max_receive_count=max_receive_count),
    )
    return Pair(
        queue=queue,
        dead_letter_queue=dead_letter_queue,
        arn=arn_of(scope, name),
        dead_letter_arn=arn_of(scope, dead_letter_name),
    )


def create(
    scope: Construct,
    id: str,
    *,
    encryption_key: kms.IKey | None,
    removal_policy: RemovalPolicy | None = None,
    fifo: bool = False,
    **props: Any,  # noqa: ANN401 - CDK's own properties
) -> sqs.Queue:
    """Create a queue: TLS only, encrypted."""
    return sqs.Queue(
        scope,
        id,
        fifo=True if fifo else None,  # False is not what CloudFormation wants to hear
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.KMS if encryption_key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=encryption_key,
        removal_policy=removal_policy,
        **props,
    )


def create_last(scope: Construct, id: str, *, why: str, encryption_key: kms.IKey | None) -> sqs.Queue:
    """Create the queue for what a rule or a stream could not hand over; it has no dead-letter queue of its own.

    Args:
        scope: Its parent.
        id: Its id.
        why: Why it has none, for cdk-nag.
        encryption_key: Encrypts it. None: a key managed by SQS.
    """
    queue = create(scope, id, encryption_key=encryption_key, retention_period=DEAD_LETTER_RETENTION)
    _nag.explain(queue, "AwsSolutions-SQS3", why)
    return queue


def arn_of(scope: IConstruct, name: str) -> str:
    """The ARN of a queue of that name, in the construct's region and account."""
    return Stack.of(scope).format_arn(service="sqs", resource=name)


def consume(
    scope: Construct,
    function: lambda_.IFunction,
    queue: sqs.IQueue,
    *,
    batch_size: int,
    workers: int,
    policy: iam.Policy | None,
) -> lambda_.EventSourceMapping:
    """Have Lambda poll a queue for a function; a batch's failures are reported one by one."""
    mapping = lambda_.EventSourceMapping(
        scope,
        "EventSourceMapping",
        target=function,
        event_source_arn=queue.queue_arn,
        batch_size=batch_size,
        max_concurrency=workers,
        report_batch_item_failures=True,
    )
    if policy is not None:
        # Lambda tries the permissions when the mapping is created.
        mapping.node.add_dependency(policy)
    return mapping


def _name(scope: Construct, suffix: str, *, fifo: bool) -> str:
    return physical_name(scope, f"{suffix}{'.fifo' if fifo else ''}", longest=_MAX_QUEUE_NAME)
