"""What is found at synth: errors that stop it, warnings, and what could not be checked."""

import re
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from constructs_lib.delayed_check import DelayedCheck, Downstream, Finding, Level
from tests.helpers.check import HALF, check, rows_table, shown, vendored_elsewhere
from tests.helpers.synth import check_deployable, errors, function, new_app, new_stack, of_type, warnings

TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/rows"


def of(found: DelayedCheck, rule: str) -> Finding:
    (finding,) = (each for each in found.findings if each.rule == rule)
    return finding


def set_timeout(handler: lambda_.Function, seconds: int) -> None:
    resource = handler.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.timeout = seconds


def imported(stack: Stack, **props: Any) -> dynamodb.ITable:  # noqa: ANN401 - as from_table_attributes has
    return dynamodb.Table.from_table_attributes(
        stack, "Rows", table_arn=TABLE_ARN, table_stream_arn=f"{TABLE_ARN}/stream/2026-01-01T00:00:00.000", **props
    )


def test_a_check_as_it_comes_is_without_findings() -> None:
    stack = new_stack()

    assert check(stack).findings == []
    assert warnings(stack) == []
    check_deployable(stack)


@pytest.mark.parametrize(
    ("timeout", "match"),
    [
        (290, r"timeout: deadline 600 s is not above 885 s"),
        (2, r"timeout: the timeout of handler Shop/Function is 2 s, and no contact"),
        (30, r"timeout: the timeout of handler Shop/Function is 30 s now, .*after 20 s"),
    ],
)
def test_a_timeout_that_changes_afterwards_is_an_error(timeout: int, match: str) -> None:
    stack = new_stack()
    handler = function(stack)
    found = check(stack, handler=handler)

    set_timeout(handler, timeout)

    assert {each.level for each in found.findings if each.rule == "timeout"} == {Level.ERROR}
    assert re.search(match, " ".join(errors(stack)))


def test_a_reserve_covers_both_queues_and_that_is_said_once() -> None:
    """Flow control's rule has it: it counts every mapping of the function."""
    stack = new_stack()

    found = check(stack, handler=function(stack, reserved_concurrent_executions=11))

    assert "is below 12, the sum of max_concurrency over its SQS mappings" in of(found, "R4").message
    assert len(errors(stack)) == 1


def test_a_reserve_that_is_enough_is_without_a_word() -> None:
    stack = new_stack()

    assert check(stack, handler=function(stack, reserved_concurrent_executions=12)).findings == []


def test_a_finding_on_contacts_is_annotated_once_and_shown_by_the_check() -> None:
    stack = new_stack()
    short = Downstream(calls_per_second=10, burst=2, mean_latency=Duration.seconds(1))

    found = check(stack, contact_rate=short)

    assert [text.partition(":")[0] for text in warnings(stack)] == ["R46"]
    assert [each.rule for each in found.contacts.findings if not each.acknowledged] == ["R46"]
    assert [each.rule for each in found.findings] == ["R46"]


def test_findings_of_both_are_overruled_by_the_check() -> None:
    stack = new_stack()
    handler = function(stack, reserved_concurrent_executions=11)
    plain = rows_table(stack, point_in_time_recovery_specification=None, time_to_live_attribute=None)

    found = check(
        stack,
        handler=handler,
        table=plain,
        acknowledge={"R4": "a quiet shop", "recovery": "a test", "expiry": "a test"},
    )

    assert {each.rule: each.acknowledged for each in found.findings} == {
        "R4": "a quiet shop",
        "recovery": "a test",
        "expiry": "a test",
    }
    assert warnings(stack) == []
    check_deployable(stack)


def test_a_table_that_loses_or_keeps_too_much_is_warned_of() -> None:
    stack = new_stack()
    plain = rows_table(stack, point_in_time_recovery_specification=None, time_to_live_attribute=None)

    found = check(stack, table=plain)

    assert of(found, "recovery").level is of(found, "expiry").level is Level.WARNING
    assert "orders that are started again are contacted again" in of(found, "recovery").message
    assert {text.partition(":")[0] for text in warnings(stack)} == {"recovery", "expiry"}


def test_what_cannot_be_seen_of_a_table_is_said_not_to_be_checked() -> None:
    stack = new_stack()

    found = check(stack, table=imported(stack))

    not_checked = {each.rule for each in found.findings if each.level is Level.NOT_CHECKED}
    assert not_checked == {"table", "recovery", "expiry"}
    check_deployable(stack)


def test_a_stream_that_goes_afterwards_is_an_error() -> None:
    stack = new_stack()
    table = rows_table(stack)
    found = check(stack, table=table)
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)

    resource.stream_specification = dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type="KEYS_ONLY")

    assert of(found, "table").level is Level.ERROR


def test_a_function_that_cannot_be_told_is_warned_of() -> None:
    stack = new_stack()
    theirs = vendored_elsewhere(stack)

    found = check(stack, handler=theirs, runtime="provided", handler_timeout=Duration.seconds(10))

    assert "check.environment" in of(found, "environment").message
    assert of(found, "environment").level is Level.WARNING
    assert len(found.environment) == 3
    check_deployable(stack)


def test_what_the_check_overrules_of_flow_control_it_says_on_the_queue_of_contacts() -> None:
    """A killed contact comes back before the deadline, not after six timeouts, and is claimed before it is made."""
    found = check(new_stack())

    (overruled,) = found.contacts.findings
    assert overruled.rule == "R3"
    assert overruled.acknowledged is not None
    assert "claims a row" in overruled.acknowledged


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ({"calls_per_second": 20, "burst": 20}, r"20 contacts a second, and 20 at once, each of about 2 s, make 10;"),
        ({"calls_per_second": 600}, r"600 contacts a second, and 1000 at once, each of about 2 s, make 5e\+02;"),
        (
            {"calls_per_second": 5, "burst": 4, "mean_latency": Duration.seconds(1)},
            r"5 contacts a second, and 4 at once, each of about 1.2 s, make 3.3; declare .* a larger burst",
        ),
    ],
    ids=str,
)
def test_a_rate_that_is_not_reached_is_warned_of(rate: dict[str, Any], said: str) -> None:
    found = check(new_stack(), contact_rate=Downstream(**rate))

    assert of(found, "rate").level is Level.WARNING
    assert re.search(said, of(found, "rate").message)


def test_a_rate_that_a_short_timeout_does_not_reach_is_warned_of() -> None:
    stack = new_stack()
    quick = function(stack, timeout=Duration.seconds(3))

    found = check(stack, handler=quick, contact_rate=Downstream(calls_per_second=1.2))

    assert "2 at once, each of about 2 s, make 1;" in of(found, "rate").message


def test_more_variables_than_lambda_takes_are_an_error() -> None:
    """A deployment would fail with it, after minutes."""
    stack = new_stack("Production-EuCentral1-CustomerNotificationsService")
    handler = function(stack)

    checks = [check(stack, f"StuckOrderFollowUp{number}", handler=handler, experiment=HALF) for number in range(3)]

    (found,) = {of(each, "environment") for each in checks}  # it is found wherever somebody looks
    assert (found.level, "and Lambda takes 4096 of all" in found.message) == (Level.ERROR, True)
    variables = {name: value for each in checks for name, value in each.environment.items()}
    filled = sum(len(name) + len(shown(stack.resolve(value))) for name, value in variables.items())
    size = int(re.search(r"variables of (\d+) bytes", found.message).group(1))  # type: ignore[union-attr]  # it says so
    assert 4096 < size <= filled < size + 100


def test_two_checks_of_long_names_fit() -> None:
    stack = new_stack("Production-EuCentral1-CustomerNotificationsService")
    handler = function(stack)

    for number in range(2):
        assert check(stack, f"StuckOrderFollowUp{number}", handler=handler, experiment=HALF).findings == []


def test_a_function_whose_role_is_unknown_is_warned_of_once() -> None:
    stack = new_stack()
    theirs = lambda_.Function.from_function_name(stack, "Theirs", "theirs")

    found = check(stack, handler=theirs, runtime="provided", handler_timeout=Duration.seconds(10))

    assert of(found, "role").level is Level.WARNING


def test_an_app_that_is_synthesised_twice_says_it_once() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    check(stack, table=imported(stack))

    app.synth()
    app.synth(force=True)

    said = warnings(stack)
    assert len(said) == len(set(said)) == 3


# ---- the rest of the app --------------------------------------------------------------------------------------------


def two(stack: Stack, **props: Any) -> list[list[str]]:  # noqa: ANN401 - as the construct has
    """The rules that two checks of a stack break."""
    checks = [check(stack, name, handler=function(stack, f"{name}Function"), **props) for name in ("One", "Other")]
    return [[finding.rule for finding in each.findings] for each in checks]


def test_checks_whose_providers_nobody_named_are_not_in_front_of_the_same() -> None:
    assert two(new_stack()) == [[], []]
    assert two(new_stack(), contact_rate=Downstream(calls_per_second=1, name="twilio")) == [["R33"], ["R33"]]


def test_one_provider_of_two_checks_is_one_though_each_makes_a_burst_of_its_own() -> None:
    assert two(new_stack(), contact_rate=Downstream(calls_per_second=20)) == [["R33"], ["R33"]]


def test_whatever_else_invokes_the_function_is_found_and_its_own_two_queues_are_not() -> None:
    stack = new_stack()
    handler = function(stack)
    found = check(stack, handler=handler)
    assert found.findings == []

    handler.add_function_url()

    assert "Shop/Function/FunctionUrl" in of(found, "R32").message


def test_what_a_check_breaks_on_purpose_is_explained_to_readers_of_its_template() -> None:
    stack = new_stack()
    check(stack)

    told = {
        name: each.get("Metadata", {}).get("constructs-lib", {}).get("acknowledge")
        for name, each in of_type(stack, "AWS::Lambda::EventSourceMapping").items()
        if "ScalingConfig" in each["Properties"]  # a queue's
    }

    assert len(told) == 3
    assert sorted(sorted(reasons) for reasons in told.values()) == [["R3"], ["R3", "R31"], ["R3", "R31"]]
    assert all(reason for reasons in told.values() for reason in reasons.values())
