"""One embedded AWS emulator (MiniStack): starts it on a free loopback port, leaves nothing behind when it stops.

    with Emulator() as emulator:
        emulator.client("sqs").create_queue(QueueName="orders")

It runs from an environment of its own, `.venv-emulator`: functions see the packages of the Python that runs the
emulator, and the project's own there would hide a layer that does not work.
"""

import atexit
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from local.clients import Clients
from local.errors import LocalError, last_lines
from local.processes import clean_environment, deferred_signals, end_group, start_in_own_group, wait_until

ROOT = Path(__file__).parents[1]
ACCOUNT = "000000000000"
REGION = "us-east-1"
LAUNCHER = Path(__file__).with_name("launcher") / "start.py"
_HOST = "127.0.0.1"
_HIGHEST_PORT = 65535


class Emulator(Clients):
    """An emulator of our own, as a context manager.

    Args:
        port: Where it listens on 127.0.0.1; None takes a free one.
        account_concurrency: Function executions that may run at once before Lambda throttles; 1000 as on AWS.
        async_retry_base: Seconds before the first retry of a failed asynchronous invocation, twice as long before
            the second; 60 as on AWS.
        warm_seconds: How long an idle function stays started, all but the first: each takes 30 MB or more.
        home: The environment that holds the emulator.
        launcher: The script that starts it, with asynchronous custom resources; None: its own command, which calls
            their functions synchronously and once.
        start_timeout: Seconds until it must answer.
    """

    def __init__(
        self,
        *,
        port: int | None = None,
        account_concurrency: int = 1000,
        async_retry_base: float = 60.0,
        warm_seconds: int = 150,
        home: Path = ROOT / ".venv-emulator",
        launcher: Path | None = LAUNCHER,
        start_timeout: float = 60.0,
    ) -> None:
        super().__init__()
        self._wanted_port = port
        self._account_concurrency = account_concurrency
        self._async_retry_base = async_retry_base
        self._warm_seconds = warm_seconds
        self._home = home
        self._launcher = launcher
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._folder: Path | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """The address of every service."""
        return f"http://{_HOST}:{self._port}"

    @property
    def region(self) -> str:
        """The region that clients and deployments use."""
        return REGION

    @property
    def folder(self) -> Path:
        """A folder of this emulator's, deleted with it.

        Raises:
            LocalError: The emulator is not running.
        """
        if self._folder is None:
            raise LocalError("the emulator is not running: call start() first, or use it in a with statement")
        return self._folder

    @property
    def custom_resource_events(self) -> Path:
        """The file with the events that CloudFormation sent to custom resources, one JSON object a line.

        Raises:
            LocalError: The emulator is not running.
        """
        return self.folder / "custom-resource-events.jsonl"

    @property
    def pid(self) -> int | None:
        """The id of the emulator's process, which is also that of its process group; None when it is not running."""
        return None if self._process is None else self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to talk to the emulator and to nothing else."""
        return {
            **clean_environment(),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # A profile of the user's may name another endpoint, region or role.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TMPDIR": str(self.folder / "tmp"),
        }

    def start(self) -> None:
        """Start the emulator and wait until it answers.

        Raises:
            LocalError: It is not installed, there is no node, the port is taken, or it ended or did not answer in time.
        """
        program = self._installed()
        self._port = _free_port() if self._wanted_port is None else _usable_port(self._wanted_port)
        try:
            with deferred_signals():
                self._folder = Path(tempfile.mkdtemp(prefix="constructs-lib-emulator-"))
                atexit.register(self.stop)
                for name in ("tmp", "s3", "state", "home"):
                    (self._folder / name).mkdir()
                log = self._folder / "emulator.log"
                environment = self._own_environment()
                self._process = start_in_own_group(program, environment=environment, folder=self._folder, log=log)
            self._wait_for_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the emulator and its functions, and delete its folder. May be called twice."""
        with deferred_signals():
            atexit.unregister(self.stop)
            if self._process is not None:
                end_group(self._process)
                self._process = None
            if self._folder is not None:
                folder, self._folder = self._folder, None
                # A function that is just ending may still write a file while its folder goes.
                wait_until(lambda: _deleted(folder), seconds=5)

    def wait(self, *, seconds: float) -> bool:
        """Let time pass while the emulator runs; returns whether it still does.

        Raises:
            LocalError: It ended by itself.
        """
        if self._process is None:
            return False
        try:
            status = self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return True
        raise LocalError(f"the emulator ended with status {status}; its last lines:\n{last_lines(self.log())}")

    def log(self) -> str:
        """What the emulator wrote so far."""
        return (self.folder / "emulator.log").read_text(encoding="utf-8", errors="replace")

    def _installed(self) -> list[str]:
        python, script = self._home / "bin" / "python", self._home / "bin" / "ministack"
        if not (python.exists() and script.exists()):
            raise LocalError(
                f"the emulator is not installed: {script} does not exist; run `make set-up-emulator`", exit_code=2
            )
        if node_folder() is None:
            raise LocalError(
                "node is not installed: neither on PATH nor beside this Python; run `make set-up-dev`, which "
                "installs it from PyPI",
                exit_code=2,
            )
        return [str(python), str(self._launcher or script)]

    def _own_environment(self) -> dict[str, str]:
        # Nothing is inherited that is not named: functions see the emulator's whole environment, secrets included.
        inherited = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        path = os.pathsep.join(filter(None, [str(node_folder()), os.environ.get("PATH", os.defpath)]))
        return {
            **inherited,
            "PATH": path,
            "TZ": "UTC",  # as in Lambda
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "STATE_DIR": str(self.folder / "state"),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": _HOST,  # its default is every interface
            "LAMBDA_ACCOUNT_CONCURRENCY": str(self._account_concurrency),
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(self._async_retry_base),
            # Its default of 30 would cut the second wait, and the first.
            "LAMBDA_ASYNC_RETRY_MAX_SECONDS": str(2 * self._async_retry_base),
            "LAMBDA_WARM_TTL_SECONDS": str(self._warm_seconds),
            "CUSTOM_RESOURCE_EVENTS": str(self.custom_resource_events),  # read by the launcher
            "PYTHONDONTWRITEBYTECODE": "1",  # each function worker unpacks its code into a folder of its own
        }

    def _wait_for_answer(self) -> None:
        process = self._process
        if process is None:  # pragma: no cover - start() has just set it
            return
        answered = wait_until(lambda: process.poll() is not None or self._answers(), seconds=self._start_timeout)
        if process.poll() is not None:
            raise LocalError(
                f"the emulator ended with status {process.returncode} while it started; its last lines:\n"
                f"{last_lines(self.log())}"
            )
        if not answered:
            raise LocalError(
                f"the emulator did not answer at {self.endpoint} within {self._start_timeout:g} s; its last lines:\n"
                f"{last_lines(self.log())}"
            )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def node_folder() -> Path | None:
    """Where node is: beside this Python (from PyPI) or on PATH; None when there is none."""
    beside = Path(sys.executable).parent / "node"
    if beside.exists():
        return beside.parent
    found = shutil.which("node")
    return None if found is None else Path(found).parent


def _deleted(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _usable_port(port: int) -> int:
    if not 1 <= port <= _HIGHEST_PORT:
        raise LocalError(f"port {port} does not exist: give one from 1 to {_HIGHEST_PORT}", exit_code=2)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise LocalError(
                f"port {port} on {_HOST} cannot be used ({error.strerror}): stop what listens there, give another one "
                "with --port, or leave --port out to get a free one",
                exit_code=2,
            ) from None
    return port
