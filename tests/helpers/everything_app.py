"""Everything that the constructs can do, in one app: what the oldest aws-cdk-lib has to know."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from constructs_lib import (
    DelayedCheck,
    Downstream,
    Experiment,
    FlowControlledQueue,
    FlowStrategy,
    IdempotentProvider,
    LoadProfile,
)

app = cdk.App()
stack = cdk.Stack(app, "Shop")


def consumer(name: str) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        timeout=cdk.Duration.seconds(30),
    )


def courier(name: str) -> Downstream:
    return Downstream(calls_per_second=10, burst=10, mean_latency=cdk.Duration.millis(800), name=name)


paced = FlowControlledQueue(
    stack,
    "Paced",
    consumer=consumer("PacedConsumer"),
    downstream=courier("Ace"),
    load=LoadProfile([(cdk.Duration.minutes(10), 4, 15)]),
    max_wait=cdk.Duration.minutes(10),
    strategy=FlowStrategy.PACE,
    encryption_key=kms.Key(stack, "Key"),
    alarm_topic=sns.Topic(stack, "Alarms"),
    removal_policy=cdk.RemovalPolicy.RETAIN,
)
paced.add_event_rule(event_pattern=events.EventPattern(detail_type=["notify-order"]))
paced.add_topic(sns.Topic(stack, "Orders"))
paced.create_dashboard()
fifo = FlowControlledQueue(
    stack,
    "Fifo",
    consumer=consumer("FifoConsumer"),
    downstream=courier("Bolt"),
    load=LoadProfile.steady(2),
    strategy=FlowStrategy.CONCURRENCY,
    fifo=True,
    acknowledge={"R24": "a test"},
)
fifo.add_event_rule(event_pattern=events.EventPattern(detail_type=["notify-order"]), message_group_id="all")
imported = sqs.Queue.from_queue_arn(stack, "Imported", f"arn:aws:sqs:{stack.region}:{stack.account}:theirs")
FlowControlledQueue(
    stack, "Theirs", consumer=consumer("TheirConsumer"), downstream=courier("Crow"), queue=imported, runtime="provided"
)

groups = IdempotentProvider(
    stack,
    "Groups",
    handler=consumer("GroupsFunction"),
    total_timeout=cdk.Duration.minutes(20),
    polls=True,
    on_orphan="report",
    encryption_key=kms.Key(stack, "GroupsKey"),
    removal_policy=cdk.RemovalPolicy.DESTROY,
    alarm_topic=sns.Topic(stack, "GroupAlarms"),
)
groups.custom_resource("Web", resource_type="Custom::Elastigroup", properties={"Name": "web"})
records = dynamodb.Table(
    stack, "Records", partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
)
IdempotentProvider(
    stack,
    "Vendored",
    handler=consumer("VendoredFunction"),
    table=records,
    runtime="provided",
    acknowledge={"recovery": "a test", "expiry": "a test"},
)
elsewhere = IdempotentProvider(cdk.Stack(app, "Elsewhere"), "Groups", handler=consumer("NearFunction"), polls=True)
elsewhere.custom_resource("Web", resource_type="Custom::Elastigroup")

checks = DelayedCheck(
    stack,
    "OrderCheck",
    handler=consumer("CheckFunction"),
    delay=cdk.Duration.minutes(30),
    deadline=cdk.Duration.hours(1),
    experiment=Experiment(key="stuck-order-call", arms={"call": 50, "control": 50}, control="control"),
    encryption_key=kms.Key(stack, "CheckKey"),
    alarm_topic=sns.Topic(stack, "CheckAlarms"),
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
checks.add_event_rule(event_pattern=events.EventPattern(detail_type=["OrderPlaced"]))
checks.grant_start(consumer("Producer"))
checks.grant_record_outcome(consumer("Webhook"))
checks.archive_outcomes()
checks.create_dashboard()
rows = dynamodb.Table(
    stack,
    "Rows",
    partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
    stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
)
DelayedCheck(
    stack,
    "VendoredCheck",
    handler=consumer("VendoredCheckFunction"),
    delay=cdk.Duration.minutes(5),
    deadline=cdk.Duration.minutes(10),
    table=rows,
    runtime="provided",
    acknowledge={"recovery": "a test", "expiry": "a test"},
)
app.synth()
