"""`python -m local`: what its user is told, and what the commands leave behind."""

import dataclasses
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.__main__ import main
from local.demo import flow_control
from local.deploy import Deployer
from local.emulator import Emulator
from local.errors import LocalError, last_lines
from local.measure import Run, measure
from local.report.experiment import Version

HANDLER = Path(__file__).parents[2] / "local" / "forwarder" / "handler.py"


def test_a_port_out_of_range_ends_with_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--port", "99999", "--out", "local/out"]) == 2

    error = capsys.readouterr().err
    assert error == "error: port 99999 does not exist: give one from 1 to 65535\n"


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Emulator, "start", lambda _self: pytest.fail("the emulator was started"))
    file = tmp_path / "file"
    file.touch()

    assert main(["demo", "--out", str(file / "out")]) == 2
    assert main(["demo", "--out", str(tmp_path / "out"), "--picture", str(file / "picture.svg")]) == 2

    errors = capsys.readouterr().err.splitlines()
    assert [error.split(" cannot be written (")[0] for error in errors] == [f"error: {file / 'out'}", f"error: {file}"]


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["demo", "nothing"], ["demo", "--port", "http"]])
def test_what_is_no_command_is_refused_with_what_there_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: python -m local" in capsys.readouterr().err


def test_a_report_needs_the_result_of_a_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")

    assert main(["report", "--from", str(tmp_path / "missing.json"), "--out", str(tmp_path)]) == 2
    assert main(["report", "--from", str(other), "--out", str(tmp_path)]) == 1

    missing, wrong = capsys.readouterr().err.splitlines()
    assert missing.endswith("missing.json cannot be read (No such file or directory): run the demo first")
    assert wrong.endswith("is not a result of this demo (not the result of the flow_control experiment): run it again")


class FakeEmulator:
    """As much of an emulator as a deployment looks at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


@pytest.fixture
def deployer(tmp_path: Path) -> Callable[[str], Deployer]:
    def make(script: str) -> Deployer:
        cdk = tmp_path / "cdk"
        cdk.write_text(f"#!/bin/sh\n{script}\n")
        cdk.chmod(0o755)
        emulator: Any = FakeEmulator(tmp_path)
        return Deployer(emulator, app="python app.py", folder=tmp_path, cdk=cdk)

    return make


def test_a_deployment_that_fails_ends_with_the_last_lines_of_its_output(deployer: Callable[[str], Deployer]) -> None:
    lines = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo line $i; done; echo boom >&2; exit 7"

    with pytest.raises(LocalError) as caught:
        deployer(lines).deploy()

    message = str(caught.value).splitlines()
    assert message[0] == "cdk deploy ended with status 7; its last lines:"
    assert message[1:] == [f"  line {number}" for number in range(5, 16)] + ["  boom"]


def test_a_deployment_needs_no_network_and_writes_into_the_emulators_folder_only(
    deployer: Callable[[str], Deployer], tmp_path: Path
) -> None:
    script = 'echo "$@"; env; for a in "$@"; do case $a in --outputs-file=*) echo "{}" > "${a#*=}";; esac; done'

    assert deployer(script).deploy(["One", "Two"]) == {}

    output = (tmp_path / "cdk-deploy.log").read_text()
    arguments, environment = output.splitlines()[0].split(), output.splitlines()[1:]
    assert arguments[:3] == ["deploy", "One", "Two"]
    assert {
        "--require-approval=never",
        "--no-notices",
        "--no-version-reporting",
        f"--output={tmp_path}/cdk.out",
    } <= set(arguments)
    assert {"CDK_DISABLE_CLI_TELEMETRY=true", "CDK_DISABLE_VERSION_CHECK=true", f"CDK_HOME={tmp_path}/cdk-home"} <= set(
        environment
    )


def test_a_missing_cdk_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    emulator: Any = FakeEmulator(tmp_path)

    with pytest.raises(LocalError, match=r"the CDK CLI is not installed: .*cdk does not exist; run `make set-up-cdk`"):
        Deployer(emulator, cdk=tmp_path / "cdk")


def test_the_end_of_a_log_is_shown_without_its_blank_lines() -> None:
    assert last_lines("a\n\n b\n\n", count=2) == "  a\n   b"
    assert last_lines("\n") == "  (it wrote nothing)"


def test_the_forwarder_invokes_its_target_without_waiting_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    module = runpy.run_path(str(HANDLER))
    module["handler"].__globals__["_lambda"] = lambda: SimpleNamespace(invoke=lambda **call: calls.append(call))
    monkeypatch.setenv("TARGET_FUNCTION", "delivery")

    module["handler"]({"detail": {"order_id": "1"}}, None)

    assert calls == [
        {"FunctionName": "delivery", "InvocationType": "Event", "Payload": b'{"detail": {"order_id": "1"}}'}
    ]


def test_a_run_whose_orders_were_sent_late_or_whose_wait_was_cut_says_so() -> None:
    def version(title: str, **changes: object) -> Version:
        nothing = measure(Run(sent=[], calls=[], acceptances=[], invocations=[]), limit=10, workers=10)
        return Version(title=title, result=dataclasses.replace(nothing, **changes))  # type: ignore[arg-type]

    assert flow_control._warnings([version("A", latest_send=4.9), version("B")]) == []
    [late, cut] = flow_control._warnings([version("A", latest_send=33.3), version("B", cut="the wait was cut")])
    assert late.startswith("A, this machine could not keep up: orders were sent up to 33 s behind schedule")
    assert cut == "B, the wait was cut."
