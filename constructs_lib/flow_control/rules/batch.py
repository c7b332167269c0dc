"""Rules about mappings (`MappingFacts`), of a batch: its failures, its order, its tenants, and what is made of it."""

from collections.abc import Sequence

from constructs_lib._findings import Level
from constructs_lib.flow_control.facts import MappingFacts
from constructs_lib.flow_control.rules import pages
from constructs_lib.flow_control.rules.table import rule
from constructs_lib.flow_control.rules.words import listed, seconds
from constructs_lib.sizing import limits, retries

#: SQS takes a tenant for a noisy one from so many of its messages in flight.
_NOISY_FROM = 30


@rule(
    "R14",
    about=MappingFacts,
    what="batches of several messages, without `ReportBatchItemFailures`",
    why=(
        "One failure sends the whole batch back. Messages that had succeeded are worked on again, and sound ones reach "
        "the dead-letter queue together with a bad one."
    ),
    source=pages.ERRORS,
    fix="Set `FunctionResponseTypes: [ReportBatchItemFailures]` and answer `batchItemFailures`, or a batch size of 1.",
    when=lambda batch_size, reports_failures: batch_size != 1 and reports_failures is not True,
)
def _failures_are_reported_one_by_one(batch_size: int, reports_failures: bool) -> str | None:
    if reports_failures or batch_size <= 1:
        return None
    return (
        f"batches of {batch_size} without ReportBatchItemFailures: one failure sends the whole batch back, and what "
        "had succeeded is done again; set FunctionResponseTypes to [ReportBatchItemFailures] "
        "(report_batch_item_failures=True) and answer batchItemFailures, or set a batch size of 1"
    )


@rule(
    "R15",
    about=MappingFacts,
    what="the handler answers `batchItemFailures`, and the mapping does not ask for them",
    why=(
        "Lambda takes any answer for a success of the whole batch: the messages that failed are deleted, unseen. "
        "Powertools raises where a whole batch failed, which hides it as long as the batch size is 1."
    ),
    source=pages.ERRORS,
    fix="Set `FunctionResponseTypes: [ReportBatchItemFailures]` (`report_batch_item_failures=True`).",
    when=lambda answers_failures, reports_failures: (
        answers_failures not in {None, False} and reports_failures is not True
    ),
)
def _reported_failures_are_asked_for(answers_failures: bool, reports_failures: bool) -> str | None:
    if reports_failures or not answers_failures:
        return None
    return (
        "the handler answers batchItemFailures and the mapping does not ask for them: Lambda takes the answer for a "
        "success, and deletes the messages that failed; "
        "set FunctionResponseTypes to [ReportBatchItemFailures] (report_batch_item_failures=True)"
    )


@rule(
    "R16",
    Level.WARNING,
    about=MappingFacts,
    what="the mapping asks for `batchItemFailures`, and the handler's code never mentions them",
    why=(
        "Lambda takes an answer that it does not know for a failure of the whole batch, and an empty one for its "
        "success. And while the mapping asks for them, Lambda no longer polls more slowly when the function fails."
    ),
    source=pages.ERRORS,
    fix="Answer `batchItemFailures` (Powertools' `process_partial_response`, `@flow_controlled`), or do not ask.",
    when=lambda answers_failures, reports_failures: (
        answers_failures not in {None, True} and reports_failures is not False
    ),
)
def _asked_for_failures_are_reported(answers_failures: bool, reports_failures: bool) -> str | None:
    if answers_failures or not reports_failures:
        return None
    return (
        "the mapping asks for batchItemFailures, and the handler's code never mentions them: an answer of another form "
        "fails the whole batch, and an empty one deletes it; answer batchItemFailures (process_partial_response of "
        "Powertools, @flow_controlled), or remove ReportBatchItemFailures"
    )


@rule(
    "R18",
    about=MappingFacts,
    what="the retries inside the function do not fit into its timeout",
    why="A call that succeeds may be cut off at the timeout, and is made again: the downstream gets it twice.",
    source=pages.TIMEOUT,
    fix="Leave retries to the queue: one attempt an invocation. Or raise the function's timeout.",
    when=lambda call_attempts: call_attempts not in {None, 1},
    flows=False,
)
def _retries_end_before_the_function(
    *,
    messages_called_for: int,
    call_attempts: int,
    call_timeout: float | None,
    call_retry_wait: float | None,
    function_timeout: float,
) -> str | None:
    each, wait = call_timeout or 0.0, call_retry_wait or 0.0
    needed = messages_called_for * retries.call_budget(call_attempts, each, wait)
    if needed <= function_timeout:
        return None
    calls = f"{call_attempts} attempts of {seconds(each)}" if each else f"{call_attempts} attempts"
    least = "" if each else ", and the calls' own time beside it"
    of_each = f" for each of {messages_called_for} messages" if messages_called_for > 1 else ""
    return (
        f"{calls} with waits of {seconds(wait)} on average{of_each} may take {seconds(needed)}"
        f"{least}, longer than the function's timeout {seconds(function_timeout)}: a call that succeeds may be cut off "
        "and made again; leave retries to the queue, or raise the function's timeout"
    )


@rule(
    "R27",
    about=MappingFacts,
    what="a FIFO queue's mapping has a batching window",
    why="Lambda has no batching windows for FIFO queues, and refuses them at deploy.",
    source=pages.PARAMETERS,
    fix="Remove `MaximumBatchingWindowInSeconds` (`max_batching_window`).",
    when=lambda fifo, batching_window: fifo is not False and batching_window != 0,
)
def _fifo_has_no_window(fifo: bool, batching_window: float) -> str | None:
    if not fifo or not batching_window:
        return None
    return (
        f"the queue is FIFO and its mapping has a batching window of {seconds(batching_window)}, which Lambda refuses "
        "at deploy; remove MaximumBatchingWindowInSeconds (max_batching_window)"
    )


@rule(
    "R27",
    about=MappingFacts,
    what="a FIFO queue's mapping has batches of more than 10",
    why="Ten are the most that Lambda takes from a FIFO queue: it refuses more at deploy.",
    source=pages.PARAMETERS,
    fix="Set `BatchSize` (`batch_size`) to at most 10.",
    when=lambda fifo: fifo is not False,
)
def _fifo_batches_are_small(fifo: bool, batch_size: int) -> str | None:
    if not fifo or batch_size <= limits.MAX_FIFO_BATCH:
        return None
    return (
        f"the queue is FIFO and its mapping has batches of {batch_size}, more than the {limits.MAX_FIFO_BATCH} that "
        f"Lambda allows for FIFO queues; set BatchSize (batch_size) to at most {limits.MAX_FIFO_BATCH}"
    )


@rule(
    "R28",
    Level.WARNING,
    about=MappingFacts,
    what="fairness is asked for, and fewer than 30 messages are in flight",
    why=(
        "SQS takes a tenant for a noisy one from 30 of its own messages in flight (or from a tenth of the time that "
        "consumers spend). So few workers never have 30, and one tenant's flood delays the others."
    ),
    source=pages.FAIR_QUEUES,
    fix="Have more in flight (workers x batch size), or a queue for each tenant that must not wait for others.",
    when=lambda grouped_sources, fifo, max_concurrency: (
        bool(grouped_sources) and fifo is not True and max_concurrency is not None
    ),
)
def _a_noisy_tenant_is_noticed(
    grouped_sources: Sequence[str], fifo: bool, max_concurrency: int, batch_size: int
) -> str | None:
    in_flight = max_concurrency * batch_size
    if fifo or in_flight >= _NOISY_FROM:
        return None
    return (
        f"message groups are set by {listed(grouped_sources)}, so that no tenant of the queue waits for another, and "
        f"max_concurrency {max_concurrency} x batch_size {batch_size} = {in_flight} messages in flight are fewer than "
        f"the {_NOISY_FROM} of one tenant from which SQS takes notice; "
        "raise the two if the downstream takes it, or give tenants that must not wait a queue of their own"
    )


@rule(
    "R31",
    about=MappingFacts,
    what="the function consumes its own dead letters",
    why="What it could not do comes back to it at once, and its next failure has no place to go: a loop.",
    source=pages.LOOPS,
    fix="Read dead letters with another function, or move them back on purpose (`StartMessageMoveTask`).",
)
def _dead_letters_are_for_others(consumes_own_dead_letters: bool) -> str | None:
    if not consumes_own_dead_letters:
        return None
    return (
        "the function consumes a queue and its dead-letter queue: what it could not do comes back to it at once; "
        "read dead letters with another function, or move them back on purpose (StartMessageMoveTask)"
    )


@rule(
    "R31",
    about=MappingFacts,
    what="the function may send to the queue that it consumes",
    why="A message that leads to another in the same queue is a loop. Lambda stops some of them after 16 rounds.",
    source=pages.LOOPS,
    fix="Send to a queue of another name. To have a message again, fail it: the queue brings it back, and counts.",
)
def _it_does_not_feed_itself(sends_to_own_queue: bool) -> str | None:
    if not sends_to_own_queue:
        return None
    return (
        "the function may send to the queue that it consumes: a message that leads to another there is a loop; "
        "let failures come back by themselves, or send to another queue, and take the permission away (sqs:SendMessage)"
    )


@rule(
    "R35",
    Level.WARNING,
    about=MappingFacts,
    what="the mapping filters",
    why="Lambda deletes the messages that do not match: none of them is kept, and no metric counts them by default.",
    source=pages.FILTERS,
    fix="Filter where messages come from: the rule's event pattern, the subscription's filter policy.",
)
def _nothing_is_dropped(has_filter: bool) -> str | None:
    if not has_filter:
        return None
    return (
        "the mapping has a filter, and Lambda deletes the messages that do not match; "
        "filter at the source (event pattern, filter policy) and remove FilterCriteria, or acknowledge that they may go"
    )
