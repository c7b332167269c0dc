"""The table, the kill switch and the names of a check: relations, not names."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy

from constructs_lib.delayed_check import DelayedCheck, Experiment
from constructs_lib.runtime.delayed_check.row import event_id_of
from tests.helpers.check import (
    check,
    named,
)
from tests.helpers.synth import function, new_stack, of_type, properties, the


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
