"""What the rules are told of a flow of this app: its parts as they are now, and what its author declared."""

from constructs_lib import _functions
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.flow_control.flow_parts import Parts
from constructs_lib.flow_control.sources import Sources
from constructs_lib.flow_control.surroundings import Surroundings


def gather(parts: Parts, sources: Sources, surroundings: Surroundings) -> FlowFacts:
    """Gather the facts: from what is declared, from the sizing, from the resources, and from the app around."""
    found, sized, given, downstream = parts.queues, parts.sizing, parts.options, parts.downstream
    return FlowFacts(
        has_runtime=parts.runtime != "none",
        role_is_known=parts.consumer.role is not None,
        queue_policy_is_known=found.policies_can_change,
        strategy=sized.strategy,
        calls_per_second=downstream.calls_per_second,
        burst=downstream.burst,
        error_rate=downstream.error_rate,
        target_loss=given.target_loss,
        mean_latency=downstream.mean_seconds,
        littles_law_concurrency=_known(sized.littles_law_concurrency),
        utilisation=sized.utilisation,
        batch_size=given.batch_size,
        batching_window=0,
        in_line=given.in_line,
        max_concurrency=sized.max_concurrency,
        pace=sized.pace,
        call_timeout=parts.call_timeout,
        call_attempts=given.call_attempts,
        call_retry_wait=given.call_retry_wait,
        function_timeout=_functions.timeout(parts.consumer),
        reserved_concurrency=_functions.reserved_concurrency(parts.consumer),
        mapped_concurrency=surroundings.mapped_concurrency,
        visibility_timeout=found.visibility_timeout,
        max_receive_count=found.max_receive_count,
        retention=found.retention,
        delivery_delay=found.delivery_delay,
        has_dead_letter_queue=found.has_dead_letter_queue,
        fifo=bool(found.queue.fifo),
        dead_letter_queue_fifo=found.dead_letter_queue_fifo,
        dead_letter_retention=found.dead_letter_retention,
        outage_tolerance=given.outage_tolerance,
        retry_span=sized.retry_span,
        least_retry_span=sized.least_retry_span,
        backoff_cap=sized.backoff_cap,
        max_wait=given.max_wait,
        has_load=given.load is not None,
        goodput=sized.goodput,
        load_after=sized.load_after,
        peak_arrival=sized.peak_arrival,
        longest_wait=sized.max_wait,
        expected_goodput=sized.expected_goodput,
        expected_longest_wait=sized.expected_max_wait,
        service_sources=tuple(sources.services),
        grouped_sources=tuple(sources.grouped),
        ungrouped_sources=tuple(sources.ungrouped),
        aws_managed_key=found.aws_managed_key if sources.services else False,
        consumers=surroundings.consumers,
        other_triggers=surroundings.other_triggers,
        same_downstream=surroundings.same_downstream,
    )


def _known(value: float | None) -> float | Unknown:
    return UNKNOWN if value is None else value
