"""What is refused at once, each with the fix; nothing is made by then."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.delayed_check import DelayedCheck, Experiment
from constructs_lib.runtime.delayed_check import contacting, contract
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from tests.helpers.check import HALF, check, rows_table
from tests.helpers.synth import check_deployable, function, new_app, new_stack

SECONDS = Duration.seconds
A_TOKEN = cdk.Token.as_number({"Ref": "Delay"})
EU = cdk.Environment(account="123456789012", region="eu-west-1")
US = cdk.Environment(account="123456789012", region="us-east-1")
Make = Callable[[Construct], lambda_.IFunction]
Grant = Callable[[DelayedCheck, lambda_.IFunction], iam.Grant]
NODE: dict[str, Any] = {"runtime": lambda_.Runtime.NODEJS_22_X, "code": lambda_.Code.from_inline("exports.handler = 0")}


def refused(stack: Stack, match: str, **props: Any) -> None:  # noqa: ANN401 - as the construct has
    """Expect a refusal, and nothing left of the check."""
    with pytest.raises(ValueError, match=match) as caught:
        check(stack, **props)
    assert stack.node.try_find_child("Check") is None
    said = str(caught.value)
    assert said[0].islower()
    assert not said.endswith(".")


# ---- when -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delay", "deadline", "match"),
    [
        (SECONDS(0), SECONDS(600), r"delay in seconds must be a finite number above 0"),
        (SECONDS(300), SECONDS(0), r"deadline in seconds must be"),
        (300, SECONDS(600), r"delay must be a Duration.*got 300"),
        (SECONDS(300), None, r"deadline must be a Duration.*got None"),
        (SECONDS(A_TOKEN), SECONDS(600), r"delay must be known at synth, got a token"),
        (SECONDS(600), SECONDS(300), r"deadline 300 s is not above 625 s: delay 600 s, .*set a later deadline"),
        (SECONDS(300), SECONDS(300), r"is not above"),
        (Duration.minutes(5), Duration.days(367), r"deadline must be at most"),
        (Duration.minutes(5), Duration.days(6), r"five days, after delay"),
    ],
    ids=str,
)
def test_times_that_cannot_hold_are_refused(delay: Duration, deadline: Duration, match: str) -> None:
    refused(new_stack(), match, delay=delay, deadline=deadline)


@pytest.mark.parametrize("timeout", [3, 10, 60])
def test_the_deadline_leaves_room_for_one_killed_run_and_another(timeout: int) -> None:
    """PICKUP and two runs, to the second: one more passes."""
    needed = 300 + contract.PICKUP + 2 * timeout
    stack = new_stack()
    handler = function(stack, timeout=SECONDS(timeout))

    refused(stack, r"two runs of handler Shop/Function", handler=handler, deadline=SECONDS(int(needed)))
    check(stack, handler=handler, deadline=SECONDS(int(needed) + 1))


def test_a_function_has_time_for_a_contact() -> None:
    stack = new_stack()

    refused(stack, r"timeout of handler Shop/Function is 2 s", handler=function(stack, timeout=SECONDS(2)))

    assert contract.SHORTEST_TIMEOUT > REPORTING_RESERVE + contacting.RESERVE + contacting.SHORTEST_CONTACT


def test_a_timeout_that_cannot_be_seen_is_declared() -> None:
    stack = new_stack()
    theirs = lambda_.Function.from_function_name(stack, "Theirs", "theirs")

    refused(stack, r"cannot be seen at synth.*pass handler_timeout", handler=theirs, runtime="provided")
    refused(stack, r"two runs", handler=theirs, runtime="provided", handler_timeout=SECONDS(200))
    found = check(stack, handler=theirs, runtime="provided", handler_timeout=SECONDS(20))
    assert {finding.rule for finding in found.findings} >= {"environment"}


def test_a_timeout_that_can_be_seen_is_not_declared_again() -> None:
    refused(new_stack(), r"handler_timeout is for .*has 10 s; leave it out", handler_timeout=SECONDS(10))


# ---- which function -------------------------------------------------------------------------------------------------


def imported(scope: Construct) -> lambda_.IFunction:
    return lambda_.Function.from_function_name(scope, "Function", "checks")


def alias(scope: Construct) -> lambda_.IFunction:
    return lambda_.Alias(scope, "Live", alias_name="live", version=function(scope).current_version)


def version(scope: Construct) -> lambda_.IFunction:
    return function(scope).current_version


def image(scope: Construct) -> lambda_.IFunction:
    repository = ecr.Repository.from_repository_name(scope, "Repository", "checks")
    code = lambda_.DockerImageCode.from_ecr(repository)
    return lambda_.DockerImageFunction(scope, "Function", code=code, timeout=SECONDS(10))


def node(scope: Construct) -> lambda_.IFunction:
    return function(scope, **NODE)


def frozen_role(scope: Construct) -> lambda_.IFunction:
    role = iam.Role.from_role_arn(scope, "Role", "arn:aws:iam::123456789012:role/checks", mutable=False)
    return function(scope, role=role)


def far(scope: Construct) -> lambda_.IFunction:
    app = scope.node.root
    assert isinstance(app, cdk.App)
    return function(new_stack("Far", scope=app, env=US))


BAD_FUNCTIONS = pytest.mark.parametrize(
    ("make", "match"),
    [
        (imported, r"is imported .*no environment can be added.*runtime=\"provided\""),
        (alias, r"alias or a version"),
        (version, r"alias or a version"),
        (image, r"container image"),
        (node, r"runs on nodejs22.x"),
        (frozen_role, r"cannot be changed"),
        (far, r"is in region us-east-1 and the check in region eu-west-1.*same env"),
    ],
)


@BAD_FUNCTIONS
def test_a_function_that_cannot_check_is_refused(make: Make, match: str) -> None:
    stack = new_stack(scope=new_app(), env=EU)

    refused(stack, f"handler .*{match}", handler=make(stack))


@BAD_FUNCTIONS
@pytest.mark.parametrize("grant", [DelayedCheck.grant_start, DelayedCheck.grant_record_outcome])
def test_a_function_that_cannot_be_told_of_the_check_is_refused(grant: Grant, make: Make, match: str) -> None:
    app = new_app()
    stack = new_stack(scope=app, env=EU)
    found = check(new_stack("Checks", scope=app, env=EU))

    with pytest.raises(ValueError, match=f"fn .*{match}"):
        grant(found, make(stack))


def test_what_is_no_function_is_refused() -> None:
    stack = new_stack()
    refused(stack, r"handler must be a Lambda function .*got 'checks'", handler="checks")
    with pytest.raises(ValueError, match=r"fn must be a Lambda function .*got 'checks'"):
        check(stack).grant_start("checks")  # type: ignore[arg-type]


@pytest.mark.parametrize("runtime", ["none", "zip", None])
def test_the_runtime_reaches_the_function_in_one_of_two_ways(runtime: object) -> None:
    refused(new_stack(), r'runtime must be "layer" or "provided", got', runtime=runtime)


# ---- everything else ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("props", "match"),
    [
        ({"experiment": {"key": "call"}}, r"experiment must be an Experiment.*got \{'key'"),
        ({"contact_rate": 1}, r"contact_rate must be a Downstream.*got 1"),
        ({"contact_rate": None}, r"contact_rate must be a Downstream.*got None"),
        ({"check_concurrency": 1}, r"check_concurrency must be .*at least 2, got 1"),
        ({"check_concurrency": 1001}, r"check_concurrency must be from 2 to 1000"),
        ({"check_concurrency": 2.5}, r"check_concurrency must be a whole number"),
        ({"table": "rows"}, r"table must be a DynamoDB table"),
        ({"encryption_key": "alias/mine"}, r"encryption_key must be a KMS key"),
        ({"removal_policy": "retain"}, r"removal_policy must be a RemovalPolicy"),
        ({"alarm_topic": "arn:aws:sns:..."}, r"alarm_topic must be an SNS topic"),
        ({"acknowledge": {"R99": "because"}}, r"unknown rule 'R99', allowed are timeout, .*R1"),
        ({"acknowledge": {"recovery": " "}}, r"acknowledge\['recovery'\] must be the reason"),
    ],
    ids=repr,
)
def test_an_argument_of_the_wrong_kind_is_refused(props: dict[str, Any], match: str) -> None:
    refused(new_stack(), match, **props)


def test_a_check_is_in_a_stack() -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"scope must be a construct"):
        check("Shop", handler=function(stack))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("props", "match"),
    [
        ({"stream": None}, r"table Shop/Rows has no stream of new and old images.*NEW_AND_OLD_IMAGES"),
        ({"stream": dynamodb.StreamViewType.NEW_IMAGE}, r"has no stream of new and old images"),
        (
            {"partition_key": dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)},
            r"has the key id \(S\), and the records need the partition key pk \(S\)",
        ),
        ({"sort_key": dynamodb.Attribute(name="at", type=dynamodb.AttributeType.STRING)}, r"and no sort key"),
    ],
    ids=repr,
)
def test_a_table_that_cannot_hold_the_rows_is_refused(props: dict[str, Any], match: str) -> None:
    stack = new_stack()

    refused(stack, match, table=rows_table(stack, **props))


def test_an_imported_table_needs_its_stream() -> None:
    stack = new_stack()

    refused(stack, "has no stream", table=dynamodb.Table.from_table_name(stack, "Rows", "rows"))


def test_what_is_for_a_created_table_is_refused_beside_another() -> None:
    stack = new_stack()

    refused(
        stack,
        r"removal_policy is for a table that the check creates: set it on Shop/Rows",
        table=rows_table(stack),
        removal_policy=RemovalPolicy.DESTROY,
    )


def test_a_key_beside_a_table_is_for_the_queues() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")

    found = check(stack, table=rows_table(stack), encryption_key=key)

    assert found.check_queue.encryption_master_key is key
    check_deployable(stack)


def test_a_table_elsewhere_is_refused() -> None:
    app = new_app()
    table = rows_table(new_stack("Far", scope=app, env=US), table_name="rows")

    refused(new_stack(scope=app, env=EU), r"table Far/Rows is in region us-east-1 and the check in region", table=table)


def on_one_table(stack: Stack, *experiments: Experiment | None) -> dynamodb.Table:
    """A table that so many checks have."""
    table = rows_table(stack)
    for number, experiment in enumerate(experiments):
        handler = function(stack, f"Function{number}")
        check(stack, f"Check{number}", handler=handler, table=table, experiment=experiment)
    return table


def test_one_table_s_frozen_weights_are_those_of_one_declaration() -> None:
    stack = new_stack()
    table = on_one_table(stack, HALF)

    refused(
        stack,
        r"table Shop/Rows has the frozen weights of experiment 'stuck-order-call', version 1, for Shop/Check0 too",
        table=table,
        experiment=Experiment(key=HALF.key, arms={"call": 10, "control": 90}, control="control"),
    )


@pytest.mark.parametrize(
    "second", [None, HALF, Experiment(key=HALF.key, version=2, arms={"call": 10, "control": 90}, control="control")]
)
def test_two_checks_may_share_a_table(second: Experiment | None) -> None:
    """Of one experiment too: rows have the construct's name."""
    stack = new_stack()

    on_one_table(stack, HALF, second)

    check_deployable(stack)


def test_a_table_s_stream_has_no_third_reader() -> None:
    stack = new_stack()
    table = on_one_table(stack, None, None)

    refused(stack, r"table Shop/Rows has the rows of Shop/Check0 and Shop/Check1 already, .*2 readers", table=table)
    check(stack, handler=function(stack, "Third"))


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


@pytest.mark.parametrize(
    ("props", "match"),
    [
        ({"bucket": "outcomes"}, r"bucket must be an S3 bucket .*got 'outcomes'"),
        ({"prefix": "outcomes"}, r'prefix must be a folder such as "outcomes/"'),
        ({"prefix": "/"}, r"prefix must be a folder"),
        ({"prefix": "!{timestamp:yyyy}/"}, r"prefix must be a folder"),
        ({"prefix": ""}, r"prefix must be a folder"),
        ({"buffer": SECONDS(901)}, r"buffer must be whole seconds from 0 to 900"),
        ({"buffer": 60}, r"buffer must be a Duration"),
    ],
    ids=repr,
)
def test_an_archive_that_cannot_be_is_refused(props: dict[str, Any], match: str) -> None:
    found = check(new_stack())

    with pytest.raises(ValueError, match=match):
        found.archive_outcomes(**props)
    assert found.archive_outcomes().prefix == "outcomes/"


def test_outcomes_are_archived_once_and_a_bucket_keeps_its_own_policy() -> None:
    stack = new_stack()
    found = check(stack)

    with pytest.raises(ValueError, match=r"removal_policy is for a bucket that the check creates: set it on Shop/Mine"):
        found.archive_outcomes(s3.Bucket(stack, "Mine"), removal_policy=RemovalPolicy.DESTROY)
    found.archive_outcomes()
    with pytest.raises(ValueError, match=r"Shop/Check archives its outcomes already"):
        found.archive_outcomes()
