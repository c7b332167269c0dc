"""How messages say things: numbers, lists, and what a fact is called."""

from collections.abc import Iterable

_FACTS = {
    "answers_failures": "whether its code answers batchItemFailures",
    "async_destination": "its destination for asynchronous failures",
    "aws_managed_key": "the queue's key",
    "call_attempts": "how often its code tries a call (Metadata: constructs-lib: call_attempts says it)",
    "call_retry_wait": "how long its code waits between two tries (Metadata: constructs-lib: call_retry_wait says it)",
    "call_timeout": "the timeout of a call",
    "dead_letter_queue_fifo": "whether the dead-letter queue is FIFO",
    "dead_letter_retention": "the dead-letter queue's retention",
    "fifo": "whether the queue is FIFO",
    "function_timeout": "the function's timeout",
    "group_id": "the message group",
    "has_dead_letter_queue": "the redrive policy",
    "has_filter": "the filter",
    "has_other_triggers": "what else invokes it",
    "has_undeliverable_queue": "where it sends what it cannot deliver",
    "is_on_dead_letter_queue": "whether its queue is a dead-letter queue",
    "littles_law_concurrency": "how many workers make the rate",
    "mapped_concurrency": "the maximum concurrency of its mappings",
    "max_concurrency": "the maximum concurrency",
    "max_receive_count": "the redrive policy's maxReceiveCount",
    "maximum_pollers": "the largest number of pollers",
    "messages_called_for": "the batch size",
    "memory_is_set": "whether its memory is set",
    "metric": "the alarm's metric",
    "minimum_pollers": "the least number of pollers",
    "reports_failures": "the function response types",
    "reserved_concurrency": "the function's reserved concurrency",
    "sends_to_own_queue": "whether it may send to the queue that it consumes",
    "timeout_is_set": "whether its timeout is set",
    "topic_fifo": "whether the topic is FIFO",
}


def seconds(value: float) -> str:
    """Such as "1123200 s" or "0.25 s"."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + " s"


def listed(names: Iterable[str]) -> str:
    """Such as "EventBridge and SNS"."""
    return in_a_row(sorted(set(names)))


def in_a_row(texts: Iterable[str]) -> str:
    """The same, in the order in which they come."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def in_words(fact: str) -> str:
    """What a fact is called: "visibility_timeout" is "the visibility timeout"."""
    return _FACTS.get(fact, f"the {fact.replace('_', ' ')}")
