"""Tables of the author's: which are refused, and who may share one."""

from typing import Any

import pytest
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from constructs_lib.delayed_check import Experiment
from tests.helpers.check import EU, HALF, US, check, refused, rows_table
from tests.helpers.synth import check_deployable, function, new_app, new_stack


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
