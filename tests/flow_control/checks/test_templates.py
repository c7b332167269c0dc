"""What is read of the paths that somebody names."""

import os
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.flow_control.checks import templates
from tests.helpers.written_templates import QUEUE, reasons, write

BODY: dict[str, Any] = {"Resources": {"Queue": QUEUE}}
YAML = "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n"


def logical_ids(*paths: Path) -> list[str]:
    app = templates.read(paths)
    assert app.unread == []
    return [each.logical_id for each in app.resources]


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.yml", "a.template", "a"])
def test_one_template_may_have_any_name(tmp_path: Path, name: str) -> None:
    body = YAML if name.startswith("a.y") else BODY

    assert logical_ids(write(tmp_path, body, name)) == ["Queue"]


def test_a_resource_without_a_construct_is_called_by_its_template(tmp_path: Path) -> None:
    file = write(tmp_path, BODY)

    [queue] = templates.read([file]).resources

    assert (queue.path, queue.stage) == (f"{file}/Queue", "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("Stack/Queue/Resource", "Stack/Queue"), ("Stack/Queue/Default", "Stack/Queue"), ("Stack/Queue", "Stack/Queue")],
)
def test_a_resource_of_a_construct_is_called_by_its_path(tmp_path: Path, written: str, expected: str) -> None:
    queue = {**QUEUE, "Metadata": {"aws:cdk:path": written}}

    [found] = templates.read([write(tmp_path, {"Resources": {"Queue": queue}})]).resources

    assert found.path == expected


def test_a_directory_is_searched_for_templates_and_assemblies(tmp_path: Path) -> None:
    write(tmp_path, {"Resources": {"A": QUEUE}}, "a.json")
    write(tmp_path, YAML.replace("Queue:", "B:"), "deep/er/b.yaml")
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "c.json"}}
    write(tmp_path, {"artifacts": {"C": stack}}, "cdk.out/manifest.json")
    write(tmp_path, {"Resources": {"C": QUEUE}}, "cdk.out/c.json")
    write(tmp_path, {"Resources": {"Stale": QUEUE}}, "cdk.out/stale.json")

    assert logical_ids(tmp_path) == ["A", "C", "B"]


def test_what_is_no_template_is_passed_over_in_a_directory(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    write(tmp_path, {"name": "a package"}, "package.json")
    write(tmp_path, '{"broken": ', "broken.json")
    write(tmp_path, {"openapi": "3", "x": "AWS:: Resources"}, "api.json")
    write(tmp_path, "Resources AWS::", "notes.txt")
    write(tmp_path, BODY, ".hidden/template.json")
    write(tmp_path, BODY, "node_modules/a/template.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "loop").symlink_to(tmp_path)

    assert logical_ids(tmp_path) == ["Queue"]


def test_a_pipe_in_a_directory_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    os.mkfifo(tmp_path / "pipe.json")

    assert logical_ids(tmp_path) == ["Queue"]


def test_a_broken_template_in_a_directory_is_named(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    write(tmp_path, YAML + "  Other: [", "broken.yaml")

    app = templates.read([tmp_path])

    [reason] = reasons(app)
    assert reason.startswith("broken.yaml: is broken YAML: ")
    assert app.unread[0].is_whole_file
    assert [each.logical_id for each in app.resources] == ["Queue"]


def test_templates_of_several_paths_may_import_from_each_other(tmp_path: Path) -> None:
    exported = {"Out": {"Value": {"Fn::GetAtt": "Queue.Arn"}, "Export": {"Name": "orders"}}}
    asked = {"Type": "AWS::SNS::Subscription", "Properties": {"At": {"Fn::ImportValue": "orders"}}}
    write(tmp_path, {**BODY, "Outputs": exported}, "a/template.json")
    write(tmp_path, {"Resources": {"Asked": asked}}, "b/template.json")

    app = templates.read([tmp_path / "a", tmp_path / "b"])
    queue, resource = app.resources

    assert app.target(resource, app.raw(resource, "Properties", "At")) is queue


NOTHING = [
    ({"Resources": []}, "is no CloudFormation template: it has no Resources"),
    ({}, "is no CloudFormation template: it has no Resources"),
    ({"Parameters": {"Stage": "prod"}}, "is no CloudFormation template: it has no Resources"),
    ({"Description": "a package"}, "is no CloudFormation template: it has no Resources"),
    ({"name": "a package"}, "is no CloudFormation template: it has no Resources"),
    ("[1]", "is no CloudFormation template: it has no Resources"),
    ("hello", "is no CloudFormation template: it has no Resources"),
    ("", "is empty"),
]


@pytest.mark.parametrize(("body", "expected"), NOTHING, ids=repr)
def test_a_file_with_nothing_to_check_says_so(tmp_path: Path, body: object, expected: str) -> None:
    app = templates.read([write(tmp_path, body)])

    assert app.resources == []
    assert reasons(app) == [f"template.json: {expected}"]
    assert app.unread[0].is_whole_file


EMPTY: list[dict[str, Any]] = [
    {"Resources": {}},
    {"AWSTemplateFormatVersion": "2010-09-09", "Description": "nothing yet"},
    {"Transform": "AWS::LanguageExtensions"},
    {"Parameters": {"BootstrapVersion": {"Type": "String"}}, "Rules": {"CheckBootstrapVersion": {}}},
]


@pytest.mark.parametrize("body", EMPTY, ids=repr)
def test_a_template_without_resources_is_in_order(tmp_path: Path, body: dict[str, Any]) -> None:
    app = templates.read([write(tmp_path, body)])

    assert (app.resources, app.unread) == ([], [])


def test_a_directory_with_nothing_to_check_says_so(tmp_path: Path) -> None:
    app = templates.read([tmp_path])

    assert reasons(app) == [f"{tmp_path.name}: has no resources of CloudFormation: nothing to check"]


def test_a_path_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    app = templates.read([tmp_path / "nowhere", loop, Path("a\0b"), Path("a" * 5000)])

    assert all(each.is_whole_file for each in app.unread)
    assert reasons(app) == [
        "nowhere: cannot be opened: No such file or directory",
        "loop: cannot be opened: Too many levels of symbolic links",
        "a\0b: cannot be opened: embedded null byte",
        f"{'a' * 5000}: cannot be opened: File name too long",
    ]


def test_a_directory_of_somebody_else_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)

    assert reasons(templates.read([tmp_path])) == [f"{tmp_path.name}: cannot be opened: Permission denied"]


def test_a_plugins_templates_that_are_gone_are_named(tmp_path: Path) -> None:
    app = templates.read_files([tmp_path / "gone.json"])

    assert reasons(app) == ["gone.json: cannot be opened: No such file or directory"]


def test_the_search_of_a_huge_folder_ends_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_MOST_FILES", 3)
    for name in ("a.txt", "b.txt", "d.txt", "e.txt"):
        (tmp_path / name).write_text("")
    write(tmp_path / "c.json", BODY)

    app = templates.read([tmp_path])

    assert [each.logical_id for each in app.resources] == ["Queue"], "what was found until then counts"
    (unread,) = app.unread
    assert unread.is_whole_file
    assert unread.why.startswith("has more than 3 files: the others were not looked at")
