"""The house's own rules about itself: what is locked, what is named, and what must not stand in the repository."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [ROOT / "constraints" / "dev.txt", ROOT / "constraints" / "emulator.txt"]
# Reversed, or this file would be the one that names them.
REGISTRIES = [name[::-1] for name in ("gro.ipyp", "gro.detsohnohtyp", "gro.sjmpn", "moc.gkpnray")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_holds_names_and_exact_versions_only(lock: Path) -> None:
    lines = lock.read_text().splitlines()

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[0-9][^ /]*( ; [^/]+)?", line)] == []


def test_the_cdk_command_line_is_pinned_and_its_lock_holds_no_address() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert package["devDependencies"] == {"aws-cdk": "2.1148.1"}
    assert lock["packages"]["node_modules/aws-cdk"]["version"] == "2.1148.1"
    assert "resolved" not in json.dumps(lock)


def test_no_tracked_file_names_a_package_registry() -> None:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git work tree")
    files = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]

    named = [str(path) for path in files for name in REGISTRIES if name.encode() in path.read_bytes()]

    assert named == []


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))
    public = {target for target in targets if not target.startswith("set-up-")}

    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"make ([a-z-]+) +\S", listed)) == public
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].replace("\\", " ").split()) == targets


def test_ci_runs_the_readmes_test_command_last() -> None:
    steps = re.findall(r"^step (.*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)

    assert steps[-1] == "make test"
    assert "make test" in (ROOT / "README.md").read_text()
