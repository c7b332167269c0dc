"""The code that the documents show runs as it stands there."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from constructs_lib import Downstream, FlowControlledQueue, IdempotentProvider
from constructs_lib.custom_resource.rules import IDS as PROVIDER_RULES
from constructs_lib.flow_control.rules import rule_ids
from constructs_lib.runtime.custom_resource.testing import ResourceRunner
from constructs_lib.runtime.flow_control.testing import FlowRunner
from constructs_lib.sizing import FlowStrategy, size
from tests.helpers.documents import ROOT, code_in, executed
from tests.helpers.synth import function, new_stack

ARTICLE = {"calls_per_second": 10, "burst": 10, "mean_latency": 0.81, "error_rate": 0.2, "function_timeout": 10}


class NoSuchGroup(Exception):
    """The vendor's word for it."""


class Vendor:
    """What the documents call `vendor.api`: it makes one group per token."""

    def __init__(self) -> None:
        self.groups: dict[str, SimpleNamespace] = {}

    def create_group(self, properties: dict[str, Any], *, client_token: str) -> SimpleNamespace:
        group = SimpleNamespace(id=f"group-{client_token[:8]}")
        return self.groups.setdefault(group.id, self._told(group, properties))

    def change_group(self, group_id: str, properties: dict[str, Any]) -> SimpleNamespace:
        return self._told(self.groups[group_id], properties)

    def delete_group(self, group_id: str) -> None:
        if self.groups.pop(group_id, None) is None:
            raise NoSuchGroup

    @staticmethod
    def _told(group: SimpleNamespace, properties: dict[str, Any]) -> SimpleNamespace:
        group.endpoint = f"{properties['Name']}.{properties.get('Region', 'eu')}"
        return group


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """The module that the documents import as `vendor`."""
    api = Vendor()
    monkeypatch.setitem(sys.modules, "vendor", SimpleNamespace(api=api, NoSuchGroup=NoSuchGroup))
    return api


def test_the_readme_has_three_examples() -> None:
    assert len(code_in("README.md")) == 6


@pytest.mark.parametrize(
    ("example", "folder", "stack"),
    [(0, "delivery", "Deliveries"), (1, "groups", "Fleet"), (2, "calls", "Orders")],
    ids=["flow", "provider", "check"],
)
def test_the_readme_s_app_synthesizes(tmp_path: Path, example: int, folder: str, stack: str) -> None:
    app, handler = code_in("README.md")[2 * example : 2 * example + 2]
    (tmp_path / "app.py").write_text(app)
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "handler.py").write_text(handler)

    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "cdk.out" / f"{stack}.template.json").exists()
    assert "[Warning" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    "source",
    code_in("README.md"),
    ids=["flow", "its handler", "provider", "its handler", "check", "its handler"],
)
def test_the_readme_s_examples_are_short(source: str) -> None:
    statements = ast.parse(source).body
    lines = sum(
        (statement.end_lineno or 0) - statement.lineno + 1
        for statement in statements
        if not isinstance(statement, ast.Import | ast.ImportFrom)
    )

    # "15 lines" to the one who counts; the call that makes the function has one for each argument.
    assert lines <= 20


@pytest.mark.parametrize(("status", "dead"), [(200, 0), (404, 1)])
def test_the_readme_s_handler_does_what_its_comment_says(status: int, dead: int) -> None:
    namespace = executed(code_in("README.md")[1], "README.md")
    answer = SimpleNamespace(status=status, headers={})
    namespace["http"] = SimpleNamespace(request=lambda *_, **__: answer)
    runner = FlowRunner(namespace["handler"])

    runner.send({"order_id": "1"})
    runner.run()

    assert len(runner.dead_letters) == dead


@pytest.mark.parametrize("kill_after", [None, "claim", "create", "commit", "respond"])
def test_the_readme_s_custom_resource_is_made_once(vendor: Vendor, kill_after: str | None) -> None:
    runner = ResourceRunner(executed(code_in("README.md")[3], "README.md")["handler"])

    created = runner.create({"Name": "web", "Region": "a"}, times=2, kill_after=kill_after)
    moved = runner.update({"Name": "web", "Region": "b"}, times=2, kill_after=kill_after)

    assert created.attributes == {"Endpoint": "web.a"}
    assert moved.attributes == {"Endpoint": "web.b"}
    assert list(vendor.groups) == [moved.physical_id], "another region: another group, and the old one is gone"
    del vendor.groups[str(moved.physical_id)]
    assert runner.delete().status == "SUCCESS", "gone already is fine"
    assert runner.contradictions == []


def test_the_flow_guide_s_code_runs() -> None:
    stack = new_stack()
    names: dict[str, Any] = {
        "self": stack,
        "function": function(stack, "Function"),
        "bus": events.EventBus(stack, "Bus"),
        "topic": sns.Topic(stack, "Topic"),
        "producer": iam.Role(stack, "Producer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        "events": events,
        "Duration": Duration,
        "Downstream": Downstream,
        "FlowControlledQueue": FlowControlledQueue,
    }

    for source in code_in("docs/flow_control.md"):
        executed(source, "docs/flow_control.md", names)

    assert not [finding for finding in names["flow"].findings if not finding.acknowledged]


def test_the_provider_guide_s_code_runs_and_its_tests_pass(vendor: Vendor) -> None:
    stack = new_stack()
    names: dict[str, Any] = {
        "self": stack,
        "function": function(stack, "Function"),
        "slow_function": function(stack, "SlowFunction"),
        "Duration": Duration,
        "IdempotentProvider": IdempotentProvider,
    }

    for source in code_in("docs/custom_resource.md"):
        executed(source, "docs/custom_resource.md", names)

    names["api"] = vendor
    tests = [name for name in names if name.startswith("test_")]
    for name in tests:
        vendor.groups.clear()
        names[name]()
    assert len(tests) == 2
    assert [*names["provider"].findings, *names["slow"].findings] == []
    assert ResourceRunner(names["handler"]).create({"Name": "web", "TargetCapacity": "0"}).status == "FAILED"


@pytest.mark.parametrize(
    ("document", "rules"), [("docs/flow_control_rules.md", rule_ids()), ("docs/custom_resource.md", PROVIDER_RULES)]
)
def test_a_guide_names_every_rule_and_no_other(document: str, rules: Iterable[str]) -> None:
    named = re.findall(r"^\| (R\d+|[a-z-]+) \| (?:error|warning)", (ROOT / document).read_text(), re.MULTILINE)

    assert sorted(named) == sorted(rules)


def test_the_provider_guide_names_every_parameter_and_alarm() -> None:
    guide = (ROOT / "docs/custom_resource.md").read_text()

    missing = [name for name in inspect.signature(IdempotentProvider.__init__).parameters if f"`{name}`" not in guide]
    assert missing == ["self", "scope", "id"]


def test_the_benchmarks_readme_names_every_script_and_no_other() -> None:
    named = re.findall(r"^\| `(\w+\.py)`", (ROOT / "benchmarks" / "README.md").read_text(), re.MULTILINE)

    assert sorted(named) == sorted(path.name for path in (ROOT / "benchmarks").glob("[bs]*_*.py"))


@pytest.mark.parametrize("document", sorted(path.relative_to(ROOT) for path in ROOT.glob("docs/**/*.md")), ids=str)
def test_what_a_document_links_to_and_the_files_that_it_names_exist(document: Path) -> None:
    text = (ROOT / document).read_text()
    links = [(ROOT / document).parent / link for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)]
    named = [
        ROOT / name for name in re.findall(r"`((?:constructs_lib|stacks|lambda_src|tests|tools)/[\w./-]*\w/?)`", text)
    ]

    assert [str(path) for path in [*links, *map(ROOT.joinpath, named)] if not path.exists()] == []


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


def test_the_files_that_the_tour_names_are_there() -> None:
    _, *sections = (ROOT / "docs" / "tour.md").read_text().split("\n## ")
    for section in sections:
        named = re.findall(r"`([\w./]+(?:\.py|/))`", section)
        folders = [name for name in named if name.startswith("constructs_lib/")]
        homes = [ROOT / folder for folder in ("", "constructs_lib", *folders)]
        missing = [name for name in named if not any((home / name).exists() for home in homes)]
        assert (bool(named), missing) == (True, [])
