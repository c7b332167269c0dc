"""Deploys CDK stacks to the emulator with the official CDK CLI, as they would be deployed to AWS."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.emulator import ACCOUNT, REGION, ROOT, Emulator, node_folder
from local.errors import LocalError
from local.processes import run

#: Stack name -> output name -> value.
Outputs = dict[str, dict[str, str]]

LOCAL_APP = shlex.join([sys.executable, "-m", "local.app"])


class Deployer:
    """Runs the CDK CLI against one emulator, offline, with every file that it writes in the emulator's folder.

    Args:
        emulator: Where to.
        app: The command that synthesises; default: the example stacks as the laptop needs them.
        folder: Where that command runs.
        environment: Variables that it finds besides those of the emulator.
        cdk: The CLI.
    """

    def __init__(
        self,
        emulator: Emulator,
        *,
        app: str = LOCAL_APP,
        folder: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        cdk: Path = ROOT / "node_modules" / ".bin" / "cdk",
    ) -> None:
        if not cdk.exists():
            raise LocalError(f"the CDK CLI is not installed: {cdk} does not exist; run `make set-up-cdk`", exit_code=2)
        self._emulator = emulator
        self._app = app
        self._folder = folder
        self._environment = dict(environment or {})
        self._cdk = cdk

    def bootstrap(self) -> None:
        """Create the bucket and roles that deployments use.

        Raises:
            LocalError: The CLI failed.
        """
        # Away from our cdk.json, whose app would be synthesised for nothing.
        self._run("cdk bootstrap", ["bootstrap", f"aws://{ACCOUNT}/{REGION}"], app=None)

    def deploy(self, stacks: Sequence[str] = ("--all",)) -> Outputs:
        """Deploy stacks, by name or all, and return their outputs.

        Raises:
            LocalError: The CLI failed.
        """
        outputs = self._emulator.folder / "outputs.json"
        arguments = [*stacks, "--require-approval=never", "--method=direct", f"--outputs-file={outputs}"]
        arguments.append("--concurrency=4")  # stacks that do not depend on each other
        self._run("cdk deploy", ["deploy", *arguments, "--progress=events"], app=self._app)
        result: Outputs = json.loads(outputs.read_text(encoding="utf-8"))
        return result

    def synthesized(self) -> "Deployer":
        """One that deploys what this one has synthesised, without doing so again."""
        return Deployer(self._emulator, app=str(self._assembly), folder=self._folder, cdk=self._cdk)

    @property
    def _assembly(self) -> Path:
        return self._emulator.folder / "cdk.out"

    def _run(self, what: str, arguments: list[str], *, app: str | None) -> None:
        folder = self._emulator.folder
        synthesis = [] if app is None else [f"--app={app}", f"--output={self._assembly}"]
        # No notices, no telemetry, no version check: nothing here needs a network.
        command = [str(self._cdk), *arguments, *synthesis, "--no-notices", "--no-version-reporting", "--no-color"]
        path = f"{node_folder()}:{self._emulator.environment['PATH']}"
        environment = {
            **self._emulator.environment,
            **self._environment,
            "PATH": path,
            "CDK_HOME": str(folder / "cdk-home"),  # else ~/.cdk
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CI": "true",
        }
        log = folder / f"{what.replace(' ', '-')}.log"
        log.unlink(missing_ok=True)
        where = folder if app is None else self._folder
        run(command, environment=environment, folder=where, log=log, what=what)
