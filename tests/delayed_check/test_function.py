"""The author's function: what it consumes, is told, and may do: relations, not names."""

import json
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_

from constructs_lib.delayed_check import Downstream, Experiment
from constructs_lib.runtime.delayed_check import contract
from constructs_lib.runtime.delayed_check.row import key_of
from constructs_lib.runtime.delayed_check.transitions import freeze
from tests.helpers import synth
from tests.helpers.check import (
    HALF,
    actions_of,
    check,
    flows,
    mapping_of,
    named,
    queue_arn,
    reference,
    rows_table,
    statements_of,
    told,
    variables,
)
from tests.helpers.synth import FLAGS, function, new_app, new_stack, of_type, properties


def add_layers(consumer: lambda_.Function, number: int) -> None:
    for each in range(number):
        arn = f"arn:aws:lambda:eu-west-1:123456789012:layer:layer-{each}:1"
        consumer.add_layers(lambda_.LayerVersion.from_layer_version_arn(consumer, f"Layer{each}", arn))


@FLAGS
def test_the_author_s_function_consumes_checks_and_contacts_and_reports_failures_one_by_one(flags: Any) -> None:  # noqa: ANN401 - as new_app has
    stack = new_stack(scope=new_app(**flags))
    handler = function(stack)

    found = check(stack, handler=handler)

    consumed = {json.dumps(each["EventSourceArn"]): each for each in mapping_of(handler, stack)}
    checks, contacts = (
        consumed[json.dumps({"Fn::GetAtt": [reference(queue), "Arn"]})]
        for queue in (found.check_queue, found.contacts.queue)
    )
    assert len(consumed) == 2
    assert (checks["BatchSize"], contacts["BatchSize"]) == (10, 1)
    assert all(each["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for each in (checks, contacts))
    assert properties(found.event_source_mapping) == checks


def test_checks_that_are_due_at_once_leave_runs_for_contacts() -> None:
    stack = new_stack()
    handler = function(stack)

    check(stack, handler=handler, check_concurrency=25)

    limits = sorted(each["ScalingConfig"]["MaximumConcurrency"] for each in mapping_of(handler, stack))
    assert limits == [2, 25]


def test_what_the_function_is_told_is_what_there_is() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, experiment=HALF)

    known = told(handler)
    assert known == contract.Settings(
        check=found.name,
        table_name=properties(found.table)["TableName"],
        delay=300,
        deadline=600,
        check_queue_arn=queue_arn(found.check_queue),
        contact_queue_arn=queue_arn(found.contacts.queue),
        kill_switch=properties(found.kill_switch)["Name"],
        experiment=HALF.as_settings(),
    )


def test_the_function_keeps_both_queues_apart() -> None:
    """One has a pace, the other none; each has its own dead letters."""
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, contact_rate=Downstream(calls_per_second=4))

    told_of = flows(handler)
    checks, contacts = told_of[named(found.check_queue)], told_of[named(found.contacts.queue)]
    assert len(told_of) == 2
    assert checks.pace == 0
    assert contacts.pace == pytest.approx(found.contacts.sizing.max_concurrency / 4)
    assert checks.dead_letter_queue_arn == queue_arn(found.check_dead_letter_queue)
    assert contacts.dead_letter_queue_arn != checks.dead_letter_queue_arn


def test_a_function_gets_one_layer_which_holds_flow_control_too() -> None:
    stack = new_stack()
    handler = function(stack)

    check(stack, handler=handler)

    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
    assert layer["Properties"]["Description"] == "constructs_lib.runtime.delayed_check"
    assert len(properties(handler)["Layers"]) == 1


def test_a_flow_of_the_same_function_adds_no_layer_that_would_hide_the_check_s() -> None:
    stack = new_stack()
    handler = function(stack)

    check(stack, handler=handler)
    synth.flow(stack, consumer=handler)

    assert len(properties(handler)["Layers"]) == 1


def test_the_check_s_layer_comes_after_that_of_a_flow() -> None:
    """Of two, the last one listed is found first where layers are searched one by one."""
    stack = new_stack()
    handler = function(stack)

    synth.flow(stack, consumer=handler)
    check(stack, handler=handler)

    layers = of_type(stack, "AWS::Lambda::LayerVersion")
    listed = [layers[each["Ref"]]["Properties"]["Description"] for each in properties(handler)["Layers"]]
    assert listed == ["constructs_lib.runtime.flow_control", "constructs_lib.runtime.delayed_check"]


def test_five_layers_are_enough_where_one_of_them_is_the_check_s() -> None:
    stack = new_stack()
    handler = function(stack)
    add_layers(handler, 4)
    first = check(stack, "First", handler=handler)

    check(stack, "Second", handler=handler)
    synth.flow(stack, consumer=handler)

    assert len(properties(handler)["Layers"]) == 5
    assert first.environment


def test_a_layer_of_the_stack_is_none_of_the_function_s() -> None:
    """A sixth is refused, though another function of the stack has the runtime already."""
    stack = new_stack()
    check(stack, "First", handler=function(stack, "Other"))
    full = function(stack, "Full")
    add_layers(full, 5)

    with pytest.raises(ValueError, match=r"handler Shop/Full has 5 layers, Lambda's limit"):
        check(stack, handler=full)


def test_provided_sets_the_variables_and_no_layer() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, runtime="provided")

    assert "Layers" not in properties(handler)
    assert set(properties(handler)["Environment"]["Variables"]) == set(found.environment)
    assert len(found.environment) == 3


def test_two_checks_of_one_function_are_told_apart() -> None:
    stack = new_stack()
    handler = function(stack)

    for name in ("First", "Second"):
        check(stack, name, handler=handler)

    assert len(variables(handler)) == 2
    assert len(flows(handler)) == 4


def test_the_function_may_do_what_it_does_and_nothing_else() -> None:
    stack = new_stack()
    handler = function(stack)

    check(stack, handler=handler)

    assert actions_of(handler) == {
        *(f"sqs:{action}" for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")),
        *(f"sqs:{action}" for action in ("GetQueueAttributes", "GetQueueUrl", "SendMessage")),
        "dynamodb:UpdateItem",
        "ssm:GetParameter",
    }
    assert not [each for each in statements_of(handler) if "*" in json.dumps(each["Resource"])]


def test_of_a_shared_table_a_function_may_update_the_rows_of_its_own_check_only() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, table=rows_table(stack), experiment=HALF)

    (update,) = (each for each in statements_of(handler) if each["Action"] == "dynamodb:UpdateItem")
    patterns = update["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert [pattern[:-1] for pattern in patterns] == [f"{found.name}#", "stuck-order-call@"]
    row, weights = key_of(found.name, "order-1"), freeze(HALF.as_settings(), now=0).key
    assert (row.startswith(patterns[0][:-1]), weights.startswith(patterns[1][:-1])) == (True, True)


def test_without_an_experiment_there_are_no_weights_to_write() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler)

    (update,) = (each for each in statements_of(handler) if each["Action"] == "dynamodb:UpdateItem")
    assert update["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == [f"{found.name}#*"]


def test_another_experiment_leaves_the_names_and_with_them_the_rows_of_orders_that_wait() -> None:
    other = Experiment(key="another", version=3, arms={"call": 10, "control": 90}, control="control")

    names = {check(new_stack(), experiment=experiment).name for experiment in (HALF, other, None)}

    assert len(names) == 1
