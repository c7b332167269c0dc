"""A published answer to a slow courier, a queue with a maximum concurrency, through the checks.

The settings are those of github.com/walmsles/serverless-observability, branch flow-control (April 2023), which goes
with the article "When Serverless Goes Wrong"; template and handler are written anew, with these settings and no more.
What is wrong with them goes unseen as long as batches have one message and the courier answers.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.results import Results, check

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 29
    MemorySize: 1024
    Runtime: python3.9
    Architectures: [arm64]
    Tracing: Active
Resources:
  DeliveryQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 150
  DeliveryQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref DeliveryQueue]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt DeliveryQueue.Arn
  OrderBus:
    Type: AWS::Events::EventBus
    Properties:
      Name: !Sub "${AWS::StackName}-orders"
  OrderRule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref OrderBus
      EventPattern: {detail-type: [order-notify]}
      Targets:
        - Id: DeliveryQueue
          Arn: !GetAtt DeliveryQueue.Arn
  DeliveryFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: delivery/
      Handler: app.lambda_handler
      Environment:
        Variables: {POWERTOOLS_SERVICE_NAME: delivery-handler}
      Events:
        Orders:
          Type: SQS
          Properties:
            Queue: !GetAtt DeliveryQueue.Arn
            BatchSize: 1
            ScalingConfig: {MaximumConcurrency: 10}
"""

HANDLER = """
import requests
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from tenacity import retry, stop_after_attempt, wait_fixed, wait_random

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


@retry(reraise=True, stop=stop_after_attempt(5), wait=wait_fixed(3) + wait_random(0, 5))
def deliver(order):
    response = requests.post("https://courier.example/delivery", json=order)
    response.raise_for_status()


def record_handler(record):
    deliver(record.json_body["detail"])


def lambda_handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "app.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path / "template.yaml"


def checked(template: Path) -> Results:
    return check(templates.read([template]))


def test_its_faults_are_reported_together(template: Path) -> None:
    results = checked(template)

    assert [each.rule for each in results.errors] == ["R3", "R10", "R15", "R18"]
    assert [each.rule for each in results.warnings] == ["R38"], "nor does its rule keep what it cannot deliver"
    assert results.not_checked == ()
    assert results.unread == ()


def test_each_fault_comes_with_its_values(template: Path) -> None:
    said = {each.rule: each.message for each in checked(template).errors}

    assert "150 s" in said["R3"]
    assert "29 s" in said["R3"]
    assert "174 s" in said["R3"]
    assert "dead-letter queue" in said["R10"]
    assert "ReportBatchItemFailures" in said["R15"]
    assert "5 attempts" in said["R18"]
    assert "29 s" in said["R18"]


def test_mended_as_the_findings_say_it_is_clean(template: Path) -> None:
    mended = (
        TEMPLATE.replace(
            "VisibilityTimeout: 150",
            "VisibilityTimeout: 174\n      RedrivePolicy: {maxReceiveCount: 9, "
            "deadLetterTargetArn: !GetAtt DeadLetters.Arn}",
        )
        .replace("BatchSize: 1", "BatchSize: 1\n            FunctionResponseTypes: [ReportBatchItemFailures]")
        .replace(
            "Arn: !GetAtt DeliveryQueue.Arn\n  Del",
            "Arn: !GetAtt DeliveryQueue.Arn\n          DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}\n  Del",
        )
    )
    template.write_text(
        f"{mended}  DeadLetters:\n    Type: AWS::SQS::Queue\n    Properties: {{MessageRetentionPeriod: 1209600}}\n"
    )
    handler = template.parent / "delivery" / "app.py"
    handler.write_text(HANDLER.replace("stop_after_attempt(5)", "stop_after_attempt(1)"))

    results = checked(template)

    assert results.found == ()


def test_the_command_says_so_too(template: Path) -> None:
    command = [sys.executable, "-m", "constructs_lib.flow_control.checks", "--json", str(template)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == ""
    assert json.loads(done.stdout)
