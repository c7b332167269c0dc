"""`python -m local`: what its user is told, and what the commands leave behind."""

import argparse
import dataclasses
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import slices
from local.__main__ import main
from local.demo import custom_resource, delayed_check, flow_control
from local.deploy import Deployer
from local.emulator import Emulator
from local.errors import LocalError, last_lines
from local.measure import Run, measure
from local.report.flow_control.experiment import Version

HANDLER = Path(__file__).parents[2] / "local" / "forwarder" / "handler.py"
ARCHIVER = HANDLER.parents[1] / "archiver" / "handler.py"


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
    picture = ["--picture", str(file / "picture.svg")]
    assert main(["demo", "flow_control", "--out", str(tmp_path / "out"), *picture]) == 2

    errors = capsys.readouterr().err.splitlines()
    assert [error.split(" cannot be written (")[0] for error in errors] == [f"error: {file / 'out'}", f"error: {file}"]


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["demo", "nothing"], ["demo", "--port", "http"], ["demo", "--kill-after", "noon"]]
)
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
    assert wrong.removesuffix(": run it again").endswith(
        "is not a result of this demo (not the result of an experiment, which are flow_control, custom_resource, "
        "delayed_check)"
    )


@pytest.mark.parametrize("option", [["--keep"], ["--picture", "picture.svg"]])
def test_what_is_for_one_experiment_needs_its_name(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *option]) == 2

    assert capsys.readouterr().err == (
        "error: --keep and --picture are for one experiment: name one of flow_control, custom_resource, delayed_check\n"
    )


class Result:
    """A result of any experiment."""

    def to_json(self) -> str:
        return "{}"


def test_without_a_name_every_experiment_runs_with_an_emulator_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[float] = []
    ran: list[tuple[str, str]] = []

    def start(emulator: Emulator) -> None:
        started.append(emulator._async_retry_base)

    def fake(name: str, one: slices.Slice) -> slices.Slice:
        def run(_emulator: Emulator, _console: object, _life: object, options: argparse.Namespace) -> Result:
            ran.append((name, options.kill_after))
            return Result()

        return one._replace(run=run, show=lambda _result, _console: None, page=lambda _result: f"<p>{name}")

    monkeypatch.setattr(Emulator, "start", start)
    monkeypatch.setattr(Emulator, "stop", lambda _self: None)
    for name, one in slices.SLICES.items():
        monkeypatch.setitem(slices.SLICES, name, fake(name, one))

    assert main(["demo", "--kill-after", "commit", "--out", str(tmp_path)]) == 0

    assert ran == [("flow_control", "commit"), ("custom_resource", "commit"), ("delayed_check", "commit")]
    assert started == [flow_control.ASYNC_RETRY, custom_resource.ASYNC_RETRY, delayed_check.ASYNC_RETRY]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "custom_resource.html",
        "custom_resource.json",
        "delayed_check.html",
        "delayed_check.json",
        "demo.html",
        "demo.json",
    ]


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


def test_what_was_synthesised_is_deployed_without_doing_it_again_and_variables_reach_the_app(
    deployer: Callable[[str], Deployer], tmp_path: Path
) -> None:
    script = 'echo "$@"; env; for a in "$@"; do case $a in --outputs-file=*) echo "{}" > "${a#*=}";; esac; done'
    first = deployer(script)
    first._environment["DEMO_RECORDER"] = "127.0.0.1:5000"

    first.deploy(["One"])
    assert "DEMO_RECORDER=127.0.0.1:5000" in (tmp_path / "cdk-deploy.log").read_text().splitlines()
    first.synthesized().deploy(["Two"])

    assert f"--app={tmp_path}/cdk.out" in (tmp_path / "cdk-deploy.log").read_text().split()


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


def test_the_archiver_puts_what_the_rule_sends_into_the_delivery_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    module = runpy.run_path(str(ARCHIVER))
    module["handler"].__globals__["_firehose"] = lambda: SimpleNamespace(put_record=lambda **call: calls.append(call))
    monkeypatch.setenv("DELIVERY_STREAM", "outcomes")

    module["handler"]({"event_id": "1"}, None)

    assert calls == [{"DeliveryStreamName": "outcomes", "Record": {"Data": b'{"event_id": "1"}'}}]


def test_a_run_whose_orders_were_sent_late_or_whose_wait_was_cut_says_so() -> None:
    def version(title: str, **changes: object) -> Version:
        nothing = measure(Run(sent=[], calls=[], acceptances=[], invocations=[]), limit=10, workers=10)
        return Version(title=title, result=dataclasses.replace(nothing, **changes))  # type: ignore[arg-type]

    assert flow_control._warnings([version("A", latest_send=4.9), version("B")]) == []
    [late, cut] = flow_control._warnings([version("A", latest_send=33.3), version("B", cut="the wait was cut")])
    assert late.startswith("A, this machine could not keep up: orders were sent up to 33 s behind schedule")
    assert cut == "B, the wait was cut."
