"""From what the downstream can take, and what comes to it, to the settings of the flow between. Seconds, no aws_cdk.

The mathematics, with N workers, a rate of R calls a second, a batch of b messages, a call of S seconds, an overhead of
o seconds an invocation, a share e of calls that fail, and an arrival of a(t) messages a second:

* Little's law: N* = R * (o + b * S) / b workers make R calls a second.
* CONCURRENCY takes floor(0.8 * N*) workers: at N* every hiccup overruns the downstream.
* PACE lets each message occupy its worker for at least N/R seconds, so that at most R*W + N calls fall in any
  window of W seconds, however fast they are answered. Its N is kept within the burst that the downstream allows.
* A message is dead-lettered with probability p**m after m receives that each fail with probability p.
* Retries wait `uniform(0, min(cap, base * 2**k))` seconds, so they span half the sum of those bounds on average.
* Goodput: G = R * (1 - e) messages a second succeed. The backlog grows by a(t) - G, and is never below 0.
* A message that comes to a backlog of Q waits Q / G seconds.
"""

from constructs_lib.sizing.derivation import derive, size
from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.limits import (
    DAY,
    DEFAULT_RETENTION,
    MAX_CONCURRENCY,
    MAX_RECEIVES,
    MAX_RETENTION,
    MIN_CONCURRENCY,
    PACE_UTILISATION,
)
from constructs_lib.sizing.result import Sizing
from constructs_lib.sizing.retries import call_budget, least_retry_span, loss_probability, retry_span
from constructs_lib.sizing.strategy import FlowStrategy

__all__ = [
    "DAY",
    "DEFAULT_RETENTION",
    "MAX_CONCURRENCY",
    "MAX_RECEIVES",
    "MAX_RETENTION",
    "MIN_CONCURRENCY",
    "PACE_UTILISATION",
    "FlowStrategy",
    "Inputs",
    "Sizing",
    "call_budget",
    "derive",
    "least_retry_span",
    "loss_probability",
    "retry_span",
    "size",
]
