"""Safe apps of plain aws-cdk-lib: the example stacks without the library, and other usual shapes."""

from collections.abc import Callable

import aws_cdk as cdk
from aws_cdk import Duration, custom_resources
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from benchmarks.plain_apps import ANSWERS, ANY_ORDER, add_rule, consumer, dead_letters, pipeline, subscribe

_FIVE_POLLERS = {
    "provisioned_poller_config": lambda_.ProvisionedPollerConfig(minimum_pollers=2, maximum_pollers=5),
    "max_concurrency": None,
}
_ALL_FAIL = "def handler(event, context): ..."
_FAST_RETRIES = f"""
import requests
from tenacity import retry, stop_after_attempt, wait_fixed

@retry(stop=stop_after_attempt(2), wait=wait_fixed(1))
def call(order):
    requests.post("https://courier.example", json=order, timeout=2)
{ANSWERS}"""


def order_hub(app: cdk.App) -> None:
    """Orders from a bus of their own wait in a queue, and are delivered at the courier's pace."""
    stack = cdk.Stack(app, "OrderHub")
    made = pipeline(stack, function={"code": _FAST_RETRIES}, source={"batch_size": 1, "max_concurrency": 6})
    bus = events.EventBus(stack, "Bus")
    target = targets.SqsQueue(made.queue, dead_letter_queue=dead_letters(stack, "Undeliverable"))
    events.Rule(stack, "Orders", event_bus=bus, event_pattern=ANY_ORDER, targets=[target])
    notify = consumer(stack, "Notify", code=_ALL_FAIL)
    bus.grant_put_events_to(notify)


def order_check(app: cdk.App) -> None:
    """A delayed queue of checks; what they find goes to a queue of contacts; a table's stream is read too."""
    stack = cdk.Stack(app, "OrderCheck")
    checks = pipeline(stack, queue={"delivery_delay": Duration.minutes(15)})
    contacts = sqs.Queue(
        stack,
        "Contacts",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters(stack, "Uncontacted"), max_receive_count=8),
    )
    contact = consumer(stack, "Contact", timeout=Duration.seconds(10))
    subscribe(contact, contacts, batch_size=1, max_concurrency=2)
    contacts.grant_send_messages(checks.function)
    add_rule(stack, checks.queue)
    table = dynamodb.Table(
        stack,
        "Orders",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        stream=dynamodb.StreamViewType.NEW_IMAGE,
    )
    outcomes = consumer(stack, "Outcomes", code=_ALL_FAIL)
    outcomes.add_event_source(
        event_sources.DynamoEventSource(table, starting_position=lambda_.StartingPosition.LATEST, batch_size=100)
    )


def elastigroup(app: cdk.App) -> None:
    """A custom resource, and no queue at all but the one that nobody consumes."""
    stack = cdk.Stack(app, "Elastigroup")
    handler = consumer(stack, "Handler", code=_ALL_FAIL, reserved_concurrent_executions=1)
    provider = custom_resources.Provider(stack, "Provider", on_event_handler=handler)
    cdk.CustomResource(stack, "Group", service_token=provider.service_token)
    sqs.Queue(stack, "Audit", visibility_timeout=Duration.seconds(1))


def across_stacks(app: cdk.App) -> None:
    """The queue, its dead-letter queue and its function are in three stacks."""
    below, queues, functions = (cdk.Stack(app, name) for name in ("Below", "Queues", "Functions"))
    queue = sqs.Queue(
        queues,
        "Orders",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters(below), max_receive_count=5),
    )
    subscribe(consumer(functions), queue)
    add_rule(queues, queue)


def stages(app: cdk.App) -> None:
    """Two deployments of one stack, whose queues and functions have the same names; and a stack within a stack."""
    for name in ("Test", "Live"):
        stack = cdk.Stack(cdk.Stage(app, name), "Shop")
        made = pipeline(stack, queue={"queue_name": "orders"}, function={"function_name": "deliver"})
        nested = cdk.NestedStack(stack, "Sources")
        add_rule(nested, made.queue)


def two_queues(app: cdk.App) -> None:
    """Two queues of one function, which reserves as much as both may use; an address invokes it too."""
    stack = cdk.Stack(app, "Lanes")
    made = pipeline(stack, function={"reserved_concurrent_executions": 20, "dead_letter_queue_enabled": True})
    express = sqs.Queue(
        stack,
        "Express",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=made.dead_letter_queue, max_receive_count=5),
    )
    subscribe(made.function, express)
    made.function.add_function_url()


def provisioned(app: cdk.App) -> None:
    """Provisioned mode; five pollers make 50 invocations at most, and as many are reserved."""
    stack = cdk.Stack(app, "Provisioned")
    pipeline(stack, function={"reserved_concurrent_executions": 50}, source=_FIVE_POLLERS)


def provisioned_without_reserve(app: cdk.App) -> None:
    """Provisioned mode; nothing is reserved."""
    pipeline(cdk.Stack(app, "ProvisionedWithoutReserve"), source=_FIVE_POLLERS)


def one_by_one(app: cdk.App) -> None:
    """Batches of one, which need no answer of failures; an alarm on the age beside the one on dead letters."""
    stack = cdk.Stack(app, "OneByOne")
    made = pipeline(
        stack,
        function={"code": _ALL_FAIL},
        source={"batch_size": 1, "report_batch_item_failures": False, "max_concurrency": 2},
    )
    cloudwatch.Alarm(
        stack,
        "Age",
        metric=made.queue.metric_approximate_age_of_oldest_message(),
        threshold=600,
        evaluation_periods=1,
    )


def written_out(app: cdk.App) -> None:
    """The same with L1 constructs and with numbers as text, which CloudFormation takes too."""
    stack = cdk.Stack(app, "WrittenOut")
    failed = sqs.CfnQueue(stack, "DeadLetters", message_retention_period=1_209_600)
    queue = sqs.CfnQueue(
        stack, "Orders", redrive_policy={"deadLetterTargetArn": failed.attr_arn, "maxReceiveCount": "5"}
    )
    queue.add_property_override("VisibilityTimeout", "60")
    function = consumer(stack)
    lambda_.CfnEventSourceMapping(
        stack,
        "Mapping",
        function_name=function.function_arn,
        event_source_arn=queue.attr_arn,
        batch_size=10,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=10),
    )


def shared_dead_letters(app: cdk.App) -> None:
    """Two queues with one dead-letter queue; encrypted with alias/aws/sqs, since only functions send to them."""
    stack = cdk.Stack(app, "Shared")
    encryption = sqs.QueueEncryption.KMS_MANAGED
    failed = dead_letters(stack, encryption=encryption)
    redrive = sqs.DeadLetterQueue(queue=failed, max_receive_count=5)
    for name in ("One", "Two"):
        queue = sqs.Queue(
            stack,
            name,
            visibility_timeout=Duration.minutes(1),
            dead_letter_queue=redrive,
            encryption=encryption,
            retention_period=Duration.days(2),
        )
        subscribe(consumer(stack, f"{name}Consumer"), queue)
        queue.grant_send_messages(consumer(stack, f"{name}Producer", code=_ALL_FAIL))


#: All of it can be seen in the templates.
VISIBLE: tuple[Callable[[cdk.App], None], ...] = (
    order_hub,
    order_check,
    elastigroup,
    across_stacks,
    stages,
    two_queues,
    provisioned,
    provisioned_without_reserve,
    one_by_one,
    shared_dead_letters,
    written_out,
)


def imported(app: cdk.App) -> None:
    """A queue and a function of other apps."""
    stack = cdk.Stack(app, "Imported", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    queue = sqs.Queue.from_queue_arn(stack, "TheirQueue", "arn:aws:sqs:eu-west-1:123456789012:orders")
    subscribe(consumer(stack, "Own"), queue)
    function = lambda_.Function.from_function_attributes(
        stack, "Theirs", function_arn="arn:aws:lambda:eu-west-1:123456789012:function:deliver", same_environment=True
    )
    own = pipeline(stack, function={"timeout": Duration.seconds(5)}).queue
    other = sqs.Queue(
        stack,
        "Other",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=own.dead_letter_queue,
    )
    lambda_.EventSourceMapping(
        stack,
        "Mapping",
        target=function,
        event_source_arn=other.queue_arn,
        max_concurrency=5,
        report_batch_item_failures=True,
    )


def parameters(app: cdk.App) -> None:
    """Numbers that the deployment sets."""
    stack = cdk.Stack(app, "Parameters")
    seconds = cdk.CfnParameter(stack, "Seconds", type="Number", default=1)
    count = cdk.CfnParameter(stack, "Count", type="Number", default=1)
    made = pipeline(stack)
    queue = made.queue.node.default_child
    assert isinstance(queue, sqs.CfnQueue)
    queue.visibility_timeout = seconds.value_as_number
    queue.add_property_override("RedrivePolicy.maxReceiveCount", {"Ref": count.logical_id})


#: Some of it cannot be seen.
HIDDEN: tuple[Callable[[cdk.App], None], ...] = (imported, parameters)
