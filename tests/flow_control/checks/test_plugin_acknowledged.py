"""What acknowledging a finding does to a synthesis with the plugin."""

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from constructs import IConstruct

from tests.helpers.checked_app import Orders, acknowledge, checked_app, resource_of, rules_in, synth


@pytest.fixture
def app() -> cdk.App:
    return checked_app()


def on_the_queue(orders: Orders) -> IConstruct:
    return orders.queue


def on_its_resource(orders: Orders) -> IConstruct:
    return resource_of(orders.queue)


def on_the_mapping(orders: Orders) -> IConstruct:
    return orders.mapping


def on_the_construct(orders: Orders) -> IConstruct:
    return orders


def on_the_stack(orders: Orders) -> IConstruct:
    return cdk.Stack.of(orders)


def on_the_stage(orders: Orders) -> IConstruct:
    stage = cdk.Stage.of(orders)
    assert stage is not None
    return stage


def on_the_app(orders: Orders) -> IConstruct:
    return orders.node.root


@pytest.mark.parametrize(
    "where",
    [on_the_queue, on_its_resource, on_the_mapping, on_the_construct, on_the_stack, on_the_stage, on_the_app],
)
def test_a_finding_is_acknowledged_on_whatever_it_read_and_on_all_above(
    app: cdk.App, where: Callable[[Orders], IConstruct]
) -> None:
    orders = Orders(cdk.Stack(cdk.Stage(app, "Production"), "Shop"), "Orders", visibility=30)
    acknowledge(where(orders), "R3")

    report = synth(app)

    assert report["conclusion"] == "success"
    assert rules_in(report) == []
    (suppressed,) = report["suppressedViolations"]
    assert suppressed["ruleName"] == "R3"
    assert suppressed["reason"] == "it never takes that long"
    assert "0 errors, 0 warnings, 1 acknowledged" in report["metadata"]["summary"]


def test_what_is_acknowledged_in_one_stage_stands_in_the_other(app: cdk.App) -> None:
    stages = [cdk.Stage(app, name) for name in ("Test", "Production")]
    both = [Orders(cdk.Stack(stage, "Shop"), "Orders", visibility=30) for stage in stages]
    acknowledge(both[0].queue, "R3")

    with pytest.raises(RuntimeError) as failed:
        app.synth()

    assert "Production/Shop/Orders/Mapping" in str(failed.value)
    assert "Test/Shop/Orders/Mapping" not in str(failed.value)
    assert "1 error, 0 warnings, 1 acknowledged" in str(failed.value)


def test_an_acknowledgement_of_another_rule_changes_nothing(app: cdk.App) -> None:
    orders = Orders(cdk.Stack(app, "Shop"), "Orders", visibility=30)
    acknowledge(orders, "R4")

    with pytest.raises(RuntimeError, match="constructs-lib::R3"):
        app.synth()


def test_an_acknowledgement_of_no_rule_is_named(app: cdk.App) -> None:
    orders = Orders(cdk.Stack(app, "Shop"), "Orders")
    acknowledge(orders.queue, "R999")

    (summary,) = synth(app)["violations"]

    assert summary["severity"] == "info"
    assert "Shop/Orders/Queue acknowledges 'R999', which is none of the rules" in summary["description"]
