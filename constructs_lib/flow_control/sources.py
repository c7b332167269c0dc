"""What sends messages to a flow's queue: event rules and topics, each with a place for what cannot be delivered."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Names, Stack, Token
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control.queues import DEAD_LETTER_RETENTION, Queues


def next_id(scope: Construct, base: str) -> str:
    """The first of base, base2, base3, ... that is free."""
    number, candidate = 1, base
    while scope.node.try_find_child(candidate) is not None:
        number += 1
        candidate = f"{base}{number}"
    return candidate


def event_rule(
    scope: Construct,
    construct_id: str,
    *,
    queues: Queues,
    event_bus: events.IEventBus | None,
    event_pattern: events.EventPattern,
    message_group_id: str | None,
) -> events.Rule:
    """Create a rule that sends whole events to the queue."""
    queue = queues.queue
    if queue.fifo and message_group_id is None:
        msg = (
            f"queue {queue.node.path} is FIFO and the rule {construct_id} has no message_group_id, without which "
            "EventBridge cannot deliver: pass message_group_id"
        )
        raise ValueError(msg)
    _deduplicate_by_content(queue)
    target = targets.SqsQueue(queue, dead_letter_queue=_undeliverable(scope, queues), message_group_id=message_group_id)
    return events.Rule(scope, construct_id, event_bus=event_bus, event_pattern=event_pattern, targets=[target])


def topic_subscription(
    scope: Construct, topic: sns.ITopic, *, queues: Queues, filter_policy: Mapping[str, sns.SubscriptionFilter] | None
) -> sns.Subscription:
    """Subscribe the queue to a topic."""
    if bool(topic.fifo) != bool(queues.queue.fifo):
        kinds = {True: "FIFO", False: "standard"}
        msg = (
            f"topic {topic.node.path} is {kinds[bool(topic.fifo)]} and queue {queues.queue.node.path} is "
            f"{kinds[bool(queues.queue.fifo)]}: SNS delivers in order or not at all; "
            "make both alike (fifo=True on the flow, or another topic)"
        )
        raise ValueError(msg)
    _let_topic_send(topic, queues.queue)
    here, there = Stack.of(scope).region, topic.env.region
    return sns.Subscription(
        scope,
        f"Topic{Names.node_unique_id(topic.node)}",
        topic=topic,
        protocol=sns.SubscriptionProtocol.SQS,
        endpoint=queues.queue.queue_arn,
        dead_letter_queue=queues.dead_letter_queue,
        filter_policy=filter_policy,
        region=there if here != there and not Token.is_unresolved(there) else None,
    )


def _let_topic_send(topic: sns.ITopic, queue: sqs.IQueue) -> None:
    """Open queue and key to the topic.

    CDK's own SqsSubscription names the topic in the key's policy: a cycle where the key is in a stack that the topic's
    needs.
    """
    sender = iam.ServicePrincipal("sns.amazonaws.com")
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[sender],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
        )
    )
    if queue.encryption_master_key is not None:
        queue.encryption_master_key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[sender],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": topic.env.account}},
            )
        )


def let_send(scope: Construct, queue: sqs.IQueue, grantee: iam.IGrantable) -> iam.Grant:
    """Let the grantee send to the queue."""
    principal = cast("iam.IIdentity", grantee.grant_principal)
    if not hasattr(principal, "attach_inline_policy") or Stack.of(principal) is Stack.of(scope):  # a service, or near
        return queue.grant_send_messages(grantee)
    # The principal's own policy would refer from its stack to the queue's: a cycle where that stack has the function.
    policy = iam.Policy(scope, next_id(scope, "SendPolicy"))
    principal.attach_inline_policy(policy)
    return queue.grant_send_messages(policy)


def _deduplicate_by_content(queue: sqs.IQueue) -> None:
    """EventBridge sends no deduplication id: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html."""
    resource = queue.node.default_child
    if queue.fifo and isinstance(resource, sqs.CfnQueue):
        resource.content_based_deduplication = True


def _undeliverable(scope: Construct, queues: Queues) -> sqs.IQueue | None:
    """Where EventBridge puts what it cannot deliver: the flow's dead letters have the same body, the whole event."""
    if not queues.queue.fifo:
        return queues.dead_letter_queue
    # EventBridge takes no FIFO queue for its dead letters.
    child = scope.node.try_find_child("UndeliverableEvents")
    if isinstance(child, sqs.Queue):
        return child
    return sqs.Queue(
        scope,
        "UndeliverableEvents",
        retention_period=DEAD_LETTER_RETENTION,
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
    )
