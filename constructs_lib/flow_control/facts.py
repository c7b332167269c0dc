"""What the rules are asked about: facts, whoever saw them. Times are in seconds, no aws_cdk inside.

A flow knows its own facts (`FlowFacts`); the checks read those of any app from its templates (the others). A fact of
one name means the same in all of them, so that one rule serves both. A fact that is None is not set, or nobody said it.
A fact that is UNKNOWN is set and cannot be seen: a token, an intrinsic function, or an imported resource's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from constructs_lib._unknown import Unknown
from constructs_lib.sizing import FlowStrategy

#: The metrics of a queue that rules are about.
AGE_METRIC, SENT_METRIC = "ApproximateAgeOfOldestMessage", "NumberOfMessagesSent"


class Service(StrEnum):
    """What sends to a queue."""

    EVENT_BRIDGE = "EventBridge"
    SCHEDULER = "EventBridge Scheduler"
    SNS = "SNS"
    S3 = "S3"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFacts:
    """What is known of a flow: all that its author declared, and all that its mapping, queues and function are.

    Attributes:
        has_runtime: Whether the library's handler runs in the consumer.
        role_is_known: Whether the consumer's role could be granted anything.
        queue_policy_is_known: Whether the policies of its queue and key can be changed.
        strategy: CONCURRENCY or PACE.
        calls_per_second: What the downstream takes.
        burst: Calls that it takes at once.
        error_rate: Share of calls that fail though the rate is held.
        target_loss: Highest probability that a message is dead-lettered though the downstream is up.
        mean_latency: Seconds of a call; None where nobody said it.
        littles_law_concurrency: Workers that make just as many calls as the downstream takes.
        utilisation: Share of the rate that the workers reach; None where the latency is not known.
        batch_size: Messages an invocation gets at most.
        batching_window: Seconds that Lambda waits for a batch to fill.
        in_line: Messages that must succeed one after the other.
        max_concurrency: Workers at most.
        pace: Seconds that a message occupies its worker at least; 0 under CONCURRENCY.
        call_timeout: Seconds one call may take.
        call_attempts: Calls that the author's function makes for a message before it fails.
        call_retry_wait: Seconds that it waits between two of them, at most.
        function_timeout: Seconds that an invocation may take.
        reserved_concurrency: The function's; None where it reserves nothing.
        mapped_concurrency: The sum of the maxima of its SQS mappings; None where one has no maximum.
        visibility_timeout: Seconds that a message is hidden once it was received.
        max_receive_count: Receives before a message is dead-lettered.
        retention: Seconds that the queue keeps a message.
        delivery_delay: Seconds that a message is hidden at first.
        has_dead_letter_queue: Whether messages that fail have a place to go.
        fifo: Whether the queue keeps an order.
        dead_letter_queue_fifo: Whether the dead-letter queue does.
        dead_letter_retention: Seconds that the dead-letter queue keeps a message.
        outage_tolerance: Seconds of an outage that the retries must outlast; 0 where there is none to outlast.
        retry_span: Seconds between the first and the last receive of a message that always fails, on average.
        least_retry_span: The same, three standard deviations below the mean.
        backoff_cap: Seconds of the longest wait before a retry.
        max_wait: Seconds that a message may wait; None where nobody said it.
        has_load: Whether the author declared what arrives.
        goodput: Messages a second that succeed at the downstream's whole rate.
        load_after: Messages a second that go on arriving; None without a load.
        peak_arrival: The most messages a second that arrive; None without a load.
        longest_wait: Seconds at the goodput, less than which nobody could wait; None without a load, or without end.
        expected_goodput: The goodput of the flow's workers; None where the latency is not known.
        expected_longest_wait: Seconds at the expected goodput; None without a load, a latency, or an end.
        service_sources: The services that send to the queue.
        grouped_sources: The paths of the sources that set a message group.
        ungrouped_sources: The paths of those that do not.
        aws_managed_key: Whether the queue is encrypted with `alias/aws/sqs`.
        consumers: The paths of all functions that are mapped to the queue.
        other_triggers: What else of this app invokes the consumer.
        same_downstream: The rates of all flows in front of the downstream, this one too, by their paths.
    """

    has_runtime: bool
    role_is_known: bool
    queue_policy_is_known: bool
    strategy: FlowStrategy
    calls_per_second: float
    burst: int
    error_rate: float
    target_loss: float
    mean_latency: float | None
    littles_law_concurrency: float | Unknown
    utilisation: float | None
    batch_size: int
    batching_window: float
    in_line: int
    max_concurrency: int
    pace: float
    call_timeout: float | Unknown
    call_attempts: int
    call_retry_wait: float
    function_timeout: float | Unknown
    reserved_concurrency: int | Unknown | None
    mapped_concurrency: int | Unknown | None
    visibility_timeout: float | Unknown
    max_receive_count: int | Unknown
    retention: float | Unknown
    delivery_delay: float | Unknown
    has_dead_letter_queue: bool | Unknown
    fifo: bool
    dead_letter_queue_fifo: bool | Unknown
    dead_letter_retention: float | Unknown
    outage_tolerance: float
    retry_span: float
    least_retry_span: float
    backoff_cap: float
    max_wait: float | None
    has_load: bool
    goodput: float
    load_after: float | None
    peak_arrival: float | None
    longest_wait: float | None
    expected_goodput: float | None
    expected_longest_wait: float | None
    service_sources: Sequence[str]
    grouped_sources: Sequence[str]
    ungrouped_sources: Sequence[str]
    aws_managed_key: bool | Unknown
    consumers: Sequence[str]
    other_triggers: Sequence[str]
    same_downstream: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFacts:
    """What is known of an event source mapping from a queue to a function; its queue's and function's as above.

    Attributes:
        max_concurrency: Workers at most; None where there is no maximum.
        minimum_pollers: Of the provisioned mode; None where the mapping is not in it.
        maximum_pollers: The most of them, with up to ten invocations each; None likewise.
        batch_size: Messages an invocation gets at most.
        batching_window: Seconds that Lambda waits for a batch to fill.
        reports_failures: Whether Lambda asks for `batchItemFailures`.
        has_filter: Whether it drops messages that do not match.
        fifo: Whether the queue keeps an order.
        function_timeout: Seconds that an invocation may take.
        reserved_concurrency: The function's; None where it reserves nothing.
        visibility_timeout: Seconds that a message is hidden once it was received.
        max_receive_count: Receives before a message is dead-lettered; None where there is no such limit.
        has_dead_letter_queue: Whether messages that fail have a place to go; a dead-letter queue needs none.
        consumes_own_dead_letters: Whether its function consumes the queue and its dead-letter queue.
        sends_to_own_queue: Whether its function may send to the queue.
        grouped_sources: The paths of the sources that set a message group.
        answers_failures: Whether the code answers `batchItemFailures`; None where nobody reads its language.
        call_attempts: Calls for a message before it fails, declared or read from the code; None where neither says it,
            UNKNOWN where the code has some that cannot be read.
        call_timeout: Seconds one call may take; None likewise.
        call_retry_wait: Seconds between two calls, at most; None likewise.
        messages_called_for: Of an invocation's messages, those whose calls are surely made one after another.
    """

    max_concurrency: int | Unknown | None
    minimum_pollers: int | Unknown | None
    maximum_pollers: int | Unknown | None
    batch_size: int | Unknown
    batching_window: float | Unknown
    reports_failures: bool | Unknown
    has_filter: bool | Unknown
    fifo: bool | Unknown
    function_timeout: float | Unknown
    reserved_concurrency: int | Unknown | None
    visibility_timeout: float | Unknown
    max_receive_count: int | Unknown | None
    has_dead_letter_queue: bool | Unknown
    consumes_own_dead_letters: bool
    sends_to_own_queue: bool | Unknown
    grouped_sources: Sequence[str]
    answers_failures: bool | Unknown | None
    call_attempts: int | Unknown | None
    call_timeout: float | None
    call_retry_wait: float | Unknown | None
    messages_called_for: int | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """What is known of a queue that has a dead-letter queue, a source or a consumer.

    Attributes:
        fifo: Whether it keeps an order.
        visibility_timeout: Seconds that a message is hidden once it was received.
        retention: Seconds that it keeps a message.
        delivery_delay: Seconds that a message is hidden at first.
        has_dead_letter_queue: Whether messages that fail have a place to go.
        dead_letter_queue_fifo: Whether its dead-letter queue keeps an order; None where there is none.
        dead_letter_retention: Seconds that its dead-letter queue keeps a message; None likewise.
        aws_managed_key: Whether it is encrypted with `alias/aws/sqs`.
        service_sources: The services that send to it.
        grouped_sources: The paths of the sources that set a message group.
        ungrouped_sources: The paths of those that do not.
        consumers: The functions that are mapped to it.
        age_alarms: The paths of the alarms on the age of its oldest message.
        other_alarms: Of those on what else tells trouble; UNKNOWN where they may be with a dead-letter queue elsewhere,
            or an alarm's metric cannot be seen.
    """

    fifo: bool | Unknown
    visibility_timeout: float | Unknown
    retention: float | Unknown
    delivery_delay: float | Unknown
    has_dead_letter_queue: bool | Unknown
    dead_letter_queue_fifo: bool | Unknown | None
    dead_letter_retention: float | Unknown | None
    aws_managed_key: bool | Unknown
    service_sources: Sequence[str]
    grouped_sources: Sequence[str]
    ungrouped_sources: Sequence[str]
    consumers: Sequence[str]
    age_alarms: Sequence[str]
    other_alarms: Sequence[str] | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """What is known of a function that consumes a queue.

    Attributes:
        reserved_concurrency: None where it reserves nothing.
        mapped_concurrency: The sum of the maxima of its SQS mappings; None where one has no maximum.
        timeout_is_set: Whether somebody chose its timeout.
        memory_is_set: Whether somebody chose its memory.
        async_destination: Where failures of asynchronous invocations go; None where nowhere.
        has_other_triggers: Whether something else invokes it; UNKNOWN where that invokes what nobody can see.
    """

    reserved_concurrency: int | Unknown | None
    mapped_concurrency: int | Unknown | None
    timeout_is_set: bool | Unknown
    memory_is_set: bool | Unknown
    async_destination: str | Unknown | None
    has_other_triggers: bool | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What is known of a rule's target, a schedule, a subscription or a notification that sends to a queue.

    Attributes:
        service: What sends.
        fifo: Whether the queue keeps an order.
        group_id: The message group that it sets; None where it sets none.
        topic_fifo: Whether its topic keeps an order; None where it is no topic.
        has_undeliverable_queue: Whether what it cannot deliver goes to a queue.
    """

    service: Service
    fifo: bool | Unknown
    group_id: str | Unknown | None
    topic_fifo: bool | Unknown | None
    has_undeliverable_queue: bool | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts:
    """What is known of an alarm on a queue.

    Attributes:
        metric: The metric's name, such as "ApproximateAgeOfOldestMessage".
        is_on_dead_letter_queue: Whether the queue takes another's dead letters.
    """

    metric: str | Unknown
    is_on_dead_letter_queue: bool | Unknown


Facts: TypeAlias = FlowFacts | MappingFacts | QueueFacts | FunctionFacts | SourceFacts | AlarmFacts
