"""The event source mappings of the whole app: who else consumes a queue, and what else a function consumes."""

from collections.abc import Iterable

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from constructs_lib._seen import UNKNOWN, Unknown, same


def check_sole_consumer(queue: sqs.IQueue) -> None:
    """Refuse a queue that a function of this app consumes already.

    Raises:
        ValueError: There is an event source mapping on it.
    """
    for mapping in _mappings(queue.node.root):
        if mapping.event_source_arn is not None and same(queue, queue.queue_arn, mapping, mapping.event_source_arn):
            msg = (
                f"queue {queue.node.path} already has a consumer ({mapping.node.path}): two would split its messages, "
                "and each keep a rate of its own; "
                "remove that event source, or give this flow a queue of its own (leave queue out)"
            )
            raise ValueError(msg)


def mapped_concurrency(consumer: lambda_.IFunction) -> int | Unknown | None:
    """The sum of MaximumConcurrency over all SQS mappings of the function in this app; None when one has none."""
    total = 0
    for mapping in _mappings(consumer.node.root):
        if not same(consumer, consumer.function_name, mapping, mapping.function_name):
            continue
        limit = Stack.of(mapping).resolve(mapping.scaling_config)
        if not _is_sqs(mapping):
            continue
        if not limit:
            return None
        maximum = limit["maximumConcurrency"]
        if not isinstance(maximum, (int, float)):
            return UNKNOWN
        total += int(maximum)
    return total


def _mappings(root: IConstruct) -> Iterable[lambda_.CfnEventSourceMapping]:
    return [node for node in root.node.find_all() if isinstance(node, lambda_.CfnEventSourceMapping)]


def _is_sqs(mapping: lambda_.CfnEventSourceMapping) -> bool:
    # Streams name where to start; a queue has no such place.
    return mapping.starting_position is None
