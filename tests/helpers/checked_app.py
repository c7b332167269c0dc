"""An app of plain CDK constructs with the checks on, and what they report."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from constructs_lib import FlowControlChecks
from tests.helpers.synth import function, new_app


class Orders(Construct):
    """A queue and its consumer, safe but for what is passed."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        visibility: int = 60,
        timeout: int = 10,
        consumer: lambda_.IFunction | None = None,
    ) -> None:
        super().__init__(scope, id_)
        dead_letters = sqs.Queue(self, "DeadLetters", retention_period=Duration.days(14))
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(visibility),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5),
        )
        self.consumer = consumer or function(
            self,
            "Consumer",
            timeout=Duration.seconds(timeout),
            memory_size=256,
            code=lambda_.Code.from_inline("def handler(event, context): return {'batchItemFailures': []}"),
        )
        self.mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=self.consumer,
            event_source_arn=self.queue.queue_arn,
            max_concurrency=10,
            report_batch_item_failures=True,
        )


def resource_of(construct: IConstruct) -> cdk.CfnResource:
    """What CloudFormation makes of it."""
    resource = construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    return resource


def acknowledge(scope: IConstruct, rule: str, reason: str = "it never takes that long") -> None:
    """Overrule a rule there."""
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"constructs-lib::{rule}", reason=reason))


def checked_app() -> cdk.App:
    """An app with the checks on, and nothing in it."""
    app = new_app()
    cdk.Validations.of(app).add_plugins(FlowControlChecks())
    return app


def synth(app: cdk.App) -> dict[str, Any]:
    """The plugin's part of the report that CDK wrote; empty when there was nothing to report."""
    folder = Path(app.synth().directory)
    file = folder / "validation-report.json"
    reports = json.loads(file.read_text())["pluginReports"] if file.exists() else []
    return next((report for report in reports if report["pluginName"] == "constructs-lib"), {})


def rules_in(report: dict[str, Any], key: str = "violations") -> list[str]:
    """The rules of the violations, or of those that were suppressed."""
    return [violation["ruleName"] for violation in report.get(key, [])]
