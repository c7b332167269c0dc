"""The construct as a whole: what it makes, what it refuses, and how it gets along with stacks, stages and checkers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration, NestedStack, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

import constructs_lib
from constructs_lib.flow_control import Downstream, FlowControlledQueue, FlowStrategy, Level
from constructs_lib.flow_control import rules as flow_rules
from tests.helpers.synth import (
    ANY_ORDER,
    FLAGS,
    check_deployable,
    errors,
    flow,
    function,
    imports,
    new_app,
    new_stack,
    of_type,
    rules,
    settings,
    template,
    warnings,
)


def metadata(found: FlowControlledQueue) -> dict[str, Any]:
    return {entry.type: entry.data for entry in found.node.metadata}


def with_everything(stack: Stack, **settings_: Any) -> FlowControlledQueue:  # noqa: ANN401 - as the construct has
    found = flow(stack, alarm_topic=sns.Topic(stack, "Alarms", enforce_ssl=True), **settings_)
    found.add_event_rule(event_pattern=ANY_ORDER)
    found.add_topic(sns.Topic(stack, "Topic", enforce_ssl=True))
    found.create_dashboard()
    return found


# ---- what it makes --------------------------------------------------------------------------------------------------


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


def test_the_packages_root_knows_the_construct_without_importing_it() -> None:
    assert constructs_lib.FlowControlledQueue is FlowControlledQueue
    code = "import constructs_lib.runtime.flow_control, sys; print('aws_cdk' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_all_arguments_are_given_by_name() -> None:
    stack = new_stack()

    with pytest.raises(TypeError, match="positional"):
        FlowControlledQueue(stack, "Flow", function(stack), Downstream(calls_per_second=10))  # type: ignore[call-arg]


# ---- findings -------------------------------------------------------------------------------------------------------


def test_all_errors_of_all_flows_come_together() -> None:
    stack = new_stack()
    consumer = function(stack, timeout=Duration.seconds(30))
    flow(stack, consumer=consumer, visibility_timeout=Duration.seconds(20), max_receive_count=1)
    flow(stack, "Second", consumer=consumer, max_concurrency=1)

    found = [error.split(":")[0] for error in errors(stack)]

    assert found == ["[Shop/Flow] R2", "[Shop/Flow] R3", "[Shop/Flow] R7", "[Shop/Flow] R8", "[Shop/Second] R1"]


def test_findings_are_on_the_construct_too() -> None:
    found = flow(new_stack(), max_concurrency=11, max_receive_count=4, target_loss=0.5)

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


@pytest.mark.parametrize("rule", flow_rules.rule_ids())
def test_every_rule_may_be_acknowledged(rule: str) -> None:
    flow(new_stack(), acknowledge={rule: "reason"})


def test_an_app_may_be_synthesised_twice() -> None:
    app = new_app()
    stack = new_stack(scope=app)
    found = flow(stack, max_concurrency=11, visibility_timeout=Duration.seconds(30), acknowledge={"R3": "reason"})

    app.synth()
    app.synth(force=True)

    entries = [entry for entry in found.node.metadata if str(entry.type).startswith("constructs-lib/flow-control:")]
    assert len(entries) == 1
    assert len([entry for entry in found.node.metadata if entry.type == "aws:cdk:warning"]) == 1


# ---- stacks ---------------------------------------------------------------------------------------------------------


@FLAGS
def test_a_function_in_another_stack_needs_nothing_of_the_flows(flags: dict[str, Any]) -> None:
    app = new_app(**flags)
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    consumer = function(functions)

    found = with_everything(stack, consumer=consumer)

    assert not imports(functions)
    assert imports(stack)
    assert [dependency.stack_name for dependency in stack.dependencies] == ["Functions"]
    assert len(of_type(functions, "AWS::Lambda::LayerVersion")) == 1
    assert of_type(functions, "AWS::IAM::Policy") == {}
    assert of_type(functions, "AWS::Lambda::EventSourceMapping") == {}
    assert len(of_type(stack, "AWS::Lambda::EventSourceMapping")) == 1
    assert settings(consumer)[0].pace == found.sizing.pace
    check_deployable(app)


def test_a_function_of_another_stack_may_have_its_own_key_queue_and_role_there() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)
    role = iam.Role(functions, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    consumer = function(functions, role=role)

    flow(stack, consumer=consumer, encryption_key=kms.Key(functions, "Key"))

    assert not imports(functions)
    check_deployable(app)


def test_flows_of_two_stacks_share_a_function_of_a_third() -> None:
    app = new_app()
    functions = new_stack("Functions", scope=app)
    consumer = function(functions)
    stacks = [new_stack(name, scope=app) for name in ("One", "Two")]

    for stack in stacks:
        flow(stack, consumer=consumer)

    assert len(settings(consumer)) == 2
    assert [len(of_type(stack, "AWS::Lambda::EventSourceMapping")) for stack in stacks] == [1, 1]
    assert len(of_type(functions, "AWS::Lambda::LayerVersion")) == 1
    check_deployable(app)


@pytest.mark.parametrize("function_in", ["parent", "nested", "sibling"])
def test_a_flow_may_be_in_a_nested_stack(function_in: str) -> None:
    app = new_app()
    parent = new_stack(scope=app)
    nested, sibling = NestedStack(parent, "Nested"), NestedStack(parent, "Sibling")
    consumer = function({"parent": parent, "nested": nested, "sibling": sibling}[function_in])

    found = with_everything(nested, consumer=consumer)

    assert rules(found) == []
    assert settings(consumer)[0].queue_arn.startswith("arn:aws:sqs:eu-west-1:123456789012:Shop-Flow-")
    check_deployable(app)


def test_a_function_may_be_in_a_nested_stack_and_the_flow_above_it() -> None:
    app = new_app()
    parent = new_stack(scope=app)

    flow(parent, consumer=function(NestedStack(parent, "Nested")))

    check_deployable(app)


def test_stages_do_not_meet() -> None:
    app = new_app()
    flows = []
    for name in ("Test", "Production"):
        stage = cdk.Stage(app, name, env=cdk.Environment(account="123456789012", region="eu-west-1"))
        functions, stack = Stack(stage, "Functions"), Stack(stage, "Shop")
        flows.append(with_everything(stack, consumer=function(functions, reserved_concurrent_executions=10)))

    assert [rules(found) for found in flows] == [[], []]
    check_deployable(app)


def test_a_flow_may_be_in_any_scope() -> None:
    stack = new_stack()

    found = flow(Construct(Construct(stack, "Outer"), "Inner"), consumer=function(stack))

    assert found.node.path == "Shop/Outer/Inner/Flow"
    check_deployable(stack)


def test_a_flow_without_asset_staging_leaves_its_layer_where_the_assembly_finds_it() -> None:
    app = new_app(**{"aws:cdk:disable-asset-staging": True})
    stack = new_stack(scope=app)
    flow(stack)

    app.synth()

    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
    folder = Path(layer["Metadata"]["aws:asset:path"]) if "Metadata" in layer else Path(app.outdir)
    assert folder.exists()


def test_the_layers_code_is_the_same_at_every_synthesis() -> None:
    def code() -> object:
        stack = new_stack()
        flow(stack)
        (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
        return layer["Properties"]["Content"]

    assert code() == code()


def test_no_path_of_this_machine_is_in_the_template() -> None:
    stack = new_stack()
    with_everything(stack)

    text = json.dumps(template(stack))

    assert str(Path(__file__).resolve().parents[2]) not in text
    assert str(Path.home()) not in text


# ---- checkers -------------------------------------------------------------------------------------------------------


def least_privileged(stack: Stack, **props: Any) -> Any:  # noqa: ANN401 - a function
    """A function with nothing that AwsSolutions would find: its own role and log group, the newest Python."""
    group = logs.LogGroup(stack, "Logs")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    group.grant_write(role)
    runtime = cdk.aws_lambda.Runtime("python3.14", cdk.aws_lambda.RuntimeFamily.PYTHON, supports_inline_code=True)
    return function(stack, runtime=runtime, role=role, log_group=group, **props)


@pytest.mark.parametrize("encrypted", [False, True])
@FLAGS
def test_cdk_nag_finds_nothing(flags: dict[str, Any], encrypted: bool) -> None:
    app = new_app(**flags)
    stack = new_stack(scope=app)
    key = kms.Key(stack, "Key", enable_key_rotation=True) if encrypted else None

    with_everything(stack, consumer=least_privileged(stack), encryption_key=key)

    report = AwsSolutionsChecks().validate_scope(app)
    assert [
        (violation.rule_name, [resource.construct_path for resource in violation.violating_resources])
        for violation in report.violations
    ] == []


@FLAGS
def test_cfn_lint_finds_nothing(flags: dict[str, Any], tmp_path: Path) -> None:
    app = new_app(**flags)
    stack = new_stack("Shop", scope=app)
    with_everything(stack, consumer=least_privileged(stack))
    fifo = new_stack("Fifo", scope=app)
    ordered = flow(fifo, fifo=True, consumer=least_privileged(fifo), encryption_key=kms.Key(fifo, "Key"))
    ordered.add_event_rule(event_pattern=ANY_ORDER, message_group_id="orders")
    files = []
    for each in (stack, fifo):
        file = tmp_path / f"{each.stack_name}.json"
        file.write_text(json.dumps(template(each)), encoding="utf-8")
        files.append(str(file))

    # W3005: CDK lets a function depend on its role and its policy, though the reference to the role says so already.
    done = subprocess.run(
        ["cfn-lint", "--ignore-checks", "W3005", "--", *files], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("", 0)
