"""What can be seen of a flow at synth; times are in seconds.

A fact that is None is not set. A fact that is UNKNOWN is set and cannot be seen: a token, or an imported queue's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib._seen import Unknown
from constructs_lib.sizing import FlowStrategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a flow."""

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
    retry_span: float
    max_wait: float
    service_sources: Sequence[str]
    aws_managed_key: bool | Unknown
