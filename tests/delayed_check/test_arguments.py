"""What is refused at once, each with the fix; nothing is made by then."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib.runtime.delayed_check import contacting, contract
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from tests.helpers.check import check, refused
from tests.helpers.synth import function, new_stack

SECONDS = Duration.seconds
A_TOKEN = cdk.Token.as_number({"Ref": "Delay"})


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
        (
            {"encryption_key": "alias/mine"},
            r"encryption_key must be a KMS key .*: pass a kms.Key, or .*, or leave it out",
        ),
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
        check("Shop", handler=function(stack))  # type: ignore[arg-type]  # the point
