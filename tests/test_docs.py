"""The code that the documents show runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from constructs_lib import Downstream, FlowControlledQueue
from constructs_lib.flow_control.rules import rule_ids
from constructs_lib.runtime.flow_control.testing import FlowRunner
from constructs_lib.sizing import FlowStrategy, size

ROOT = Path(__file__).parent.parent
ARTICLE = {"calls_per_second": 10, "burst": 10, "mean_latency": 0.81, "error_rate": 0.2, "function_timeout": 10}


def code_in(document: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)


def test_the_readme_s_app_synthesizes(tmp_path: Path) -> None:
    app, handler = code_in("README.md")
    (tmp_path / "app.py").write_text(app)
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "handler.py").write_text(handler)

    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "cdk.out" / "Deliveries.template.json").exists()
    assert "[Warning" not in run.stdout + run.stderr


def test_the_readme_s_app_is_short() -> None:
    app, _ = code_in("README.md")

    statements = [line for line in app.splitlines() if line.strip() and not line.startswith(("from ", "import "))]
    assert len(statements) <= 15


@pytest.mark.parametrize(("status", "dead"), [(200, 0), (404, 1)])
def test_the_readme_s_handler_does_what_its_comment_says(status: int, dead: int) -> None:
    _, source = code_in("README.md")
    namespace: dict[str, Any] = {}
    exec(compile(source, "README.md", "exec"), namespace)  # noqa: S102 - our own document
    answer = SimpleNamespace(status=status, headers={})
    namespace["http"] = SimpleNamespace(request=lambda *_, **__: answer)
    runner = FlowRunner(namespace["handler"])

    runner.send({"order_id": "1"})
    runner.run()

    assert len(runner.dead_letters) == dead


def test_the_guide_s_code_runs(tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    (tmp_path / "handler.py").write_text("")
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON),
        code=lambda_.Code.from_asset(str(tmp_path)),
        handler="handler.handler",
        timeout=Duration.seconds(10),
    )
    names: dict[str, Any] = {
        "self": stack,
        "function": function,
        "bus": events.EventBus(stack, "Bus"),
        "topic": sns.Topic(stack, "Topic"),
        "producer": iam.Role(stack, "Producer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        "events": events,
        "Duration": Duration,
        "Downstream": Downstream,
        "FlowControlledQueue": FlowControlledQueue,
    }

    for source in code_in("docs/flow_control.md"):
        exec(compile(source, "docs/flow_control.md", "exec"), names)  # noqa: S102 - our own document

    assert not [finding for finding in names["flow"].findings if not finding.acknowledged]


def test_the_guide_names_every_rule_and_no_other() -> None:
    named = re.findall(
        r"^\| (R\d+|[a-z-]+) \| (?:error|warning)", (ROOT / "docs/flow_control.md").read_text(), re.MULTILINE
    )

    assert sorted(named) == sorted(rule_ids())


@pytest.mark.parametrize(
    ("row", "inputs"),
    [
        ("| 10 calls/s, burst 10, 0.81 s a call, 20 % fail | PACE", ARTICLE),
        ("| the same | CONCURRENCY", {**ARTICLE, "strategy": FlowStrategy.CONCURRENCY}),
        (
            "| 50 calls/s, burst 50, 0.1 s a call, 1 % fail | PACE",
            {"calls_per_second": 50, "burst": 50, "mean_latency": 0.1, "error_rate": 0.01, "function_timeout": 10},
        ),
    ],
)
def test_the_readme_s_costs_are_what_the_sizing_says(row: str, inputs: dict[str, Any]) -> None:
    sizing = size(**inputs, memory_size=256)

    assert f"{row} | {sizing.max_concurrency} | {sizing.cost_per_million:.2f} |" in (ROOT / "README.md").read_text()
