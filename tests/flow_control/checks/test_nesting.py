"""Templates and what they nest: parameters, outputs, transforms, and what is not on this machine."""

from pathlib import Path
from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import App
from tests.helpers.written_templates import QUEUE, app_of, named, reasons, write

INNER: dict[str, Any] = {
    "Parameters": {"Arn": {"Type": "String"}, "Size": {"Type": "Number", "Default": 5}, "Left": {"Type": "String"}},
    "Resources": {
        "Queue": QUEUE,
        "Asked": {
            "Type": "A::B::C",
            "Properties": {"Arn": {"Ref": "Arn"}, "Size": {"Ref": "Size"}, "Left": {"Ref": "Left"}},
        },
    },
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": "Queue.Arn"}}, "Size": {"Value": {"Ref": "Size"}}},
}


def stack(url: object, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of a template
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}


def outer(directory: Path, url: object = "inner.json", **parameters: Any) -> App:  # noqa: ANN401 - the same
    write(directory, INNER, "inner.json")
    outputs = {name: {"Fn::GetAtt": ["Stack", f"Outputs.{name}"]} for name in ("Arn", "Size", "Nobody")}
    asked = {"Type": "A::B::C", "Properties": outputs}
    return app_of(directory, {"Own": QUEUE, "Stack": stack(url, **parameters), "Outside": asked})


def test_a_nested_stack_is_given_its_parameters(tmp_path: Path) -> None:
    app = outer(tmp_path, Arn={"Fn::GetAtt": ["Own", "Arn"]}, Size="7")
    asked = named(app, "Asked")

    assert app.target(asked, app.raw(asked, "Properties", "Arn")) is named(app, "Own")
    assert app.number(asked, "Properties", "Size") == 7


def test_a_nested_stack_has_the_default_of_a_parameter_that_it_is_not_given(tmp_path: Path) -> None:
    app = outer(tmp_path)

    assert app.number(named(app, "Asked"), "Properties", "Size") == 5
    assert app.value(named(app, "Asked"), "Properties", "Left") is UNKNOWN


def test_the_outputs_of_a_nested_stack_are_seen(tmp_path: Path) -> None:
    app = outer(tmp_path, Size=9)
    asked = named(app, "Outside")

    assert app.target(asked, app.raw(asked, "Properties", "Arn")) is named(app, "Queue")
    assert app.number(asked, "Properties", "Size") == 9
    assert app.value(asked, "Properties", "Nobody") is UNKNOWN


def test_a_parameter_that_is_made_of_the_stacks_own_output_is_unknown(tmp_path: Path) -> None:
    app = outer(tmp_path, Size={"Fn::GetAtt": ["Stack", "Outputs.Size"]})

    assert app.value(named(app, "Asked"), "Properties", "Size") is UNKNOWN


def test_a_template_that_is_nested_twice_is_deployed_twice(tmp_path: Path) -> None:
    write(tmp_path, INNER, "inner.json")
    app = app_of(tmp_path, {"One": stack("inner.json", Size=1), "Two": stack("./inner.json", Size=2)})

    sizes = [app.number(each, "Properties", "Size") for each in app.of_type("A::B::C")]

    assert sizes == [1, 2]


def test_a_nested_template_in_a_directory_is_no_deployment_of_its_own(tmp_path: Path) -> None:
    outer(tmp_path)

    app = templates.read([tmp_path])

    assert [each.logical_id for each in app.of_type("AWS::SQS::Queue")] == ["Own", "Queue"]


NOT_HERE = [
    ("gone.json", "gone.json: cannot be opened: No such file or directory"),
    ("a\0b", "a\0b: cannot be opened: embedded null byte"),
    ("a" * 5000, f"{'a' * 5000}: cannot be opened: File name too long"),
    (
        "https://s3.amazonaws.com/bucket/inner.json",
        "Stack: nests https://s3.amazonaws.com/bucket/inner.json, which is not on this machine: "
        "its resources are not seen",
    ),
    (
        {"Fn::Sub": "https://${Bucket}/inner.json"},
        "Stack: nests a template at a place that only the deployment knows: its resources are not seen",
    ),
    (None, "Stack: nests a template at a place that only the deployment knows: its resources are not seen"),
    ("template.json", "Stack: nests {directory}/template.json, in which it is itself nested"),
]


@pytest.mark.parametrize(("url", "expected"), NOT_HERE, ids=repr)
def test_a_nested_template_that_cannot_be_seen_is_named(tmp_path: Path, url: object, expected: str) -> None:
    app = outer(tmp_path, url)

    assert reasons(app) == [expected.format(directory=tmp_path)]
    assert app.value(named(app, "Outside"), "Properties", "Size") is UNKNOWN


def test_templates_that_nest_each_other_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"Resources": {"Back": stack("template.json")}}, "other.json")

    app = app_of(tmp_path, {"There": stack("other.json")})

    assert reasons(app) == [f"Back: nests {tmp_path}/template.json, in which it is itself nested"]


EXPANDED = "is expanded by CloudFormation: the resources that it makes are not seen"


@pytest.mark.parametrize(
    ("logical_id", "body", "expected"),
    [
        ("Fn::ForEach::Queues", ["X", ["a"], {}], f"Fn::ForEach::Queues: {EXPANDED}"),
        ("Fn::Transform", {"Name": "AWS::Include"}, f"Fn::Transform: {EXPANDED}"),
        ("Other", 5, "Other: is no resource: it has no Type"),
        ("Other", {}, "Other: is no resource: it has no Type"),
        ("Other", {"Type": {"Ref": "A"}}, "Other: is no resource: it has no Type"),
    ],
)
def test_what_is_no_resource_is_named_and_the_rest_is_read(
    tmp_path: Path, logical_id: str, body: object, expected: str
) -> None:
    app = app_of(tmp_path, {"Queue": QUEUE, logical_id: body})

    assert reasons(app) == [expected]
    assert not app.unread[0].is_whole_file
    assert [each.logical_id for each in app.resources] == ["Queue"]


@pytest.mark.parametrize("kind", ["Ours::SQS::Queue::MODULE", "AWS::CloudFormation::StackSet"])
def test_a_resource_that_makes_others_is_named(tmp_path: Path, kind: str) -> None:
    app = app_of(tmp_path, {"Maker": {"Type": kind}})

    assert reasons(app) == [f"Maker: is of type {kind}: the resources that it makes are not seen"]


@pytest.mark.parametrize(
    "transform", ["Ours", ["Ours"], [{"Name": "Ours", "Parameters": {}}], ["AWS::LanguageExtensions", "Ours"]], ids=repr
)
def test_a_macro_is_named_and_the_template_is_read_as_it_was_written(tmp_path: Path, transform: object) -> None:
    app = app_of(tmp_path, {"Queue": QUEUE}, Transform=transform)

    assert reasons(app) == ["template.json: is changed by Ours in CloudFormation: what that makes of it is not seen"]
    assert [each.logical_id for each in app.resources] == ["Queue"]


@pytest.mark.parametrize(
    "transform", [None, [], "AWS::LanguageExtensions", ["AWS::SecretsManager-2024-09-16"]], ids=repr
)
def test_a_transform_that_changes_no_queue_is_not_worth_a_word(tmp_path: Path, transform: object) -> None:
    assert app_of(tmp_path, {"Queue": QUEUE}, Transform=transform).unread == []


@pytest.mark.parametrize("section", ["Parameters", "Outputs", "Mappings", "Conditions", "Transform", "Metadata"])
@pytest.mark.parametrize("wrong", [5, "a", [1], {"A": 5}], ids=repr)
def test_a_section_of_the_wrong_shape_stops_nobody(tmp_path: Path, section: str, wrong: object) -> None:
    asked = {"A": {"Ref": "A"}, "B": {"Fn::FindInMap": ["A", "B", "C"]}, "C": {"Fn::ImportValue": "C"}}
    app = app_of(tmp_path, {"Asked": {"Type": "A::B::C", "Properties": asked}}, **{section: wrong})

    assert {app.value(named(app, "Asked"), "Properties", each) for each in asked} == {UNKNOWN}
