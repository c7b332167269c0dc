"""Rules about flows (`FlowFacts`), of what they cannot hold alone: who else calls, what they may not change."""

from collections.abc import Mapping, Sequence

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import listed
from constructs_lib.sizing import limits


@rule(
    "R32",
    Level.WARNING,
    about=FlowFacts,
    what="something else invokes the flow's consumer",
    why="The rate is held for what comes through the queue. Other invocations call the downstream beside it.",
    source=pages.PROMISES,
    fix="Give the other trigger a function of its own, or let it send to the flow's queue.",
)
def _all_calls_come_through_the_queue(other_triggers: Sequence[str], calls_per_second: float) -> str | None:
    if not other_triggers:
        return None
    return (
        f"the consumer is invoked by {listed(other_triggers)} too, and the rate of {calls_per_second:g} calls a second "
        "is held for this queue alone; let that send to the flow's queue (grant_send_messages), or give it a function "
        "of its own"
    )


@rule(
    "R33",
    about=FlowFacts,
    what="several flows call one downstream, together more often than it takes",
    why="Each flow holds a rate of its own. Together they make the sum of them.",
    source=pages.PROMISES,
    fix="Send all to one flow; or give each flow its part of the rate, as a `Downstream` of a name of its own.",
)
def _flows_share_the_rate(same_downstream: Mapping[str, float]) -> str | None:
    together, most = sum(same_downstream.values()), max(same_downstream.values(), default=0)
    if len(same_downstream) <= 1 or together <= most * (1 + limits.ROUNDING):
        return None
    return (
        f"{listed(same_downstream)} are in front of the same downstream, which takes {most:g} calls a second, and make "
        f"{together:g} together; send all to one flow, or give each its part of the rate as a Downstream of a name of "
        "its own"
    )


@rule(
    "role",
    Level.WARNING,
    about=FlowFacts,
    what="an imported function's role cannot be seen, so nothing was granted to it",
    why="Lambda refuses a mapping whose function may not read the queue.",
    source=pages.PERMISSIONS,
    fix="Import the function with its role (`from_function_attributes`), or grant it in its own app.",
)
def _the_function_may_read_the_queue(role_is_known: bool) -> str | None:
    if role_is_known:
        return None
    return (
        "the role of the imported function cannot be seen, so nothing was granted to it, and Lambda refuses a mapping "
        "whose function may not read the queue; import it with its role (from_function_attributes), "
        'or grant it in its own app (SQS consume, and send to the dead-letter queue) and acknowledge {"role": "..."}'
    )


@rule(
    "queue-policy",
    Level.WARNING,
    about=FlowFacts,
    what="a service sends to an imported queue, or one with an imported key, whose policy cannot be changed",
    why="Whatever the service sends is refused, unless the queue's own app allows it.",
    source=pages.EVENT_BRIDGE_POLICIES,
    fix="Allow it in the app that has the queue or the key, or let the flow create its queue.",
)
def _services_may_send(service_sources: Sequence[str], queue_policy_is_known: bool) -> str | None:
    if queue_policy_is_known or not service_sources:
        return None
    return (
        f"the policy of an imported queue or key cannot be changed, so nothing allows {listed(service_sources)} "
        "to use it, and what comes from there is refused unless its own app allows that; "
        'allow it there and acknowledge {"queue-policy": "..."}, or let the flow create its queue'
    )


@rule(
    "runtime",
    Level.WARNING,
    about=FlowFacts,
    what='`runtime="none"`',
    why="Without the library's handler there is no pace, no backoff and no reason on dead letters.",
    source=pages.PROMISES,
    fix='Use `runtime="layer"` with a Python handler, or acknowledge that only the concurrency is held.',
)
def _the_handler_is_ours(has_runtime: bool) -> str | None:
    if has_runtime:
        return None
    return (
        'with runtime="none" only max_concurrency is held: no rate, no backoff, no reason on dead letters, and a batch '
        "fails as a whole unless the handler answers batchItemFailures; "
        'acknowledge it ({"runtime": "..."}), or use runtime="layer" with a Python handler'
    )
