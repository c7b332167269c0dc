"""The plugin in CDK: what a synthesis says, and what acknowledging does to it."""

import gc
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib import FlowControlChecks
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks import plugin, templates
from tests.helpers.checked_app import Orders, acknowledge, checked_app, resource_of, rules_in, synth
from tests.helpers.synth import function, new_app


@pytest.fixture
def app() -> cdk.App:
    return checked_app()


def test_an_error_fails_the_synthesis_with_path_values_and_fix(app: cdk.App) -> None:
    Orders(cdk.Stack(app, "Shop"), "Orders", visibility=30)

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    words = str(failed.value)
    assert "ERROR" in words
    assert "Shop/Orders/Mapping" in words
    assert "Shop/Orders/Queue" in words
    assert "30 s" in words
    assert "60 s" in words
    assert "Suggested fix:" in words
    assert "Acknowledge with 'constructs-lib::R3'" in words
    assert "1 error, 0 warnings" in words


def test_a_safe_app_is_passed_in_silence(app: cdk.App) -> None:
    Orders(cdk.Stack(app, "Shop"), "Orders")

    assert synth(app) == {}


def test_warnings_are_reported_and_pass(app: cdk.App) -> None:
    orders = Orders(cdk.Stack(app, "Shop"), "Orders")
    resource_of(orders.mapping).add_property_override("ScalingConfig", {"MaximumConcurrency": 200})

    report = synth(app)

    assert report["conclusion"] == "success"
    assert rules_in(report) == ["R44", "summary"]
    assert report["violations"][-1]["description"].startswith("0 errors, 1 warning, 0 acknowledged.")


def test_a_reason_in_the_metadata_of_the_resource_counts_too(app: cdk.App) -> None:
    orders = Orders(cdk.Stack(app, "Shop"), "Orders", visibility=30)
    resource_of(orders.queue).add_metadata("constructs-lib", {"acknowledge": {"R3": "it never takes that long"}})

    assert synth(app) == {}


def test_what_cannot_be_checked_is_named_as_information(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Shop")
    arn = f"arn:aws:lambda:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:function:elsewhere"
    Orders(stack, "Orders", consumer=lambda_.Function.from_function_arn(stack, "Elsewhere", arn))

    report = synth(app)

    assert report["conclusion"] == "success"
    unchecked = [each for each in report["violations"] if each["ruleName"] == "not-checked"]
    assert unchecked
    assert {each["severity"] for each in unchecked} == {"info"}
    assert any("R3" in each["description"] and "the function's timeout" in each["description"] for each in unchecked)


def test_what_cannot_be_checked_is_acknowledged_as_a_whole(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Shop")
    arn = f"arn:aws:lambda:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:function:elsewhere"
    orders = Orders(stack, "Orders", consumer=lambda_.Function.from_function_arn(stack, "Elsewhere", arn))
    acknowledge(orders, "not-checked", "checked in the repository of that function")

    assert synth(app) == {}


def test_stacks_of_one_app_are_read_together(app: cdk.App) -> None:
    consumer = function(cdk.Stack(app, "Code"), "Consumer", timeout=Duration.seconds(20), memory_size=256)
    Orders(cdk.Stack(app, "Shop"), "Orders", visibility=60, consumer=consumer)

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    assert "constructs-lib::R3" in str(failed.value)
    assert "Code/Consumer" in str(failed.value)


def test_a_plugin_on_a_stage_looks_at_no_other(app: cdk.App) -> None:
    app = new_app()
    for name in ("Test", "Production"):
        Orders(cdk.Stack(cdk.Stage(app, name), "Shop"), "Orders", visibility=30)
    production = app.node.find_child("Production")
    cdk.Validations.of(production).add_plugins(FlowControlChecks())

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    assert "Production/Shop" in str(failed.value)
    assert "Test/Shop" not in str(failed.value)


def test_a_nested_stack_is_found_by_its_path(app: cdk.App) -> None:
    nested = cdk.NestedStack(cdk.Stack(app, "Shop"), "Nested")
    orders = Orders(nested, "Orders", visibility=30)

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    assert "Shop/Nested/Orders/Mapping" in str(failed.value)
    acknowledge(orders.queue, "R3")
    again = new_app()
    cdk.Validations.of(again).add_plugins(FlowControlChecks())
    acknowledge(Orders(cdk.NestedStack(cdk.Stack(again, "Shop"), "Nested"), "Orders", visibility=30).queue, "R3")
    assert rules_in(synth(again), "suppressedViolations") == ["R3"]


def test_a_fault_of_the_checks_is_told_in_words(app: cdk.App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise KeyError("some thing")

    monkeypatch.setattr(templates, "read_files", fail)
    Orders(cdk.Stack(app, "Shop"), "Orders")

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    words = str(failed.value)
    assert "KeyError: 'some thing'" in words
    assert "by a fault of their own" in words
    assert "Traceback" not in words
    assert gc.isenabled()


def test_the_plugin_tells_cdk_its_rules() -> None:
    checks = FlowControlChecks()

    assert checks.name == "constructs-lib"
    assert checks.version[0].isdigit()
    assert set(checks.rule_ids) == {rule.id for rule in rules.RULES if rule.is_decidable_from_a_template}


def test_an_older_cdk_is_told_what_it_does_not_print(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints no report that has no errors, no summary, and does not take out what is acknowledged."""
    app = new_app()
    warned, late = (
        Orders(cdk.Stack(app, name), "Orders", visibility=time) for name, time in (("Shop", 60), ("Late", 30))
    )
    resource_of(warned.mapping).add_property_override("ScalingConfig", {"MaximumConcurrency": 200})
    acknowledge(late.queue, "R3")
    monkeypatch.setattr(plugin, "_PLACELESS", False)

    report = FlowControlChecks().validate(OldContext(*Path(app.synth().directory).glob("*.template.json")))

    assert report.success
    assert [violation.rule_name for violation in report.violations] == ["R44"]
    printed = capsys.readouterr().err
    assert "warning R44" in printed
    assert "0 errors, 1 warning, 1 acknowledged." in printed


class OldContext:
    """All that a plugin was given before 2.251."""

    def __init__(self, *paths: Path) -> None:
        self.template_paths = [str(path) for path in paths]
