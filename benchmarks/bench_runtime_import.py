"""How long a function waits at its cold start for the library's import, beside the Powertools utilities nearest to it.

Each measurement is a fresh process; the two take turns, and what is compared is each pair's ratio. A check is also
taken to where it can write its first row, beside the batch and the idempotency that one would take instead: both with
a client for DynamoDB.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

_CHECK = """
from constructs_lib.runtime.delayed_check import CheckHandler
class OrderCheck(CheckHandler):
    def is_settled(self, ctx, unit): return False
    def contact(self, ctx, unit, arm, token): return token
handler = OrderCheck.as_handler()
"""
_POWERTOOLS = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent_function
"""
_OUR_CLIENT = """
from constructs_lib.runtime._shared import client, store
client.make_client("dynamodb", read_timeout=2)
"""
_THEIR_CLIENT = "DynamoDBPersistenceLayer(table_name='claims')"


class Pair(NamedTuple):
    """What is compared."""

    ours: str
    theirs: str


PAIRS = {
    "flow_control : Powertools batch": Pair(
        "import constructs_lib.runtime.flow_control", "import aws_lambda_powertools.utilities.batch"
    ),
    "delayed_check : Powertools batch, idempotency": Pair(_CHECK, _POWERTOOLS),
    "the same, each with its table's client": Pair(_CHECK + _OUR_CLIENT, _POWERTOOLS + _THEIR_CLIENT),
}
#: What has been imported when the clock starts. Lambda's own start-up code has used json and logging by then.
STARTS = {"bare Python": "", "after json, logging": "import json, logging\n"}
CHILD = "import time\n{before}start = time.perf_counter()\n{script}\nprint((time.perf_counter() - start) * 1000)"
#: What a client needs, and Lambda gives; no call is made.
LAMBDA = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}


def milliseconds(script: str, before: str) -> float:
    """What a fresh process takes for a script."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | LAMBDA
    command = [sys.executable, "-c", CHILD.format(before=before, script=script)]
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return float(run.stdout)


def measure(rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Medians over so many pairs, for each start."""
    return {
        name: {start: _measure(pair, before, rounds) for start, before in STARTS.items()}
        for name, pair in PAIRS.items()
    }


def _measure(pair: Pair, before: str, rounds: int) -> dict[str, float]:
    ours: list[float] = []
    theirs: list[float] = []
    for script in pair:
        milliseconds(script, before)  # compiles what is not compiled yet
    for number in range(rounds):
        order = [(pair.ours, ours), (pair.theirs, theirs)]
        for script, times in order if number % 2 else reversed(order):
            times.append(milliseconds(script, before))
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return {"ours_ms": median(ours), "powertools_ms": median(theirs), "ratio": median(ratios)}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15, help="measurements of each (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    results = measure(arguments.pairs)
    if arguments.json:
        print(json.dumps({"import": results}, indent=2))
        return
    print(f"{'import, ms (median)':46}{'start':>20}{'ours':>8}{'theirs':>8}{'ratio':>7}")
    for name, starts in results.items():
        for start, row in starts.items():
            print(f"{name:46}{start:>20}{row['ours_ms']:8.1f}{row['powertools_ms']:8.1f}{row['ratio']:7.2f}")


if __name__ == "__main__":
    main()
