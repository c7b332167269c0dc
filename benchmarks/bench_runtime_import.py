"""How long a function waits at its cold start for the library's import, beside Powertools' batch utility.

Each measurement is a fresh process; the two take turns, and what is compared is each pair's ratio.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
OURS = "constructs_lib.runtime.flow_control"
THEIRS = "aws_lambda_powertools.utilities.batch"

#: What has been imported when the clock starts. Lambda's own start-up code has used json and logging by then.
STARTS = {"bare Python": "", "after json, logging": "import json, logging; "}
CHILD = "import time; {before}start = time.perf_counter(); import {module}; print((time.perf_counter() - start) * 1000)"


def import_time(module: str, before: str) -> float:
    """Milliseconds that a fresh process takes to import a module."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    script = CHILD.format(module=module, before=before)
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    return float(run.stdout)


def measure(pairs: int) -> dict[str, dict[str, float]]:
    """Medians over so many pairs, for each start."""
    results = {}
    for name, before in STARTS.items():
        ours: list[float] = []
        theirs: list[float] = []
        for module in (OURS, THEIRS):
            import_time(module, before)  # compiles what is not compiled yet
        for number in range(pairs):
            order = [(OURS, ours), (THEIRS, theirs)]
            for module, times in order if number % 2 else reversed(order):
                times.append(import_time(module, before))
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        results[name] = {"ours_ms": median(ours), "powertools_ms": median(theirs), "ratio": median(ratios)}
    return results


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15, help="measurements of each (default 15)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    results = measure(arguments.pairs)
    if arguments.json:
        sys.stdout.write(json.dumps({"import": results}, indent=2) + "\n")
        return
    sys.stdout.write(f"{'import, ms (median)':24}{'flow_control':>14}{'Powertools batch':>18}{'ratio':>8}\n")
    for name, row in results.items():
        sys.stdout.write(f"{name:24}{row['ours_ms']:14.1f}{row['powertools_ms']:18.1f}{row['ratio']:8.2f}\n")


if __name__ == "__main__":
    main()
