"""A CloudFormation template that is safe, and how to make it less so."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

_SAFE: dict[str, Any] = {
    "Resources": {
        "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
        "Orders": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 60,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                    "maxReceiveCount": 5,
                },
            },
        },
        "Consumer": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": "def handler(event, context): return {'batchItemFailures': []}"},
                "Handler": "index.handler",
                "MemorySize": 256,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 10,
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
                "FunctionName": {"Ref": "Consumer"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 10},
            },
        },
    }
}


def template(**properties: dict[str, object]) -> dict[str, Any]:
    """The template, with these properties of its resources changed."""
    changed = deepcopy(_SAFE)
    for logical_id, given in properties.items():
        changed["Resources"][logical_id]["Properties"].update(given)
    return changed


def write(file: Path, body: object) -> Path:
    """Write the template, and return its file."""
    file.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return file
