"""How the emulator's calls of custom resources are made asynchronous, with a stand-in for the emulator."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local.launcher import start


class StandIn:
    """The functions of the emulator that are replaced, and a record of who was called how."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.kept: list[dict[str, Any]] = []
        self.lambdas = ModuleType("lambdas")
        self.custom_resources = ModuleType("custom_resources")
        vars(self.lambdas).update(
            _execute_function_with_config_scope=lambda _function, event: self.calls.append(
                ("sync", event.get("Id", ""))
            ),
            invoke_async_with_retry=lambda _function, event: self.calls.append(("async", event.get("Id", ""))),
        )
        vars(self.custom_resources).update(invoke_custom_resource=self.invoke)

    def invoke(self, id_: str, *, fails: bool = False) -> str:
        """CloudFormation's part: it looks the function up each time, as the emulator does."""
        self.lambdas._execute_function_with_config_scope({}, {"Id": id_})
        if fails:
            raise RuntimeError("FAILED")
        return f"physical-{id_}"

    def make_asynchronous(self) -> None:
        start.make_asynchronous(self.lambdas, self.custom_resources, self.kept.append)


@pytest.fixture
def emulator() -> StandIn:
    return StandIn()


def test_by_itself_the_emulator_calls_synchronously(emulator: StandIn) -> None:
    emulator.custom_resources.invoke_custom_resource("1")

    assert emulator.calls == [("sync", "1")]


def test_cloudformations_calls_become_asynchronous_and_are_kept(emulator: StandIn) -> None:
    emulator.make_asynchronous()

    assert emulator.custom_resources.invoke_custom_resource("1") == "physical-1"
    assert emulator.calls == [("async", "1")]
    assert emulator.kept == [{"Id": "1"}]


def test_everybody_elses_calls_stay_synchronous(emulator: StandIn) -> None:
    emulator.make_asynchronous()
    with pytest.raises(RuntimeError, match="FAILED"):
        emulator.custom_resources.invoke_custom_resource("1", fails=True)

    emulator.lambdas._execute_function_with_config_scope({}, {"Id": "api gateway"})

    assert emulator.calls[1:] == [("sync", "api gateway")]
    assert len(emulator.kept) == 1


def test_a_record_of_a_failed_event_is_delivered_asynchronously_too(emulator: StandIn) -> None:
    emulator.make_asynchronous()
    record = dict.fromkeys(["requestContext", "requestPayload", "responseContext", "responsePayload"])

    emulator.lambdas._execute_function_with_config_scope({}, record)
    emulator.lambdas._execute_function_with_config_scope({}, record | {"Id": "somebody's own"})

    assert emulator.calls == [("async", ""), ("sync", "somebody's own")]
    assert emulator.kept == []


def test_a_call_of_another_thread_stays_synchronous_meanwhile(emulator: StandIn) -> None:
    def invoke(id_: str) -> None:
        other = threading.Thread(
            target=lambda: emulator.lambdas._execute_function_with_config_scope({}, {"Id": "step functions"})
        )
        other.start()
        other.join()
        emulator.lambdas._execute_function_with_config_scope({}, {"Id": id_})

    vars(emulator.custom_resources)["invoke_custom_resource"] = invoke
    emulator.make_asynchronous()

    emulator.custom_resources.invoke_custom_resource("1")

    assert emulator.calls == [("sync", "step functions"), ("async", "1")]


@pytest.mark.parametrize("name", ["_execute_function_with_config_scope", "invoke_async_with_retry"])
def test_another_version_of_the_emulator_is_refused(emulator: StandIn, name: str) -> None:
    delattr(emulator.lambdas, name)

    with pytest.raises(start.Changed, match=f"lambdas has no {name}: this is another version of the emulator"):
        emulator.make_asynchronous()


def test_a_name_that_is_not_a_function_is_refused(emulator: StandIn) -> None:
    vars(emulator.custom_resources)["invoke_custom_resource"] = None

    with pytest.raises(start.Changed, match="custom_resources has no invoke_custom_resource"):
        emulator.make_asynchronous()


def test_events_are_appended_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    keep = start.keeper(str(file))

    keep({"RequestType": "Create"})
    keep({"RequestType": "Delete"})
    start.keeper(None)({"RequestType": "Update"})

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"]["RequestType"] for line in lines] == ["Create", "Delete"]
    assert lines[0]["at"] <= lines[1]["at"]


def test_another_emulator_ends_with_one_line(tmp_path: Path) -> None:
    package = tmp_path / "ministack" / "services" / "cloudformation"
    package.mkdir(parents=True)
    for folder in (package, *package.parents[:2]):
        (folder / "__init__.py").touch()
    (package / "custom_resource.py").touch()
    (package.parent / "lambda_svc.py").touch()

    ended = subprocess.run(
        [sys.executable, str(start.__file__)],
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("ministack.services.lambda_svc has no _execute_function_with_config_scope: this is")
    assert "Traceback" not in ended.stderr
