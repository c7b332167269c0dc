"""An existing queue that this app defines: used as it is, seen, and checked like one of the flow's."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from tests.helpers.synth import (
    QUEUE_ARN,
    check_deployable,
    flow,
    function,
    imports,
    new_app,
    new_stack,
    of_type,
    properties,
    rules,
    settings,
    template,
)

DAY = 86_400


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


# ---- what it has ----------------------------------------------------------------------------------------------------


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

    assert rules(flow(stack, queue=queue)) == ["R7", "R8", "R9"]


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

    assert rules(flow(stack, queue=queue, consumer=consumer)) == ["R7", "R8", "R9"]


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


# ---- who else consumes it -------------------------------------------------------------------------------------------


def test_a_queue_with_another_consumer_is_refused_and_both_are_named() -> None:
    stack = new_stack()
    queue = own_queue(stack)
    function(stack, "Other").add_event_source(event_sources.SqsEventSource(queue))

    with pytest.raises(ValueError, match=r"queue Shop/Orders already has a consumer .*Shop/Other.*leave queue out"):
        flow(stack, queue=queue)


def test_a_queue_that_another_flow_empties_is_refused() -> None:
    stack = new_stack()
    first = flow(stack)

    with pytest.raises(ValueError, match=r"already has a consumer .*Shop/Flow/"):
        flow(stack, "Second", consumer=function(stack, "Other"), queue=first.queue)


def test_a_queue_whose_consumer_is_in_another_stack_is_refused() -> None:
    app = new_app()
    queues, others = new_stack("Queues", scope=app), new_stack("Others", scope=app)
    queue = own_queue(queues)
    function(others).add_event_source(event_sources.SqsEventSource(queue))

    with pytest.raises(ValueError, match=r"already has a consumer .*Others/"):
        flow(queues, queue=queue)


def test_a_stack_deployed_twice_has_two_queues_and_not_one_with_two_consumers() -> None:
    app = new_app()
    for name in ("Test", "Production"):
        stack = new_stack(name, scope=app)
        flow(stack, queue=own_queue(stack))

    app.synth()


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
    dead = sqs.Queue.from_queue_arn(stack, "ImportedDead", f"{QUEUE_ARN}-dead")
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
