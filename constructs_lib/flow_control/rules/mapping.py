"""Rules about mappings (`MappingFacts`): its limits, and the times of its queue and function."""

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import MappingFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import seconds
from constructs_lib.sizing import limits, problems

#: Each poller of the provisioned mode may have so many invocations under way.
_INVOCATIONS_OF_A_POLLER = 10
#: A tenth of the concurrency that an account has by default.
_LARGE_SHARE = 100


@rule(
    "R1",
    about=MappingFacts,
    what="the mapping's maximum concurrency is not from 2 to 1000",
    why="Lambda refuses such a mapping at deploy. Less than two workers cannot be had this way.",
    source=pages.SCALING,
    fix="Set `ScalingConfig.MaximumConcurrency` (`max_concurrency`) from 2 to 1000.",
    when=lambda max_concurrency: max_concurrency is not None,
)
def _concurrency_is_allowed(max_concurrency: int) -> str | None:
    return problems.cannot_be_mapped(max_concurrency=max_concurrency)


@rule(
    "R1",
    about=MappingFacts,
    what="the mapping has a maximum concurrency, and is in provisioned mode",
    why="The two exclude each other, and Lambda refuses such a mapping at deploy.",
    source=pages.SCALING,
    fix="Keep `ScalingConfig`, and remove `ProvisionedPollerConfig`; or the other way round, and limit the pollers.",
    when=lambda max_concurrency, minimum_pollers: max_concurrency is not None and minimum_pollers is not None,
)
def _one_way_of_scaling(max_concurrency: int, minimum_pollers: int) -> str | None:
    return (
        f"the mapping has a maximum concurrency of {max_concurrency} and is in provisioned mode (at least "
        f"{minimum_pollers} pollers), which Lambda refuses at deploy; "
        "remove ProvisionedPollerConfig, or ScalingConfig"
    )


@rule(
    "R2",
    about=MappingFacts,
    what="the function's timeout is longer than the queue's visibility timeout",
    why="Lambda refuses such a mapping at deploy: messages would be received again while they are worked on.",
    source=pages.CONFIGURE,
    fix="Set the queue's `VisibilityTimeout` (`visibility_timeout`) to six times the function's timeout.",
)
def _function_ends_before_redelivery(function_timeout: float, visibility_timeout: float) -> str | None:
    if function_timeout <= visibility_timeout:
        return None
    return (
        f"function timeout {seconds(function_timeout)} is longer than the queue's visibility timeout "
        f"{seconds(visibility_timeout)}: Lambda refuses such a mapping at deploy; "
        f"set visibility_timeout to at least {seconds(limits.VISIBILITY_FACTOR * function_timeout)} (VisibilityTimeout)"
    )


@rule(
    "R3",
    about=MappingFacts,
    what="the visibility timeout is below six times the function's timeout, plus the batching window",
    why=(
        "Lambda tries a throttled batch again until the visibility timeout ends. Messages that become visible before "
        "are received a second time, while the first is still worked on, and are nearer to the dead-letter queue."
    ),
    source=pages.CONFIGURE,
    fix="Set the queue's `VisibilityTimeout` (`visibility_timeout`) to six function timeouts and the window.",
)
def _visibility_covers_throttled_retries(
    function_timeout: float, batching_window: float, visibility_timeout: float
) -> str | None:
    needed = limits.VISIBILITY_FACTOR * function_timeout + batching_window
    if visibility_timeout >= needed:
        return None
    window = f" + the batching window {seconds(batching_window)}" if batching_window else ""
    return (
        f"visibility timeout {seconds(visibility_timeout)} is below 6 x the function's timeout "
        f"{seconds(function_timeout)}{window} = {seconds(needed)}: "
        "messages are received again while Lambda still retries them; "
        f"set visibility_timeout to at least {seconds(needed)} (VisibilityTimeout)"
    )


@rule(
    "R7",
    about=MappingFacts,
    what="a message is received once before it is dead-lettered",
    why="A throttled or killed invocation counts as a receive: messages are dead-lettered that were never worked on.",
    source=pages.CONFIGURE,
    fix="Set `RedrivePolicy.maxReceiveCount` (`max_receive_count`) to at least 5.",
    when=lambda max_receive_count: max_receive_count is not None,
)
def _one_receive_is_no_retry(max_receive_count: int) -> str | None:
    if max_receive_count > 1:
        return None
    return (
        f"max_receive_count {max_receive_count} dead-letters a message that was throttled or cut off once, "
        f"perhaps unrun; set at least {limits.MIN_RECEIVES} (RedrivePolicy.maxReceiveCount)"
    )


@rule(
    "R7",
    Level.WARNING,
    about=MappingFacts,
    what="a message is received two to four times before it is dead-lettered",
    why="Throttles count as receives, and AWS recommends at least five: a short congestion dead-letters what is sound.",
    source=pages.CONFIGURE,
    fix="Set `RedrivePolicy.maxReceiveCount` (`max_receive_count`) to at least 5.",
    when=lambda max_receive_count: max_receive_count is not None,
)
def _few_receives(max_receive_count: int) -> str | None:
    if not 1 < max_receive_count < limits.MIN_RECEIVES:
        return None
    return (
        f"max_receive_count {max_receive_count} is below the {limits.MIN_RECEIVES} that AWS recommends, since "
        f"throttles count as receives; set at least {limits.MIN_RECEIVES} (RedrivePolicy.maxReceiveCount)"
    )


@rule(
    "R10",
    about=MappingFacts,
    what="the queue has no dead-letter queue",
    why="A message that always fails is received again and again until its retention ends. Then it is lost, unseen.",
    source=pages.DEAD_LETTERS,
    fix="Give the queue a `RedrivePolicy` (`dead_letter_queue=sqs.DeadLetterQueue(...)`).",
)
def _failures_have_a_place(has_dead_letter_queue: bool) -> str | None:
    if has_dead_letter_queue:
        return None
    return (
        "the queue has no dead-letter queue: a message that always fails is retried until its retention ends, "
        "then lost; give the queue one (RedrivePolicy; dead_letter_queue=sqs.DeadLetterQueue(...))"
    )


@rule(
    "R21",
    about=MappingFacts,
    what="the mapping is in provisioned mode, and the function reserves less concurrency than its pollers use",
    why=(
        "Each poller has up to ten invocations under way, and there are at least two pollers. What they receive beyond "
        "the reserve is throttled; that counts as a receive, and ends in the dead-letter queue without having run."
    ),
    source=pages.SCALING,
    fix="Leave provisioned mode and set a maximum concurrency, which may be as low as 2; or reserve more, or nothing.",
    when=lambda minimum_pollers, reserved_concurrency: (
        minimum_pollers is not None and reserved_concurrency not in {None, 0}
    ),
)
def _pollers_fit_into_the_reserve(minimum_pollers: int, reserved_concurrency: int) -> str | None:
    needed = _INVOCATIONS_OF_A_POLLER * max(limits.MIN_CONCURRENCY, minimum_pollers)
    if reserved_concurrency >= needed:
        return None
    return (
        f"the mapping is in provisioned mode with at least {minimum_pollers} pollers, which invoke up to {needed} "
        f"times at once, and the function reserves {reserved_concurrency}: the rest is throttled, and dead-lettered "
        f"unrun; replace ProvisionedPollerConfig by a maximum concurrency (ScalingConfig), or reserve {needed}"
    )


@rule(
    "R44",
    Level.WARNING,
    about=MappingFacts,
    what="the mapping may use more than 100 of the account's concurrency, and the function reserves none",
    why="An account has a concurrency of 1000 by default, for all its functions: a long queue starves the others.",
    source=pages.CONCURRENCY,
    fix="Lower the maximum concurrency, or reserve as much for the function (`ReservedConcurrentExecutions`).",
    when=lambda max_concurrency, reserved_concurrency: max_concurrency is not None and reserved_concurrency is None,
)
def _others_may_run(max_concurrency: int) -> str | None:
    if max_concurrency <= _LARGE_SHARE:
        return None
    return (
        f"max_concurrency {max_concurrency} is more than a tenth of the 1000 that an account has by default, and the "
        "function reserves nothing: a long queue may starve the account's other functions; "
        f"set at most {_LARGE_SHARE}, or reserve {max_concurrency} (ReservedConcurrentExecutions)"
    )


@rule(
    "R44",
    Level.WARNING,
    about=MappingFacts,
    what="nothing limits how many messages of the mapping are worked on at once",
    why=(
        "Lambda adds 300 invocations a minute while messages wait, up to 1250. Whatever the function calls gets them "
        "all, and the account's other functions are starved."
    ),
    source=pages.SCALING,
    fix="Set `ScalingConfig.MaximumConcurrency` (`max_concurrency`) to what the downstream takes.",
    when=lambda max_concurrency, reserved_concurrency, minimum_pollers: (
        max_concurrency is None and reserved_concurrency is None and minimum_pollers is None
    ),
)
def _something_limits_it() -> str | None:
    return (
        "the mapping has no maximum concurrency and the function reserves nothing: a long queue takes the downstream, "
        "and the account's other functions, for itself; "
        "set ScalingConfig.MaximumConcurrency (max_concurrency) to what the downstream takes at once"
    )


@rule(
    "R44",
    Level.WARNING,
    about=MappingFacts,
    what="the mapping's pollers may use more than 100 of the account's concurrency, and the function reserves none",
    why="Each poller invokes up to ten times at once, and there are up to 200 of them by default.",
    source=pages.SCALING,
    fix="Set `ProvisionedPollerConfig.MaximumPollers` to 10 or less, or reserve concurrency for the function.",
    when=lambda maximum_pollers, max_concurrency, reserved_concurrency: (
        maximum_pollers is not None and max_concurrency is None and reserved_concurrency is None
    ),
)
def _pollers_leave_room_for_others(maximum_pollers: int) -> str | None:
    at_once = _INVOCATIONS_OF_A_POLLER * maximum_pollers
    if at_once <= _LARGE_SHARE:
        return None
    return (
        f"the mapping's {maximum_pollers} pollers may invoke the function {at_once} times at once, more than a tenth "
        "of the 1000 that an account has by default, and the function reserves nothing: a long queue may starve the "
        f"account's other functions; set MaximumPollers to at most {_LARGE_SHARE // _INVOCATIONS_OF_A_POLLER}, "
        f"or reserve {at_once} (ReservedConcurrentExecutions)"
    )
