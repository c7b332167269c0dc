"""What the page about the checks shows is what the checks do."""

from pathlib import Path

import aws_cdk as cdk
import pytest
import yaml

from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.__main__ import main
from constructs_lib.flow_control.checks.results import check
from tests.helpers.documents import code_in, executed
from tests.helpers.safe_template import template, write

PAGE = "docs/flow_control_checks.md"
YAML = code_in(PAGE, "yaml")


def test_the_page_s_code_runs() -> None:
    names = executed("\n".join(code_in(PAGE)), PAGE)

    app, queue = names["app"], names["queue"]
    assert isinstance(app, cdk.App)
    assert "constructs-lib::R3" in str([entry.data for entry in queue.node.metadata])
    app.synth()


def test_the_page_shows_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (source,) = [block for block in YAML if "AWSTemplateFormatVersion" in block]
    (shown,) = code_in(PAGE, "console")
    monkeypatch.chdir(tmp_path)
    Path("template.yaml").write_text(source)

    assert main(["template.yaml"]) == 1
    assert shown == f"$ python -m constructs_lib.flow_control.checks template.yaml\n{capsys.readouterr().out}"


def test_the_page_s_metadata_overrules_the_rule(tmp_path: Path) -> None:
    (source,) = [block for block in YAML if block.startswith("Orders:")]
    body = template(Orders={"VisibilityTimeout": 30})
    body["Resources"]["Orders"]["Metadata"] = yaml.safe_load(source)["Orders"]["Metadata"]

    results = check(templates.read([write(tmp_path / "shop.json", body)]))

    assert results.errors == []
    assert [each.rule for each in results.acknowledged] == ["R3"]


@pytest.mark.parametrize("logical_id", ["Consumer", "Mapping"])
def test_the_page_s_metadata_says_what_the_code_does_not(tmp_path: Path, logical_id: str) -> None:
    (source,) = [block for block in YAML if block.startswith("Metadata:")]
    body = template()
    body["Resources"][logical_id] |= yaml.safe_load(source)

    results = check(templates.read([write(tmp_path / "shop.json", body)]))

    assert [each.rule for each in results.errors] == ["R18"]  # 3 x 5 s and 2 x 2 s are more than 10 s
