"""cdk-nag and cfn-lint over a synchronous and a polling provider."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from tests.helpers.provider import child, least_privileged, with_resource
from tests.helpers.static_checks import lint, nag
from tests.helpers.synth import FLAGS, new_app, new_stack


def both(app: cdk.App, *, encrypted: bool = False) -> list[cdk.Stack]:
    """A stack with a synchronous provider, and one with a polling one."""
    stacks = []
    for polls in (False, True):
        stack = new_stack("Polling" if polls else "Synchronous", scope=app)
        key = kms.Key(stack, "Key", enable_key_rotation=True) if encrypted else None
        topic = sns.Topic(stack, "Alarms", enforce_ssl=True)
        with_resource(stack, handler=least_privileged(stack), polls=polls, encryption_key=key, alarm_topic=topic)
        stacks.append(stack)
    return stacks


@pytest.mark.parametrize("encrypted", [False, True])
@FLAGS
def test_cdk_nag_has_no_unexplained_finding(flags: dict[str, Any], encrypted: bool) -> None:
    app = new_app(**flags)

    both(app, encrypted=encrypted)

    assert nag(app) == []


def test_only_the_wildcard_of_logs_and_traces_is_explained() -> None:
    """One more wildcard on the same role is found: the reason is no licence."""
    app = new_app()
    stack = new_stack(scope=app)
    found = with_resource(stack, handler=least_privileged(stack), polls=True)
    role = child(found, "StateMachineRole")
    assert isinstance(role, iam.Role)

    role.add_to_policy(iam.PolicyStatement(actions=["s3:Get*"], resources=["arn:aws:s3:::all"]))

    assert [rule for rule, _ in nag(app)] == ["AwsSolutions-IAM5[Action::s3:Get*]"]


@FLAGS
def test_cfn_lint_finds_nothing(flags: dict[str, Any], tmp_path: Path) -> None:
    assert lint(both(new_app(**flags), encrypted=True), tmp_path) == ("", 0)
