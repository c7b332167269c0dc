"""The two queues that a flow creates."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control import FlowControlledQueue
from tests.helpers.synth import (
    check_deployable,
    errors,
    flow,
    function,
    literal,
    new_app,
    new_stack,
    of_type,
    properties,
    rules,
    warnings,
)

DAY = 86_400


def queue_and_dead_letters(found: FlowControlledQueue) -> list[dict[str, Any]]:
    assert found.dead_letter_queue is not None
    return [properties(found.queue), properties(found.dead_letter_queue)]


# ---- settings and names ---------------------------------------------------------------------------------------------


def test_the_queue_has_what_was_derived() -> None:
    found = flow(new_stack())
    queue, dead = queue_and_dead_letters(found)

    assert queue["VisibilityTimeout"] == found.sizing.visibility_timeout == 60
    assert queue["MessageRetentionPeriod"] == found.sizing.retention == 4 * DAY
    assert queue["RedrivePolicy"]["maxReceiveCount"] == found.sizing.max_receive_count
    assert dead["MessageRetentionPeriod"] == 14 * DAY
    assert rules(found) == []


def test_what_the_author_sets_stands() -> None:
    found = flow(
        new_stack(),
        visibility_timeout=Duration.seconds(120),
        max_receive_count=20,
        retention_period=Duration.days(7),
        removal_policy=RemovalPolicy.RETAIN,
    )
    queue, dead = queue_and_dead_letters(found)

    assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]) == (120, 7 * DAY)
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 20
    assert (found.sizing.visibility_timeout, found.sizing.retention) == (120, 7 * DAY)
    assert found.sizing.max_receive_count == 20
    assert dead["MessageRetentionPeriod"] == 14 * DAY
    resources = of_type(Stack.of(found), "AWS::SQS::Queue").values()
    assert {resource["DeletionPolicy"] for resource in resources} == {"Retain"}


def test_both_queues_are_encrypted_and_refuse_what_is_not_tls() -> None:
    stack = new_stack()
    found = flow(stack)

    assert [queue["SqsManagedSseEnabled"] for queue in queue_and_dead_letters(found)] == [True, True]
    policies = of_type(stack, "AWS::SQS::QueuePolicy").values()
    denied = [
        policy["Properties"]["Queues"]
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(denied) == 2


def test_dead_letters_go_to_the_flows_own_queue_which_takes_them_from_nowhere_else() -> None:
    stack = new_stack()
    found = flow(stack)
    queue, dead = queue_and_dead_letters(found)

    assert found.dead_letter_queue is not None
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == stack.resolve(found.dead_letter_queue.queue_arn)
    allowed = dead["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    assert [literal(arn) for arn in allowed["sourceQueueArns"]] == [
        f"arn:aws:sqs:eu-west-1:123456789012:{queue['QueueName']}"
    ]


def test_queues_have_the_flows_id_in_their_names() -> None:
    queue, dead = queue_and_dead_letters(flow(new_stack("OrderHub"), "Deliveries"))

    assert queue["QueueName"].startswith("OrderHub-Deliveries-")
    assert dead["QueueName"] == f"{queue['QueueName']}-dlq"


def test_and_those_of_the_constructs_that_the_flow_is_in() -> None:
    part = Construct(Construct(new_stack("OrderHub"), "Europe"), "North")

    queue, _ = queue_and_dead_letters(flow(part, "Deliveries", consumer=function(part)))

    assert queue["QueueName"].startswith("OrderHub-Europe-North-Deliveries-")


def test_the_arn_of_a_queue_that_the_flow_creates_refers_to_no_stack() -> None:
    found = flow(new_stack())

    queue, _ = queue_and_dead_letters(found)

    assert literal(Stack.of(found).resolve(found.queue_arn)) == (
        f"arn:aws:sqs:eu-west-1:123456789012:{queue['QueueName']}"
    )


@pytest.mark.parametrize("fifo", [False, True])
@pytest.mark.parametrize(
    "id_", ["F" * 200, "Zustellung für Kürier", "with space", "under_score", "dots.and:colons", "日本"]
)
def test_queue_names_are_what_sqs_takes(id_: str, fifo: bool) -> None:
    for queue in queue_and_dead_letters(flow(new_stack("S" * 100), id_, fifo=fifo)):
        name = queue["QueueName"].removesuffix(".fifo") if fifo else queue["QueueName"]
        assert len(queue["QueueName"]) <= 80
        assert all(c.isascii() and (c.isalnum() or c in "-_") for c in name)


def names(found: FlowControlledQueue) -> set[str]:
    return {queue["QueueName"] for queue in queue_and_dead_letters(found)}


def test_names_differ_between_flows_stacks_stages_and_names_of_one_stack() -> None:
    app = new_app()
    one = new_stack("Shop", scope=app)
    nested = Stack(cdk.Stage(app, "Test"), "Shop")
    consumer = function(one)
    found = [
        flow(one, "Flow", consumer=consumer),
        flow(one, "Flow2", consumer=consumer),
        flow(Construct(one, "Part"), "Flow", consumer=consumer),
        flow(new_stack("Other", scope=app), "Flow"),
        flow(nested, "Flow"),
        # The same tree deployed once more, under another name of the stack.
        flow(new_stack("Shop", stack_name="Shop-2"), "Flow"),
        flow(new_stack("Shop", stack_name="Shop-3"), "Flow"),
    ]

    assert len(set().union(*map(names, found))) == 2 * len(found)


def test_names_are_the_same_at_every_synthesis() -> None:
    assert names(flow(new_stack())) == names(flow(new_stack()))


def test_long_names_differ_too() -> None:
    stack = new_stack()
    consumer = function(stack)
    ids = ["F" * 150 + end for end in ("a", "b")]

    found = [flow(stack, id_, consumer=consumer) for id_ in ids]

    assert len(set().union(*map(names, found))) == 4


def test_fifo_makes_both_queues_fifo() -> None:
    found = flow(new_stack(), fifo=True)

    for queue in queue_and_dead_letters(found):
        assert queue["FifoQueue"] is True
        assert queue["QueueName"].endswith(".fifo")
    assert rules(found) == []


def test_a_dead_letter_queue_needs_an_imported_queue_beside_it() -> None:
    stack = new_stack()

    with pytest.raises(ValueError, match=r"dead_letter_queue .*pass queue too, or leave both out"):
        flow(stack, dead_letter_queue=sqs.Queue(stack, "Dead"))


@pytest.mark.parametrize(
    ("settings_", "broken"),
    [
        ({"visibility_timeout": Duration.seconds(9)}, {"R2", "R3"}),
        ({"visibility_timeout": Duration.seconds(59)}, {"R3"}),
        ({"max_receive_count": 1}, {"R7", "R8", "R9"}),
        ({"max_receive_count": 8}, {"R8", "R9"}),
        ({"retention_period": Duration.days(14)}, {"R12"}),
        ({"retention_period": Duration.days(1)}, {"R13"}),
        ({"max_wait": Duration.days(2), "retention_period": Duration.days(2)}, {"R13"}),
    ],
    ids=str,
)
def test_unsafe_settings_stop_the_synthesis(settings_: dict[str, Any], broken: set[str]) -> None:
    stack = new_stack()
    flow(stack, **settings_)

    found = errors(stack)

    assert {error.split()[1].rstrip(":") for error in found} == broken
    assert all(error.startswith("[Shop/Flow] R") for error in found)


@pytest.mark.parametrize(
    ("name", "unchecked"),
    [("visibility_timeout", ["R2", "R3", "R13"]), ("retention_period", ["R12", "R13"])],
)
def test_a_token_is_not_checked_and_says_so(name: str, unchecked: list[str]) -> None:
    stack = new_stack()
    token = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number
    given: dict[str, Any] = {name: Duration.seconds(token)}

    found = flow(stack, **given)

    assert rules(found) == unchecked
    told = warnings(stack)
    assert [f"{rule}: not checked" in " ".join(told) for rule in unchecked] == [True] * len(unchecked)


@pytest.mark.parametrize("name", ["visibility_timeout", "retention_period"])
@pytest.mark.parametrize("value", [60, "60", 1.5], ids=repr)
def test_what_is_no_duration_is_refused(name: str, value: object) -> None:
    given: dict[str, Any] = {name: value}

    with pytest.raises((TypeError, ValueError), match=name):
        flow(new_stack(), **given)


# ---- encryption -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_elsewhere", [False, True], ids=["same stack", "other stack"])
def test_a_key_of_the_authors_encrypts_both_queues_and_the_consumer_may_use_it(key_elsewhere: bool) -> None:
    app = new_app()
    stack = new_stack(scope=app)
    key = kms.Key(new_stack("Keys", scope=app) if key_elsewhere else stack, "Key")

    found = flow(stack, encryption_key=key)

    arn = stack.resolve(key.key_arn) if not key_elsewhere else None
    queue, dead = queue_and_dead_letters(found)
    assert queue["KmsMasterKeyId"] == dead["KmsMasterKeyId"]
    assert arn is None or queue["KmsMasterKeyId"] == arn
    (policy,) = [p for name, p in of_type(stack, "AWS::IAM::Policy").items() if name.startswith("Flow")]
    (statement,) = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if "kms:Decrypt" in s["Action"]]
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statement["Resource"] == queue["KmsMasterKeyId"]
    check_deployable(app)
