"""Rules about functions that consume a queue (`FunctionFacts`): its reserve, its settings, its other triggers."""

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import FunctionFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule


@rule(
    "R4",
    about=FunctionFacts,
    what="the function reserves less concurrency than its SQS mappings may use",
    why=(
        "Mappings receive up to their maximum, whatever the function has reserved. The rest is throttled; that counts "
        "as a receive, and ends in the dead-letter queue without having run."
    ),
    source=pages.SCALING,
    fix="Reserve at least the sum of the mappings' maximum concurrency, or nothing.",
    when=lambda reserved_concurrency, mapped_concurrency: (
        reserved_concurrency not in {None, 0} and mapped_concurrency is not None
    ),
)
def _reserve_covers_all_mappings(reserved_concurrency: int, mapped_concurrency: int) -> str | None:
    if reserved_concurrency >= mapped_concurrency:
        return None
    return (
        f"the function's reserved concurrency {reserved_concurrency} is below {mapped_concurrency}, the sum of "
        "max_concurrency over its SQS mappings: throttled receives count, and messages are dead-lettered unrun; "
        f"reserve at least {mapped_concurrency} (ReservedConcurrentExecutions), or nothing"
    )


@rule(
    "R5",
    about=FunctionFacts,
    what="the function reserves concurrency, and one of its SQS mappings has no maximum",
    why=(
        "Lambda receives more than may run. The rest is throttled; that counts as a receive, and ends in the "
        "dead-letter queue without having run. A reserve is no way to limit a queue."
    ),
    source=pages.SCALING,
    fix="Set a maximum concurrency on each mapping, together at most the reserve.",
    when=lambda reserved_concurrency: reserved_concurrency not in {None, 0},
)
def _every_mapping_is_limited(reserved_concurrency: int, mapped_concurrency: int | None) -> str | None:
    if mapped_concurrency is not None:
        return None
    return (
        f"the function reserves a concurrency of {reserved_concurrency}, and an SQS mapping of it has no "
        "max_concurrency: it receives more than may run, and messages are dead-lettered unrun; "
        "set max_concurrency on that mapping (ScalingConfig.MaximumConcurrency)"
    )


@rule(
    "R6",
    about=FunctionFacts,
    what="the function reserves a concurrency of 0",
    why="It never runs. Each receive is throttled and counts, until all messages are in the dead-letter queue.",
    source=pages.RESERVED,
    fix="To stop the function, disable its mapping (`Enabled: false`); else reserve as much as its mappings use.",
    when=lambda reserved_concurrency: reserved_concurrency is not None,
)
def _function_may_run(reserved_concurrency: int) -> str | None:
    if reserved_concurrency != 0:
        return None
    return (
        "the function's reserved concurrency is 0: every message is throttled until it is dead-lettered unrun; "
        "reserve as much as its mappings may use, or nothing, and disable the mapping (Enabled) to stop it"
    )


@rule(
    "R34",
    Level.WARNING,
    about=FunctionFacts,
    what="the function has a destination for asynchronous failures, and only a queue invokes it",
    why="A mapping invokes synchronously: nothing ever goes there. Failures are the dead-letter queue's of the queue.",
    source=pages.ASYNC,
    fix="Remove it, and give the source queue a `RedrivePolicy`.",
    when=lambda async_destination, has_other_triggers: async_destination is not None and has_other_triggers is not True,
)
def _its_failures_go_where_they_are_seen(async_destination: str, has_other_triggers: bool) -> str | None:
    if has_other_triggers:
        return None
    return (
        f"the function's failures of asynchronous invocations go to {async_destination}, and only a queue invokes it, "
        "synchronously: nothing ever arrives there; remove it, and watch the dead-letter queue of the queue"
    )


@rule(
    "R45",
    Level.WARNING,
    about=FunctionFacts,
    what="the function's timeout or memory is left at Lambda's default, 3 s or 128 MB",
    why=(
        "Both are for a function that calls nobody. A call that takes longer than usual is cut off and made again, and "
        "to 128 MB belongs a fourteenth of a processor."
    ),
    source=pages.MEMORY,
    fix="Set `Timeout` and `MemorySize` by what the function does; the visibility timeout follows from the first.",
)
def _its_size_was_chosen(timeout_is_set: bool, memory_is_set: bool) -> str | None:
    left = [
        *([] if timeout_is_set else ["timeout (Timeout, 3 s)"]),
        *([] if memory_is_set else ["memory (MemorySize, 128 MB)"]),
    ]
    if not left:
        return None
    return (
        f"the function's {' and '.join(left)} {'is' if len(left) == 1 else 'are'} left at Lambda's default, which is "
        "for a function that calls nobody; set what it needs"
    )
