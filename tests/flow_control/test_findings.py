"""What an author is told of a flow: errors stop the synthesis, warnings are printed, reasons are kept."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration

from constructs_lib.flow_control import Level
from constructs_lib.flow_control import rules as flow_rules
from tests.helpers.synth import (
    errors,
    flow,
    function,
    metadata,
    new_app,
    new_stack,
    warnings,
)


def test_own_findings_leave_the_rest_of_the_app_aside() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer, max_concurrency=11)
    consumer.add_function_url()

    assert [finding.rule for finding in found.own_findings] == ["R24"]
    assert [finding.rule for finding in found.findings] == ["R24", "R32"]


def test_all_errors_of_all_flows_come_together() -> None:
    stack = new_stack()
    consumer = function(stack, timeout=Duration.seconds(30))
    flow(stack, consumer=consumer, visibility_timeout=Duration.seconds(20), max_receive_count=1)
    flow(stack, "Second", consumer=consumer, max_concurrency=1)

    found = [error.split(":")[0] for error in errors(stack)]

    of_first = ["[Shop/Flow] R2", "[Shop/Flow] R3", "[Shop/Flow] R7", "[Shop/Flow] R8", "[Shop/Flow] R9"]
    assert found == [*of_first, "[Shop/Second] R1"]


def test_findings_are_on_the_construct_too() -> None:
    found = flow(
        new_stack(), max_concurrency=11, max_receive_count=4, target_loss=0.5, outage_tolerance=Duration.seconds(0)
    )

    assert [(finding.rule, finding.level) for finding in found.findings] == [
        ("R7", Level.WARNING),
        ("R24", Level.WARNING),
    ]


def test_warnings_are_printed_and_stop_nothing() -> None:
    stack = new_stack()
    flow(stack, max_concurrency=11)

    (told,) = warnings(stack)

    assert told.startswith("R24: max_concurrency 11 x batch_size 1 = 11 is above the downstream's burst of 10")
    assert "[ack: constructs-lib/flow-control:R24]" in told


def test_a_warning_may_be_acknowledged_the_cdk_way_too() -> None:
    stack = new_stack()
    found = flow(stack, max_concurrency=11)

    cdk.Annotations.of(found).acknowledge_warning("constructs-lib/flow-control:R24", "the courier allows it")

    assert warnings(stack) == []


def test_an_error_that_is_acknowledged_stops_nothing_and_leaves_its_reason() -> None:
    stack = new_stack()
    found = flow(
        stack,
        visibility_timeout=Duration.seconds(30),
        acknowledge={"R3": "nothing else runs in this account, so nothing throttles"},
    )

    stack.node.root.synth()  # type: ignore[attr-defined]  # it is an App

    text = metadata(found)["constructs-lib/flow-control:R3"]
    assert "nothing else runs in this account" in text
    assert "30 s is below 6 x" in text
    (finding,) = found.findings
    assert (finding.rule, finding.level) == ("R3", Level.ERROR)
    assert finding.acknowledged == "nothing else runs in this account, so nothing throttles"


def test_the_reason_reaches_the_assembly() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    flow(stack, visibility_timeout=Duration.seconds(30), acknowledge={"R3": "the reason why"})

    assembly = Path(app.synth().directory)

    assert any("the reason why" in path.read_text(encoding="utf-8") for path in assembly.glob("*.json"))


def test_acknowledging_one_rule_leaves_the_others() -> None:
    stack = new_stack()
    flow(stack, visibility_timeout=Duration.seconds(9), acknowledge={"R3": "reason"})

    assert [error.split(":")[0] for error in errors(stack)] == ["[Shop/Flow] R2"]


def test_what_was_not_checked_may_be_acknowledged() -> None:
    stack = new_stack()
    token = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number

    flow(
        stack,
        visibility_timeout=Duration.seconds(token),
        acknowledge={"R2": "checked by hand", "R3": "checked by hand"},
    )

    assert [text.split(":")[0] for text in warnings(stack)] == ["R13"]


def test_a_rule_that_holds_may_be_acknowledged_in_advance() -> None:
    assert flow(new_stack(), acknowledge={"R3": "for one account of several"}).findings == []


def test_an_unknown_rule_is_refused_and_the_known_are_listed() -> None:
    with pytest.raises(ValueError, match=r"acknowledge names the unknown rule 'R99', allowed are R1, R2, .*runtime"):
        flow(new_stack(), acknowledge={"R99": "reason"})


@pytest.mark.parametrize("reason", ["", "  ", None, True], ids=repr)
def test_a_rule_is_not_acknowledged_without_a_reason(reason: object) -> None:
    given: dict[str, Any] = {"acknowledge": {"R3": reason}}

    with pytest.raises(ValueError, match=r"acknowledge\['R3'\] must be the reason why"):
        flow(new_stack(), **given)


def test_all_rules_may_be_acknowledged_each_for_a_reason_of_its_own() -> None:
    stack = new_stack()
    reasons = {rule: f"the reason of {rule}" for rule in flow_rules.rule_ids()}

    found = flow(
        stack,
        consumer=function(stack, timeout=Duration.seconds(30)),
        visibility_timeout=Duration.seconds(20),
        max_receive_count=1,
        acknowledge=reasons,
    )

    broken = ["R2", "R3", "R7", "R8", "R9"]
    assert [(finding.rule, finding.acknowledged) for finding in found.findings] == [
        (rule, reasons[rule]) for rule in broken
    ]
    stack.node.root.synth()  # type: ignore[attr-defined]  # it is an App


def test_an_app_may_be_synthesised_twice() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    found = flow(stack, max_concurrency=11, visibility_timeout=Duration.seconds(30), acknowledge={"R3": "reason"})

    app.synth()
    app.synth(force=True)

    entries = [entry for entry in found.node.metadata if str(entry.type).startswith("constructs-lib/flow-control:")]
    assert len(entries) == 1
    assert len([entry for entry in found.node.metadata if entry.type == "aws:cdk:warning"]) == 1
