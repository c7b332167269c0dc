"""Rules about flows (`FlowFacts`), of times that only an author can declare: losses, retries, a batch's time."""

from constructs_lib.flow_control.facts import FlowFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import seconds
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import limits, problems, retries


@rule(
    "R8",
    about=FlowFacts,
    what="`error_rate ** max_receive_count` is above `target_loss`",
    why="So many messages fail as often as they may be received, though the downstream is up, and are dead-lettered.",
    source=pages.SIZING,
    fix="Raise `max_receive_count` or leave it out, or accept a larger `target_loss`.",
)
def _loss_is_within_target(error_rate: float, max_receive_count: int, in_line: int, target_loss: float) -> str | None:
    loss = retries.loss_probability(error_rate, min(max_receive_count, limits.MAX_RECEIVES), in_line)
    if loss <= target_loss * (1 + limits.ROUNDING):
        return None
    return (
        f"with error_rate {error_rate:g} and max_receive_count {max_receive_count}, {loss:.2g} of the messages are "
        f"dead-lettered though the downstream is up, more than target_loss {target_loss:g}; "
        "raise max_receive_count or leave it out, or accept a larger target_loss"
    )


@rule(
    "R9",
    about=FlowFacts,
    what="the retries may end before an outage that they are to outlast",
    why="Whatever is received while the downstream is down is dead-lettered, all of it, before the downstream is back.",
    source=pages.SIZING,
    fix="Raise `max_receive_count` or leave it out, or declare a shorter `outage_tolerance`.",
    # Without the library's handler there is no backoff, and "runtime" says that nothing is promised of retries.
    when=lambda has_runtime, outage_tolerance: has_runtime and outage_tolerance > 0,
)
def _retries_outlast_the_outage(
    max_receive_count: int, least_retry_span: float, outage_tolerance: float, backoff_cap: float
) -> str | None:
    if least_retry_span >= outage_tolerance * (1 - limits.ROUNDING):
        return None
    return (
        f"{max_receive_count} receives with waits of up to {seconds(backoff_cap)} may all be over after "
        f"{seconds(max(0, least_retry_span))}, and an outage of {seconds(outage_tolerance)} is to be outlasted "
        "(outage_tolerance): what is received meanwhile is dead-lettered; "
        "raise max_receive_count or leave it out, or declare a shorter outage_tolerance"
    )


@rule(
    "R13",
    about=FlowFacts,
    what="messages may expire before their waits and retries end",
    why="SQS deletes a message at the end of its retention, wherever it is: neither delivered nor dead-lettered.",
    source=pages.QUEUE_ATTRIBUTES,
    fix="Set a longer `retention_period` (up to 13 days), or lower `max_wait` or `outage_tolerance`.",
)
def _messages_outlive_their_retries(
    *,
    retention: float,
    visibility_timeout: float,
    delivery_delay: float,
    max_wait: float | None,
    longest_wait: float | None,
    expected_longest_wait: float | None,
    retry_span: float,
) -> str | None:
    computed = max(longest_wait or 0.0, expected_longest_wait or 0.0)
    wait = max(max_wait or 0.0, computed)
    longest = max(wait + retry_span + limits.DAY, visibility_timeout, delivery_delay)
    if retention >= longest:
        return None
    name = "the load's longest wait" if wait == computed > 0 else "max_wait"
    return (
        f"retention {seconds(retention)} is shorter than {seconds(longest)}, the longest of visibility timeout "
        f"{seconds(visibility_timeout)}, delay {seconds(delivery_delay)}, and {name} {seconds(wait)} + retries "
        f"{seconds(retry_span)} + a day: messages expire unprocessed; "
        "set a longer retention_period (up to 13 days), or lower max_wait or outage_tolerance"
    )


@rule(
    "R17",
    about=FlowFacts,
    what="a batch does not fit into the function's timeout",
    why="The function is cut off in the middle: the rest of the batch comes again, and a call is perhaps made twice.",
    source=pages.TIMEOUT,
    fix="Raise the function's timeout, or lower `batch_size`, `max_concurrency` or `call_timeout`.",
)
def _batch_fits_into_the_function(
    batch_size: int, call_timeout: float, pace: float, function_timeout: float
) -> str | None:
    needed = batch_size * max(call_timeout, pace) + REPORTING_RESERVE
    if function_timeout >= needed * (1 - limits.ROUNDING):
        return None
    return (
        f"a batch of {batch_size} may take {seconds(needed)} (each message its call timeout {seconds(call_timeout)} or "
        f"its pace {seconds(pace)}, and {REPORTING_RESERVE} s to report), and the function's timeout is "
        f"{seconds(function_timeout)}: messages would be cut off; "
        "raise the function's timeout (up to 900 s), or lower batch_size, max_concurrency or the call's timeout"
    )


@rule(
    "R17",
    about=FlowFacts,
    what="a call has less time than it takes on average",
    why="Most calls would be given up, and made again.",
    source=pages.SIZING,
    fix="Raise the function's timeout, lower `batch_size`, or declare a longer `p99_latency` or `call_timeout`.",
    when=lambda mean_latency: mean_latency is not None,
)
def _calls_have_time_to_be_answered(call_timeout: float, mean_latency: float) -> str | None:
    return problems.gives_up_early(call_timeout=call_timeout, mean_latency=mean_latency)


@rule(
    "R18",
    about=FlowFacts,
    what="the retries inside the handler do not fit into the function's timeout",
    why="A call that succeeds may be cut off at the timeout, and is made again: the downstream gets it twice.",
    source=pages.TIMEOUT,
    fix="Leave retries to the queue (`call_attempts=1`), or raise the function's timeout.",
    when=lambda call_attempts: call_attempts > 1,
)
def _retries_in_the_handler_fit(
    *, batch_size: int, call_attempts: int, call_timeout: float, call_retry_wait: float, function_timeout: float
) -> str | None:
    needed = batch_size * retries.call_budget(call_attempts, call_timeout, call_retry_wait) + REPORTING_RESERVE
    if function_timeout >= needed:
        return None
    return (
        f"{call_attempts} attempts of {seconds(call_timeout)} with waits of {seconds(call_retry_wait)} in the function "
        f"may take {seconds(needed)}, longer than its timeout {seconds(function_timeout)}: a call that succeeds may be "
        "cut off and made again; leave retries to the queue (call_attempts=1), or raise the timeout"
    )
