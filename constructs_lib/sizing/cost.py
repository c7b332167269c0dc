"""What a message costs."""

from constructs_lib.sizing.limits import ASSUMED_LATENCY
from constructs_lib.sizing.strategy import Calls

# us-east-1 list prices in USD: https://aws.amazon.com/sqs/pricing/ and https://aws.amazon.com/lambda/pricing/ (ARM).
SQS_REQUEST, LAMBDA_REQUEST, LAMBDA_GB_SECOND = 0.40e-6, 0.20e-6, 0.0000133334


def mean_attempts(error_rate: float, receives: int) -> float:
    """Receives of a message on average, of at most so many."""
    return (1 - error_rate**receives) / (1 - error_rate)


def billed(calls: Calls, pace: float) -> float:
    """Seconds that an attempt occupies a worker, for which Lambda is paid; a latency is assumed where none is known."""
    occupied = calls.occupied(pace)
    return max(ASSUMED_LATENCY, pace) + calls.overhead / calls.batch_size if occupied is None else occupied


def cost_per_million(calls: Calls, *, pace: float, error_rate: float, receives: int, memory_size: int) -> float:
    """USD for a million messages: SQS's requests, Lambda's requests and its seconds."""
    attempts = mean_attempts(error_rate, receives)
    # One send, a receive an attempt and a delete a message (shared by a batch), a visibility change a retry.
    requests = 1 + (attempts + 1) / calls.batch_size + (attempts - 1)
    gigabyte_seconds = attempts * billed(calls, pace) * memory_size / 1024
    invocations = attempts / calls.batch_size
    each = requests * SQS_REQUEST + invocations * LAMBDA_REQUEST + gigabyte_seconds * LAMBDA_GB_SECOND
    return 1e6 * each
