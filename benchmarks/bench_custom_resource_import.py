"""How long a provider's function waits at its cold start, beside crhelper: the import, and the first AWS client.

Both are taken to where they can serve an event and answer it: ours with the client of its table, crhelper with the
three clients that it always makes. Each measurement is a fresh process; all take turns, and what is compared is the
ratio within a round. "compiled anew" is how Lambda runs a layer that holds no bytecode: it cannot write any either.
crhelper is put into a folder of its own, beside the same boto3; where that cannot be had, its lines are left out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
CRHELPER = "crhelper==2.0.12"

_OURS = """
from constructs_lib.runtime.custom_resource import ResourceHandler
class Group(ResourceHandler):
    def create(self, ctx, properties): return ctx.token
    def update(self, ctx, physical_id, properties, old_properties): pass
    def delete(self, ctx, physical_id, properties): pass
handler = Group.as_handler()
from constructs_lib.runtime._shared import client, store
from constructs_lib.runtime.custom_resource import entry, https
client.make_client("dynamodb", read_timeout=2)
"""
_THEIRS = """
from crhelper import CfnResource
helper = CfnResource()
@helper.create
def create(event, context): pass
@helper.update
def update(event, context): pass
@helper.delete
def delete(event, context): pass
"""
OURS, THEIRS, ANEW = "constructs_lib, handler and client", "crhelper, CfnResource()", ", compiled anew"
SCRIPTS = {
    OURS: _OURS,
    THEIRS: _THEIRS,
    OURS + ANEW: _OURS,
    THEIRS + ANEW: _THEIRS,
    "boto3, one client": "import boto3; boto3.client('dynamodb')",
    "botocore, one client": "from botocore.session import get_session; get_session().create_client('dynamodb')",
}
#: Lambda's own start-up code has imported json and logging by then.
CHILD = "import json, logging, time\nstart = time.perf_counter()\n{script}\nprint((time.perf_counter() - start) * 1000)"
BARE = "bare interpreter, start to end"

#: What a client of boto3's needs, and Lambda gives; no call is made.
LAMBDA = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, help="measurements of each (default 11)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        times = measure(arguments.rounds, packages(Path(folder)))
    medians = {name: median(values) for name, values in times.items()}
    ratios = {"compiled": ratio(times, ""), "compiled anew": ratio(times, ANEW)}
    if arguments.json:
        print(json.dumps({"cold_start_ms": medians, "ours_to_crhelper": ratios}, indent=2))
        return
    print("cold start, ms (median)")
    for name, milliseconds in medians.items():
        print(f"{name:52}{milliseconds:8.1f}")
    for name, value in ratios.items():
        shown = "not available" if value is None else f"{value:8.2f}"
        print(f"{f'ours to crhelper, {name}, median of the ratios':52}{shown}")


def packages(folder: Path) -> dict[str, Path]:
    """Where each script finds its package: ours in the repository, the others in folders without bytecode."""
    ignored = shutil.ignore_patterns("__pycache__", "testing")
    shutil.copytree(ROOT / "constructs_lib", folder / "ours" / "constructs_lib", ignore=ignored)
    found = {OURS: ROOT, OURS + ANEW: folder / "ours"}
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, CRHELPER, "--target"]
        if subprocess.run([*install, folder / "theirs"], capture_output=True, check=False).returncode == 0:
            found |= {THEIRS: folder / "compiled", THEIRS + ANEW: folder / "theirs"}
            shutil.copytree(folder / "theirs", folder / "compiled")
    return found


def measure(rounds: int, found: dict[str, Path]) -> dict[str, list[float]]:
    """Milliseconds of each; in a round all take their turn, in the reverse order every other time."""
    names = [name for name in SCRIPTS if name in found or not name.startswith((OURS, THEIRS))]
    for name in names:
        milliseconds(name, found)  # compiles what may be compiled beforehand
    times: dict[str, list[float]] = {name: [] for name in [*names, BARE]}
    for number in range(rounds):
        for name in list(times)[:: 1 if number % 2 else -1]:
            times[name].append(milliseconds(name, found))
    return times


def milliseconds(name: str, found: dict[str, Path]) -> float:
    """How long a script takes in a fresh process."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | LAMBDA
    if name in found:
        environ["PYTHONPATH"] = str(found[name])
    script = CHILD.format(script=SCRIPTS[name]) if name in SCRIPTS else ""
    command = [sys.executable, *(["-B"] if ANEW in name else []), "-c", script]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=Path(__file__).parent, env=environ, capture_output=True, text=True, check=True)
    return float(done.stdout) if script else (time.perf_counter() - start) * 1000


def ratio(times: dict[str, list[float]], how: str) -> float | None:
    """The median of the rounds' ratios."""
    if THEIRS + how not in times:
        return None
    return median(mine / other for mine, other in zip(times[OURS + how], times[THEIRS + how], strict=True))


if __name__ == "__main__":
    main()
