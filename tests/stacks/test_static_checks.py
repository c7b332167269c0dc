"""cdk-nag and cfn-lint over the example stacks, and proof that both would find something."""

import json
import subprocess
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from tests.helpers.templates import STACKS

#: Joining with an empty delimiter is how CDK writes every address; cfn-lint would like Fn::Sub better.
TASTE = "I1022"


def nag(scope: cdk.App) -> list[tuple[str, list[str]]]:
    report = AwsSolutionsChecks().validate_scope(scope)
    return [
        (str(each.rule_name), [str(at.construct_path) for at in each.violating_resources]) for each in report.violations
    ]


def cfn_lint(*templates: Path) -> list[dict[str, Any]]:
    """The findings of all severities."""
    command = ["cfn-lint", "--format", "json", "--include-checks", "I", "--ignore-checks", TASTE]
    result = subprocess.run([*command, "--", *map(str, templates)], capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_cdk_nag_has_no_unexplained_finding(example: cdk.App) -> None:
    assert nag(example) == []


def test_cdk_nag_would_find_something(app: cdk.App) -> None:
    """An app without a reason for anything: otherwise the test above might pass because nothing is checked."""
    stack = cdk.Stack(app, "Stack")
    sqs.Queue(stack, "Queue")
    apigateway.RestApi(stack, "Api").root.add_method("GET", apigateway.MockIntegration())

    rules = {rule for rule, _ in nag(app)}
    assert {"AwsSolutions-SQS4", "AwsSolutions-APIG2", "AwsSolutions-APIG4"} <= rules


def test_cfn_lint_has_no_finding(assembly: Path) -> None:
    found = cfn_lint(*(assembly / f"{name}.template.json" for name in STACKS))

    assert found == []


def test_cfn_lint_would_find_something(tmp_path: Path) -> None:
    template = tmp_path / "bad.template.json"
    template.write_text(
        json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 99999}}}}),
        encoding="utf-8",
    )

    assert "E3034" in {each["Rule"]["Id"] for each in cfn_lint(template)}
