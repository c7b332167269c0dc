"""The oldest aws-cdk-lib that the wheel allows, with the oldest constructs: the same app gives the same resources."""

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
APP = ROOT / "tests" / "helpers" / "everything_app.py"


def oldest(package: str) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (line,) = [line for line in project["dependencies"] if line.startswith(package)]
    found = re.search(r">=([0-9.]+)", line)
    assert found is not None
    return found[1]


def resource_kinds(python: Path, folder: Path) -> dict[str, Any]:
    """Synthesize the app with that Python; from elsewhere, so that the library is the one installed there."""
    out = folder / "cdk.out"
    env = os.environ | {"CDK_OUTDIR": str(out), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    done = subprocess.run([str(python), str(APP)], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    template = json.loads((out / "Shop.template.json").read_text())
    return {name: resource["Type"] for name, resource in template["Resources"].items()}


@pytest.mark.long
def test_the_oldest_cdk_gives_the_same_resources(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    versions = [f"aws-cdk-lib=={oldest('aws-cdk-lib')}", "constructs==10.0.0"]
    for command in (
        ["venv", "--python", sys.executable, "venv"],
        ["pip", "install", "--python", str(python), *versions],
    ):
        subprocess.run(["uv", *command, "--quiet"], cwd=tmp_path, check=True)
    # What the wheel holds is the business of test_wheel.py.
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "constructs_lib").symlink_to(ROOT / "constructs_lib")
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()

    found = resource_kinds(python, tmp_path / "old")

    assert found == resource_kinds(Path(sys.executable), tmp_path / "new")
