"""Arguments that no app can have: refused before any part is made, in the house's words and not in those of jsii."""

import re
from types import MappingProxyType
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from tests.helpers.provider import GROUP, provider
from tests.helpers.synth import COURIER, flow, function, new_app, new_stack, the

NO_STACK = r"scope must be a Stack, or what is in one, got a construct of no stack \(App\)"


@pytest.mark.parametrize("construct", [provider, flow])
@pytest.mark.parametrize("topic", ["arn:aws:sns:eu-west-1:123456789012:ops", 5], ids=repr)
def test_what_is_no_topic(construct: Any, topic: object) -> None:  # noqa: ANN401 - a construct
    stack = new_stack()
    handler = function(stack)
    given = {"handler": handler} if construct is provider else {"consumer": handler}

    with pytest.raises(ValueError, match=r"alarm_topic must be an SNS topic \(sns.Topic or ITopic\), got"):
        construct(stack, "Made", alarm_topic=topic, **given)

    assert [each.node.id for each in stack.node.children] == ["Function"]


@pytest.mark.parametrize("construct", [provider, flow])
@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (None, r"scope must be a construct, such as a Stack \(self\), got None"),
        ("Shop", "scope must be a construct, such as a Stack"),
        (new_app(), NO_STACK),
    ],
    ids=["None", "text", "app"],
)
def test_what_is_no_scope(construct: Any, scope: object, message: str) -> None:  # noqa: ANN401 - a construct
    handler = function(new_stack())
    given = {"handler": handler} if construct is provider else {"consumer": handler, "downstream": COURIER}

    with pytest.raises(ValueError, match=message):
        construct(scope, "Made", **given)


def test_a_construct_in_a_stack_of_a_stage_is_a_scope() -> None:
    stage = cdk.Stage(new_app(), "Prod")
    scope = function(new_stack("Shop", scope=stage))

    assert provider(scope, handler=scope).findings == []


@pytest.mark.parametrize(("scope", "message"), [("Shop", "such as a Stack"), (new_app(), NO_STACK)])
def test_what_is_no_scope_of_a_custom_resource(scope: Any, message: str) -> None:  # noqa: ANN401 - anything
    found = provider(new_stack())

    with pytest.raises(ValueError, match=message):
        found.custom_resource("Web", resource_type=GROUP, scope=scope)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"": "a"}, "the names in properties must not be empty, got ''"),
        ({1: "a"}, "the names in properties must be strings, got 1: write '1'"),
        ({None: "a"}, "the names in properties must be strings, got None"),
        ({"A": [{"B": {2: "b"}}]}, "the names in properties['A'][0]['B'] must be strings, got 2: write '2'"),
        (
            {"A": {1}},
            "properties['A'] must be a string, a finite number, a boolean, a list, a dict, or a token, got",
        ),
        ({"A": (1, 2)}, "properties['A'] must be a string, a finite number"),
        ({"A": [MappingProxyType({"B": "b"})]}, "properties['A'][0] must be a string, a finite number"),
        ({"A": ["a", b"b"]}, "properties['A'][1] must be a string, a finite number"),
        ({"A": {"B": float("nan")}}, "properties['A']['B'] must be a string, a finite number"),
        ({"A": float("inf")}, "properties['A'] must be a string, a finite number"),
        ({"A": object()}, "properties['A'] must be a string, a finite number"),
    ],
    ids=str,
)
def test_properties_that_no_template_can_hold(properties: Any, message: str) -> None:  # noqa: ANN401 - anything
    found = provider(new_stack())

    with pytest.raises(ValueError, match=re.escape(message)):
        found.custom_resource("Web", resource_type=GROUP, properties=properties)

    assert found.node.try_find_child("Web") is None


def test_a_construct_is_no_property() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")

    with pytest.raises(ValueError, match=r"properties\['Topic'\] must be a string.*got <"):
        provider(stack).custom_resource("Web", resource_type=GROUP, properties={"Topic": topic})


def test_properties_that_a_template_can_hold() -> None:
    stack = new_stack()
    statement = iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])
    document = iam.PolicyDocument(statements=[statement])

    provider(stack).custom_resource(
        "Web",
        resource_type=GROUP,
        properties={
            "Text": "",
            "Numbers": [1, 2.5, -3],
            "Flag": True,
            "Nothing": None,
            "Policy": document,
            "Token": cdk.Fn.ref("AWS::Region"),
            "Number": cdk.Token.as_number(cdk.Fn.ref("AWS::Region")),
            "List": cdk.Fn.get_azs(),
            "Late": cdk.Token.as_any({"Ref": "AWS::StackName"}),
        },
    )

    held = the(stack, GROUP)
    assert {name: held.get(name) for name in ("Text", "Numbers", "Flag", "Nothing", "Late")} == {
        "Text": "",
        "Numbers": [1, 2.5, -3],
        "Flag": True,
        "Nothing": None,
        "Late": {"Ref": "AWS::StackName"},
    }
    assert held["Policy"]["Statement"][0]["Action"] == "s3:GetObject"
