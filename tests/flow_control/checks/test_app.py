"""The questions that the checks ask about an app's resources."""

import math
from pathlib import Path
from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import Resource
from tests.helpers.written_templates import QUEUE, app_of, named, reasons, write

PARAMETERS = {"Size": {"Type": "Number", "Default": 5}}


def asked(directory: Path, raw: object, question: str) -> object:
    body = {"Type": "A::B::C", "Properties": {"At": raw}}
    app = app_of(directory, {"Queue": QUEUE, "Asked": body}, Parameters=PARAMETERS)
    return getattr(app, question)(named(app, "Asked"), "Properties", "At")


NUMBERS = [
    (30, 30),
    ("30", 30),
    (" 30 ", 30),
    ("2.5", 2.5),
    (-1, -1),
    ("3.0", 3),
    (None, None),
    ({"Ref": "Size"}, UNKNOWN),
]


@pytest.mark.parametrize(("raw", "expected"), NUMBERS, ids=repr)
def test_a_number_may_be_written_as_a_text(tmp_path: Path, raw: object, expected: object) -> None:
    found = asked(tmp_path, raw, "number")

    assert (found, type(found)) == (expected, type(expected))


FLAGS = [(True, True), ("true", True), ("True", True), ("false", False), (None, None), ({"Ref": "Size"}, UNKNOWN)]


@pytest.mark.parametrize(("raw", "expected"), FLAGS, ids=repr)
def test_a_flag_may_be_written_as_a_text(tmp_path: Path, raw: object, expected: object) -> None:
    assert asked(tmp_path, raw, "flag") is expected


@pytest.mark.parametrize(
    ("question", "raw", "expected"),
    [
        ("number", "many", "Asked: At must be a number, got 'many': it counts as unknown"),
        ("number", True, "Asked: At must be a number, got True: it counts as unknown"),
        ("number", [1], "Asked: At must be a number, got [1]: it counts as unknown"),
        ("number", "nan", "Asked: At must be a number, got 'nan': it counts as unknown"),
        ("number", math.inf, "Asked: At must be a number, got inf: it counts as unknown"),
        ("number", "9" * 20, f"Asked: At must be a number, got {1e20!r}: it counts as unknown"),
        ("number", 10**20, f"Asked: At must be a number, got {10**20!r}: it counts as unknown"),
        ("number", 10**400, f"Asked: At must be a number, got 1{'0' * 76}...: it counts as unknown"),
        ("flag", "yes", "Asked: At must be true or false, got 'yes': it counts as unknown"),
        ("flag", 1, "Asked: At must be true or false, got 1: it counts as unknown"),
    ],
)
def test_what_has_the_wrong_shape_is_unknown_and_is_named_once(
    tmp_path: Path, question: str, raw: object, expected: str
) -> None:
    app = app_of(tmp_path, {"Asked": {"Type": "A::B::C", "Properties": {"At": raw}}})

    answers = [getattr(app, question)(named(app, "Asked"), "Properties", "At") for _ in range(2)]

    assert answers == [UNKNOWN, UNKNOWN]
    assert reasons(app) == [expected]
    assert not app.unread[0].is_whole_file


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        ({"a": {"Ref": "Queue"}}, ("a",), {"Ref": "Queue"}),
        ({"a": [{"Ref": "Queue"}]}, ("a", 0), {"Ref": "Queue"}),
        ({"a": {"Ref": "AWS::NoValue"}}, ("a",), None),
        ({"a": 1}, ("b",), None),
        ({"Fn::If": ["C", {"a": {"Ref": "Queue"}}, {"a": {"Ref": "Queue"}}]}, ("a",), {"Ref": "Queue"}),
        ({"Fn::GetAtt": ["Queue", "All"]}, ("a",), UNKNOWN),
        ('{"a": 1}', ("a",), UNKNOWN),
    ],
    ids=repr,
)
def test_what_stands_at_a_path_is_given_as_it_was_written(
    tmp_path: Path, raw: object, path: tuple[str | int, ...], expected: object
) -> None:
    app = app_of(tmp_path, {"Asked": {"Type": "A::B::C", "Properties": {"At": raw}}})

    assert app.raw(named(app, "Asked"), "Properties", "At", *path) == expected


def test_a_reference_below_a_condition_is_unknown_when_its_branches_differ(tmp_path: Path) -> None:
    differing = {"Fn::If": ["C", {"a": {"Ref": "Queue"}}, {"Ref": "AWS::NoValue"}]}
    app = app_of(tmp_path, {"Queue": QUEUE, "Asked": {"Type": "A::B::C", "Properties": {"At": differing}}})
    resource = named(app, "Asked")

    assert app.target(resource, app.raw(resource, "Properties", "At", "a")) is UNKNOWN


def test_resources_are_found_by_their_types(tmp_path: Path) -> None:
    app = app_of(tmp_path, {"A": QUEUE, "B": {"Type": "AWS::SNS::Topic"}, "C": QUEUE})

    assert [each.logical_id for each in app.of_type("AWS::SNS::Topic", "AWS::SQS::Queue")] == ["B", "A", "C"]
    assert app.of_type("AWS::Lambda::Function") == []


def test_a_resource_under_a_condition_counts_as_there(tmp_path: Path) -> None:
    app = app_of(tmp_path, {"A": {**QUEUE, "Condition": "IsProd"}})

    assert [each.logical_id for each in app.resources] == ["A"]


# ---- functions ------------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Any] = {
    "Function": {"Type": "AWS::Lambda::Function"},
    "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
    "Alias": {
        "Type": "AWS::Lambda::Alias",
        "Properties": {"FunctionName": {"Ref": "Function"}, "FunctionVersion": {"Fn::GetAtt": "Version.Version"}},
    },
    "AliasOfVersion": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Version"}}},
    "AliasOfItself": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "AliasOfItself"}}},
}


@pytest.mark.parametrize("name", ["Function", "Version", "Alias", "AliasOfVersion"])
def test_an_alias_and_a_version_are_followed_to_their_function(tmp_path: Path, name: str) -> None:
    app = app_of(tmp_path, FUNCTIONS)

    assert app.function_of(named(app, name), {"Ref": name}) is named(app, "Function")


def test_an_alias_of_itself_is_followed_to_no_function(tmp_path: Path) -> None:
    app = app_of(tmp_path, FUNCTIONS)
    found = app.function_of(named(app, "Alias"), {"Ref": "AliasOfItself"})

    assert isinstance(found, Resource)
    assert found.type == "AWS::Lambda::Alias"


def function(directory: Path, **body: Any) -> tuple[Path | None, str | None]:  # noqa: ANN401 - any part of a function
    app = app_of(directory, {"Function": {"Type": "AWS::Lambda::Function", **body}})
    return app.code_of(named(app, "Function")), app.inline_code_of(named(app, "Function"))


def test_the_code_of_a_function_is_where_cdk_staged_it(tmp_path: Path) -> None:
    (tmp_path / "asset.1").mkdir()

    assert function(tmp_path, Metadata={"aws:asset:path": "asset.1"}) == (tmp_path / "asset.1", None)


def test_the_code_of_a_function_is_where_the_template_says_until_it_is_packaged(tmp_path: Path) -> None:
    write(tmp_path, "x", "src/index.py")

    assert function(tmp_path, Properties={"Code": "./src"}) == (tmp_path / "src", None)


@pytest.mark.parametrize(
    "code",
    [
        "nowhere",
        "a" * 5000,
        "a\0b",
        "/dev/zero",
        "s3://bucket/key",
        {"S3Bucket": "bucket", "S3Key": "key"},
        {"Ref": "Code"},
        {},
        None,
        5,
    ],
    ids=lambda code: repr(code)[:20],
)
def test_code_that_is_not_on_this_machine_is_not_given(tmp_path: Path, code: object) -> None:
    assert function(tmp_path, Properties={"Code": code}) == (None, None)


def test_the_code_of_a_function_may_stand_in_the_template(tmp_path: Path) -> None:
    inline = {"ZipFile": {"Fn::Join": ["\n", ["import os", "print(os)"]]}}

    assert function(tmp_path, Properties={"Code": inline}) == (None, "import os\nprint(os)")


@pytest.mark.parametrize("staged", ["asset.1", "a" * 5000, "a\0b", "/dev/zero"], ids=lambda text: text[:9])
def test_what_was_staged_and_is_no_file_or_folder_is_not_given(tmp_path: Path, staged: str) -> None:
    assert function(tmp_path, Metadata={"aws:asset:path": staged}) == (None, None)


def test_the_files_of_a_layer_are_where_its_template_or_cdk_says(tmp_path: Path) -> None:
    (tmp_path / "asset.1").mkdir()
    layers: dict[str, dict[str, Any]] = {
        "Staged": {"Metadata": {"aws:asset:path": "asset.1"}, "Properties": {"Content": {"S3Key": "1.zip"}}},
        "Local": {"Properties": {"Content": "./asset.1"}},
        "Elsewhere": {"Properties": {"Content": {"S3Bucket": "bucket", "S3Key": "1.zip"}}},
        "Malformed": {"Properties": {"Content": 5}},
    }

    app = app_of(tmp_path, {name: {"Type": "AWS::Lambda::LayerVersion", **body} for name, body in layers.items()})

    place = tmp_path / "asset.1"
    assert [app.code_of(named(app, name)) for name in layers] == [place, place, None, None]


# ---- metadata -------------------------------------------------------------------------------------------------------


def test_the_metadata_tells_what_the_author_acknowledges(tmp_path: Path) -> None:
    said = {"constructs-lib": {"acknowledge": {"R3": "because"}}}
    app = app_of(tmp_path, {"Queue": {**QUEUE, "Metadata": said}})

    assert named(app, "Queue").metadata("acknowledge") == {"R3": "because"}
    assert named(app, "Queue").metadata("sizing") == {}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"constructs-lib": 5}, 'Queue: its metadata "constructs-lib" must be a mapping, got 5: it is left out'),
        (
            {"constructs-lib": {"acknowledge": ["R3"]}},
            'Queue: acknowledge must be rules with their reasons, such as {"R3": "because ..."}, '
            "got ['R3']: it is left out",
        ),
    ],
)
def test_metadata_of_the_wrong_shape_is_named_and_left_out(tmp_path: Path, metadata: object, expected: str) -> None:
    app = app_of(tmp_path, {"Queue": {**QUEUE, "Metadata": metadata}})

    assert named(app, "Queue").metadata("acknowledge") == {}
    assert reasons(app) == [expected]


@pytest.mark.parametrize("metadata", [5, [], {}, {"other": 5}], ids=repr)
def test_the_metadata_of_others_is_theirs(tmp_path: Path, metadata: object) -> None:
    app = app_of(tmp_path, {"Queue": {**QUEUE, "Metadata": metadata}})

    assert named(app, "Queue").metadata("acknowledge") == {}
    assert app.unread == []
