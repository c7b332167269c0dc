"""What sends messages to a flow's queue: event rules and topics, each with a place for what cannot be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from aws_cdk import Names, Stack, Token
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from constructs_lib import _queues
from constructs_lib.flow_control.facts import Service
from constructs_lib.flow_control.queues import Queues

#: The construct id of the queue for what a rule cannot deliver, where the dead-letter queue cannot take it.
UNDELIVERABLE_EVENTS = "UndeliverableEvents"
_WHY_NO_DLQ = (
    "the queue takes what EventBridge could not deliver: it is a dead-letter queue, of rules and not of a queue"
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What sends to a flow's queue.

    Attributes:
        services: The AWS services, once for each of their sources.
        grouped: The paths of those that give their messages a group.
        ungrouped: The paths of those that do not. Of a standard topic nobody knows: its publishers may.
    """

    services: list[Service] = field(default_factory=list)
    grouped: list[str] = field(default_factory=list)
    ungrouped: list[str] = field(default_factory=list)

    def add_rule(self, rule: events.Rule, message_group_id: str | None) -> None:
        """Note a rule of EventBridge."""
        self.services.append(Service.EVENT_BRIDGE)
        (self.ungrouped if message_group_id is None else self.grouped).append(rule.node.path)

    def add_topic(self, subscription: sns.Subscription, topic: sns.ITopic) -> None:
        """Note a topic of SNS."""
        self.services.append(Service.SNS)
        if topic.fifo:
            self.grouped.append(subscription.node.path)


def next_id(scope: Construct, base: str) -> str:
    """The first of base, base2, base3, ... that is free."""
    number, candidate = 1, base
    while scope.node.try_find_child(candidate) is not None:
        number += 1
        candidate = f"{base}{number}"
    return candidate


def event_rule(
    scope: Construct,
    id: str,
    *,
    queues: Queues,
    event_bus: events.IEventBus | None,
    event_pattern: events.EventPattern,
    message_group_id: str | None,
) -> events.Rule:
    """Create a rule that sends whole events to a flow's queue."""
    queue = queues.queue
    if queue.fifo and message_group_id is None:
        msg = (
            f"queue {queue.node.path} is FIFO and the rule {id} has no message_group_id, without which "
            "EventBridge cannot deliver: pass message_group_id"
        )
        raise ValueError(msg)
    _deduplicate_by_content(queue)
    return rule_to_queue(
        scope,
        id,
        queue,
        undeliverable=_undeliverable(scope, queues),
        event_bus=event_bus,
        event_pattern=event_pattern,
        sqs_parameters=(
            events.CfnRule.SqsParametersProperty(message_group_id=message_group_id) if message_group_id else None
        ),
    )


def rule_to_queue(
    scope: Construct,
    id: str,
    queue: sqs.IQueue,
    *,
    undeliverable: sqs.IQueue | None,
    event_bus: events.IEventBus | None,
    event_pattern: events.EventPattern,
    sqs_parameters: events.CfnRule.SqsParametersProperty | None = None,
    input_transformer: events.CfnRule.InputTransformerProperty | None = None,
) -> events.Rule:
    """Create a rule that sends events to a queue, and what it cannot deliver, whole, to another."""
    rule = events.Rule(scope, id, event_bus=event_bus, event_pattern=event_pattern)
    for target in (queue, undeliverable):
        if target is not None:
            let_rule_send(scope, target, rule)
    resource = rule.node.default_child
    assert isinstance(resource, events.CfnRule)  # noqa: S101 - narrows the type of what an L2 always has
    # CDK's own SqsQueue target opens a queue of another stack to this rule by reference, a cycle, and one with a key to
    # everybody's rules.
    resource.targets = [
        events.CfnRule.TargetProperty(
            id="Queue",
            arn=queue.queue_arn,
            dead_letter_config=(
                events.CfnRule.DeadLetterConfigProperty(arn=undeliverable.queue_arn) if undeliverable else None
            ),
            sqs_parameters=sqs_parameters,
            input_transformer=input_transformer,
        )
    ]
    return rule


def let_rule_send(scope: Construct, queue: sqs.IQueue, rule: events.Rule) -> None:
    """Open a queue, and its key where it has one, to EventBridge for a rule."""
    account = Stack.of(scope).account
    _let_service_send(scope, queue, "events.amazonaws.com", source=rule, arn=rule.rule_arn, account=account)


def topic_subscription(
    scope: Construct, topic: sns.ITopic, *, queues: Queues, filter_policy: Mapping[str, sns.SubscriptionFilter] | None
) -> sns.Subscription:
    """Subscribe the queue to a topic."""
    if queues.queue.fifo and not topic.fifo:
        msg = (
            f"topic {topic.node.path} is standard and queue {queues.queue.node.path} is FIFO, which SNS does not "
            "deliver to; make the topic FIFO, or the flow standard"
        )
        raise ValueError(msg)
    account = topic.env.account
    for target in (queues.queue, queues.dead_letter_queue):
        if target is not None:
            _let_service_send(scope, target, "sns.amazonaws.com", source=topic, arn=topic.topic_arn, account=account)
    here, there = Stack.of(scope).region, topic.env.region
    subscription = sns.Subscription(
        scope,
        f"Topic{Names.node_unique_id(topic.node)}",
        topic=topic,
        protocol=sns.SubscriptionProtocol.SQS,
        endpoint=queues.queue.queue_arn,
        filter_policy=filter_policy,
        region=there if here != there and not Token.is_unresolved(there) else None,
    )
    if queues.dead_letter_queue is not None:
        resource = subscription.node.default_child
        assert isinstance(resource, sns.CfnSubscription)  # noqa: S101 - narrows the type of what an L2 always has
        # Not by way of the L2, which would open the dead-letter queue by reference: a cycle in another stack.
        resource.redrive_policy = {"deadLetterTargetArn": queues.dead_letter_queue.queue_arn}
    return subscription


def _let_service_send(
    scope: Construct, queue: sqs.IQueue, service: str, *, source: IConstruct, arn: str, account: str
) -> None:
    """Open queue and key to a service that acts for one source, or for its account where naming it would be a cycle."""
    sender = iam.ServicePrincipal(service)
    of_account = {"StringEquals": {"aws:SourceAccount": account}}
    may_name_source = Stack.of(queue) in (Stack.of(scope), Stack.of(source))
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[sender],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": arn}} if may_name_source else of_account,
        )
    )
    if queue.encryption_master_key is not None:
        # The key may be in a stack that the source's needs, so it never names the source.
        queue.encryption_master_key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[sender],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions=of_account,
            )
        )


def let_send(scope: Construct, queue: sqs.IQueue, grantee: iam.IGrantable) -> iam.Grant:
    """Let the grantee send to the queue."""
    return queue.grant_send_messages(policy_beside(scope, grantee, "SendPolicy") or grantee)


def policy_beside(scope: Construct, grantee: iam.IGrantable, base: str) -> iam.Policy | None:
    """A policy for a principal of another stack; None where the principal is a service, or near.

    The principal's own policy would refer from its stack to this one: a cycle where that stack has the function.

    Args:
        scope: Whose stack the policy is in.
        grantee: The principal.
        base: The policy's id, with a number where there is one already.
    """
    principal = cast("iam.IIdentity", grantee.grant_principal)
    if not hasattr(principal, "attach_inline_policy") or Stack.of(principal) is Stack.of(scope):
        return None
    policy = iam.Policy(scope, next_id(scope, base))
    principal.attach_inline_policy(policy)
    return policy


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
    return undeliverable_events(scope, queues.queue.encryption_master_key)


def undeliverable_events(scope: Construct, encryption_key: kms.IKey | None) -> sqs.Queue:
    """A construct's queue for the events that its rules cannot deliver: the one that it has, or a new one."""
    child = scope.node.try_find_child(UNDELIVERABLE_EVENTS)
    if isinstance(child, sqs.Queue):
        return child
    return _queues.create_last(scope, UNDELIVERABLE_EVENTS, why=_WHY_NO_DLQ, encryption_key=encryption_key)
