"""Rules about queues (`QueueFacts`): dead letters, limits, who sends to it, who consumes it, and who watches it."""

from collections.abc import Sequence

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import QueueFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import listed, seconds
from constructs_lib.sizing import limits

#: SQS's longest delay, in seconds.
_MAX_DELAY = 900


@rule(
    "R11",
    about=QueueFacts,
    what="one of queue and dead-letter queue is FIFO, and the other is not",
    why="SQS refuses such a redrive policy at deploy.",
    source=pages.DEAD_LETTERS,
    fix="Make both FIFO (`FifoQueue: true`, names that end in `.fifo`), or neither.",
    when=lambda has_dead_letter_queue, dead_letter_queue_fifo: (
        has_dead_letter_queue is not False and dead_letter_queue_fifo is not None
    ),
)
def _dead_letter_queue_is_alike(fifo: bool, dead_letter_queue_fifo: bool) -> str | None:
    if dead_letter_queue_fifo == fifo:
        return None
    kinds = {True: "FIFO", False: "standard"}
    return (
        f"the queue is {kinds[fifo]} and its dead-letter queue is {kinds[dead_letter_queue_fifo]}: "
        f"SQS refuses that at deploy; make the dead-letter queue {kinds[fifo]}"
    )


@rule(
    "R12",
    about=QueueFacts,
    what="dead letters are not kept longer than messages",
    why=(
        "A standard queue's dead letters count from when they were first sent. One that was retried for days vanishes "
        "hours after it was dead-lettered, before anybody reads it."
    ),
    source=pages.DEAD_LETTER_RETENTION,
    fix="Set the dead-letter queue's `MessageRetentionPeriod` to 14 days (`retention_period`).",
    # A FIFO queue's dead letters count anew.
    when=lambda has_dead_letter_queue, dead_letter_retention, fifo: (
        has_dead_letter_queue is not False and dead_letter_retention is not None and fifo is not True
    ),
)
def _dead_letters_outlive_the_queue(fifo: bool, retention: float, dead_letter_retention: float) -> str | None:
    if fifo or dead_letter_retention > retention:
        return None
    return (
        f"the dead-letter queue keeps messages for {seconds(dead_letter_retention)}, not longer than the queue's "
        f"{seconds(retention)}, and counts from when they were first sent: dead letters may vanish unread; "
        "keep them longer there (14 days), or set a shorter retention_period (MessageRetentionPeriod) here"
    )


@rule(
    "R13",
    about=QueueFacts,
    what="messages are not kept for as long as they may be hidden",
    why="A message whose retention ends while it is delayed or worked on is deleted, and its failure is not retried.",
    source=pages.QUEUE_ATTRIBUTES,
    fix="Set a longer `MessageRetentionPeriod` (`retention_period`): four days are the default, 14 the most.",
    flows=False,
)
def _messages_outlive_one_receive(retention: float, visibility_timeout: float, delivery_delay: float) -> str | None:
    longest = max(visibility_timeout, delivery_delay)
    if retention >= longest:
        return None
    return (
        f"retention {seconds(retention)} is shorter than {seconds(longest)}, the longer of visibility timeout "
        f"{seconds(visibility_timeout)} and delay {seconds(delivery_delay)}: messages expire unprocessed; "
        "set a longer MessageRetentionPeriod (retention_period)"
    )


@rule(
    "R25",
    about=QueueFacts,
    what="a service sends to a queue that is encrypted with `alias/aws/sqs`",
    why="That key's policy admits no service and cannot be changed: whatever the service sends is refused.",
    source=pages.KEYS,
    fix="Encrypt with SQS-managed keys (`SqsManagedSseEnabled`), or with a key of your own that admits the service.",
    when=lambda service_sources: len(service_sources) > 0,
)
def _services_can_use_the_key(service_sources: Sequence[str], aws_managed_key: bool) -> str | None:
    if not aws_managed_key:
        return None
    return (
        f"{listed(service_sources)} cannot send to a queue encrypted with the AWS managed key "
        "alias/aws/sqs, whose policy admits no service; "
        "encrypt with SQS-managed keys (SqsManagedSseEnabled), or with a key of your own (encryption_key)"
    )


@rule(
    "R29",
    about=QueueFacts,
    what="some sources of a standard queue set a message group, and others do not",
    why="Each message without a group is a tenant of its own. It goes before a noisy tenant's, whoever really sent it.",
    source=pages.FAIR_QUEUES,
    fix="Set a message group in all sources, or in none.",
    when=lambda grouped_sources, ungrouped_sources, fifo: (
        bool(grouped_sources) and bool(ungrouped_sources) and fifo is not True
    ),
)
def _all_sources_name_the_tenant(
    fifo: bool, grouped_sources: Sequence[str], ungrouped_sources: Sequence[str]
) -> str | None:
    if fifo:
        return None
    return (
        f"a message group is set by {listed(grouped_sources)} and not by {listed(ungrouped_sources)}: each message "
        "without one is taken for a tenant of its own, and goes before those of a noisy one; "
        "set MessageGroupId (message_group_id) in all sources, or in none"
    )


@rule(
    "R30",
    Level.WARNING,
    about=QueueFacts,
    what="several functions consume the queue",
    why="They share its messages: each gets some, at random. And their limits add up.",
    source=pages.MAPPINGS,
    fix="Give each function a queue of its own, fed by a topic or an event bus.",
)
def _one_function_consumes_it(consumers: Sequence[str]) -> str | None:
    if len(set(consumers)) <= 1:
        return None
    return (
        f"{listed(consumers)} consume the same queue: each gets some of its messages, at random, and their limits add "
        "up; give each a queue of its own (behind a topic or an event bus), or leave one of them"
    )


@rule(
    "R39",
    about=QueueFacts,
    what="messages are delayed for more than 15 minutes",
    why="SQS refuses that at deploy.",
    source=pages.QUEUE_ATTRIBUTES,
    fix="Set `DelaySeconds` (`delivery_delay`) to at most 900; longer delays are EventBridge Scheduler's.",
    flows=False,
)
def _the_delay_is_allowed(delivery_delay: float) -> str | None:
    if delivery_delay <= _MAX_DELAY:
        return None
    return (
        f"the queue delays messages for {seconds(delivery_delay)}, and SQS allows {seconds(_MAX_DELAY)} at most; "
        "lower DelaySeconds (delivery_delay), and leave longer delays to EventBridge Scheduler"
    )


@rule(
    "R39",
    about=QueueFacts,
    what="messages are hidden for more than 12 hours",
    why="SQS refuses that at deploy. A backoff cannot be longer either: the 12 hours count from the receive.",
    source=pages.VISIBILITY,
    fix="Set `VisibilityTimeout` (`visibility_timeout`) to at most 43200.",
    flows=False,
)
def _the_visibility_timeout_is_allowed(visibility_timeout: float) -> str | None:
    if visibility_timeout <= limits.MAX_VISIBILITY:
        return None
    return (
        f"visibility timeout {seconds(visibility_timeout)} is above SQS's limit of {seconds(limits.MAX_VISIBILITY)} "
        "(12 hours); lower VisibilityTimeout (visibility_timeout)"
    )


@rule(
    "R41",
    Level.WARNING,
    about=QueueFacts,
    what="the only alarm on the queue is on the age of its oldest message",
    why=(
        "SQS leaves a message out of that age from its third receive on. Messages that fail again and again make no "
        "alarm, however old they are."
    ),
    source=pages.METRICS,
    fix="Add an alarm on the dead-letter queue's `ApproximateNumberOfMessagesVisible`.",
    when=lambda age_alarms, other_alarms: bool(age_alarms) and not other_alarms,
)
def _more_than_the_age_is_watched(age_alarms: Sequence[str]) -> str | None:
    return (
        f"the queue is watched by {listed(age_alarms)} alone, on the age of its oldest message, which leaves out "
        "messages that were received three times: those that always fail make no alarm; "
        "add an alarm on ApproximateNumberOfMessagesVisible of the dead-letter queue"
    )
