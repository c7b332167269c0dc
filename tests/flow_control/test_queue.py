"""The construct as a whole: what it makes, and what it says of itself."""

import json
import subprocess
import sys
from typing import Any

import pytest
from aws_cdk import Duration, Stack

import constructs_lib
from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy, LoadProfile
from tests.helpers.synth import (
    ANY_ORDER,
    FLAGS,
    check_deployable,
    flow,
    function,
    metadata,
    new_app,
    new_stack,
    of_type,
    template,
    the,
    warnings,
)


def test_function_and_rate_are_all_that_is_needed() -> None:
    stack = new_stack()

    found = FlowControlledQueue(
        stack, "Flow", consumer=function(stack), downstream=Downstream(calls_per_second=10, burst=10)
    )

    assert found.findings == []
    assert found.sizing.strategy is FlowStrategy.PACE
    assert warnings(stack) == []


@FLAGS
def test_a_flow_is_two_queues_a_mapping_a_policy_a_layer_and_four_alarms(flags: dict[str, Any]) -> None:
    stack = new_stack(scope=new_app(**flags))
    consumer = function(stack)
    before = {"AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Logs::LogGroup"}

    flow(stack, consumer=consumer)

    made = sorted(
        resource["Type"] for resource in template(stack)["Resources"].values() if resource["Type"] not in before
    )
    assert made == [
        *["AWS::CloudWatch::Alarm"] * 4,
        "AWS::IAM::Policy",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::LayerVersion",
        *["AWS::SQS::Queue"] * 2,
        *["AWS::SQS::QueuePolicy"] * 2,
    ]
    check_deployable(stack)


def test_a_flow_with_everything_stays_within_its_budget() -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)
    found.add_event_rule(event_pattern=ANY_ORDER)
    found.create_dashboard()

    resources = template(stack)["Resources"]

    assert len(resources) <= 16
    assert len(json.dumps(resources, separators=(",", ":"))) <= 22_000


def test_the_ids_of_its_children_are_a_promise() -> None:
    """Whoever changes one replaces a queue in somebody's account."""
    stack = new_stack()
    found = flow(stack)
    found.add_event_rule(event_pattern=ANY_ORDER)

    assert {child.node.id for child in found.node.children} == {
        "DeadLetterQueue",
        "SourceQueueByName",
        "Queue",
        "ConsumerPolicy",
        "EventSourceMapping",
        "DeadLettersAlarm",
        "OldestMessageAlarm",
        "ConsumerErrorsAlarm",
        "ConsumerThrottlesAlarm",
        "Rule",
    }


def test_the_sizing_is_in_the_constructs_metadata() -> None:
    found = flow(new_stack())

    sizing = metadata(found)["constructs-lib/flow-control"]

    assert sizing["max_concurrency"] == found.sizing.max_concurrency
    assert sizing["strategy"] == "PACE"


def told(found: FlowControlledQueue) -> dict[str, Any]:
    """What the template says of the flow's mapping beside its properties."""
    (mapping,) = of_type(Stack.of(found), "AWS::Lambda::EventSourceMapping").values()
    return dict(mapping["Metadata"]["constructs-lib"])


def test_the_sizing_is_in_the_template_too_in_plain_numbers() -> None:
    found = flow(new_stack(), load=LoadProfile.steady(2))

    sizing = told(found)["sizing"]

    assert set(told(found)) == {"sizing"}
    assert sizing["load_after"] == 2
    assert sizing["max_concurrency"] == found.sizing.max_concurrency
    assert {type(value) for value in sizing.values()} == {int, float, str}
    assert "warnings" not in sizing
    assert len(json.dumps(told(found))) < 1000


def test_the_reasons_of_overruled_rules_are_in_the_template_for_whoever_reads_that() -> None:
    reasons = {"R3": "nothing throttles", "R8": "a test"}

    assert told(flow(new_stack(), acknowledge=reasons))["acknowledge"] == reasons


def test_the_packages_root_knows_the_construct_without_importing_it() -> None:
    assert constructs_lib.FlowControlledQueue is FlowControlledQueue
    code = "import constructs_lib.runtime.flow_control, sys; print('aws_cdk' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_all_arguments_are_given_by_name() -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match="positional"):
        FlowControlledQueue(stack, "Flow", function(stack), Downstream(calls_per_second=10))  # type: ignore[call-arg]  # the point


def test_the_mapping_holds_the_limit_and_reports_failures_one_by_one() -> None:
    stack = new_stack()
    found = flow(stack, batch_size=4, consumer=function(stack, timeout=Duration.seconds(30)))

    mapping = the(stack, "AWS::Lambda::EventSourceMapping")

    assert mapping["ScalingConfig"] == {"MaximumConcurrency": found.sizing.max_concurrency}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 4
    assert "ProvisionedPollerConfig" not in mapping
