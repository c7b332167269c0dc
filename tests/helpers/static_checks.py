"""What cdk-nag and cfn-lint say of an app."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from tests.helpers.synth import template


def nag(app: cdk.App) -> list[tuple[str, list[str]]]:
    """The findings of AwsSolutions that nothing explains, with where they are."""
    report = AwsSolutionsChecks().validate_scope(app)
    return [
        (str(each.rule_name), [str(at.construct_path) for at in each.violating_resources]) for each in report.violations
    ]


def lint(stacks: Iterable[cdk.Stack], folder: Path) -> tuple[str, int]:
    """What cfn-lint prints of the stacks' templates, and its exit code."""
    files = []
    for stack in stacks:
        file = folder / f"{stack.stack_name}.json"
        file.write_text(json.dumps(template(stack)), encoding="utf-8")
        files.append(str(file))
    # W3005: CDK lets a function depend on its role and its policy, though the reference to the role says so already.
    done = subprocess.run(
        ["cfn-lint", "--ignore-checks", "W3005", "--", *files], capture_output=True, text=True, check=False
    )
    return done.stdout, done.returncode
