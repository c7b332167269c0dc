"""What the rules are asked about: an app's mappings, queues, functions, sources and alarms, each with its facts."""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.alarms import Alarm
from constructs_lib.flow_control.checks.app import App, Resource
from constructs_lib.flow_control.checks.connections import Connections
from constructs_lib.flow_control.checks.functions import Function
from constructs_lib.flow_control.checks.mappings import EventSourceMapping
from constructs_lib.flow_control.checks.queues import Queue
from constructs_lib.flow_control.checks.sources import Source
from constructs_lib.flow_control.facts import (
    AGE_METRIC,
    SENT_METRIC,
    AlarmFacts,
    Facts,
    FunctionFacts,
    MappingFacts,
    QueueFacts,
    SourceFacts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that the rules are asked about.

    Attributes:
        kind: What it is, in a word.
        facts: What is known of it.
        resource: It; for a queue that is in no template, the first that consumes or feeds it.
        involved: The other resources that its facts are from, and the mappings whose author may have overruled a rule.
    """

    kind: str
    facts: Facts
    resource: Resource
    involved: tuple[Resource, ...]


def subjects(app: App) -> list[Subject]:
    """All subjects of an app. A queue that nobody consumes, feeds or gives a dead-letter queue is none."""
    found = Connections(app)
    return [
        *(_of_mapping(found, mapping) for mapping in found.mappings),
        *(subject for queue in found.queues.all() for subject in _of_queue(found, queue)),
        *(subject for function in found.functions.all() for subject in _of_function(found, function)),
        *(_of_source(found, source) for source in found.sources),
        *(_of_alarm(found, alarm) for alarm in found.alarms),
    ]


def _of_mapping(found: Connections, mapping: EventSourceMapping) -> Subject:
    queue, function = mapping.queue, mapping.function
    redrive = found.queues.redrive(queue)
    facts = MappingFacts(
        max_concurrency=mapping.max_concurrency,
        minimum_pollers=mapping.minimum_pollers,
        maximum_pollers=mapping.maximum_pollers,
        batch_size=mapping.batch_size,
        batching_window=mapping.batching_window,
        reports_failures=mapping.reports_failures,
        has_filter=mapping.has_filter,
        fifo=queue.fifo,
        function_timeout=function.timeout,
        reserved_concurrency=function.reserved_concurrency,
        visibility_timeout=queue.visibility_timeout,
        max_receive_count=redrive.max_receive_count,
        # A dead-letter queue is where failures end: it needs none of its own.
        has_dead_letter_queue=found.is_an_end(queue) or redrive.is_there,
        consumes_own_dead_letters=found.consumes_own_dead_letters(mapping),
        sends_to_own_queue=mapping.is_enabled is not False
        and found.permissions.may_send(function.resource, queue, found.queues, by_way_of=mapping.resource),
        grouped_sources=found.grouped(queue, mapping.resource)[0],
        answers_failures=function.code.answers_failures,
        call_attempts=mapping.call_attempts,
        call_timeout=mapping.call_timeout,
        call_retry_wait=mapping.call_retry_wait,
        messages_called_for=mapping.messages_called_for,
    )
    return _subject("mapping", facts, mapping.resource, queue.resource, function.resource)


def _of_queue(found: Connections, queue: Queue) -> Iterator[Subject]:
    consuming, feeding = found.consuming(queue), found.feeding(queue)
    redrive = found.queues.redrive(queue)
    dead = redrive.dead_letter_queue
    if not consuming and not feeding and (queue.resource is None or dead is None):
        return
    age, other = _alarms(found, queue, dead)
    grouped, ungrouped = found.grouped(queue)
    facts = QueueFacts(
        fifo=queue.fifo,
        visibility_timeout=queue.visibility_timeout,
        retention=queue.retention,
        delivery_delay=queue.delivery_delay,
        has_dead_letter_queue=redrive.is_there,
        dead_letter_queue_fifo=dead.fifo if isinstance(dead, Queue) else dead,
        dead_letter_retention=dead.retention if isinstance(dead, Queue) else dead,
        aws_managed_key=queue.aws_managed_key,
        service_sources=sorted({each.service for each in feeding if each.is_service}),
        grouped_sources=grouped,
        ungrouped_sources=ungrouped,
        consumers=found.consumers(queue),
        age_alarms=age,
        other_alarms=other,
    )
    consumers, feeders = [each.resource for each in consuming], [each.resource for each in feeding]
    yield _subject(
        "queue", facts, queue.resource, dead.resource if isinstance(dead, Queue) else None, *consumers, *feeders
    )


def _of_function(found: Connections, function: Function) -> Iterator[Subject]:
    # A function whose mappings are all disabled consumes nothing: its reserve may be 0.
    if function.resource is None or all(each.is_enabled is False for each in found.invoking(function)):
        return
    facts = FunctionFacts(
        reserved_concurrency=function.reserved_concurrency,
        mapped_concurrency=found.mapped_concurrency(function),
        timeout_is_set=function.timeout_is_set,
        memory_is_set=function.memory_is_set,
        async_destination=function.async_destination,
        has_other_triggers=found.triggers.invokes(function.resource),
    )
    yield _subject("function", facts, function.resource, *(each.resource for each in found.invoking(function)))


def _of_source(found: Connections, source: Source) -> Subject:
    facts = SourceFacts(
        service=source.service,
        fifo=source.queue.fifo,
        group_id=source.group_id,
        topic_fifo=source.topic_fifo,
        has_undeliverable_queue=source.has_undeliverable_queue,
    )
    consuming = (each.resource for each in found.consuming(source.queue))
    return _subject("source", facts, source.resource, source.queue.resource, *consuming)


def _of_alarm(found: Connections, alarm: Alarm) -> Subject:
    facts = AlarmFacts(metric=alarm.metric, is_on_dead_letter_queue=found.takes_dead_letters(alarm.queue))
    return _subject("alarm", facts, alarm.resource, alarm.queue.resource)


def _alarms(found: Connections, queue: Queue, dead: Queue | Unknown | None) -> tuple[list[str], list[str] | Unknown]:
    """The paths of the alarms on a queue's age, and of those on what else of it, or of its dead letters, is trouble."""
    own = found.watching(queue)
    of_dead_letters = found.watching(dead) if isinstance(dead, Queue) else []
    age = [each.resource.path for each in own if each.metric == AGE_METRIC]
    other = [each for each in own if each.metric != AGE_METRIC] + of_dead_letters
    seen = [each.resource.path for each in other if each.metric not in {SENT_METRIC, UNKNOWN}]
    is_elsewhere = dead is UNKNOWN or (isinstance(dead, Queue) and dead.resource is None)
    may_be_more = is_elsewhere or any(each.metric is UNKNOWN for each in other)
    return age, UNKNOWN if may_be_more and not seen else seen


def _subject(kind: str, facts: Facts, *resources: Resource | None) -> Subject:
    """A subject, whose resource is the first that there is."""
    first, *others = dict.fromkeys(each for each in resources if each is not None)
    return Subject(kind=kind, facts=facts, resource=first, involved=tuple(others))
