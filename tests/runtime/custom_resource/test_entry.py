"""The entry point of `runtime="layer"`: the author's module is imported by the library, and may fail to be."""

# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA
from constructs_lib.runtime.custom_resource import entry, handler
from constructs_lib.runtime.custom_resource.contract import AUTHOR_HANDLER, ENTRY_POINT, ENVIRONMENT, TICK, Settings
from constructs_lib.runtime.custom_resource.entry import NotImported
from constructs_lib.runtime.custom_resource.errors import NotOurs
from constructs_lib.runtime.custom_resource.testing import (
    STACK_ID,
    MemoryTable,
    ResponseBucket,
    VirtualClock,
    failure_record,
    request_event,
)

WELL = """
from constructs_lib.runtime.custom_resource import InProgress, ResourceHandler

class Group(ResourceHandler):
    def create(self, ctx, properties):
        return InProgress("group-1") if "Slow" in properties else "group-1"
    def update(self, ctx, physical_id, properties, old_properties):
        pass
    def delete(self, ctx, physical_id, properties):
        pass
    def poll(self, ctx, state):
        return {}

handler = Group.as_handler()
"""
TICK_EVENT = {TICK: {"pk": f"{STACK_ID}|Resource", "request_id": "request-1"}}


class Function:
    """A function whose code is a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = VirtualClock()
        self.table = MemoryTable(clock)
        self.bucket = ResponseBucket(clock)
        self._folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(handler, "_OUTBOUND", self)
        monkeypatch.setattr(handler, "_table", lambda _name: self.table)
        monkeypatch.setenv(INSIDE_LAMBDA, "groups")
        monkeypatch.syspath_prepend(folder)
        self.named("groups_index.handler")

    def named(self, author_handler: str | None) -> None:
        settings = Settings("records", author_handler=author_handler, state_machine_arn="arn:aws:states:eu:1:polls")
        self._monkeypatch.setenv(ENVIRONMENT, settings.to_json())

    def code(self, text: str) -> None:
        path = self._folder / "groups_index.py"
        path.write_text(text)
        for name in [name for name in sys.modules if name.startswith("groups_index")]:
            del sys.modules[name]
        # The compiled file of the text before may be of the same second and size.
        for compiled in self._folder.glob("__pycache__/*"):
            compiled.unlink()

    def put(self, url: str, body: str, *, seconds: float) -> Any:
        return self.bucket.put(url, body, seconds=seconds)

    def start(self, *_: Any, **__: Any) -> None:
        """Start nothing."""

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(put.body) for put in self.bucket.puts]


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    yield Function(tmp_path, monkeypatch)
    for name in [name for name in sys.modules if name.startswith("groups_index")]:
        del sys.modules[name]


def test_it_is_what_the_construct_names() -> None:
    assert f"{entry.__name__}.{entry.handler.__name__}" == ENTRY_POINT


@pytest.mark.parametrize("name", ["groups_index.handler", "folder/groups_index.handler", "folder.groups_index.handler"])
def test_the_authors_handler_serves(name: str, function: Function, tmp_path: Path) -> None:
    function.code(WELL)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "groups_index.py").write_text(WELL)
    function.named(name)

    assert entry.handler(request_event("Create"), None) is None

    assert [(answer["Status"], answer["PhysicalResourceId"]) for answer in function.answers] == [("SUCCESS", "group-1")]
    sys.modules.pop("folder", None)
    sys.modules.pop("folder.groups_index", None)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("handler = (", "SyntaxError"),
        ("raise SystemExit(2)", "SystemExit: 2"),
        ("1 / 0", "ZeroDivisionError"),
        (WELL.replace("handler = Group.as_handler()", ""), "groups_index.handler is missing"),
        (
            WELL.replace("Group.as_handler()", "Group"),
            "is the class, not its handler: write handler = Group.as_handler()",
        ),
        (WELL.replace("Group.as_handler()", "7"), "groups_index.handler is of type int"),
        (WELL.replace("def delete", "def remove"), "TypeError: Group lacks delete"),
        (
            WELL.replace("class Group(ResourceHandler):", "class Group(ResourceHandler):\n    redact = 'A'"),
            "got the text",
        ),
    ],
)
@pytest.mark.parametrize(
    "event",
    [
        request_event("Create"),
        request_event("Update", physical_id="group-0"),
        request_event("Delete", physical_id="group-0"),
    ],
    ids=lambda event: event["RequestType"],
)
def test_a_module_that_cannot_be_imported_yields_failed_with_the_cause(
    code: str, cause: str, event: dict[str, Any], function: Function, caplog: pytest.LogCaptureFixture
) -> None:
    function.code(code)

    assert entry.handler(event, None) is None

    (answer,) = function.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("the function's handler could not be imported: ")
    assert cause in answer["Reason"]
    assert "Traceback (most recent call last)" in caplog.text


def test_after_a_failed_import_the_next_invocation_tries_again(function: Function) -> None:
    function.code("1 / 0")
    entry.handler(request_event("Create"), None)
    function.code(WELL)

    entry.handler(request_event("Create", request_id="request-2", logical_id="Other"), None)

    assert [answer["Status"] for answer in function.answers] == ["FAILED", "SUCCESS"]


def test_the_failed_create_left_nothing_so_its_delete_needs_no_author(function: Function) -> None:
    function.code("1 / 0")
    entry.handler(request_event("Create"), None)
    physical_id = function.answers[0]["PhysicalResourceId"]

    entry.handler(request_event("Delete", request_id="request-2", physical_id=physical_id), None)

    assert [answer["Status"] for answer in function.answers] == ["FAILED", "SUCCESS"]


def test_a_tick_whose_import_fails_is_raised_so_that_it_is_repeated(function: Function) -> None:
    function.code(WELL)
    entry.handler(request_event("Create", {"Slow": "true"}), None)
    function.code("1 / 0")

    with pytest.raises(NotImported, match="ZeroDivisionError"):
        entry.handler(TICK_EVENT, None)
    assert function.answers == []
    function.code(WELL)
    assert entry.handler(TICK_EVENT, None) == {"done": True}
    assert [answer["Status"] for answer in function.answers] == ["SUCCESS"]


def test_polling_that_is_given_up_imports_nothing(function: Function) -> None:
    function.code(WELL)
    entry.handler(request_event("Create", {"Slow": "true"}), None)
    function.code("raise AssertionError('imported')")

    assert entry.handler({TICK: {**TICK_EVENT[TICK], "cause": "States.Timeout"}}, None) == {"done": True}

    assert [answer["Status"] for answer in function.answers] == ["FAILED"]
    assert "imported" not in function.answers[0]["Reason"]


def test_the_on_failure_path_imports_nothing_because_the_import_may_be_what_kills(function: Function) -> None:
    function.code("raise AssertionError('imported')")

    entry.handler(failure_record(request_event("Create"), error_type="Runtime.ExitError", message="killed"), None)

    assert "groups_index" not in sys.modules
    assert "killed" in function.answers[0]["Reason"]


def test_what_is_none_of_cloudformations_imports_nothing(function: Function) -> None:
    function.code("raise AssertionError('imported')")

    assert entry.handler({"source": "aws.events"}, None) is None

    assert function.answers == []


def test_messages_are_raised_without_an_import(function: Function) -> None:
    function.code("raise AssertionError('imported')")

    with pytest.raises(NotOurs, match="got messages of a queue or a stream"):
        entry.handler({"Records": [{"messageId": "1"}]}, None)

    assert function.answers == []


def test_a_handler_under_decorators_is_called_as_lambda_would(function: Function) -> None:
    function.code(
        WELL
        + "provider = handler\n"
        + "seen = []\n"
        + "def handler(event, context):\n"
        + "    seen.append(context)\n"
        + "    return provider(event, context)\n"
    )

    entry.handler(request_event("Create"), "context")

    assert sys.modules["groups_index"].seen == ["context"]
    assert [answer["Status"] for answer in function.answers] == ["SUCCESS"]


def test_where_the_settings_cannot_the_environment_names_the_authors_handler(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.code(WELL)
    function.named(None)
    monkeypatch.setenv(AUTHOR_HANDLER, "groups_index.handler")

    entry.handler(request_event("Create"), None)

    assert [answer["Status"] for answer in function.answers] == ["SUCCESS"]


def test_the_settings_come_before_the_environment(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    function.code(WELL)
    monkeypatch.setenv(AUTHOR_HANDLER, "old.handler")

    entry.handler(request_event("Create"), None)

    assert [answer["Status"] for answer in function.answers] == ["SUCCESS"]


@pytest.mark.parametrize("name", [None, "", "index"])
def test_settings_without_the_authors_handler_are_told(name: str | None, function: Function) -> None:
    function.named(name)

    entry.handler(request_event("Create"), None)

    assert (
        f"deploy with IdempotentProvider, or name it in the environment variable {AUTHOR_HANDLER}"
        in function.answers[0]["Reason"]
    )


def test_without_settings_cloudformation_is_told_the_fix(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT)

    assert entry.handler(request_event("Create"), None) is None

    assert "deploy it with IdempotentProvider" in function.answers[0]["Reason"]
