"""Which property a fact was read from: CDK looks there for the line that set it."""

from collections.abc import Mapping, Sequence

from constructs_lib.flow_control.checks.resources import Resource
from constructs_lib.flow_control.facts import Facts, FunctionFacts, MappingFacts, QueueFacts

_PROPERTIES: dict[type[Facts], dict[str, str]] = {
    MappingFacts: {
        "max_concurrency": "ScalingConfig.MaximumConcurrency",
        "minimum_pollers": "ProvisionedPollerConfig.MinimumPollers",
        "maximum_pollers": "ProvisionedPollerConfig.MaximumPollers",
        "batch_size": "BatchSize",
        "messages_called_for": "BatchSize",
        "batching_window": "MaximumBatchingWindowInSeconds",
        "reports_failures": "FunctionResponseTypes",
        "has_filter": "FilterCriteria",
    },
    QueueFacts: {
        "visibility_timeout": "VisibilityTimeout",
        "retention": "MessageRetentionPeriod",
        "delivery_delay": "DelaySeconds",
        "has_dead_letter_queue": "RedrivePolicy",
        "aws_managed_key": "KmsMasterKeyId",
    },
    FunctionFacts: {
        "reserved_concurrency": "ReservedConcurrentExecutions",
        "timeout_is_set": "Timeout",
        "memory_is_set": "MemorySize",
        "async_destination": "DeadLetterConfig",
    },
}


def locations(facts: Facts, needs: Sequence[str], resource: Resource) -> tuple[str, ...]:
    """The properties of the facts' own resource that hold what is needed, as far as they are set."""
    names = _PROPERTIES.get(type(facts), {})
    properties = resource.body.get("Properties")
    is_set = properties.keys() if isinstance(properties, Mapping) else ()
    wanted = (names[name] for name in needs if name in names)
    return tuple(f"Properties.{name}" for name in dict.fromkeys(wanted) if name.partition(".")[0] in is_set)
