"""Safe apps of plain aws-cdk-lib, by what sends to a queue and by the code that consumes it."""

import tempfile
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as lambda_destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from benchmarks.plain_apps import ANSWERS, ANY_ORDER, add_rule, consumer, dead_letters, pipeline, subscribe

LAMBDA_SRC = Path(__file__).resolve().parents[2] / "lambda_src"

#: Where code is that CDK copies at synth.
ASSETS = tempfile.TemporaryDirectory(prefix="constructs-lib-tests-")
_NODE = "exports.handler = async (event) => ({ batchItemFailures: [] });"
_SILENT = "def handler(event, context): ..."


def fifo(app: cdk.App) -> None:
    """A FIFO topic and a rule before a FIFO queue, whose dead letters count anew."""
    stack = cdk.Stack(app, "Fifo")
    made = pipeline(stack, queue={"fifo": True}, redrive={"fifo": True, "retention_period": Duration.days(4)})
    topic = sns.Topic(stack, "Topic", fifo=True, topic_name="orders")
    undelivered = dead_letters(stack, "Undelivered", fifo=True)
    topic.add_subscription(subscriptions.SqsSubscription(made.queue, dead_letter_queue=undelivered))
    add_rule(stack, made.queue, message_group_id="$.detail.customer")


def many_sources(app: cdk.App) -> None:
    """A topic, a bucket, a schedule, and a queue with a key of the author's."""
    stack = cdk.Stack(app, "Sources")
    made = pipeline(stack, queue={"encryption_master_key": kms.Key(stack, "Key")})
    topic = sns.Topic(stack, "Topic")
    topic.add_subscription(
        subscriptions.SqsSubscription(made.queue, dead_letter_queue=dead_letters(stack, "Undelivered"))
    )
    s3.Bucket(stack, "Bucket").add_event_notification(
        s3.EventType.OBJECT_CREATED, notifications.SqsDestination(made.queue)
    )
    scheduler.Schedule(
        stack,
        "Nightly",
        schedule=scheduler.ScheduleExpression.rate(Duration.days(1)),
        target=scheduler_targets.SqsSendMessage(made.queue, dead_letter_queue=dead_letters(stack, "Unscheduled")),
    )


def fair_tenants(app: cdk.App) -> None:
    """A message group from each source, and enough messages at once to tell a noisy tenant."""
    stack = cdk.Stack(app, "Tenants")
    made = pipeline(stack, source={"batch_size": 10, "max_concurrency": 10})
    add_rule(stack, made.queue, message_group_id="$.detail.tenant")


def _consuming(stack: cdk.Stack, name: str, *, on_failure: lambda_.IDestination) -> lambda_.Function:
    """A function and its queue."""
    failed = sqs.DeadLetterQueue(queue=dead_letters(stack, f"{name}Failed"), max_receive_count=5)
    queue = sqs.Queue(stack, f"{name}Queue", visibility_timeout=Duration.minutes(1), dead_letter_queue=failed)
    made = consumer(stack, name, on_failure=on_failure)
    subscribe(made, queue)
    return made


def invoked_otherwise(app: cdk.App) -> None:
    """Functions whose failures have a destination, because a rule, a topic or a bucket invokes them too."""
    stack = cdk.Stack(app, "Otherwise")
    failed = lambda_destinations.SqsDestination(dead_letters(stack, "Unhandled"))
    by_rule, by_topic, by_bucket = (
        _consuming(stack, name, on_failure=failed) for name in ("ByRule", "ByTopic", "ByBucket")
    )
    events.Rule(stack, "Rule", event_pattern=ANY_ORDER, targets=[targets.LambdaFunction(by_rule)])
    sns.Topic(stack, "Topic").add_subscription(subscriptions.LambdaSubscription(by_topic))
    s3.Bucket(stack, "Bucket").add_event_notification(
        s3.EventType.OBJECT_CREATED, notifications.LambdaDestination(by_bucket)
    )


def other_languages(app: cdk.App) -> None:
    """A function in JavaScript that answers failures, and an alias of one in a language that nobody reads."""
    stack = cdk.Stack(app, "Languages")
    pipeline(stack, function={"code": _NODE, "runtime": lambda_.Runtime.NODEJS_22_X})
    queue = sqs.Queue(
        stack,
        "JavaQueue",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters(stack, "JavaDeadLetters"), max_receive_count=5),
    )
    java = lambda_.Function(
        stack,
        "Java",
        runtime=lambda_.Runtime.JAVA_21,
        handler="shop.Handler",
        code=lambda_.Code.from_asset(str(LAMBDA_SRC / "spot_vendor")),
        timeout=Duration.seconds(10),
        memory_size=1024,
    )
    live = java.add_alias("live")
    live.add_event_source(event_sources.SqsEventSource(queue, max_concurrency=5, report_batch_item_failures=True))


def assets(app: cdk.App) -> None:
    """Functions that share a folder of code, and answer failures with a helper, in the folder or in a layer."""
    stack = cdk.Stack(app, "Assets")
    root = Path(tempfile.mkdtemp(dir=ASSETS.name))
    (root / "function" / "shop").mkdir(parents=True)
    (root / "function" / "orders.py").write_text("from shop.batches import handler\n")
    (root / "function" / "returns.py").write_text("import retailer\nhandler = retailer.handler\n")
    (root / "function" / "report.py").write_text(_SILENT)
    (root / "function" / "shop" / "batches.py").write_text(ANSWERS)
    (root / "layer" / "python").mkdir(parents=True)
    (root / "layer" / "python" / "retailer.py").write_text(ANSWERS)
    layer = lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_asset(str(root / "layer")))
    for name, batch_size in (("orders", 10), ("returns", 10), ("report", 1)):
        function = lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=f"{name}.handler",
            code=lambda_.Code.from_asset(str(root / "function")),
            timeout=Duration.seconds(10),
            memory_size=256,
            layers=[layer],
        )
        failed = sqs.DeadLetterQueue(queue=dead_letters(stack, f"{name}Failed"), max_receive_count=5)
        queue = sqs.Queue(stack, f"{name}Queue", visibility_timeout=Duration.minutes(1), dead_letter_queue=failed)
        subscribe(function, queue, batch_size=batch_size, report_batch_item_failures=batch_size > 1)


#: All of it can be seen in the templates.
VISIBLE = (fifo, many_sources, fair_tenants, invoked_otherwise, other_languages, assets)
