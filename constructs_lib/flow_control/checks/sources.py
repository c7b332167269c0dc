"""What sends to a queue: the targets of event rules, schedules, subscriptions of topics, notifications of buckets."""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, External, Resource
from constructs_lib.flow_control.checks.properties import places
from constructs_lib.flow_control.checks.queues import Queue, Queues
from constructs_lib.flow_control.facts import Service

#: Sends with a role of the account, which alias/aws/sqs admits, and not as a service.
_HAS_A_ROLE = {Service.SCHEDULER}
#: Hands on the group that a message has, if it has one.
_HANDS_ON_GROUPS = {Service.SNS}

_SCHEDULE_END = ("Properties", "Target", "DeadLetterConfig", "Arn")
_INVOCATION_END = ("Properties", "DestinationConfig", "OnFailure", "Destination")
_FUNCTION_END = ("Properties", "DeadLetterConfig", "TargetArn")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Source:
    """Something that sends to a queue.

    Attributes:
        resource: The rule, schedule, subscription, topic or bucket.
        queue: What it sends to.
        service: What sends.
        group_id: The message group that it sets; None when none.
        topic_fifo: Whether its topic is FIFO; None where there is no topic.
        has_undeliverable_queue: Whether what it cannot deliver goes to a queue.
    """

    resource: Resource
    queue: Queue
    service: Service
    group_id: str | Unknown | None = None
    topic_fifo: bool | Unknown | None = None
    has_undeliverable_queue: bool | Unknown = False

    @property
    def is_service(self) -> bool:
        """Whether it sends as a service, and not with a role of the account."""
        return self.service not in _HAS_A_ROLE

    @property
    def is_grouped(self) -> bool | Unknown:
        """Whether its messages have a group; UNKNOWN where that is up to whoever publishes them."""
        if self.service in _HANDS_ON_GROUPS or self.group_id is UNKNOWN:
            return UNKNOWN
        return bool(self.group_id)


def find(app: App, queues: Queues) -> Iterator[Source]:
    """All sources of an app."""
    yield from _rules(app, queues)
    yield from _schedules(app, queues)
    yield from _subscriptions(app, queues)
    yield from _buckets(app, queues)


def ends(app: App, queues: Queues) -> Iterator[Queue]:
    """The queues where what a rule, a schedule or an asynchronous invocation could not deliver ends."""
    found = [
        *(
            (rule, (*place, "DeadLetterConfig", "Arn"))
            for rule in app.of_type("AWS::Events::Rule")
            for place in places(app, rule, "Properties", "Targets")
        ),
        *((each, _SCHEDULE_END) for each in app.of_type("AWS::Scheduler::Schedule")),
        *((each, _INVOCATION_END) for each in app.of_type("AWS::Lambda::EventInvokeConfig")),
        *((each, _FUNCTION_END) for each in app.of_type("AWS::Lambda::Function")),
    ]
    for resource, path in found:
        queue = queues.at(resource, app.raw(resource, *path))
        if queue is not None:
            yield queue


def _rules(app: App, queues: Queues) -> Iterator[Source]:
    for rule in app.of_type("AWS::Events::Rule"):
        for place in places(app, rule, "Properties", "Targets"):
            yield from _target(app, queues, rule, place, service=Service.EVENT_BRIDGE)


def _schedules(app: App, queues: Queues) -> Iterator[Source]:
    for schedule in app.of_type("AWS::Scheduler::Schedule"):
        yield from _target(app, queues, schedule, ("Properties", "Target"), service=Service.SCHEDULER)


def _target(
    app: App, queues: Queues, resource: Resource, place: tuple[str | int, ...], *, service: Service
) -> Iterator[Source]:
    # Only queues have these parameters.
    is_queue = bool(app.raw(resource, *place, "SqsParameters"))
    queue = queues.at(resource, app.raw(resource, *place, "Arn"), is_queue=is_queue)
    if queue is not None:
        yield Source(
            resource=resource,
            queue=queue,
            service=service,
            group_id=_group(app, resource, *place, "SqsParameters", "MessageGroupId"),
            has_undeliverable_queue=_is_set(app, resource, *place, "DeadLetterConfig", "Arn"),
        )


def _subscriptions(app: App, queues: Queues) -> Iterator[Source]:
    for subscription in app.of_type("AWS::SNS::Subscription"):
        if app.value(subscription, "Properties", "Protocol") == "sqs":
            queue = queues.at(subscription, app.raw(subscription, "Properties", "Endpoint"), is_queue=True)
            topic = app.target(subscription, app.raw(subscription, "Properties", "TopicArn"), "AWS::SNS::Topic")
            if queue is not None:
                yield Source(
                    resource=subscription,
                    queue=queue,
                    service=Service.SNS,
                    topic_fifo=_is_fifo(app, topic),
                    has_undeliverable_queue=_is_set(app, subscription, "Properties", "RedrivePolicy"),
                )
    for topic in app.of_type("AWS::SNS::Topic"):
        for place in places(app, topic, "Properties", "Subscription"):
            if app.value(topic, *place, "Protocol") == "sqs":
                queue = queues.at(topic, app.raw(topic, *place, "Endpoint"), is_queue=True)
                if queue is not None:  # written in the topic, a subscription can have no redrive policy
                    yield Source(resource=topic, queue=queue, service=Service.SNS, topic_fifo=_is_fifo(app, topic))


def _buckets(app: App, queues: Queues) -> Iterator[Source]:
    described = [
        *((bucket, "Queue") for bucket in app.of_type("AWS::S3::Bucket")),
        *((custom, "QueueArn") for custom in app.of_type("Custom::S3BucketNotifications")),
    ]
    for bucket, name in described:
        for place in places(app, bucket, "Properties", "NotificationConfiguration", "QueueConfigurations"):
            queue = queues.at(bucket, app.raw(bucket, *place, name), is_queue=True)
            if queue is not None:
                yield Source(resource=bucket, queue=queue, service=Service.S3)


def _is_set(app: App, resource: Resource, *path: str | int) -> bool | Unknown:
    """Whether something stands at a path, whatever it refers to; UNKNOWN where a condition decides."""
    raw = app.raw(resource, *path)
    if isinstance(raw, dict) and "Fn::If" in raw and app.value(resource, *path) is UNKNOWN:
        return UNKNOWN
    return app.value(resource, *path) is not None


def _is_fifo(app: App, topic: object) -> bool | Unknown:
    if isinstance(topic, External):
        return topic.text.endswith(".fifo")
    fifo = app.flag(topic, "Properties", "FifoTopic") if isinstance(topic, Resource) else UNKNOWN
    return False if fifo is None else fifo


def _group(app: App, resource: Resource, *path: str | int) -> str | Unknown | None:
    """A message group; what is set by a reference is a group all the same, whatever its name will be."""
    value, is_set = app.value(resource, *path), _is_set(app, resource, *path)
    if value is UNKNOWN and is_set is True:
        return "set at the deployment"
    return UNKNOWN if value is UNKNOWN else None if value is None else str(value)
