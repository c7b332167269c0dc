"""How large the synthesized flow is, beside plain L2 constructs and AWS Solutions Constructs.

Counted are queue, dead-letter queue, mapping, policies, rule, function and role; layer and alarms apart. Bytes are
those of the whole template as compact JSON. Solutions Constructs has an environment of its own (made by `uv`), since
its newest version does not install beside the newest aws-cdk-lib; it is left out where that cannot be had.
"""

import argparse
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from constructs_lib import Downstream, FlowControlledQueue

_PEER = Path(__file__).parent / "peers" / "solutions_constructs.py"


def main() -> None:
    """Print the table, or JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with TemporaryDirectory() as code:
        (Path(code) / "index.py").write_text("def handler(event, context):\n    pass\n")
        ours, plain = _ours(code), _plain(code)
    layer, alarm = "AWS::Lambda::LayerVersion", "AWS::CloudWatch::Alarm"
    rows = {
        "plain L2 (rule, queue, DLQ, function, mapping)": _measure(plain),
        "Solutions Constructs SqsToLambda": _solutions_constructs(),
        "FlowControlledQueue, the same parts": _measure(_without(ours, layer, alarm)),
        "  with its layer": _measure(_without(ours, alarm)),
        "  with its layer and alarms": _measure(ours),
    }
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for name, row in rows.items():
        figures = f"{row['resources']:>3} resources {row['bytes']:>7,} bytes" if row else "not available"
        print(f"{name:<48} {figures}")


def _ours(code: str) -> dict[str, Any]:
    stack = _stack()
    flow = FlowControlledQueue(
        stack,
        "Flow",
        consumer=_function(stack, code),
        downstream=Downstream(calls_per_second=10, burst=10),
    )
    flow.add_event_rule(event_pattern=events.EventPattern(detail_type=["notify-order"]))
    return _template(stack)


def _plain(code: str) -> dict[str, Any]:
    stack = _stack()
    dead_letters = sqs.Queue(stack, "DeadLetterQueue")
    queue = sqs.Queue(stack, "Queue", dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5))
    function = _function(stack, code)
    function.add_event_source(event_sources.SqsEventSource(queue, max_concurrency=10))
    pattern = events.EventPattern(detail_type=["notify-order"])
    events.Rule(stack, "Rule", event_pattern=pattern, targets=[targets.SqsQueue(queue)])
    return _template(stack)


def _solutions_constructs() -> dict[str, int] | None:
    uv = shutil.which("uv")
    if uv is None:
        return None
    packages = ("aws-cdk-lib==2.275.0", "aws-solutions-constructs.aws-sqs-lambda==2.92.2")
    command = [uv, "run", "--quiet", "--no-project", "--isolated"]
    command += [option for package in packages for option in ("--with", package)]
    result = subprocess.run([*command, "python", str(_PEER)], capture_output=True, text=True, check=False)
    return _measure(json.loads(result.stdout.splitlines()[-1])) if result.returncode == 0 else None


def _stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Stack")


def _function(stack: cdk.Stack, code: str) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime("python3.13", lambda_.RuntimeFamily.PYTHON),
        handler="index.handler",
        code=lambda_.Code.from_asset(code),
        timeout=cdk.Duration.seconds(30),
    )


def _template(stack: cdk.Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def _without(template: Mapping[str, Any], *types: str) -> dict[str, Any]:
    kept = {name: body for name, body in template["Resources"].items() if body["Type"] not in types}
    return {**template, "Resources": kept}


def _measure(template: Mapping[str, Any]) -> dict[str, int]:
    return {"resources": len(template["Resources"]), "bytes": len(json.dumps(template, separators=(",", ":")))}


if __name__ == "__main__":
    main()
