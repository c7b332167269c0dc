"""cdk-nag and cfn-lint over checks with everything that they can have."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from constructs_lib.delayed_check import DelayedCheck
from tests.helpers.check import HALF, check
from tests.helpers.provider import least_privileged
from tests.helpers.static_checks import lint, nag
from tests.helpers.synth import FLAGS, new_app, new_stack


def everything(app: cdk.App, *, encrypted: bool = False) -> DelayedCheck:
    stack = new_stack(scope=app)
    key = kms.Key(stack, "Key", enable_key_rotation=True) if encrypted else None
    found = check(
        stack,
        handler=least_privileged(stack),
        delay=Duration.minutes(60),
        deadline=Duration.minutes(70),
        experiment=HALF,
        encryption_key=key,
        alarm_topic=sns.Topic(stack, "Alarms", enforce_ssl=True),
    )
    found.add_event_rule(event_pattern=events.EventPattern(detail_type=["OrderPlaced"]))
    found.grant_start(least_privileged(stack, "Producer"))
    found.grant_record_outcome(least_privileged(stack, "Webhook"))
    found.archive_outcomes()
    found.create_dashboard()
    return found


@pytest.mark.parametrize("encrypted", [False, True])
@FLAGS
def test_cdk_nag_has_no_unexplained_finding(flags: dict[str, Any], encrypted: bool) -> None:
    app = new_app(**flags)

    everything(app, encrypted=encrypted)

    assert nag(app) == []


def test_a_wildcard_is_explained_where_it_is_and_nowhere_else() -> None:
    """One more wildcard in the same policy is found: the reason is no licence."""
    app = new_app()
    found = everything(app)
    policy = found.node.find_child("Starts").node.find_child("Policy")
    assert isinstance(policy, iam.Policy)

    policy.add_statements(iam.PolicyStatement(actions=["scheduler:DeleteSchedule"], resources=["*"]))

    assert [rule for rule, _ in nag(app)] == ["AwsSolutions-IAM5[Resource::*]"]


@FLAGS
def test_cfn_lint_finds_nothing(flags: dict[str, Any], tmp_path: Path) -> None:
    found = everything(new_app(**flags), encrypted=True)

    assert lint([cdk.Stack.of(found)], tmp_path) == ("", 0)
