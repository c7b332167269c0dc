"""The two queues of a flow: its own, or an existing one as far as it can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Resource, Stack, Token
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _queues, _validate
from constructs_lib._seen import same, seen
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.sizing import Sizing

#: SQS's limits, in seconds: 12 hours, and 14 days.
_MAX_VISIBILITY, _MAX_RETENTION = 43_200, 14 * 86_400
#: What SQS takes where a template is silent, in seconds.
_DEFAULT_VISIBILITY, _DEFAULT_RETENTION = 30, 4 * 86_400
#: Without a dead-letter queue a message is received again until its retention ends.
_ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """A flow's queues and what can be seen of them; times are in seconds.

    Attributes:
        queue: The queue.
        dead_letter_queue: Its dead-letter queue; None when there is none, or it cannot be seen.
        arn: The queue's ARN, in a form that another stack may hold without referring to this one.
        dead_letter_arn: The same of the dead-letter queue.
    """

    queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue | None
    arn: str
    dead_letter_arn: str | None
    visibility_timeout: float | Unknown
    max_receive_count: int | Unknown
    retention: float | Unknown
    delivery_delay: float | Unknown
    has_dead_letter_queue: bool | Unknown
    dead_letter_queue_fifo: bool | Unknown
    dead_letter_retention: float | Unknown
    aws_managed_key: bool | Unknown

    @property
    def policies_can_change(self) -> bool:
        """Whether this app defines the queue, and its key where it has one, and so may let services use them."""
        key = self.queue.encryption_master_key
        return isinstance(self.queue, sqs.Queue) and (key is None or isinstance(key, (kms.Key, kms.Alias)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the author says of the queues; None is "derive it", or "see for yourself"."""

    queue: sqs.IQueue | None
    dead_letter_queue: sqs.IQueue | None
    fifo: bool
    visibility_timeout: Duration | None
    max_receive_count: int | None
    retention_period: Duration | None
    encryption_key: kms.IKey | None
    removal_policy: RemovalPolicy | None


def check(scope: Construct, wish: Wish) -> None:
    """Refuse what does not go together.

    Raises:
        ValueError: An argument does not go with the queue, or the queue cannot be used here.
    """
    _validate.duration("visibility_timeout", wish.visibility_timeout, least=0, most=_MAX_VISIBILITY)
    _validate.duration("retention_period", wish.retention_period, least=60, most=_MAX_RETENTION)
    if wish.queue is None:
        _refuse(wish, ["dead_letter_queue"], "is for an imported queue: pass queue too, or leave both out")
        return
    path = wish.queue.node.path
    created = ["fifo", "encryption_key", "removal_policy"]
    _refuse(wish, created, f"is for a queue that the flow creates: set it on {path}, and leave it out here")
    _check_region(scope, wish.queue)
    _check_sole_consumer(wish.queue)
    if isinstance(wish.queue, sqs.Queue):
        declared = ["dead_letter_queue", "visibility_timeout", "max_receive_count", "retention_period"]
        _refuse(wish, declared, f"belongs to {path}, which this app defines: set it there, and leave it out here")


def obtain(scope: Construct, wish: Wish, *, consumer: lambda_.IFunction, sized: Sizing) -> Queues:
    """Read the author's queue, or create one with what the sizing derived and the author overrode.

    Raises:
        ValueError: The function's stack would need the queue's, and that the function's.
    """
    if wish.queue is None:
        return _create(scope, wish, sized)
    if isinstance(wish.queue, sqs.Queue):
        return _of_this_app(scope, wish.queue, consumer)
    return _imported(wish.queue, wish)


def _check_region(scope: Construct, queue: sqs.IQueue) -> None:
    here, there = Stack.of(scope).region, queue.env.region
    if here != there and not Token.is_unresolved(here) and not Token.is_unresolved(there):
        msg = (
            f"queue {queue.node.path} is in region {there} and the flow in region {here}: "
            "Lambda polls queues of its own region only; put the flow and its function into the queue's region"
        )
        raise ValueError(msg)


def _check_sole_consumer(queue: sqs.IQueue) -> None:
    for mapping in queue.node.root.node.find_all():
        if not isinstance(mapping, lambda_.CfnEventSourceMapping) or mapping.event_source_arn is None:
            continue
        if same(queue, queue.queue_arn, mapping, mapping.event_source_arn):
            msg = (
                f"queue {queue.node.path} already has a consumer ({mapping.node.path}): two would split its messages, "
                "and each keep a rate of its own; "
                "remove that event source, or give this flow a queue of its own (leave queue out)"
            )
            raise ValueError(msg)


def _refuse(wish: Wish, names: Sequence[str], because: str) -> None:
    for name in names:
        value = getattr(wish, name)
        if value is not None and value is not False:
            msg = f"{name} {because}; got {_shown(value)}"
            raise ValueError(msg)


def _shown(value: object) -> str:
    if isinstance(value, Duration):
        return value.to_string()
    return value.node.path if isinstance(value, Resource) else repr(value)


def _create(scope: Construct, wish: Wish, sized: Sizing) -> Queues:
    visibility_timeout = wish.visibility_timeout or Duration.seconds(sized.visibility_timeout)
    retention = wish.retention_period or Duration.seconds(sized.retention)
    pair = _queues.create_pair(
        scope,
        visibility_timeout=visibility_timeout,
        retention=retention,
        max_receive_count=sized.max_receive_count,
        encryption_key=wish.encryption_key,
        removal_policy=wish.removal_policy,
        fifo=wish.fifo,
    )
    return Queues(
        queue=pair.queue,
        dead_letter_queue=pair.dead_letter_queue,
        arn=pair.arn,
        dead_letter_arn=pair.dead_letter_arn,
        visibility_timeout=_seconds(visibility_timeout),
        max_receive_count=sized.max_receive_count,
        retention=_seconds(retention),
        delivery_delay=0,
        has_dead_letter_queue=True,
        dead_letter_queue_fifo=wish.fifo,
        dead_letter_retention=_seconds(_queues.DEAD_LETTER_RETENTION),
        aws_managed_key=_is_aws_managed(wish.encryption_key.key_arn if wish.encryption_key else None),
    )


def _imported(queue: sqs.IQueue, wish: Wish) -> Queues:
    """Describe a queue of another app: what the author declares is known, the rest is not."""
    dead_letter_queue = wish.dead_letter_queue
    return Queues(
        queue=queue,
        dead_letter_queue=dead_letter_queue,
        arn=queue.queue_arn,
        dead_letter_arn=dead_letter_queue.queue_arn if dead_letter_queue else None,
        visibility_timeout=_seconds(wish.visibility_timeout),
        max_receive_count=UNKNOWN if wish.max_receive_count is None else wish.max_receive_count,
        retention=_seconds(wish.retention_period),
        delivery_delay=0,
        has_dead_letter_queue=True if dead_letter_queue else UNKNOWN,
        dead_letter_queue_fifo=bool(dead_letter_queue.fifo) if dead_letter_queue else UNKNOWN,
        dead_letter_retention=_retention(dead_letter_queue),
        aws_managed_key=UNKNOWN,
    )


def _of_this_app(scope: Construct, queue: sqs.Queue, consumer: lambda_.IFunction) -> Queues:
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)  # noqa: S101 - narrows the type of what an L2 always has
    fifo = bool(queue.fifo)
    dead_letter = queue.dead_letter_queue
    dead_letter_queue = dead_letter.queue if dead_letter else None
    return Queues(
        queue=queue,
        dead_letter_queue=dead_letter_queue,
        arn=_foreign_arn(queue, consumer, scope),
        dead_letter_arn=_foreign_arn(dead_letter_queue, consumer, scope) if dead_letter_queue else None,
        visibility_timeout=seen(resource.visibility_timeout, default=_DEFAULT_VISIBILITY),
        max_receive_count=_receives(dead_letter),
        retention=seen(resource.message_retention_period, default=_DEFAULT_RETENTION),
        delivery_delay=seen(resource.delay_seconds, default=0),
        has_dead_letter_queue=dead_letter is not None,
        dead_letter_queue_fifo=bool(dead_letter_queue.fifo) if dead_letter_queue else fifo,
        dead_letter_retention=_retention(dead_letter_queue),
        aws_managed_key=_is_aws_managed(resource.kms_master_key_id),
    )


def _foreign_arn(queue: sqs.IQueue, consumer: lambda_.IFunction, scope: Construct) -> str:
    """The ARN as the function's stack may hold it: by name where the queue has one, else as a reference."""
    resource = queue.node.default_child
    if not isinstance(resource, sqs.CfnQueue):
        return queue.queue_arn  # imported: its ARN is no reference to a stack of this app
    name = resource.queue_name
    if name is not None and not Token.is_unresolved(name):
        return _queues.arn_of(queue, name)
    if Stack.of(consumer) is not Stack.of(queue) and Stack.of(queue) is Stack.of(scope):
        msg = (
            f"queue {queue.node.path} has no name of its own and consumer {consumer.node.path} is in another stack: "
            "each stack would need the other; "
            "set queue_name on the queue (and its dead-letter queue), or leave queue out"
        )
        raise ValueError(msg)
    return queue.queue_arn


def _retention(queue: sqs.IQueue | None) -> float | Unknown:
    resource = queue.node.default_child if queue else None
    if not isinstance(resource, sqs.CfnQueue):
        return UNKNOWN
    return seen(resource.message_retention_period, default=_DEFAULT_RETENTION)


def _receives(dead_letter: sqs.DeadLetterQueue | None) -> int | Unknown:
    if dead_letter is None:
        return _ENDLESS
    receives = seen(dead_letter.max_receive_count, default=_ENDLESS)
    return UNKNOWN if receives is UNKNOWN else int(receives)


def _is_aws_managed(key: str | None) -> bool:
    return key is not None and key.endswith("alias/aws/sqs")


def _seconds(value: Duration | None) -> float | Unknown:
    return UNKNOWN if value is None or value.is_unresolved() else value.to_seconds()
