"""Rules about what sends to a queue (`SourceFacts`): rules, schedules, subscriptions, notifications."""

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import Service, SourceFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule

_EVENT_BRIDGE = {Service.EVENT_BRIDGE, Service.SCHEDULER}


@rule(
    "R26",
    about=SourceFacts,
    what="EventBridge sends to a FIFO queue without a message group",
    why="SQS refuses a message without a group: no event ever arrives.",
    source=pages.EVENT_BRIDGE_QUEUES,
    fix="Set `SqsParameters.MessageGroupId` (`message_group_id`) on the target.",
    when=lambda service, fifo: service in _EVENT_BRIDGE and fifo is not False,
)
def _fifo_gets_a_group(service: Service, fifo: bool, group_id: str | None) -> str | None:
    if not fifo or group_id:
        return None
    return (
        f"{service} sends to a FIFO queue and names no message group, so that SQS refuses every message; "
        "set SqsParameters.MessageGroupId on the target (message_group_id)"
    )


@rule(
    "R26",
    about=SourceFacts,
    what="a standard topic sends to a FIFO queue",
    why="SNS delivers to FIFO queues from FIFO topics only, and refuses the subscription at deploy.",
    source=pages.TOPICS,
    fix="Make the topic FIFO (`FifoTopic: true`), or the queue a standard one.",
    when=lambda service, fifo: service == Service.SNS and fifo is not False,
)
def _fifo_gets_from_fifo(fifo: bool, topic_fifo: bool) -> str | None:
    if not fifo or topic_fifo:
        return None
    return (
        "the queue is FIFO and the topic that sends to it is not, which SNS refuses; "
        "make the topic FIFO (FifoTopic), or the queue a standard one"
    )


@rule(
    "R26",
    about=SourceFacts,
    what="a bucket sends to a FIFO queue",
    why="S3 does not notify FIFO queues, and refuses it at deploy.",
    source=pages.BUCKETS,
    fix="Use a standard queue, or let the bucket notify EventBridge and a rule send to the queue.",
    when=lambda service, fifo: service == Service.S3 and fifo is not False,
)
def _buckets_send_to_standard_queues(fifo: bool) -> str | None:
    if not fifo:
        return None
    return (
        "a bucket sends its notifications to a FIFO queue, which S3 refuses; "
        "use a standard queue, or let the bucket notify EventBridge and a rule send to the queue"
    )


@rule(
    "R38",
    Level.WARNING,
    about=SourceFacts,
    what="what EventBridge cannot deliver goes nowhere",
    why=(
        "EventBridge gives an event up after 24 hours, a schedule's too. Without a dead-letter queue of the target it "
        "is lost, and nobody knows."
    ),
    source=pages.EVENT_BRIDGE_DEAD_LETTERS,
    fix="Set `DeadLetterConfig` (`dead_letter_queue`) on the target, with a queue that is watched.",
    when=lambda service: service in _EVENT_BRIDGE,
)
def _the_undeliverable_is_kept(service: Service, has_undeliverable_queue: bool) -> str | None:
    if has_undeliverable_queue:
        return None
    return (
        f"what {service} cannot deliver to the queue is lost; "
        "set DeadLetterConfig on the target (dead_letter_queue), with a queue that an alarm watches"
    )


@rule(
    "R38",
    Level.WARNING,
    about=SourceFacts,
    what="what a topic cannot deliver goes nowhere",
    why=(
        "SNS gives a message up at once where the queue refuses it, and after 23 days where the queue cannot be "
        "reached. Without a dead-letter queue of the subscription it is lost, and nobody knows."
    ),
    source=pages.TOPIC_DEAD_LETTERS,
    fix="Set `RedrivePolicy` (`dead_letter_queue`) on the subscription, with a queue that is watched.",
    when=lambda service: service == Service.SNS,
)
def _the_undelivered_of_a_topic_is_kept(has_undeliverable_queue: bool) -> str | None:
    if has_undeliverable_queue:
        return None
    return (
        "what SNS cannot deliver to the queue is lost; "
        "set RedrivePolicy on the subscription (dead_letter_queue), with a queue that an alarm watches"
    )
