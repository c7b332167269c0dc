"""The emulator's life, with stand-ins for what can go wrong and with the real one for what must go right."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import emulator as module
from local.emulator import ROOT, Emulator
from local.errors import LocalError
from local.processes import clean_environment, end_group, group_is_alive, wait_until

PATIENCE = 60.0


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own for everything temporary."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], Path]:
    """An emulator's environment whose program does what the test wants."""

    def make(program: str) -> Path:
        folder = tmp_path / "stand-in" / "bin"
        folder.mkdir(parents=True)
        (folder / "python").symlink_to(sys.executable)
        (folder / "ministack").write_text(program)
        return folder.parent

    return make


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


ANSWERS = """
import http.server, os, signal, subprocess, sys
{before}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/_ministack/health" else 404); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


def test_a_taken_port_is_named_with_the_ways_out(taken_port: int, temp: Path) -> None:
    with pytest.raises(
        LocalError, match=rf"port {taken_port} on 127\.0\.0\.1 cannot be used \(.+\): .*--port"
    ) as caught:
        Emulator(port=taken_port).start()

    assert caught.value.exit_code == 2
    assert list(temp.iterdir()) == []


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(LocalError, match=f"port {port} does not exist: give one from 1 to 65535"):
        Emulator(port=port).start()


def test_an_emulator_that_is_not_installed_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(
        LocalError, match=r"the emulator is not installed: .*ministack does not exist; run `make"
    ) as caught:
        Emulator(home=tmp_path / "nowhere").start()

    assert caught.value.exit_code == 2


def test_a_machine_without_node_is_told_so(monkeypatch: pytest.MonkeyPatch, stand_in: Callable[[str], Path]) -> None:
    monkeypatch.setattr(module, "node_folder", lambda: None)

    with pytest.raises(LocalError, match="node is not installed: neither on PATH nor beside this Python; run `make"):
        Emulator(home=stand_in(""), launcher=None).start()


def test_an_emulator_that_dies_at_its_start_shows_its_last_words(temp: Path, stand_in: Callable[[str], Path]) -> None:
    home = stand_in("import sys; print('the disk is full'); sys.exit(3)")

    with pytest.raises(LocalError, match=r"ended with status 3 while it started; its last lines:\n  the disk is full"):
        Emulator(home=home, launcher=None).start()

    assert list(temp.iterdir()) == []


def test_an_emulator_that_does_not_answer_is_stopped(temp: Path, stand_in: Callable[[str], Path]) -> None:
    home = stand_in("import time; print('hm', flush=True); time.sleep(600)")

    with pytest.raises(
        LocalError, match=r"did not answer at http://127\.0\.0\.1:\d+ within 1 s; its last lines:\n  hm"
    ):
        Emulator(home=home, launcher=None, start_timeout=1).start()

    assert list(temp.iterdir()) == []


def test_an_emulator_that_ignores_the_request_to_end_is_killed_with_its_children(
    temp: Path, stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = f"import signal, time; {stubborn}; time.sleep(600)"
    home = stand_in(ANSWERS.format(before=f"{stubborn}\nsubprocess.Popen([sys.executable, '-c', {child!r}])"))
    monkeypatch.setattr(module, "end_group", lambda process: end_group(process, grace=1))

    with Emulator(home=home, launcher=None) as emulator:
        group = emulator.pid
        assert group is not None

    assert not group_is_alive(group)
    assert list(temp.iterdir()) == []


def test_an_emulator_that_ends_by_itself_is_noticed(stand_in: Callable[[str], Path]) -> None:
    with Emulator(home=stand_in(ANSWERS.format(before="")), launcher=None) as emulator:
        assert emulator.wait(seconds=0.01)
        assert emulator.pid is not None
        os.kill(emulator.pid, signal.SIGKILL)
        with pytest.raises(LocalError, match="the emulator ended with status -9"):
            emulator.wait(seconds=PATIENCE)


def test_a_stopped_emulator_has_nothing_and_may_be_stopped_again(stand_in: Callable[[str], Path]) -> None:
    emulator = Emulator(home=stand_in(ANSWERS.format(before="")), launcher=None)
    emulator.start()
    emulator.stop()
    emulator.stop()

    assert emulator.pid is None
    assert not emulator.wait(seconds=0)
    with pytest.raises(LocalError, match="the emulator is not running"):
        _ = emulator.folder


def test_nothing_of_the_users_account_or_proxy_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "HTTPS_PROXY", "http_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("SOMETHING_ELSE", "ours")

    environment = clean_environment()

    assert "theirs" not in environment.values()
    assert environment["SOMETHING_ELSE"] == "ours"


@pytest.mark.emulator
def test_the_real_one_works_whatever_the_users_settings_are_and_leaves_nothing(
    temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("MY_SECRET", "s3cret")

    with Emulator() as emulator:
        group = emulator.pid
        assert group is not None
        emulator.client("sqs").create_queue(QueueName="orders")
        assert "orders" in emulator.client("sqs").list_queues()["QueueUrls"][0]
        assert emulator.environment["AWS_ENDPOINT_URL"] == emulator.endpoint
        assert "AWS_PROFILE" not in emulator.environment
        # Functions inherit the emulator's environment.
        assert b"s3cret" not in _environment_of(group)

    assert not group_is_alive(group)
    assert list(temp.iterdir()) == []


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("sign", "number"),
    [("emulator.log", signal.SIGINT), ("cdk-deploy.log", signal.SIGINT), ("outputs.json", signal.SIGTERM)],
    ids=["Ctrl-C while it starts", "Ctrl-C while it deploys", "SIGTERM once it is deployed"],
)
def test_ended_at_any_point_it_leaves_no_process_and_no_file(temp: Path, sign: str, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local", "deploy"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as child:
        group = None
        try:
            assert wait_until(lambda: bool(list(temp.glob(f"*/{sign}"))), seconds=PATIENCE)
            assert wait_until(lambda: bool(list(temp.glob("*/tmp/ministack-*.pid"))), seconds=PATIENCE)
            group = int(next(temp.glob("*/tmp/ministack-*.pid")).read_text())
            os.kill(child.pid, number)
            output, _ = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()

    assert child.returncode == 128 + number, output
    assert not group_is_alive(group)
    assert wait_until(lambda: not list(temp.iterdir()), seconds=1)
    assert "Traceback" not in output


def _environment_of(pid: int) -> bytes:
    """What `ps` says of a process; where it does not show environments, nothing."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
