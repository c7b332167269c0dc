"""What starts checks and what reports outcomes: rules, producers, webhooks."""

import json
from typing import Any

import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from constructs_lib.runtime.delayed_check import contract, messages
from tests.helpers.check import actions_of, check, reference, statements_of, told, variables, vendored_elsewhere
from tests.helpers.synth import function, new_stack, of_type, properties, statements, the

PLACED = events.EventPattern(detail_type=["OrderPlaced"])


def test_a_rule_s_events_become_starts() -> None:
    stack = new_stack()
    found = check(stack)

    found.add_event_rule(event_pattern=PLACED, unit="$.detail.id", placed_at="$.time")

    (target,) = the(stack, "AWS::Events::Rule")["Targets"]
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"unit": "$.detail.id", "placed_at": "$.time"}
    body = transformer["InputTemplate"].replace("<unit>", '"order-1"').replace("<placed_at>", '"2026-11-21T10:00:00Z"')
    assert messages.read_start(json.loads(body)) == ("order-1", "2026-11-21T10:00:00Z")
    assert json.loads(body) == messages.start_body("order-1", "2026-11-21T10:00:00Z")


def test_where_a_number_is_the_order_s_id_it_stays_one() -> None:
    """No quotes around it, or EventBridge would splice a text into a text."""
    stack = new_stack()

    check(stack).add_event_rule(event_pattern=PLACED)

    (target,) = the(stack, "AWS::Events::Rule")["Targets"]
    transformer = target["InputTransformer"]
    assert '"<' not in transformer["InputTemplate"]
    assert transformer["InputPathsMap"] == {"unit": "$.detail.order_id", "placed_at": "$.detail.placed_at"}


def test_what_eventbridge_cannot_deliver_is_kept_and_nobody_else_may_send() -> None:
    stack = new_stack()
    found = check(stack)

    rule = found.add_event_rule(event_bus=events.EventBus(stack, "Bus"), event_pattern=PLACED)

    (target,) = properties(rule)["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [reference(found.start_queue), "Arn"]}
    undeliverable = found.node.find_child("UndeliverableEvents")
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [reference(undeliverable), "Arn"]}
    for queue in (found.start_queue, undeliverable):
        (allowed,) = (each for each in statements(queue.node.find_child("Policy")) if each["Effect"] == "Allow")
        assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
        assert allowed["Condition"]["ArnEquals"]["aws:SourceArn"] == {"Fn::GetAtt": [reference(rule), "Arn"]}


def test_events_that_are_no_starts_are_not_among_those_which_a_redrive_starts_again() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Alarms")
    found = check(stack, encryption_key=kms.Key(stack, "Key"), alarm_topic=topic)
    before = len(found.alarms)

    for _ in range(2):
        found.add_event_rule(event_pattern=PLACED)

    (alarm,) = found.alarms[before:]
    undeliverable = found.node.find_child("UndeliverableEvents")
    assert properties(alarm)["Dimensions"][0]["Value"] == {"Fn::GetAtt": [reference(undeliverable), "QueueName"]}
    assert properties(alarm)["AlarmActions"] == [{"Ref": reference(topic)}]
    assert "call start_check" in properties(alarm)["AlarmDescription"]
    assert properties(undeliverable)["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert "KmsMasterKeyId" in properties(undeliverable)


def test_there_may_be_several_rules() -> None:
    stack = new_stack()
    found = check(stack)

    for _ in range(2):
        found.add_event_rule(event_pattern=PLACED)
    found.add_event_rule(event_pattern=PLACED, id="Express")

    assert len(of_type(stack, "AWS::Events::Rule")) == 3


def test_a_producer_may_send_starts_and_is_told_where() -> None:
    stack = new_stack()
    found = check(stack)
    producer = function(stack, "Producer")

    found.grant_start(producer)

    known = told(producer, "_START")
    assert known.check == found.name
    assert known.start_queue_arn.endswith(f":{properties(found.start_queue)['QueueName']}")
    assert known == contract.Settings(check=found.name, start_queue_arn=known.start_queue_arn)
    assert actions_of(producer) == {"sqs:SendMessage", "sqs:GetQueueUrl"}
    (sending,) = statements_of(producer)
    assert sending["Resource"] == {"Fn::GetAtt": [reference(found.start_queue), "Arn"]}
    assert len(properties(producer)["Layers"]) == 1


def test_a_webhook_may_update_rows_of_the_check_and_is_told_which_table() -> None:
    stack = new_stack()
    found = check(stack)
    webhook = function(stack, "Webhook")

    found.grant_record_outcome(webhook)

    assert told(webhook, "_OUTCOME") == contract.Settings(
        check=found.name, table_name=properties(found.table)["TableName"]
    )
    (update,) = statements_of(webhook)
    assert update["Action"] == "dynamodb:UpdateItem"
    assert update["Resource"] == {"Fn::GetAtt": [reference(found.table), "Arn"]}
    assert update["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{found.name}#*"]}}


def test_one_function_may_do_everything() -> None:
    stack = new_stack()
    handler = function(stack)
    found = check(stack, handler=handler)

    found.grant_start(handler)
    found.grant_record_outcome(handler)

    assert len(variables(handler)) == 3
    assert told(handler, "_START").check == told(handler, "_OUTCOME").check == told(handler).check
    assert len(properties(handler)["Layers"]) == 1


def test_a_producer_of_several_checks_is_told_of_each() -> None:
    stack = new_stack()
    producer = function(stack, "Producer")

    for name in ("First", "Second"):
        check(stack, name, handler=function(stack, f"{name}Function")).grant_start(producer)

    assert len(variables(producer)) == 2


def test_both_may_use_the_keys() -> None:
    stack = new_stack()
    found = check(stack, encryption_key=kms.Key(stack, "Key"))
    producer, webhook = function(stack, "Producer"), function(stack, "Webhook")

    found.grant_start(producer)
    found.grant_record_outcome(webhook)

    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions_of(producer)
    assert "kms:Encrypt" in actions_of(webhook)


def test_provided_functions_are_told_without_a_layer() -> None:
    stack = new_stack()
    found = check(stack, runtime="provided")
    producer = function(stack, "Producer")

    found.grant_start(producer)

    assert "Layers" not in properties(producer)
    assert set(variables(producer)) == set(found.start_environment)


@pytest.mark.parametrize("grant", ["grant_start", "grant_record_outcome"])
def test_a_role_is_given_the_permission_alone(grant: str) -> None:
    stack = new_stack()
    found = check(stack)
    role = iam.Role(stack, "Task", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    given: iam.Grant = getattr(found, grant)(role)

    assert given.success
    (policy,) = (
        each
        for each in of_type(stack, "AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": reference(role)}]
    )
    assert len(policy["Properties"]["PolicyDocument"]["Statement"]) == 1
    assert found.start_environment.keys().isdisjoint(found.outcome_environment)


def test_a_function_that_vendors_the_library_in_another_app_is_let_in() -> None:
    stack = new_stack()
    theirs = vendored_elsewhere(stack)
    found = check(stack, runtime="provided")

    assert found.grant_start(theirs).success
    assert list(found.start_environment) != []


@pytest.mark.parametrize(
    "path",
    ["detail.order_id", "$", "$.", "$.detail.", "$.detail.order id", "$.detail['id']", "$.*", "", None, 7, "<id>"],
)
@pytest.mark.parametrize("name", ["unit", "placed_at"])
def test_a_path_that_eventbridge_does_not_read_is_refused(name: str, path: str) -> None:
    found = check(new_stack())
    props: dict[str, Any] = {"event_pattern": events.EventPattern(detail_type=["OrderPlaced"]), name: path}

    with pytest.raises(ValueError, match=rf"{name} must be a JSON path into the event, such as"):
        found.add_event_rule(**props)
    assert found.node.try_find_child("Rule") is None
