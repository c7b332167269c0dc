"""The flow's two queues: those that it creates, and existing ones as far as they can be seen."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control import FlowControlledQueue
from tests.helpers.synth import (
    QUEUE_ARN,
    check_deployable,
    errors,
    flow,
    function,
    imports,
    literal,
    new_app,
    new_stack,
    of_type,
    properties,
    rules,
    settings,
    template,
    warnings,
)

DAY = 86_400


def queue_and_dead_letters(found: FlowControlledQueue) -> list[dict[str, Any]]:
    assert found.dead_letter_queue is not None
    return [properties(found.queue), properties(found.dead_letter_queue)]


# ---- created --------------------------------------------------------------------------------------------------------


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
        ({"max_receive_count": 1}, {"R7", "R8"}),
        ({"max_receive_count": 8}, {"R8"}),
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


# ---- existing, of this app ------------------------------------------------------------------------------------------


def own_queue(scope: Construct, *, fifo: bool = False, named: bool = False, **props: Any) -> sqs.Queue:  # noqa: ANN401 - as Queue has
    end = ".fifo" if fifo else ""
    kind: dict[str, Any] = {"fifo": True} if fifo else {}
    dead = sqs.Queue(
        scope,
        "Dead",
        queue_name=f"dead{end}" if named else None,
        retention_period=Duration.days(14),
        **kind,
    )
    defaults: dict[str, Any] = {
        "queue_name": f"orders{end}" if named else None,
        "visibility_timeout": Duration.seconds(60),
        "dead_letter_queue": sqs.DeadLetterQueue(queue=dead, max_receive_count=14),
        **kind,
    }
    return sqs.Queue(scope, "Orders", **{**defaults, **props})


def test_an_existing_queue_is_used_as_it_is() -> None:
    stack = new_stack()
    queue = own_queue(stack, retention_period=Duration.days(5))
    consumer = function(stack)

    found = flow(stack, queue=queue, consumer=consumer)

    assert found.queue is queue
    assert found.dead_letter_queue is not None
    assert found.dead_letter_queue.node.path == "Shop/Dead"
    assert len(of_type(stack, "AWS::SQS::Queue")) == 2
    assert rules(found) == []
    assert (found.sizing.visibility_timeout, found.sizing.max_receive_count) == (60, 14)
    assert found.sizing.retention == 5 * DAY
    check_deployable(stack)


def test_the_function_gets_the_arn_of_an_existing_queue_by_reference_where_it_has_no_name() -> None:
    stack = new_stack()
    consumer = function(stack)
    flow(stack, queue=own_queue(stack), consumer=consumer)

    variables = properties(consumer)["Environment"]["Variables"]
    assert '{"queue_arn":"' in json.dumps(variables).replace('\\"', '"')
    assert "Fn::GetAtt" in json.dumps(variables)


@pytest.mark.parametrize(
    ("props", "broken"),
    [
        ({"visibility_timeout": None}, ["R3"]),
        ({"visibility_timeout": Duration.seconds(5)}, ["R2", "R3"]),
        ({"retention_period": Duration.days(14)}, ["R12"]),
        ({"dead_letter_queue": None}, ["R10"]),
    ],
    ids=str,
)
def test_an_existing_queue_is_checked_like_one_of_the_flows(props: dict[str, Any], broken: list[str]) -> None:
    stack = new_stack()

    assert rules(flow(stack, queue=own_queue(stack, **props))) == broken


def test_few_receives_of_an_existing_queue_are_noticed() -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Few", retention_period=Duration.days(14))
    queue = own_queue(stack, dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=1))

    assert rules(flow(stack, queue=queue)) == ["R7", "R8"]


def test_dead_letters_of_an_existing_queue_must_be_kept_longer() -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Short")
    queue = own_queue(stack, dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=14))

    assert rules(flow(stack, queue=queue)) == ["R12"]


def test_a_dead_letter_queue_of_the_other_kind_is_noticed() -> None:
    stack = new_stack()
    dead = sqs.Queue(stack, "Standard", retention_period=Duration.days(14))
    queue = own_queue(stack, fifo=True)
    # CDK refuses the pair itself where it sees it.
    found = flow(stack, queue=sqs.Queue.from_queue_arn(stack, "Q", f"{QUEUE_ARN}.fifo"), dead_letter_queue=dead)

    assert "R11" in rules(found)
    assert rules(flow(stack, "Other", consumer=function(stack, "F"), queue=queue)) == []


def test_an_existing_fifo_queue_makes_the_flow_fifo() -> None:
    stack = new_stack()
    found = flow(stack, queue=own_queue(stack, fifo=True))

    assert found.queue.fifo
    assert rules(found) == []


def test_receives_that_are_a_token_are_not_checked() -> None:
    stack = new_stack()
    token = cdk.CfnParameter(stack, "Receives", type="Number").value_as_number
    dead = sqs.Queue(stack, "Other", retention_period=Duration.days(14))
    queue = own_queue(stack, dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=token))
    consumer = function(stack)

    assert rules(flow(stack, queue=queue, consumer=consumer)) == ["R7", "R8"]


@pytest.mark.parametrize(
    "declared",
    [
        {"visibility_timeout": Duration.seconds(60)},
        {"max_receive_count": 14},
        {"retention_period": Duration.days(4)},
    ],
    ids=lambda declared: next(iter(declared)),
)
def test_what_an_existing_queue_has_itself_is_not_declared_again(declared: dict[str, Any]) -> None:
    stack = new_stack()
    (name,) = declared

    with pytest.raises(ValueError, match=rf"{name} belongs to .*Shop/Orders, which this app defines: set it there"):
        flow(stack, queue=own_queue(stack), **declared)


@pytest.mark.parametrize("name", ["fifo", "encryption_key", "removal_policy"])
def test_what_only_a_new_queue_takes_is_refused_beside_an_existing_one(name: str) -> None:
    stack = new_stack()
    values: dict[str, Any] = {
        "fifo": True,
        "encryption_key": kms.Key(stack, "Key"),
        "removal_policy": RemovalPolicy.RETAIN,
    }

    with pytest.raises(ValueError, match=rf"{name} is for a queue that the flow creates"):
        flow(stack, queue=own_queue(stack), **{name: values[name]})


# ---- imported -------------------------------------------------------------------------------------------------------


def imported(scope: Construct, arn: str = QUEUE_ARN, id_: str = "Imported") -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(scope, id_, arn)


def test_nothing_of_an_imported_queue_is_taken_for_granted() -> None:
    stack = new_stack()
    found = flow(stack, queue=imported(stack))

    assert rules(found) == ["R2", "R3", "R7", "R8", "R10", "R11", "R12", "R13"]
    assert {finding.level.value for finding in found.findings} == {"not checked"}
    told = warnings(stack)
    assert [any(f"{rule}: not checked" in warning for warning in told) for rule in rules(found)] == [True] * 8
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
        ({"max_receive_count": 1}, ["R7", "R8"]),
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


# ---- queues and functions in different stacks -----------------------------------------------------------------------


def test_an_existing_queue_without_a_name_needs_the_function_beside_it() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    queue = own_queue(stack)

    with pytest.raises(ValueError, match=r"queue Shop/Orders has no name of its own and consumer Functions/Function"):
        flow(stack, queue=queue, consumer=function(functions))


def test_an_existing_queue_with_a_name_may_have_its_function_in_another_stack() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    consumer = function(functions)

    found = flow(stack, queue=own_queue(stack, named=True), consumer=consumer)

    assert rules(found) == []
    assert not imports(functions)
    (read,) = settings(consumer)
    assert read.queue_arn == QUEUE_ARN
    assert read.dead_letter_queue_arn == "arn:aws:sqs:eu-west-1:123456789012:dead"
    check_deployable(app)


def test_an_imported_dead_letter_queue_is_no_reason_to_refuse_that() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    dead = imported(stack, f"{QUEUE_ARN}-dead", "ImportedDead")
    queue = own_queue(stack, named=True, dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=14))

    flow(stack, queue=queue, consumer=function(functions))

    assert not imports(functions)
    check_deployable(app)


@pytest.mark.parametrize("named", [False, True])
def test_queue_function_and_flow_may_be_in_three_stacks(named: bool) -> None:
    app = new_app()
    queues, functions, stack = (new_stack(name, scope=app) for name in ("Queues", "Functions", "Flows"))

    found = flow(stack, queue=own_queue(queues, named=named), consumer=function(functions))

    assert rules(found) == []
    assert not imports(queues)
    check_deployable(app)


def test_an_existing_queue_may_be_beside_its_function_and_the_flow_elsewhere() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)

    flow(stack, queue=own_queue(functions), consumer=function(functions))

    assert not imports(functions)
    assert template(stack)
    check_deployable(app)
