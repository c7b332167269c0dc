"""Statements of policies, as the constructs write them: the actions that are used, and the resources by name."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

_CONSUME = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")
_SEND = ("SendMessage", "GetQueueUrl")


def allow(service: str, actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    """Allow a service's actions on resources."""
    return iam.PolicyStatement(actions=[f"{service}:{action}" for action in actions], resources=list(resources))


def consume(queue: sqs.IQueue, *, dead_letters: sqs.IQueue | None) -> list[iam.PolicyStatement]:
    """Consume a queue, and put aside in another what must not be retried."""
    moved = [] if dead_letters is None else [allow("sqs", _SEND, dead_letters.queue_arn)]
    return [allow("sqs", _CONSUME, queue.queue_arn), *moved]


def send(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Send messages to queues."""
    return allow("sqs", _SEND, *(queue.queue_arn for queue in queues))


def use_keys(queues: Iterable[sqs.IQueue | None]) -> list[iam.PolicyStatement]:
    """Use the keys of queues that have one."""
    keys = [queue.encryption_master_key for queue in queues if queue is not None]
    arns = sorted({key.key_arn for key in keys if key is not None})
    return [use_key(*arns)] if arns else []


def use_key(*arns: str) -> iam.PolicyStatement:
    """Do what SQS and S3 ask of whoever writes to what is encrypted with a key, or reads from it."""
    return allow("kms", ["Decrypt", "GenerateDataKey"], *arns)


def check_key(key: kms.IKey | None) -> None:
    """Refuse what is no key.

    Raises:
        ValueError: It is none.
    """
    if key is not None and not hasattr(key, "key_arn"):
        msg = (
            f"encryption_key must be a KMS key (kms.Key or IKey), got {key!r}: pass a kms.Key, or what "
            "kms.Key.from_key_arn makes of an ARN, or leave it out for keys managed by AWS"
        )
        raise ValueError(msg)
