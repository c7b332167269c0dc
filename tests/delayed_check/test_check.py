"""What a check is made of, and who is told and allowed what: relations, not names."""

import json
from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from constructs_lib import sizing
from constructs_lib.delayed_check import DelayedCheck, Downstream, Experiment
from constructs_lib.runtime.delayed_check import CheckHandler, Context, contract
from constructs_lib.runtime.delayed_check.row import event_id_of, key_of
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from constructs_lib.runtime.delayed_check.transitions import freeze
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from tests.helpers import synth
from tests.helpers.check import (
    HALF,
    actions_of,
    check,
    mapping_of,
    reference,
    rows_table,
    shown,
    statements_of,
    told,
    variables,
)
from tests.helpers.synth import FLAGS, function, new_app, new_stack, of_type, properties, the

DAY = 24 * 3600
WINDOWS = pytest.mark.parametrize(
    "seconds", [60, 300, 1800, DAY, 2 * DAY, 3 * DAY, 4 * DAY + 1, 5 * DAY - 3600, 5 * DAY]
)


def arn(queue: sqs.IQueue) -> str:
    return f"arn:aws:sqs:eu-west-1:123456789012:{named(queue)}"


def named(queue: sqs.IQueue) -> str:
    return str(properties(queue)["QueueName"])


def flows(consumer: lambda_.Function) -> dict[str, FlowSettings]:
    """What a function is told of its queues, by the queue's name."""
    found = [FlowSettings.from_json(shown(value)) for value in synth.variables(consumer).values()]
    return {each.queue_arn.rpartition(":")[2]: each for each in found}


def add_layers(consumer: lambda_.Function, number: int) -> None:
    for each in range(number):
        arn = f"arn:aws:lambda:eu-west-1:123456789012:layer:layer-{each}:1"
        consumer.add_layers(lambda_.LayerVersion.from_layer_version_arn(consumer, f"Layer{each}", arn))


# ---- the author's function ------------------------------------------------------------------------------------------


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
        check_queue_arn=arn(found.check_queue),
        contact_queue_arn=arn(found.contacts.queue),
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
    assert checks.dead_letter_queue_arn == arn(found.check_dead_letter_queue)
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
    for number in range(4):
        handler.add_layers(
            lambda_.LayerVersion.from_layer_version_arn(stack, f"L{number}", f"arn:aws:lambda:::l:{number}")
        )
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
    for number in range(5):
        full.add_layers(
            lambda_.LayerVersion.from_layer_version_arn(stack, f"L{number}", f"arn:aws:lambda:::l:{number}")
        )

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


# ---- the queues -----------------------------------------------------------------------------------------------------


def test_every_queue_is_encrypted_and_closed_to_plain_http_and_has_a_place_for_failures() -> None:
    stack = new_stack()

    found = check(stack)

    queues = of_type(stack, "AWS::SQS::Queue")
    assert all(each["Properties"]["SqsManagedSseEnabled"] for each in queues.values())
    policies = of_type(stack, "AWS::SQS::QueuePolicy")
    closed = {each["Properties"]["Queues"][0]["Ref"] for each in policies.values() if "SecureTransport" in str(each)}
    assert closed == set(queues)
    for queue, dead in (
        (found.start_queue, found.start_dead_letter_queue),
        (found.check_queue, found.check_dead_letter_queue),
        (found.contacts.queue, found.contacts.dead_letter_queue),
    ):
        assert dead is not None
        target = properties(queue)["RedrivePolicy"]["deadLetterTargetArn"]
        assert target == {"Fn::GetAtt": [reference(dead), "Arn"]}
        assert (
            properties(dead)["MessageRetentionPeriod"] == 14 * sizing.DAY > properties(queue)["MessageRetentionPeriod"]
        )


@pytest.mark.parametrize(("timeout", "visibility"), [(3, 6), (10, 20), (60, 120)])
def test_what_a_killed_run_had_comes_back_within_the_slack(timeout: int, visibility: int) -> None:
    stack = new_stack()

    found = check(stack, handler=function(stack, timeout=Duration.seconds(timeout)))

    for queue in (found.check_queue, found.contacts.queue):
        assert properties(queue)["VisibilityTimeout"] == visibility >= timeout + 1
    assert found.findings == []


@WINDOWS
def test_retries_outlast_the_deadline_and_the_queues_outlast_the_retries(seconds: int) -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, deadline=Duration.seconds(300 + seconds))

    for queue in (found.check_queue, found.contacts.queue):
        flow, of_queue = flows(handler)[named(queue)], properties(queue)
        receives = of_queue["RedrivePolicy"]["maxReceiveCount"]
        assert flow.max_receive_count == receives
        span = sizing.retry_span(receives, flow.backoff_cap)
        assert span >= seconds
        assert of_queue["MessageRetentionPeriod"] >= min(seconds + sizing.DAY, span)
    assert found.findings == []


@pytest.mark.parametrize("p99", [400, 1500, 6000])
def test_a_contact_has_the_time_of_its_function_however_fast_the_provider_is(p99: int) -> None:
    """It is several reads and two writes, too: one and a half of the call's time would end it before it is begun."""
    stack = new_stack()
    handler = function(stack, timeout=Duration.seconds(10))
    fast = Downstream(calls_per_second=5, mean_latency=Duration.millis(100), p99_latency=Duration.millis(p99))

    found = check(stack, handler=handler, contact_rate=fast)

    assert flows(handler)[named(found.contacts.queue)].call_timeout == 9
    assert found.findings == []


@pytest.mark.parametrize(("rate", "workers"), [(0.2, 2), (1, 2), (2.5, 5), (20, 40)])
def test_the_declared_rate_is_reached(rate: float, workers: int) -> None:
    """Two seconds a contact, where nobody knows better; so many may come at once."""
    stack = new_stack()

    found = check(
        stack, handler=function(stack, timeout=Duration.seconds(30)), contact_rate=Downstream(calls_per_second=rate)
    )

    assert found.contacts.sizing.max_concurrency == workers == found.contacts.downstream.burst or workers == 2
    assert found.contacts.sizing.pace == pytest.approx(workers / rate)
    assert found.contacts.sizing.pace >= 2
    assert found.findings == []


def test_a_burst_that_is_declared_is_kept() -> None:
    stack = new_stack()

    found = check(stack, contact_rate=Downstream(calls_per_second=20, burst=20))

    assert found.contacts.sizing.max_concurrency == found.contacts.downstream.burst == 20


def test_a_known_latency_is_what_a_contact_takes() -> None:
    quick = Downstream(calls_per_second=20, mean_latency=Duration.millis(300))

    assert check(new_stack(), contact_rate=quick).contacts.sizing.max_concurrency == 10


def test_the_kit_has_as_many_workers_as_the_construct() -> None:
    sized = check(new_stack(), contact_rate=Downstream(calls_per_second=20)).contacts.sizing

    class Quiet(CheckHandler):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            raise NotImplementedError

        def contact(self, ctx: Context, unit: str, arm: str | None, token: str) -> str:
            raise NotImplementedError

    runner = CheckRunner(Quiet, contacts_per_second=20, timeout=10)

    assert runner.simulation.shapes["contact"].workers == sized.max_concurrency
    assert runner.simulation.shapes["contact"].visibility_timeout == sized.visibility_timeout


def test_a_provider_that_asks_for_a_second_each_time_does_not_use_up_the_receives() -> None:
    found = check(new_stack())

    assert properties(found.contacts.queue)["RedrivePolicy"]["maxReceiveCount"] >= 300


def test_a_key_encrypts_the_queues_and_the_table_and_everybody_may_use_it() -> None:
    stack = new_stack()
    handler = function(stack)

    found = check(stack, handler=handler, encryption_key=kms.Key(stack, "Key"))

    assert all("KmsMasterKeyId" in each["Properties"] for each in of_type(stack, "AWS::SQS::Queue").values())
    assert properties(found.table)["SSESpecification"]["SSEEnabled"]
    for each in (handler, found.start_function, found.outcomes_function):
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions_of(each)


# ---- the table, the switch, the bus ---------------------------------------------------------------------------------


def test_the_table_can_be_restored_expires_rows_and_tells_what_they_were_and_are() -> None:
    stack = new_stack()

    found = check(stack)

    table = the(stack, "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    (resource,) = of_type(stack, "AWS::DynamoDB::Table").values()
    assert resource["DeletionPolicy"] == "Retain"
    assert found.findings == []


def test_the_table_goes_where_the_author_says_so() -> None:
    stack = new_stack()

    check(stack, removal_policy=RemovalPolicy.DESTROY)

    (resource,) = of_type(stack, "AWS::DynamoDB::Table").values()
    assert resource["DeletionPolicy"] == "Delete"


def test_the_kill_switch_is_run_and_takes_stop_and_nothing_else() -> None:
    stack = new_stack()

    found = check(stack)

    switch = properties(found.kill_switch)
    assert (switch["Value"], switch["AllowedPattern"]) == ("run", "^(run|stop)$")
    assert switch["Type"] == "String"


def test_no_change_of_the_check_touches_the_kill_switch() -> None:
    """CloudFormation writes the value of a parameter that it updates: a deployment would undo "stop"."""
    other = Experiment(key="another", arms={"call": 10, "control": 90}, control="control")
    late: dict[str, Any] = {"delay": Duration.hours(1), "deadline": Duration.hours(2), "experiment": other}

    first, second = (properties(check(new_stack(), **props).kill_switch) for props in ({}, late))

    assert first == second


def test_checks_of_different_names_have_nothing_in_common() -> None:
    stack = new_stack()
    found: list[DelayedCheck] = [
        check(stack, name, handler=function(stack, f"{name}Function")) for name in ("First", "Second")
    ]

    first, second = ({each.name, named(each.check_queue), properties(each.kill_switch)["Name"]} for each in found)
    assert first.isdisjoint(second)
    assert event_id_of(found[0].name, "order-1") != event_id_of(found[1].name, "order-1")
