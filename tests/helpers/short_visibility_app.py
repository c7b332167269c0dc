"""A plain app whose queue hides a message for as long as its function may run: what the checks find, on an old CDK."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from constructs_lib import FlowControlChecks

app = cdk.App(policy_validation_beta1=[FlowControlChecks()])
stack = cdk.Stack(app, "Shop")
dead_letters = sqs.Queue(stack, "DeadLetters", retention_period=cdk.Duration.days(14))
queue = sqs.Queue(
    stack,
    "Orders",
    visibility_timeout=cdk.Duration.seconds(30),
    dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5),
)
consumer = lambda_.Function(
    stack,
    "Consumer",
    runtime=lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
    handler="index.handler",
    code=lambda_.Code.from_inline('def handler(event, context):\n    return {"batchItemFailures": []}'),
    timeout=cdk.Duration.seconds(30),
    memory_size=256,
)
consumer.add_event_source(event_sources.SqsEventSource(queue, max_concurrency=10, report_batch_item_failures=True))
app.synth()
