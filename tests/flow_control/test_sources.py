"""Event rules, topics and producers: what they send arrives whole, and has a place if it is undeliverable."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from constructs_lib.flow_control import FlowControlledQueue
from tests.helpers.synth import (
    ANY_ORDER,
    FLAGS,
    check_deployable,
    flow,
    function,
    imports,
    new_app,
    new_stack,
    of_type,
    properties,
    rules,
    the,
)


def allowed(stack: Stack, queue: sqs.IQueue, service: str) -> list[dict[str, Any]]:
    """The statements of the queue's policy that let a service send to it."""
    url = stack.resolve(queue.queue_url)
    return [
        statement
        for policy in of_type(stack, "AWS::SQS::QueuePolicy").values()
        if url in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": service}
        and "sqs:SendMessage" in statement["Action"]
    ]


def dead_letters(found: FlowControlledQueue) -> sqs.IQueue:
    assert found.dead_letter_queue is not None
    return found.dead_letter_queue


# ---- EventBridge ----------------------------------------------------------------------------------------------------


@FLAGS
def test_a_rule_sends_whole_events_to_the_queue_and_its_dead_letters_to_the_flows(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    bus = events.EventBus(stack, "Bus")
    found = flow(stack)

    found.add_event_rule(event_bus=bus, event_pattern=ANY_ORDER)

    rule = the(stack, "AWS::Events::Rule")
    (target,) = rule["Targets"]
    assert rule["EventPattern"] == {"source": ["shop"], "detail-type": ["order"]}
    assert rule["EventBusName"] == stack.resolve(bus.event_bus_name)
    assert target["Arn"] == stack.resolve(found.queue.queue_arn)
    assert target["DeadLetterConfig"] == {"Arn": stack.resolve(dead_letters(found).queue_arn)}
    assert not {"InputPath", "Input", "InputTransformer", "SqsParameters"} & target.keys()
    assert rules(found) == []


@FLAGS
def test_the_rule_may_send_to_both_queues_and_no_other_rule_may(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    found = flow(stack)
    rule = found.add_event_rule(event_pattern=ANY_ORDER)

    for queue in (found.queue, dead_letters(found)):
        (statement,) = allowed(stack, queue, "events.amazonaws.com")
        assert stack.resolve(rule.rule_arn) in statement["Condition"]["ArnEquals"].values()


def test_without_a_bus_the_rule_is_on_the_default_bus() -> None:
    stack = new_stack()

    flow(stack).add_event_rule(event_pattern=ANY_ORDER)

    assert "EventBusName" not in the(stack, "AWS::Events::Rule")


def test_a_flow_takes_several_rules() -> None:
    stack = new_stack()
    found = flow(stack)

    made = [found.add_event_rule(event_pattern=ANY_ORDER) for _ in range(3)]
    made.append(found.add_event_rule(event_pattern=ANY_ORDER, id="Late"))

    assert [rule.node.id for rule in made] == ["Rule", "Rule2", "Rule3", "Late"]
    assert len(of_type(stack, "AWS::Events::Rule")) == 4


def test_a_fifo_flow_needs_a_group_for_its_events() -> None:
    with pytest.raises(ValueError, match=r"queue Shop/Flow/Queue is FIFO and the rule Rule has no message_group_id"):
        flow(new_stack(), fifo=True).add_event_rule(event_pattern=ANY_ORDER)


def test_events_reach_a_fifo_flow_since_its_queue_deduplicates_by_content() -> None:
    stack = new_stack()
    found = flow(stack, fifo=True)

    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="orders")

    (target,) = the(stack, "AWS::Events::Rule")["Targets"]
    assert target["SqsParameters"] == {"MessageGroupId": "orders"}
    # "the queue must have content-based deduplication enabled", says the API reference of SqsParameters.
    assert properties(found.queue)["ContentBasedDeduplication"] is True


def test_what_cannot_be_delivered_to_a_fifo_flow_goes_to_a_standard_queue_for_all_its_rules() -> None:
    stack = new_stack()
    found = flow(stack, fifo=True)
    for _ in range(2):
        found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="orders")

    (undeliverable,) = [
        name for name, queue in of_type(stack, "AWS::SQS::Queue").items() if "FifoQueue" not in queue["Properties"]
    ]

    for rule in of_type(stack, "AWS::Events::Rule").values():
        (target,) = rule["Properties"]["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [undeliverable, "Arn"]}}
    queue = of_type(stack, "AWS::SQS::Queue")[undeliverable]["Properties"]
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 86_400, True)


def test_a_standard_flow_takes_a_group_for_fair_queues() -> None:
    stack = new_stack()

    flow(stack).add_event_rule(event_pattern=ANY_ORDER, message_group_id="tenant")

    (target,) = the(stack, "AWS::Events::Rule")["Targets"]
    assert target["SqsParameters"] == {"MessageGroupId": "tenant"}


def test_a_bus_of_another_stack_stays_independent_of_the_flow() -> None:
    app = new_app()
    buses, stack = new_stack("Buses", scope=app), new_stack(scope=app)

    flow(stack).add_event_rule(event_bus=events.EventBus(buses, "Bus"), event_pattern=ANY_ORDER)

    assert not imports(buses)
    check_deployable(app)


# ---- SNS ------------------------------------------------------------------------------------------------------------


@FLAGS
def test_a_topic_sends_to_the_queue_and_its_dead_letters_to_the_flows(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    topic = sns.Topic(stack, "Topic")
    found = flow(stack)

    found.add_topic(topic)

    subscription = the(stack, "AWS::SNS::Subscription")
    assert subscription["Protocol"] == "sqs"
    assert subscription["Endpoint"] == stack.resolve(found.queue.queue_arn)
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": stack.resolve(dead_letters(found).queue_arn)}
    for queue in (found.queue, dead_letters(found)):
        (statement,) = allowed(stack, queue, "sns.amazonaws.com")
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": stack.resolve(topic.topic_arn)}}
    assert rules(found) == []


def test_a_topic_may_be_filtered() -> None:
    stack = new_stack()
    only = sns.SubscriptionFilter.string_filter(allowlist=["placed"])

    flow(stack).add_topic(sns.Topic(stack, "Topic"), filter_policy={"state": only})

    assert the(stack, "AWS::SNS::Subscription")["FilterPolicy"] == {"state": ["placed"]}


def test_a_standard_topic_does_not_feed_a_fifo_flow() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"Shop/Topic is standard and queue Shop/Flow/Queue is FIFO.*make the topic"):
        flow(stack, fifo=True).add_topic(sns.Topic(stack, "Topic"))


def test_a_fifo_topic_feeds_a_standard_flow() -> None:
    stack = new_stack()

    flow(stack).add_topic(sns.Topic(stack, "Topic", fifo=True))

    check_deployable(stack)


def test_events_that_a_fifo_flow_cannot_get_ring_and_are_encrypted_as_the_flow_is() -> None:
    stack = new_stack()
    found = flow(stack, fifo=True, encryption_key=kms.Key(stack, "Key"))
    before = len(found.alarms)

    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")
    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")

    assert len(found.alarms) == before + 1
    queues = of_type(stack, "AWS::SQS::Queue").values()
    assert len(queues) == 3
    assert all("KmsMasterKeyId" in queue["Properties"] for queue in queues)


def test_a_fifo_topic_feeds_a_fifo_flow() -> None:
    stack = new_stack()

    flow(stack, fifo=True).add_topic(sns.Topic(stack, "Topic", fifo=True))

    check_deployable(stack)


def test_a_topic_of_another_stack_stays_independent_of_the_flow() -> None:
    app = new_app()
    topics, stack = new_stack("Topics", scope=app), new_stack(scope=app)

    flow(stack).add_topic(sns.Topic(topics, "Topic"))

    assert not imports(topics)
    check_deployable(app)


def test_a_named_queue_of_another_stack_takes_events_and_messages_of_this_one() -> None:
    app = new_app()
    stateful, stack = new_stack("Stateful", scope=app), new_stack(scope=app)
    dead_letters = sqs.Queue(stateful, "DeadLetters", queue_name="orders-dlq", retention_period=Duration.days(14))
    queue = sqs.Queue(
        stateful,
        "Orders",
        queue_name="orders",
        visibility_timeout=Duration.minutes(5),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=14),
    )
    found = flow(stack, queue=queue)

    found.add_event_rule(event_pattern=ANY_ORDER)
    found.add_topic(sns.Topic(stack, "Topic"))

    assert not imports(stateful)
    check_deployable(app)


@FLAGS
@pytest.mark.parametrize("encrypted", [False, True])
def test_only_this_account_s_rules_may_send_to_the_queue(encrypted: bool, flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    found = flow(stack, encryption_key=kms.Key(stack, "Key") if encrypted else None)

    found.add_event_rule(event_pattern=ANY_ORDER)

    allowed = [
        statement
        for policy in of_type(stack, "AWS::SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert len(allowed) == 2
    assert all("aws:SourceArn" in str(statement["Condition"]) for statement in allowed)


# ---- other producers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["same stack", "other stack", "function's stack"])
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_producer_may_send_wherever_it_is(where: str, encrypted: bool) -> None:
    app = new_app()
    stack, functions = new_stack(scope=app), new_stack("Functions", scope=app)
    there = {"same stack": stack, "function's stack": functions}.get(where) or new_stack("Shopfront", scope=app)
    producer = function(there, "Producer")
    key = kms.Key(stack, "Key") if encrypted else None
    found = flow(stack, consumer=function(functions), encryption_key=key)

    grant = found.grant_send_messages(producer)

    assert grant.success
    actions = {
        action
        for policy in [*of_type(there, "AWS::IAM::Policy").values(), *of_type(stack, "AWS::IAM::Policy").values()]
        if "Producer" in str(policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert "sqs:SendMessage" in actions
    assert "sqs:ReceiveMessage" not in actions
    assert ({"kms:Decrypt", "kms:GenerateDataKey*"} <= actions) == encrypted
    check_deployable(app)


def test_a_service_may_be_granted_to_send() -> None:
    stack = new_stack()
    found = flow(stack)

    found.grant_send_messages(iam.ServicePrincipal("scheduler.amazonaws.com"))

    assert len(allowed(stack, found.queue, "scheduler.amazonaws.com")) == 1


# ---- groups ---------------------------------------------------------------------------------------------------------


def test_a_rule_without_a_group_beside_one_with_is_found_in_a_standard_flow() -> None:
    """Whoever asks for fairness needs it of all sources: a message without a group is a tenant of its own."""
    found = flow(new_stack())
    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")
    assert rules(found) == ["R28"]  # ten workers: too few for SQS to tell who is noisy

    found.add_event_rule(event_pattern=ANY_ORDER)

    assert rules(found) == ["R28", "R29"]
    (finding,) = [each for each in found.findings if each.rule == "R29"]
    assert "Shop/Flow/Rule2" in finding.message


def test_a_topic_is_none_without_a_group_since_its_publishers_may_set_one() -> None:
    stack = new_stack()
    found = flow(stack)
    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")

    found.add_topic(sns.Topic(stack, "Topic"))

    assert "R29" not in rules(found)


def test_a_fifo_flow_has_groups_anyway() -> None:
    stack = new_stack()
    found = flow(stack, fifo=True)
    found.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")
    found.add_topic(sns.Topic(stack, "Topic", fifo=True))

    assert rules(found) == []
