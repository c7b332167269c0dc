"""Apps of plain aws-cdk-lib, as somebody writes them who never heard of this library: a rule, a queue, its consumer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

#: A consumer that answers which messages of a batch failed.
ANSWERS = """
def handler(event, context):
    return {"batchItemFailures": []}
"""

#: One that does not.
FAILS_AS_A_WHOLE = """
def handler(event, context):
    for record in event["Records"]:
        print(record["body"])
"""

ANY_ORDER = events.EventPattern(source=["shop"], detail_type=["order"])

Props = Mapping[str, Any]


class Pipeline(NamedTuple):
    """A queue, and who consumes it."""

    queue: sqs.Queue
    dead_letter_queue: sqs.Queue
    function: lambda_.Function


def dead_letters(stack: cdk.Stack, id_: str = "DeadLetters", **props: Any) -> sqs.Queue:  # noqa: ANN401 - as Queue has
    """A dead-letter queue that keeps its messages for 14 days, and an alarm on it."""
    queue = sqs.Queue(stack, id_, **{"retention_period": Duration.days(14), "enforce_ssl": True, **props})
    cloudwatch.Alarm(
        stack,
        f"{id_}Alarm",
        metric=queue.metric_approximate_number_of_messages_visible(),
        threshold=1,
        evaluation_periods=1,
    )
    return queue


def consumer(
    stack: cdk.Stack,
    id_: str = "Consumer",
    *,
    code: str = ANSWERS,
    **props: Any,  # noqa: ANN401 - as Function has
) -> lambda_.Function:
    """A function that may run ten seconds."""
    defaults = {
        "runtime": lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
        "handler": "index.handler",
        "code": lambda_.Code.from_inline(code),
        "timeout": Duration.seconds(10),
        "memory_size": 256,
    }
    return lambda_.Function(stack, id_, **{**defaults, **props})


def subscribe(function: lambda_.Function, queue: sqs.IQueue, **props: Any) -> None:  # noqa: ANN401 - as SqsEventSource has
    """The function consumes the queue, up to ten batches at once."""
    defaults = {"batch_size": 10, "max_concurrency": 10, "report_batch_item_failures": True}
    function.add_event_source(event_sources.SqsEventSource(queue, **{**defaults, **props}))


def mapping(function: lambda_.Function) -> lambda_.CfnEventSourceMapping:
    """The function's event source mapping, for what CDK lets nobody set."""
    (found,) = (each for each in function.node.find_all() if isinstance(each, lambda_.CfnEventSourceMapping))
    return found


def add_rule(stack: cdk.Stack, queue: sqs.IQueue, id_: str = "Rule", **props: Any) -> None:  # noqa: ANN401 - as SqsQueue has
    """Events go to the queue; those that cannot be delivered to one that is watched."""
    if "dead_letter_queue" not in props:
        props["dead_letter_queue"] = dead_letters(stack, f"{id_}DeadLetters")
    events.Rule(stack, id_, event_pattern=ANY_ORDER, targets=[targets.SqsQueue(queue, **props)])


def pipeline(
    stack: cdk.Stack,
    *,
    queue: Props | None = None,
    redrive: Props | None = None,
    function: Props | None = None,
    source: Props | None = None,
) -> Pipeline:
    """A queue with its dead-letter queue, and the function that consumes it; all of it safe where nothing is given.

    Args:
        stack: Where to.
        queue: Other properties of the queue.
        redrive: Other properties of its dead-letter queue, and "max_receive_count".
        function: Other properties of the function.
        source: Other properties of the event source.
    """
    redrive = dict(redrive or {})
    receives = redrive.pop("max_receive_count", 5)
    failed = dead_letters(stack, **redrive)
    to_failed = sqs.DeadLetterQueue(queue=failed, max_receive_count=receives)
    safe = {"visibility_timeout": Duration.seconds(60), "dead_letter_queue": to_failed, "enforce_ssl": True}
    made = sqs.Queue(stack, "Queue", **{**safe, **(queue or {})})
    consuming = consumer(stack, **(function or {}))
    subscribe(consuming, made, **(source or {}))
    return Pipeline(made, failed, consuming)
