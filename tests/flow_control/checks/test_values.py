"""What an intrinsic function comes to, seen through `App.value`."""

from pathlib import Path
from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from tests.helpers.written_templates import QUEUE, app_of, named, write

SECTIONS: dict[str, Any] = {
    "Parameters": {"Size": {"Type": "Number", "Default": 5}, "Names": {"Type": "CommaDelimitedList"}},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Size"}, 5]}},
    "Mappings": {"ByStage": {"prod": {"Size": 7, "Names": ["a", "b"]}}},
}


def value_of(directory: Path, raw: object, *below: str | int) -> object:
    app = app_of(directory, {"Queue": QUEUE, "Asked": {"Type": "A::B::C", "Properties": {"At": raw}}}, **SECTIONS)
    return app.value(named(app, "Asked"), "Properties", "At", *below)


RESOLVED = [
    (30, 30),
    ("30", "30"),
    (True, True),
    ([1, "a"], [1, "a"]),
    ({"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"Ref": "AWS::NoValue"}, None),
    (["a", {"Ref": "AWS::NoValue"}], ["a"]),
    ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
    ({"Fn::If": ["IsProd", 5, 5]}, 5),
    ({"Fn::If": ["IsProd", {"Ref": "AWS::NoValue"}, {"Ref": "AWS::NoValue"}]}, None),
    ({"Fn::Join": ["-", ["a", 1, True]]}, "a-1-true"),
    ({"Fn::Join": ["", []]}, ""),
    ({"Fn::Sub": "plain"}, "plain"),
    ({"Fn::Sub": "${!Literal}"}, "${Literal}"),
    ({"Fn::Sub": ["${a}-${ b }", {"a": "x", "b": {"Fn::Join": ["", ["y", "z"]]}}]}, "x-yz"),
    ({"Fn::Select": [1, ["a", "b"]]}, "b"),
    ({"Fn::Select": ["0", {"Fn::Split": [",", "a,b"]}]}, "a"),
    ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
    ({"Fn::FindInMap": ["ByStage", "prod", "Size"]}, 7),
    ({"Fn::FindInMap": ["ByStage", {"Fn::Sub": "prod"}, "Names"]}, ["a", "b"]),
    ({"Fn::FindInMap": ["ByStage", "dev", "Size", {"DefaultValue": 3}]}, 3),
]


@pytest.mark.parametrize(("raw", "expected"), RESOLVED, ids=repr)
def test_what_is_known_before_the_deployment_is_resolved(tmp_path: Path, raw: object, expected: object) -> None:
    assert value_of(tmp_path, raw) == expected


UNSEEN = [
    {"Ref": "Size"},  # whoever deploys may pass another than its default
    {"Ref": "Queue"},
    {"Ref": "AWS::Region"},
    {"Fn::GetAtt": ["Queue", "Arn"]},
    {"Fn::GetAtt": "Queue.Arn"},
    {"Fn::Sub": "${Queue.Arn}"},
    {"Fn::Join": ["", ["a", {"Ref": "Size"}]]},
    {"Fn::If": ["IsProd", 5, 6]},
    {"Fn::If": ["IsProd", 5, {"Ref": "AWS::NoValue"}]},
    {"Fn::Select": [0, {"Ref": "Names"}]},
    {"Fn::FindInMap": ["ByStage", {"Ref": "AWS::Region"}, "Size"]},
    {"Fn::FindInMap": ["ByStage", "dev", "Size"]},
    {"Fn::ImportValue": "elsewhere"},
    {"Fn::Transform": {"Name": "AWS::Include"}},
    {"Fn::Base64": "a"},
    "{{resolve:ssm:/size}}",
    {"Fn::Sub": "a-{{resolve:ssm:/size}}"},
]
MALFORMED = [
    {"Ref": 5},
    {"Ref": "Nobody"},
    {"Fn::GetAtt": []},
    {"Fn::GetAtt": "Queue"},
    {"Fn::GetAtt": ["Queue", 5, []]},
    {"Fn::Sub": 5},
    {"Fn::Sub": ["${a}", 5]},
    {"Fn::Sub": "${}"},
    {"Fn::Join": [",", "a"]},
    {"Fn::Join": "a"},
    {"Fn::If": ["IsProd"]},
    {"Fn::Select": [5, ["a"]]},
    {"Fn::Select": ["x", ["a"]]},
    {"Fn::Select": ["9" * 5000, ["a"]]},
    {"Fn::Select": 0},
    {"Fn::Split": ["", "a"]},
    {"Fn::FindInMap": ["ByStage"]},
    {"Fn::FindInMap": [{}, [], 5]},
    {"Fn::ImportValue": []},
    {"Fn::GetStackOutput": "a"},
    {"Fn::Nobody": 1},
]


@pytest.mark.parametrize("raw", [*UNSEEN, *MALFORMED], ids=repr)
def test_what_cannot_be_seen_is_unknown_and_so_is_what_is_malformed(tmp_path: Path, raw: object) -> None:
    assert value_of(tmp_path, raw) is UNKNOWN


def test_of_a_list_only_the_part_that_cannot_be_seen_is_unknown(tmp_path: Path) -> None:
    assert value_of(tmp_path, [1, {"Ref": "Size"}, {"a": {"Ref": "Size"}}]) == [1, UNKNOWN, {"a": UNKNOWN}]


BELOW = [
    ({"a": 1}, ("b",), None),
    ({"a": [1, 2]}, ("a", 1), 2),
    ({"a": [1, 2]}, ("a", 2), None),
    ({"Ref": "AWS::NoValue"}, ("a",), None),
    ({"Fn::If": ["IsProd", {"a": 1, "b": 1}, {"a": 1, "b": 2}]}, ("a",), 1),
    ({"Fn::If": ["IsProd", {"a": 1, "b": 1}, {"a": 1, "b": 2}]}, ("b",), UNKNOWN),
    ({"Fn::If": ["IsProd", {"a": 1}, {"Ref": "AWS::NoValue"}]}, ("a",), UNKNOWN),
    ({"Fn::If": ["IsProd", {"a": 1}, {"Ref": "AWS::NoValue"}]}, ("b",), None),
    ({"Fn::GetAtt": ["Queue", "All"]}, ("a",), UNKNOWN),
    ({"Fn::Transform": {"Name": "AWS::Include"}, "a": 1}, ("a",), 1),
    ({"Fn::Transform": {"Name": "AWS::Include"}, "a": 1}, ("b",), UNKNOWN),
    ({"Fn::ForEach::Keys": ["X", [], {}], "a": 1}, ("b",), UNKNOWN),
    ("a text", ("a",), UNKNOWN),
    ([1], ("a",), UNKNOWN),
]


@pytest.mark.parametrize(("raw", "path", "expected"), BELOW, ids=repr)
def test_a_path_is_followed_through_what_stands_on_its_way(
    tmp_path: Path, raw: object, path: tuple[str | int, ...], expected: object
) -> None:
    assert value_of(tmp_path, raw, *path) == expected


# ---- across templates -----------------------------------------------------------------------------------------------

EXPORT = {"Fn::Sub": "${AWS::Region}-orders"}


def exporting(name: object, value: object = "here") -> dict[str, Any]:
    return {"Resources": {"Queue": QUEUE}, "Outputs": {"Out": {"Value": value, "Export": {"Name": name}}}}


def importing(name: object) -> dict[str, Any]:
    return {"Resources": {"Asked": {"Type": "A::B::C", "Properties": {"At": {"Fn::ImportValue": name}}}}}


def imported(directory: Path, *bodies: dict[str, Any]) -> object:
    app = templates.read([write(directory, body, f"{index}.json") for index, body in enumerate(bodies)])
    return app.value(named(app, "Asked"), "Properties", "At")


def test_an_import_is_what_another_template_exports(tmp_path: Path) -> None:
    assert imported(tmp_path, exporting("orders"), importing("orders")) == "here"


def test_an_export_is_found_by_a_name_that_only_the_deployment_knows(tmp_path: Path) -> None:
    assert imported(tmp_path, importing(EXPORT), exporting(EXPORT)) == "here"


def test_an_export_of_a_stack_whose_name_nobody_knows_is_another(tmp_path: Path) -> None:
    name = {"Fn::Sub": "${AWS::StackName}-orders"}

    assert imported(tmp_path, importing(name), exporting(name)) is UNKNOWN


def test_two_exports_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    assert imported(tmp_path, importing("orders"), exporting("orders"), exporting("orders", "there")) is UNKNOWN


def test_an_export_whose_name_cannot_be_seen_is_not_found(tmp_path: Path) -> None:
    name = {"Fn::Sub": "${Nobody}-orders"}

    assert imported(tmp_path, importing(name), exporting(name)) is UNKNOWN


def test_exports_that_are_made_of_each_other_are_unknown(tmp_path: Path) -> None:
    there = exporting("there", {"Fn::ImportValue": "back"})
    back = exporting("back", {"Fn::ImportValue": "there"})

    assert imported(tmp_path, importing("there"), there, back) is UNKNOWN


# ---- by way of Systems Manager --------------------------------------------------------------------------------------

LOOKED_UP = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/orders"}


def stored(name: object, value: object) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Value": value}}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([stored("/orders", "here")], "here"),
        ([stored("/others", "there")], UNKNOWN),
        ([stored("/orders", "here"), stored("/orders", "there")], UNKNOWN),
        ([stored("/orders", {"Fn::GetAtt": "Stored0.Value"})], UNKNOWN),
        ([], UNKNOWN),
    ],
    ids=repr,
)
def test_a_parameter_that_the_app_stores_itself_is_looked_up_there(
    tmp_path: Path, parameters: list[dict[str, Any]], expected: object
) -> None:
    resources = {f"Stored{index}": each for index, each in enumerate(parameters)}
    asked = {"Type": "A::B::C", "Properties": {"At": {"Ref": "LookedUp"}}}

    app = app_of(tmp_path, {"Asked": asked, **resources}, Parameters={"LookedUp": LOOKED_UP})

    assert app.value(named(app, "Asked"), "Properties", "At") == expected


def test_the_value_of_a_stored_parameter_is_seen(tmp_path: Path) -> None:
    asked = {"Type": "A::B::C", "Properties": {"At": {"Fn::GetAtt": ["Stored", "Value"]}}}

    app = app_of(tmp_path, {"Asked": asked, "Stored": stored("/orders", "here")})

    assert app.value(named(app, "Asked"), "Properties", "At") == "here"
