"""What FlowControlChecks adds to a synthesis of 50 queues: plain L2, each a rule, queue, DLQ, function and mapping.

`python app.py` is a new process: what `cdk synth` waits for, but for its own time. `app.synth()` is that call alone, in
a process that has done it before. Each is done with and without the plugin, in turns of which is first; times are
medians, and the ratio is the median of the rounds' ratios. CloudFormation's own validation is on by default: it makes a
synthesis longer, and the share of the plugin smaller, so each is measured without it too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

from benchmarks.plain_apps import consumer, subscribe

QUEUES = 50


def main() -> None:
    """Print the table, or JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--app", choices=["plain", "checked"], help="be the app that is measured")
    arguments = parser.parse_args()
    if arguments.app:
        _build(cdk.App(), checked=arguments.app == "checked").synth()
        return
    rows = {}
    for validation, remark in ((True, ""), (False, ", no validation")):
        for name, run in (("python app.py", _in_a_new_process), ("app.synth()", _in_this_process)):
            rows[f"{name}{remark}"] = _measure(run, arguments.rounds, validation=validation)
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{f'synth of {QUEUES} queues':<32} {'plain':>8} {'checked':>8} {'adds':>8} {'ratio':>6}")
    for name, row in rows.items():
        added = f"{row['added'] * 1000:>5.0f} ms"
        print(f"{name:<32} {row['plain']:>6.2f} s {row['checked']:>6.2f} s {added} {row['ratio']:>6.3f}")


def _measure(run: Callable[..., float], rounds: int, *, validation: bool) -> dict[str, float]:
    for checked in (True, False):  # the first of all pays for byte code, modules and node's warm-up
        run(checked=checked, validation=validation)
    pairs = []
    for number in range(rounds):
        order = (True, False) if number % 2 else (False, True)
        seconds = {checked: run(checked=checked, validation=validation) for checked in order}
        pairs.append((seconds[False], seconds[True]))
    return {
        "plain": statistics.median(plain for plain, _ in pairs),
        "checked": statistics.median(checked for _, checked in pairs),
        "added": statistics.median(checked - plain for plain, checked in pairs),
        "ratio": statistics.median(checked / plain for plain, checked in pairs),
    }


def _in_a_new_process(*, checked: bool, validation: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CDK_OUTDIR": folder, "CDK_VALIDATION": str(validation).lower()}
        command = [sys.executable, str(Path(__file__).resolve()), "--app", "checked" if checked else "plain"]
        started = time.perf_counter()
        subprocess.run(command, env=environment, check=True)
        return time.perf_counter() - started


def _in_this_process(*, checked: bool, validation: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        app = _build(cdk.App(outdir=folder, builtin_cloud_formation_validation=validation), checked=checked)
        started = time.perf_counter()
        app.synth()
        return time.perf_counter() - started


def _build(app: cdk.App, *, checked: bool) -> cdk.App:
    stack = cdk.Stack(app, "Shop")
    for number in range(QUEUES):
        _add_queue(stack, number)
    if checked:
        from constructs_lib import FlowControlChecks  # noqa: PLC0415 - importing it is part of what it adds

        cdk.Validations.of(app).add_plugins(FlowControlChecks())
    return app


def _add_queue(stack: cdk.Stack, number: int) -> None:
    """A safe one, so that nothing but the checking is timed; without the alarms and policies of `plain_apps`."""
    fourteen_days = cdk.Duration.days(14)
    dead_letters = sqs.Queue(stack, f"DeadLetters{number}", retention_period=fourteen_days)
    queue = sqs.Queue(
        stack,
        f"Queue{number}",
        visibility_timeout=cdk.Duration.minutes(1),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5),
    )
    subscribe(consumer(stack, f"Function{number}"), queue)
    target = targets.SqsQueue(queue, dead_letter_queue=dead_letters)
    events.Rule(stack, f"Rule{number}", event_pattern=events.EventPattern(detail_type=["order"]), targets=[target])


if __name__ == "__main__":
    main()
