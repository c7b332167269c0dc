"""The key of the queues: whoever sends may use it, or the author is told that nobody can let them."""

from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from tests.helpers.synth import (
    ANY_ORDER,
    FLAGS,
    QUEUE_ARN,
    check_deployable,
    errors,
    flow,
    function,
    imports,
    new_app,
    new_stack,
    properties,
    rules,
    warnings,
)


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@FLAGS
@pytest.mark.parametrize("where", ["same stack", "other stack", "function's stack"])
def test_services_may_use_the_authors_key(where: str, flags: dict[str, Any]) -> None:
    app = new_app(**flags)
    stack, functions = new_stack(scope=app), new_stack("Functions", scope=app)
    keys = {"same stack": stack, "function's stack": functions}.get(where) or new_stack("Keys", scope=app)
    key = kms.Key(keys, "Key")
    found = flow(stack, encryption_key=key, consumer=function(functions))

    found.add_event_rule(event_pattern=ANY_ORDER)
    found.add_topic(sns.Topic(stack, "Topic"))

    granted = {
        service: set(statement["Action"])
        for statement in properties(key)["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"]
        for service in as_list(statement["Principal"]["Service"])
    }
    assert granted.keys() == {"events.amazonaws.com", "sns.amazonaws.com"}
    assert all({"kms:Decrypt"} < actions for actions in granted.values())
    assert rules(found) == []
    assert keys is stack or not imports(keys)
    check_deployable(app)


def test_the_aws_managed_key_is_refused_once_a_service_sends() -> None:
    stack = new_stack()
    key = kms.Alias.from_alias_name(stack, "Key", "alias/aws/sqs")
    found = flow(stack, encryption_key=key)
    before = rules(found)

    found.add_event_rule(event_pattern=ANY_ORDER)

    assert (before, "R25" in rules(found)) == ([], True)
    assert ["R25: EventBridge cannot send" in error for error in errors(stack)] == [True]


def test_an_existing_queue_with_the_aws_managed_key_is_refused_once_a_service_sends() -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Dead", retention_period=Duration.days(14))
    queue = sqs.Queue(
        stack,
        "Orders",
        encryption=sqs.QueueEncryption.KMS_MANAGED,
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=14),
    )
    found = flow(stack, queue=queue)
    before = rules(found)

    found.add_topic(sns.Topic(stack, "Topic"))

    assert (before, rules(found)) == ([], ["R25"])
    assert ["R25: SNS cannot send" in error for error in errors(stack)] == [True]


def test_an_imported_key_cannot_be_opened_to_services_and_the_author_is_told() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/1234")
    found = flow(stack, encryption_key=key)
    before = rules(found)

    found.add_event_rule(event_pattern=ANY_ORDER)

    assert (before, rules(found)) == ([], ["queue-policy"])
    assert any("queue-policy: the policy of an imported queue or key" in text for text in warnings(stack))


def test_an_imported_queue_is_not_checked_and_cannot_be_opened_and_the_author_is_told() -> None:
    stack = new_stack()
    found = flow(stack, queue=sqs.Queue.from_queue_arn(stack, "Orders", QUEUE_ARN))

    # Asked for after the construct was made: the warnings are those of the synthesis.
    found.add_event_rule(event_pattern=ANY_ORDER)

    told = warnings(stack)
    assert any(text.startswith("R25: not checked") for text in told)
    assert any("queue-policy" in text and "nothing allows EventBridge" in text for text in told)
