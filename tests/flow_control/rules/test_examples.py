"""What the page of the rules shows as unsafe breaks the rule, and what it shows as safe breaks none."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from constructs_lib._findings import Level
from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy, LoadProfile, rules
from constructs_lib.flow_control.checks import results, templates
from tests.helpers.rule_examples import Changes, Example, base, changed, examples
from tests.helpers.synth import QUEUE_ARN, function, new_stack

ALL = examples()
TEMPLATES = [example for example in ALL if example.is_template]
FLOWS = [example for example in ALL if not example.is_template]

#: What cannot be had alone: the rules that an unsafe example breaks besides its own.
TOGETHER = {
    "R2": {"R3"},  # longer than the visibility timeout is longer than a sixth of it
    "R19": {"R20"},  # two workers are more than 0.8 of those that make the rate
}


def name(example: Example) -> str:
    return f"{example.rule}-{example.number}"


def found_in(template: dict[str, Any], tmp_path: Path) -> set[str]:
    """The rules that the checks find in a template; nothing may be hidden from them."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    found = results.check(templates.read([path]))
    assert (found.unread, found.ignored, found.not_checked) == ((), (), ())
    return {each.rule for each in found.found}


def found_by_flows(source: str) -> set[str]:
    """The rules that the flows of some code break."""
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    names: dict[str, Any] = {
        "self": stack,
        "function": function(stack),
        "other_function": function(stack, "Other"),
        "api": function(stack, "Api"),
        "role": iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        "arn": "arn:aws:lambda:eu-west-1:123456789012:function:imported",
        "queue_arn": QUEUE_ARN,
        "Downstream": Downstream,
        "Duration": Duration,
        "FlowControlledQueue": FlowControlledQueue,
        "FlowStrategy": FlowStrategy,
        "LoadProfile": LoadProfile,
        "events": events,
        "lambda_": lambda_,
        "sqs": sqs,
    }
    exec(source, names)  # noqa: S102 - our own example
    flows = [node for node in stack.node.find_all() if isinstance(node, FlowControlledQueue)]
    return {finding.rule for flow in flows for finding in flow.findings if finding.level is not Level.NOT_CHECKED}


def test_the_template_that_the_examples_change_breaks_no_rule(tmp_path: Path) -> None:
    assert found_in(base(), tmp_path) == set()


@pytest.mark.parametrize("example", TEMPLATES, ids=name)
def test_an_unsafe_template_breaks_its_rule_and_no_other(example: Example, tmp_path: Path) -> None:
    assert isinstance(example.unsafe, dict)

    assert found_in(changed(example.unsafe), tmp_path) == {example.rule} | TOGETHER.get(example.rule, set())


@pytest.mark.parametrize("example", TEMPLATES, ids=name)
def test_a_safe_template_breaks_no_rule(example: Example, tmp_path: Path) -> None:
    assert isinstance(example.safe, dict)

    assert found_in(changed(example.safe), tmp_path) == set()


@pytest.mark.parametrize("example", FLOWS, ids=name)
def test_an_unsafe_flow_breaks_its_rule_and_no_other(example: Example) -> None:
    assert isinstance(example.unsafe, str)

    assert found_by_flows(example.unsafe) == {example.rule} | TOGETHER.get(example.rule, set())


@pytest.mark.parametrize("example", FLOWS, ids=name)
def test_a_safe_flow_breaks_no_rule(example: Example) -> None:
    assert isinstance(example.safe, str)

    assert found_by_flows(example.safe) == set()


def test_every_rule_has_an_example_of_each_kind_that_sees_it() -> None:
    assert {example.rule for example in TEMPLATES} == {
        rule.id for rule in rules.RULES if rule.is_decidable_from_a_template
    }
    assert {example.rule for example in ALL} == set(rules.rule_ids())


def test_an_example_s_changes_name_resources_of_the_template_or_new_ones_with_a_type() -> None:
    known = base()["Resources"]

    def untyped(changes: str | Changes) -> list[str]:
        assert isinstance(changes, dict)
        return [id_ for id_, resource in changes.items() if id_ not in known and "Type" not in resource]

    assert [name(each) for each in TEMPLATES if untyped(each.unsafe) or untyped(each.safe)] == []
