"""The oldest aws-cdk-lib that the wheel allows, with the oldest constructs: the same resources, and the checks."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ROOT / "tests" / "helpers"


def oldest(package: str) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (line,) = [line for line in project["dependencies"] if line.startswith(package)]
    found = re.search(r">=([0-9.]+)", line)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the oldest of both."""
    folder = tmp_path_factory.mktemp("oldest")
    python = folder / "venv" / "bin" / "python"
    versions = [f"aws-cdk-lib=={oldest('aws-cdk-lib')}", "constructs==10.0.0"]
    for command in (
        ["venv", "--python", sys.executable, "venv"],
        ["pip", "install", "--python", str(python), *versions],
    ):
        subprocess.run(["uv", *command, "--quiet"], cwd=folder, check=True)
    # What the wheel holds is the business of test_wheel.py.
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "constructs_lib").symlink_to(ROOT / "constructs_lib")
    return python


def synthesised(app: str, python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Synthesize the app with that Python; from elsewhere, so that the library is the one installed there."""
    env = os.environ | {"CDK_OUTDIR": str(folder / "cdk.out"), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    command = [str(python), str(APPS / app)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def resources(python: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Everything that the constructs make with that Python."""
    done = synthesised("everything_app.py", python, folder)
    assert done.returncode == 0, done.stderr
    templates = {file.name: json.loads(file.read_text()) for file in (folder / "cdk.out").glob("*.template.json")}
    return {
        f"{file}/{name}": resource
        for file, template in templates.items()
        for name, resource in template.get("Resources", {}).items()
    }


def kinds(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: resource["Type"] for name, resource in found.items()}


def custom(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The custom resources, whole: what CloudFormation is told of them depends on the CDK the least."""
    return [resource for _, resource in sorted(found.items()) if resource["Type"].startswith("Custom::")]


@pytest.mark.long
def test_the_oldest_cdk_gives_the_same_resources(old_python: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()

    old, new = resources(old_python, tmp_path / "old"), resources(Path(sys.executable), tmp_path / "new")

    assert kinds(old) == kinds(new)
    assert custom(old) == custom(new) != []
    # The reasons for wildcards and the like, where the cdk-nag of that time reads it; today's are told another way.
    explained = [sum("cdk_nag" in each.get("Metadata", {}) for each in found.values()) for found in (old, new)]
    assert explained == [13, 0]


@pytest.mark.long
def test_the_oldest_cdk_prints_what_the_checks_find(old_python: Path, tmp_path: Path) -> None:
    done = synthesised("short_visibility_app.py", old_python, tmp_path)

    # CDK of that time says that the validation failed, and lets the synthesis return.
    assert (done.returncode, "Validation failed" in done.stdout) == (0, True)
    assert "R3 (1 occurrences)" in done.stderr
    assert "1 error, 0 warnings, 0 acknowledged. Looked at: 1 mapping, 1 queue, 1 function." in done.stderr
