"""How often, and for how long, a message is tried. Times are in seconds."""

import math

from constructs_lib.runtime.flow_control.contract import BACKOFF_BASE
from constructs_lib.sizing.limits import (
    MAX_BACKOFF_CAP,
    MAX_RECEIVES,
    MIN_BACKOFF_CAP,
    MIN_RECEIVES,
    ROUNDING,
    SPAN_MARGIN,
)


def loss_probability(error_rate: float, receives: int, in_line: int = 1) -> float:
    """That a message is dead-lettered though the downstream is up.

    A FIFO batch goes back from its first failure on, so that its last message has as many receives for the successes
    of all before it, and its own.

    Args:
        error_rate: That a call fails.
        receives: The queue's maxReceiveCount.
        in_line: Messages that must succeed one after the other: the batch size of a FIFO flow, else 1.
    """
    success = 1 - error_rate
    return sum(
        math.comb(receives, done) * success**done * error_rate ** (receives - done)
        for done in range(min(in_line, receives))
    )


def call_budget(call_attempts: int, call_timeout: float, call_retry_wait: float) -> float:
    """Seconds that one message may take, with all the attempts that the author's function makes for it."""
    return call_attempts * call_timeout + (call_attempts - 1) * call_retry_wait


def retry_span(max_receive_count: int, backoff_cap: float) -> float:
    """Seconds between the first and the last receive of a message that always fails, on average."""
    return sum(wait_bounds(max_receive_count, backoff_cap)) / 2


def least_retry_span(max_receive_count: int, backoff_cap: float) -> float:
    """The same, three standard deviations below the mean: one message in a thousand is given up sooner."""
    # A wait is uniform from 0 to its bound, whose variance is bound**2 / 12.
    deviation = math.sqrt(sum(bound * bound for bound in wait_bounds(max_receive_count, backoff_cap)) / 12)
    return max(0.0, retry_span(max_receive_count, backoff_cap) - SPAN_MARGIN * deviation)


def retries(*, error_rate: float, target_loss: float, outage_tolerance: float, in_line: int) -> tuple[int, float]:
    """Receives and backoff cap: enough receives for the target loss, and a span that outlasts the outage.

    SQS's limit of receives may be too few for either: whoever asks compares.
    """
    cap = min(MAX_BACKOFF_CAP, max(MIN_BACKOFF_CAP, outage_tolerance))
    receives = max(MIN_RECEIVES, in_line)
    while receives < MAX_RECEIVES:
        outlasts = not outage_tolerance or least_retry_span(receives, cap) >= outage_tolerance
        if outlasts and loss_probability(error_rate, receives, in_line) <= target_loss * (1 + ROUNDING):
            break
        receives += 1
    return receives, cap


def wait_bounds(receives: int, cap: float) -> list[float]:
    """The longest waits between `receives` receives, under full jitter."""
    return [min(cap, BACKOFF_BASE * 2.0 ** min(k, 40)) for k in range(receives - 1)]
