"""What can be unsafe between a queue and its function: each kind in plain aws-cdk-lib, with nothing else wrong.

THE_24 has one for each rule that is an error, and two warnings: several functions on a queue, and events that are lost.
"""

from collections.abc import Callable
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from benchmarks.plain_apps import (
    FAILS_AS_A_WHOLE,
    Props,
    add_rule,
    consumer,
    dead_letters,
    mapping,
    pipeline,
    subscribe,
)

Build = Callable[[cdk.Stack], object]

_FIFO: Props = {"fifo": True}
_LONG_FIFO: Props = {**_FIFO, "visibility_timeout": Duration.seconds(90)}
_POLLERS: Props = {"provisioned_poller_config": lambda_.ProvisionedPollerConfig(minimum_pollers=2, maximum_pollers=5)}
_NO_MAXIMUM: Props = {"max_concurrency": None}
_NO_PLACE: Props = {"dead_letter_queue": None}
_RETRIES = """
from tenacity import retry, stop_after_attempt, wait_fixed

@retry(stop=stop_after_attempt(5), wait=wait_fixed(3))
def call(record):
    pass

def handler(event, context):
    return {"batchItemFailures": [call(each) for each in event["Records"]]}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of what is unsafe.

    Attributes:
        rule: The rule that it breaks.
        what: What is wrong.
        build: Makes it, as an author would.
        around: Makes it past CDK's own constructs, where they refuse it: somebody's template may have it all the same.
        follows: The rules that cannot but be broken too.
    """

    rule: str
    what: str
    build: Build
    around: Build | None = None
    follows: frozenset[str] = frozenset()


def _pipeline(
    queue: Props | None = None,
    redrive: Props | None = None,
    function: Props | None = None,
    source: Props | None = None,
    rule: Props | None = None,
) -> Build:
    def build(stack: cdk.Stack) -> None:
        made = pipeline(stack, queue=queue, redrive=redrive, function=function, source=source)
        if rule is not None:
            add_rule(stack, made.queue, **rule)

    return build


def _mapping(name: str, value: object, queue: Props | None = None, source: Props | None = None) -> Build:
    """A property of the mapping is set past CDK."""

    def build(stack: cdk.Stack) -> None:
        made = pipeline(stack, queue=queue, redrive=queue, source=source)
        mapping(made.function).add_property_override(name, value)

    return build


def _queue(name: str, value: object) -> Build:
    """A property of the queue is set past CDK."""

    def build(stack: cdk.Stack) -> None:
        queue = pipeline(stack).queue.node.default_child
        assert isinstance(queue, sqs.CfnQueue)  # noqa: S101 - for the type checker: a Queue is made of one
        queue.add_property_override(name, value)

    return build


def _no_dead_letter_queue(stack: cdk.Stack) -> None:
    queue = sqs.Queue(stack, "Queue", visibility_timeout=Duration.seconds(60), enforce_ssl=True)
    subscribe(consumer(stack), queue)


def _some_sources_without_group(stack: cdk.Stack) -> None:
    queue = pipeline(stack).queue
    add_rule(stack, queue, message_group_id="gold")
    add_rule(stack, queue, "OtherRule")


def _two_functions(stack: cdk.Stack) -> None:
    subscribe(consumer(stack, "Second"), pipeline(stack).queue)


def _consumes_its_dead_letters(stack: cdk.Stack) -> None:
    last = sqs.DeadLetterQueue(queue=dead_letters(stack, "Last"), max_receive_count=5)
    redrive = {"visibility_timeout": Duration.seconds(60), "retention_period": Duration.days(7)}
    made = pipeline(stack, redrive={**redrive, "dead_letter_queue": last})
    again = sqs.Queue.from_queue_arn(stack, "Again", made.dead_letter_queue.queue_arn)
    subscribe(made.function, again)


def _sends_to_its_own_queue(stack: cdk.Stack) -> None:
    made = pipeline(stack)
    made.queue.grant_send_messages(made.function)


def _alarm_on_what_is_sent(stack: cdk.Stack) -> None:
    sent = pipeline(stack).dead_letter_queue.metric_number_of_messages_sent()
    sent.create_alarm(stack, "Sent", threshold=1, evaluation_periods=1)


def _alarm_on_the_age_only(stack: cdk.Stack) -> None:
    made = pipeline(stack)
    stack.node.try_remove_child("DeadLettersAlarm")
    age = made.queue.metric_approximate_age_of_oldest_message()
    age.create_alarm(stack, "Age", threshold=600, evaluation_periods=1)


def _standard_topic(stack: cdk.Stack) -> None:
    queue = pipeline(stack, queue=_FIFO, redrive=_FIFO).queue
    topic = sns.Topic(stack, "Topic", enforce_ssl=True)
    undelivered = dead_letters(stack, "Undelivered")
    topic.add_subscription(subscriptions.SqsSubscription(queue, dead_letter_queue=undelivered))


def _bucket(stack: cdk.Stack) -> None:
    queue = pipeline(stack, queue=_FIFO, redrive=_FIFO).queue
    bucket = s3.Bucket(stack, "Bucket", enforce_ssl=True)
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.SqsDestination(queue))


#: One for each rule that is an error, and two warnings.
THE_24 = (
    Kind(
        rule="R1",
        what="a maximum concurrency of 1",
        build=_pipeline(source={"max_concurrency": 1}),
        around=_mapping("ScalingConfig.MaximumConcurrency", 1),
    ),
    Kind(
        rule="R2",
        what="a function that may run longer than its message is hidden",
        build=_pipeline(function={"timeout": Duration.seconds(90)}),
        follows=frozenset({"R3"}),
    ),
    Kind(
        rule="R3",
        what="a visibility timeout of 60 s, a function that may run 29 s",
        build=_pipeline(function={"timeout": Duration.seconds(29)}),
    ),
    Kind(
        rule="R4",
        what="5 reserved, a maximum concurrency of 10",
        build=_pipeline(function={"reserved_concurrent_executions": 5}),
    ),
    Kind(
        rule="R5",
        what="5 reserved, no maximum concurrency",
        build=_pipeline(function={"reserved_concurrent_executions": 5}, source=_NO_MAXIMUM),
    ),
    Kind(rule="R6", what="0 reserved", build=_pipeline(function={"reserved_concurrent_executions": 0})),
    Kind(rule="R7", what="dead letters after a single receive", build=_pipeline(redrive={"max_receive_count": 1})),
    Kind(rule="R10", what="no dead-letter queue", build=_no_dead_letter_queue),
    Kind(rule="R11", what="a FIFO queue with a standard dead-letter queue", build=_pipeline(queue=_FIFO)),
    Kind(
        rule="R12",
        what="dead letters kept no longer than messages",
        build=_pipeline(redrive={"retention_period": Duration.days(4)}),
    ),
    Kind(
        rule="R13",
        what="messages hidden for longer than they are kept",
        build=_pipeline(queue={"retention_period": Duration.minutes(1), "visibility_timeout": Duration.minutes(2)}),
    ),
    Kind(
        rule="R14",
        what="batches of 10 that fail as a whole",
        build=_pipeline(function={"code": FAILS_AS_A_WHOLE}, source={"report_batch_item_failures": False}),
    ),
    Kind(
        rule="R15",
        what="failures that are answered and not asked for",
        build=_pipeline(source={"report_batch_item_failures": False, "batch_size": 1}),
    ),
    Kind(
        rule="R18",
        what="retries in the function that take longer than it",
        build=_pipeline(function={"code": _RETRIES}),
    ),
    Kind(
        rule="R21",
        what="provisioned mode, with 10 reserved",
        build=_pipeline(function={"reserved_concurrent_executions": 10}, source={**_POLLERS, **_NO_MAXIMUM}),
    ),
    Kind(
        rule="R25",
        what="events to a queue with alias/aws/sqs",
        build=_pipeline(queue={"encryption": sqs.QueueEncryption.KMS_MANAGED}, rule={}),
    ),
    Kind(
        rule="R26", what="events to a FIFO queue without a group", build=_pipeline(queue=_FIFO, redrive=_FIFO, rule={})
    ),
    Kind(
        rule="R27",
        what="a batching window on a FIFO queue",
        build=_pipeline(queue=_LONG_FIFO, redrive=_FIFO, source={"max_batching_window": Duration.seconds(5)}),
        around=_mapping("MaximumBatchingWindowInSeconds", 5, queue=_LONG_FIFO),
    ),
    Kind(rule="R29", what="a message group from one of two rules", build=_some_sources_without_group),
    Kind(rule="R30", what="two functions on one queue", build=_two_functions),
    Kind(rule="R31", what="a function that consumes its own dead letters", build=_consumes_its_dead_letters),
    Kind(rule="R38", what="events that cannot be delivered are lost", build=_pipeline(rule=_NO_PLACE)),
    Kind(
        rule="R39",
        what="a delay of 16 minutes",
        build=_pipeline(queue={"delivery_delay": Duration.minutes(16)}),
        around=_queue("DelaySeconds", 960),
    ),
    Kind(rule="R41", what="an alarm on the dead letters that are sent", build=_alarm_on_what_is_sent),
)

#: Variants, and what is a warning.
OTHERS = (
    Kind(
        rule="R1",
        what="provisioned mode with a maximum concurrency",
        build=_pipeline(source=_POLLERS),
        around=_mapping("ScalingConfig.MaximumConcurrency", 10, source={**_POLLERS, **_NO_MAXIMUM}),
    ),
    Kind(rule="R7", what="dead letters after three receives", build=_pipeline(redrive={"max_receive_count": 3})),
    Kind(rule="R11", what="a standard queue with a FIFO dead-letter queue", build=_pipeline(redrive=_FIFO)),
    Kind(
        rule="R16",
        what="failures that are asked for and not answered",
        build=_pipeline(function={"code": FAILS_AS_A_WHOLE}),
    ),
    Kind(rule="R26", what="a standard topic before a FIFO queue", build=_standard_topic),
    Kind(rule="R26", what="a bucket before a FIFO queue", build=_bucket),
    Kind(
        rule="R27",
        what="batches of 11 from a FIFO queue",
        build=_pipeline(queue=_FIFO, redrive=_FIFO, source={"batch_size": 11}),
        around=_mapping("BatchSize", 11, queue=_FIFO),
    ),
    Kind(
        rule="R28",
        what="message groups, and 10 messages at once",
        build=_pipeline(source={"batch_size": 1}, rule={"message_group_id": "gold"}),
    ),
    Kind(rule="R31", what="a function that may send to its own queue", build=_sends_to_its_own_queue),
    Kind(
        rule="R34",
        what="a dead-letter queue of a function that only a queue invokes",
        build=_pipeline(function={"dead_letter_queue_enabled": True}),
    ),
    Kind(
        rule="R35",
        what="a filter that deletes the rest",
        build=_pipeline(source={"filters": [lambda_.FilterCriteria.filter({"body": {"kind": ["order"]}})]}),
    ),
    Kind(
        rule="R39",
        what="messages hidden for 13 hours",
        build=_pipeline(queue={"visibility_timeout": Duration.hours(13)}),
        around=_queue("VisibilityTimeout", 46_800),
    ),
    Kind(rule="R41", what="an alarm on the age only", build=_alarm_on_the_age_only),
    Kind(rule="R44", what="a maximum concurrency of 200", build=_pipeline(source={"max_concurrency": 200})),
    Kind(
        rule="R45",
        what="a timeout and a memory that nobody chose",
        build=_pipeline(function={"timeout": None, "memory_size": None}),
    ),
)
