"""A queue of another app: what its author declares of it is checked, nothing else can be seen."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tests.helpers.synth import (
    QUEUE_ARN,
    flow,
    function,
    new_app,
    new_stack,
    of_type,
    rules,
    settings,
    warnings,
)


def imported(scope: Construct, arn: str = QUEUE_ARN, id_: str = "Imported") -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(scope, id_, arn)


def test_nothing_of_an_imported_queue_is_taken_for_granted() -> None:
    stack = new_stack()
    found = flow(stack, queue=imported(stack))

    assert rules(found) == ["R2", "R3", "R7", "R8", "R9", "R10", "R11", "R12", "R13"]
    assert {finding.level.value for finding in found.findings} == {"not checked"}
    told = warnings(stack)
    assert [any(f"{rule}: not checked" in warning for warning in told) for rule in rules(found)] == [True] * 9
    assert found.dead_letter_queue is None


SOUND_DECLARATION: dict[str, Any] = {
    "visibility_timeout": Duration.seconds(60),
    "max_receive_count": 14,
    "retention_period": Duration.days(4),
}


@pytest.mark.parametrize("dead_letters_of_this_app", [True, False])
def test_what_is_declared_of_an_imported_queue_is_checked_and_sound(dead_letters_of_this_app: bool) -> None:
    stack = new_stack()
    dead = (
        sqs.Queue(stack, "Dead", retention_period=Duration.days(14))
        if dead_letters_of_this_app
        else imported(stack, f"{QUEUE_ARN}-dead", "Dead")
    )

    found = flow(stack, queue=imported(stack), dead_letter_queue=dead, **SOUND_DECLARATION)

    assert rules(found) == ([] if dead_letters_of_this_app else ["R12"])
    assert found.dead_letter_queue is dead


@pytest.mark.parametrize(
    ("declared", "broken"),
    [
        ({"visibility_timeout": Duration.seconds(9)}, ["R2", "R3"]),
        ({"max_receive_count": 1}, ["R7", "R8", "R9"]),
        ({"retention_period": Duration.days(14)}, ["R12"]),
        ({"retention_period": Duration.days(1)}, ["R13"]),
    ],
    ids=str,
)
def test_what_is_declared_of_an_imported_queue_is_checked_and_unsafe(
    declared: dict[str, Any], broken: list[str]
) -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Dead", retention_period=Duration.days(14))

    found = flow(stack, queue=imported(stack), dead_letter_queue=dead, **{**SOUND_DECLARATION, **declared})

    assert rules(found) == broken
    assert {finding.level.value for finding in found.findings} == {"error"}


def test_the_consumer_may_read_an_imported_queue_and_write_its_dead_letters() -> None:
    stack = new_stack()
    consumer = function(stack)
    dead = imported(stack, f"{QUEUE_ARN}-dead", "Dead")

    flow(stack, queue=imported(stack), dead_letter_queue=dead, consumer=consumer)

    (policy,) = [p for name, p in of_type(stack, "AWS::IAM::Policy").items() if name.startswith("Flow")]
    assert [s["Resource"] for s in policy["Properties"]["PolicyDocument"]["Statement"]] == [
        QUEUE_ARN,
        f"{QUEUE_ARN}-dead",
    ]
    (found,) = settings(consumer)
    assert (found.queue_arn, found.dead_letter_queue_arn) == (QUEUE_ARN, f"{QUEUE_ARN}-dead")


def test_an_imported_queue_of_another_region_is_refused() -> None:
    stack = new_stack(env=cdk.Environment(account="123456789012", region="us-east-1"))

    with pytest.raises(ValueError, match=r"queue Shop/Imported is in region eu-west-1"):
        flow(stack, queue=imported(stack))


def test_an_imported_queue_with_another_consumer_in_another_stack_is_refused() -> None:
    app, arn = new_app(), "arn:aws:sqs:eu-west-1:123456789012:orders"
    first, second = new_stack("First", scope=app), new_stack("Second", scope=app)
    imported = sqs.Queue.from_queue_arn(first, "Orders", arn)
    function(first).add_event_source(event_sources.SqsEventSource(imported))

    with pytest.raises(ValueError, match=r"already has a consumer"):
        flow(second, queue=sqs.Queue.from_queue_arn(second, "Orders", arn))
