"""The mappings from queues to functions, with their settings: Lambda's defaults where a template is silent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from constructs_lib._actions import as_list
from constructs_lib._findings import KEY
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, Resource
from constructs_lib.flow_control.checks.functions import Function, Functions
from constructs_lib.flow_control.checks.properties import or_default, whole_number
from constructs_lib.flow_control.checks.queues import Queue, Queues

MAPPING = "AWS::Lambda::EventSourceMapping"

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
_BATCH_SIZE, _WINDOW, _LEAST_POLLERS, _MOST_POLLERS = 10, 0, 2, 200
#: What the mapping of every other source has to have: streams where to start, brokers what to read.
_OF_OTHER_SOURCES = (
    "StartingPosition",
    "Queues",
    "Topics",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class EventSourceMapping:
    """A mapping from a queue to a function.

    Attributes:
        resource: The mapping.
        queue: What it polls.
        function: What it invokes.
        max_concurrency: None when it has no maximum.
        minimum_pollers: The least number; None where it is not in provisioned mode.
        maximum_pollers: The most of them; None likewise.
        is_enabled: Whether it polls.
        batch_size: In messages.
        batching_window: In seconds.
        reports_failures: Whether Lambda reads the failures that the function answers.
        has_filter: Whether it drops messages.
        call_attempts: The calls in an invocation, declared or by the function's code; None when nobody says, UNKNOWN
            when the code has some that cannot be read.
        call_timeout: The seconds of one; None likewise.
        call_retry_wait: The seconds between two; None likewise.
        messages_called_for: Whose calls are certain to be made one after another in an invocation.
    """

    resource: Resource
    queue: Queue
    function: Function
    max_concurrency: int | Unknown | None
    minimum_pollers: int | Unknown | None
    maximum_pollers: int | Unknown | None
    is_enabled: bool | Unknown
    batch_size: int | Unknown
    batching_window: float | Unknown
    reports_failures: bool | Unknown
    has_filter: bool | Unknown
    call_attempts: int | Unknown | None
    call_timeout: float | None
    call_retry_wait: float | Unknown | None
    messages_called_for: int | Unknown


def find(app: App, queues: Queues, functions: Functions) -> Iterator[EventSourceMapping]:
    """All mappings of an app that poll a queue."""
    for resource in app.of_type(MAPPING):
        source = app.raw(resource, "Properties", "EventSourceArn")
        queue = queues.at(resource, source, is_queue=_is_of_queue(app, resource))
        if queue is not None:
            function = functions.at(resource, app.raw(resource, "Properties", "FunctionName"))
            yield _settings(app, resource, queue, function)


def _settings(app: App, resource: Resource, queue: Queue, function: Function) -> EventSourceMapping:
    code = function.code
    declared = _declared(app, resource, function, "call_attempts")
    window = app.number(resource, "Properties", "MaximumBatchingWindowInSeconds")
    batch_size: int | Unknown = or_default(whole_number(app, resource, "Properties", "BatchSize"), _BATCH_SIZE)
    return EventSourceMapping(
        resource=resource,
        queue=queue,
        function=function,
        max_concurrency=whole_number(app, resource, "Properties", "ScalingConfig", "MaximumConcurrency"),
        minimum_pollers=_pollers(app, resource, "MinimumPollers", _LEAST_POLLERS),
        maximum_pollers=_pollers(app, resource, "MaximumPollers", _MOST_POLLERS),
        is_enabled=or_default(app.flag(resource, "Properties", "Enabled"), True),
        batch_size=batch_size,
        batching_window=or_default(window, _WINDOW),
        reports_failures=_reports_failures(app, resource),
        has_filter=_has_filter(app, resource),
        call_attempts=code.call_attempts if declared is None else int(declared),
        call_timeout=or_default(_declared(app, resource, function, "call_timeout"), code.call_timeout),
        call_retry_wait=or_default(_declared(app, resource, function, "call_retry_wait"), code.call_retry_wait),
        # Code shows a call, and not whether it is made for each message, once for all of them, or for all at once.
        messages_called_for=1 if declared is None else batch_size,
    )


def _is_of_queue(app: App, resource: Resource) -> bool:
    """Whether a mapping can be of a queue only, wherever that is."""
    properties = app.raw(resource, "Properties")
    given = properties if isinstance(properties, Mapping) else {}
    return all(app.value(resource, "Properties", name) is None for name in _OF_OTHER_SOURCES if name in given)


def _pollers(app: App, resource: Resource, name: str, default: int) -> int | Unknown | None:
    config = app.value(resource, "Properties", "ProvisionedPollerConfig")
    if config is None or config is UNKNOWN:
        return config
    return or_default(whole_number(app, resource, "Properties", "ProvisionedPollerConfig", name), default)


def _reports_failures(app: App, resource: Resource) -> bool | Unknown:
    asked = as_list(app.value(resource, "Properties", "FunctionResponseTypes"))
    if "ReportBatchItemFailures" in asked:
        return True
    return UNKNOWN if UNKNOWN in asked else False


def _has_filter(app: App, resource: Resource) -> bool | Unknown:
    filters = app.value(resource, "Properties", "FilterCriteria", "Filters")
    return UNKNOWN if filters is UNKNOWN else bool(filters)


def _declared(app: App, mapping: Resource, function: Function, name: str) -> float | None:
    """What the author declares in the metadata of the mapping, or of its function."""
    for resource in (mapping, function.resource):
        said = None if resource is None else app.number(resource, "Metadata", KEY, name)
        if isinstance(said, int | float):
            return said
    return None
