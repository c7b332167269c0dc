"""The library's own two functions: what starts checks, and what publishes outcomes."""

import json
from importlib import import_module
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from constructs_lib import sizing
from constructs_lib.delayed_check import DelayedCheck
from constructs_lib.runtime.delayed_check import contract
from constructs_lib.runtime.delayed_check.contract import KEY_SEPARATOR
from constructs_lib.runtime.delayed_check.row import key_of
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
from tests.helpers.synth import Resource, function, new_stack, of_type, properties

LONG: dict[str, Any] = {"delay": Duration.minutes(16), "deadline": Duration.minutes(30)}


def stream_mapping(found: DelayedCheck) -> Resource:
    (mapping,) = mapping_of(found.outcomes_function, Stack.of(found))
    return mapping


def own_functions(found: DelayedCheck) -> tuple[lambda_.Function, lambda_.Function]:
    return found.start_function, found.outcomes_function


@pytest.mark.parametrize("path", [contract.START_HANDLER, contract.OUTCOMES_HANDLER])
def test_a_handler_s_name_is_that_of_a_handler(path: str) -> None:
    module, _, name = path.rpartition(".")

    assert callable(getattr(import_module(module), name))


def test_the_functions_run_on_the_newest_python_on_arm_with_the_runtime_as_their_code() -> None:
    stack = new_stack()
    found = check(stack)

    for each, path in zip(own_functions(found), (contract.START_HANDLER, contract.OUTCOMES_HANDLER), strict=True):
        resource = properties(each)
        assert (resource["Runtime"], resource["Architectures"]) == ("python3.14", ["arm64"])
        assert resource["Handler"] == path
        assert "Layers" not in resource
    one, other = (properties(each)["Code"] for each in own_functions(found))
    assert one == other


def test_each_writes_its_own_log_and_no_other() -> None:
    stack = new_stack()
    found = check(stack)

    for each in own_functions(found):
        (writing,) = (one for one in statements_of(each) if "logs:PutLogEvents" in one["Action"])
        group = properties(each)["LoggingConfig"]["LogGroup"]["Ref"]
        assert writing["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        assert properties(each)["Role"] != properties(found.start_function)["Role"] or each is found.start_function
    groups = of_type(stack, "AWS::Logs::LogGroup").values()
    assert {"RetentionInDays" in each["Properties"] for each in groups} == {True}


# ---- start ----------------------------------------------------------------------------------------------------------


def test_start_knows_where_checks_wait_and_whom_it_hears_and_no_more() -> None:
    stack = new_stack()
    handler = function(stack)
    found = check(stack, handler=handler, experiment=HALF)

    known, of_handler = told(found.start_function), told(handler)

    assert known == of_handler._replace(
        start_queue_arn=known.start_queue_arn,
        contact_queue_arn="",
        schedule_group=known.schedule_group,
        schedule_role_arn=known.schedule_role_arn,
        schedule_dead_letter_arn=known.schedule_dead_letter_arn,
        kill_switch="",
        experiment=None,
    )
    assert known.start_queue_arn.endswith(f":{properties(found.start_queue)['QueueName']}")


def test_start_may_write_rows_and_send_checks_and_make_schedules_and_nothing_else() -> None:
    stack = new_stack()
    found = check(stack)

    allowed = actions_of(found.start_function)
    assert {each for each in allowed if not each.startswith(("sqs:", "logs:"))} == {
        "dynamodb:UpdateItem",
        "scheduler:CreateSchedule",
        "iam:PassRole",
    }
    (sending,) = (
        each
        for each in statements_of(found.start_function)
        if "sqs:SendMessage" in each["Action"] and reference(found.check_queue) in json.dumps(each["Resource"])
    )
    assert reference(found.contacts.queue) not in json.dumps(sending)


def test_a_start_that_was_killed_is_repeated_before_its_check_could_be_due() -> None:
    found = check(new_stack())

    visibility = properties(found.start_queue)["VisibilityTimeout"]
    assert properties(found.start_function)["Timeout"] < visibility <= 20


@pytest.mark.parametrize("deadline", [Duration.minutes(10), Duration.hours(6), Duration.days(2), Duration.days(300)])
def test_a_start_is_tried_until_the_deadline_of_its_order_as_far_as_a_queue_keeps_it(deadline: Duration) -> None:
    """An outage of the table may last: 50 receives were used up after some eleven minutes."""
    found = check(new_stack(), delay=Duration.seconds(deadline.to_seconds() - 60), deadline=deadline)

    queue = properties(found.start_queue)
    (flow,) = (FlowSettings.from_json(shown(value)) for value in synth.variables(found.start_function).values())
    receives = queue["RedrivePolicy"]["maxReceiveCount"]
    span = sizing.retry_span(receives, flow.backoff_cap)
    assert flow.max_receive_count == receives
    assert span >= min(deadline.to_seconds(), 5 * sizing.DAY)
    assert queue["MessageRetentionPeriod"] >= span + sizing.DAY
    assert queue["MessageRetentionPeriod"] < properties(found.start_dead_letter_queue)["MessageRetentionPeriod"]


def test_starts_that_fail_are_reported_one_by_one() -> None:
    stack = new_stack()
    found = check(stack)

    (mapping,) = mapping_of(found.start_function, stack)

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [reference(found.start_queue), "Arn"]}


# ---- Scheduler ------------------------------------------------------------------------------------------------------


def test_a_delay_that_becomes_shorter_keeps_the_schedules_of_the_orders_that_wait() -> None:
    """With the group CloudFormation would delete them."""

    def made(minutes: int) -> tuple[set[str], contract.Settings]:
        stack = new_stack()
        found = check(stack, delay=Duration.minutes(minutes), deadline=Duration.minutes(2 * minutes))
        kinds = ("AWS::Scheduler::ScheduleGroup", "AWS::IAM::Role", "AWS::IAM::Policy")
        return {name for kind in kinds for name in of_type(stack, kind)}, told(found.start_function)

    (before, long), (after, short) = made(20), made(5)

    assert before == after
    assert short.schedule_group
    assert short == long._replace(delay=short.delay, deadline=short.deadline)


@pytest.mark.parametrize("seconds", [1, 900, 901])
def test_there_are_a_group_and_a_role_that_reaches_the_check_queue_only(seconds: int) -> None:
    stack = new_stack()

    found = check(stack, delay=Duration.seconds(seconds), deadline=Duration.minutes(30))

    (group,) = of_type(stack, "AWS::Scheduler::ScheduleGroup").values()
    known = told(found.start_function)
    assert known.schedule_group == group["Properties"]["Name"]
    assert known.schedule_dead_letter_arn.endswith(f":{properties(found.check_dead_letter_queue)['QueueName']}")
    role = known.schedule_role_arn.strip("{}")
    (policy,) = (
        each["Properties"]
        for each in of_type(stack, "AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
    )
    (sending,) = policy["PolicyDocument"]["Statement"]
    assert sending["Action"] == "sqs:SendMessage"
    assert {each["Fn::GetAtt"][0] for each in sending["Resource"]} == {
        reference(found.check_queue),
        reference(found.check_dead_letter_queue),
    }


def test_only_this_account_s_scheduler_may_take_the_role_and_only_for_this_group() -> None:
    stack = new_stack()
    found = check(stack, **LONG)

    role = told(found.start_function).schedule_role_arn.strip("{}")
    (trust,) = of_type(stack, "AWS::IAM::Role")[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    condition = trust["Condition"]["StringEquals"]
    assert condition["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert f":schedule-group/{told(found.start_function).schedule_group}" in json.dumps(condition["aws:SourceArn"])


def test_start_may_make_schedules_of_this_group_and_hand_this_role_to_scheduler_only() -> None:
    found = check(new_stack(), **LONG)
    known = told(found.start_function)

    (making,) = (each for each in statements_of(found.start_function) if each["Action"] == "scheduler:CreateSchedule")
    (passing,) = (each for each in statements_of(found.start_function) if each["Action"] == "iam:PassRole")

    assert f":schedule/{known.schedule_group}/*" in json.dumps(making["Resource"])
    assert passing["Resource"] == {"Fn::GetAtt": [known.schedule_role_arn.strip("{}"), "Arn"]}
    assert passing["Condition"]["StringEquals"] == {"iam:PassedToService": "scheduler.amazonaws.com"}


def test_scheduler_may_use_the_key() -> None:
    stack = new_stack()
    found = check(stack, encryption_key=kms.Key(stack, "Key"), **LONG)

    role = told(found.start_function).schedule_role_arn.strip("{}")
    policies = of_type(stack, "AWS::IAM::Policy").values()
    (policy,) = (each for each in policies if each["Properties"]["Roles"] == [{"Ref": role}])

    assert "kms:GenerateDataKey" in json.dumps(policy)


# ---- outcomes -------------------------------------------------------------------------------------------------------


def test_the_stream_is_read_from_its_beginning_and_no_change_is_lost() -> None:
    stack = new_stack()
    found = check(stack)

    mapping = stream_mapping(found)

    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [reference(found.table), "StreamArn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failures = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert failures == {"Fn::GetAtt": [reference(found.outcome_failures), "Arn"]}
    assert "MaximumRetryAttempts" not in mapping, "what cannot be published now is tried until it is too old"
    assert mapping["MaximumRecordAgeInSeconds"] < 24 * 3600, "the stream still has it when somebody looks"


def test_of_a_shared_table_the_function_gets_the_rows_of_its_own_check_only() -> None:
    stack = new_stack()
    found = check(stack, table=rows_table(stack), experiment=HALF)

    (criterion,) = stream_mapping(found)["FilterCriteria"]["Filters"]

    pattern = json.loads(criterion["Pattern"])
    ((rule,),) = (pattern["dynamodb"]["Keys"]["pk"]["S"],)
    assert key_of(found.name, "order-1").startswith(rule["prefix"])
    assert not freeze(HALF.as_settings(), now=0).key.startswith(rule["prefix"])
    assert not key_of(f"{found.name}-2", "order-1").startswith(rule["prefix"])
    assert rule["prefix"].endswith(KEY_SEPARATOR)
    assert pattern["eventName"] == ["INSERT", "MODIFY"], "a row that expired has no outcome"


def test_the_function_knows_the_bus_and_may_read_the_stream_and_publish_and_nothing_else() -> None:
    stack = new_stack()
    found = check(stack)

    known = told(found.outcomes_function)
    assert known.event_bus == properties(found.outcomes)["Name"]
    assert (known.check, known.table_name) == (found.name, properties(found.table)["TableName"])
    assert len(variables(found.outcomes_function)) == 1
    allowed = {each for each in actions_of(found.outcomes_function) if not each.startswith("logs:")}
    assert allowed == {
        *(f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")),
        "events:PutEvents",
        "sqs:SendMessage",
        "sqs:GetQueueUrl",
    }


@pytest.mark.parametrize("which", [0, 1], ids=["start", "outcomes"])
def test_a_mapping_waits_for_the_permissions_that_lambda_tries(which: int) -> None:
    stack = new_stack()
    found = check(stack)
    each = own_functions(found)[which]

    role = properties(each)["Role"]["Fn::GetAtt"][0]
    policies = {
        name
        for name, policy in of_type(stack, "AWS::IAM::Policy").items()
        if policy["Properties"]["Roles"] == [{"Ref": role}]
    }
    (mapping,) = (
        resource
        for resource in of_type(stack, "AWS::Lambda::EventSourceMapping").values()
        if resource["Properties"]["FunctionName"] == {"Ref": reference(each)}
    )
    assert policies <= set(mapping["DependsOn"])
