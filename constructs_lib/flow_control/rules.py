"""The rules that a flow's settings must satisfy. Pure: from facts to findings; times are in seconds.

A rule that needs a fact that cannot be seen says that it was not checked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature

from constructs_lib import sizing
from constructs_lib._findings import Finding, Level
from constructs_lib._seen import UNKNOWN
from constructs_lib.flow_control.facts import Facts
from constructs_lib.runtime.flow_control.contract import REPORTING_RESERVE
from constructs_lib.sizing import FlowStrategy

#: Share of the rate below which PACE is too slow to be meant.
_LEAST_UTILISATION = 0.5


#: Where an author says what cannot be seen.
_DECLARED_BY = {
    "visibility_timeout": "visibility_timeout",
    "max_receive_count": "max_receive_count",
    "retention": "retention_period",
    "has_dead_letter_queue": "dead_letter_queue",
    "dead_letter_queue_fifo": "dead_letter_queue",
    "call_timeout": "call_timeout",
    "littles_law_concurrency": "Downstream(mean_latency=...)",
}

Check = Callable[..., str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its check's parameters are the facts that it needs; it returns a message, or None when all is well."""

    id: str
    level: Level
    check: Check
    applies: Callable[[Facts], bool]

    @property
    def needs(self) -> list[str]:
        """The names of the facts it needs."""
        return list(signature(self.check).parameters)


RULES: list[Rule] = []


def _rule(
    rule_id: str, level: Level = Level.ERROR, *, when: Callable[[Facts], bool] = lambda _: True
) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        RULES.append(Rule(rule_id, level, check, when))
        return check

    return register


def evaluate(facts: Facts) -> list[Finding]:
    """Return what the rules find, in the order of their ids."""
    return list(dict.fromkeys(finding for rule in RULES if (finding := _apply(rule, facts)) is not None))


def rule_ids() -> list[str]:
    """The ids that an author may acknowledge."""
    return list(dict.fromkeys(rule.id for rule in RULES))


def _apply(rule: Rule, facts: Facts) -> Finding | None:
    if not rule.applies(facts):
        return None
    values = {name: getattr(facts, name) for name in rule.needs}
    unseen = [name for name, value in values.items() if value is UNKNOWN]
    if unseen:
        what = " and ".join(unseen).replace("_", " ")
        declare = dict.fromkeys(_DECLARED_BY[name] for name in unseen if name in _DECLARED_BY)
        fix = f"pass {' and '.join(declare)}, or " if declare else ""
        message = (
            f"not checked, because {what} cannot be seen at synth; "
            f"{fix}acknowledge {rule.id} with the reason why it holds"
        )
        return Finding(rule=rule.id, level=Level.NOT_CHECKED, message=message)
    broken = rule.check(**values)
    return None if broken is None else Finding(rule=rule.id, level=rule.level, message=broken)


def _at_most(workers: int) -> str:
    return f"set at most {workers}, or " if workers >= sizing.MIN_CONCURRENCY else ""


def _is_concurrency(facts: Facts) -> bool:
    return facts.strategy is FlowStrategy.CONCURRENCY


def _is_pace(facts: Facts) -> bool:
    return facts.strategy is FlowStrategy.PACE


def _s(seconds: float) -> str:
    return f"{seconds:g} s"


@_rule("R1")
def _concurrency_is_allowed(max_concurrency: int) -> str | None:
    if sizing.MIN_CONCURRENCY <= max_concurrency <= sizing.MAX_CONCURRENCY:
        return None
    return (
        f"max_concurrency {max_concurrency} is outside of what Lambda allows, 2 to 1000; "
        "set one of these, or leave it out and it is derived"
    )


@_rule("R2")
def _function_ends_before_redelivery(function_timeout: float, visibility_timeout: float) -> str | None:
    if function_timeout <= visibility_timeout:
        return None
    return (
        f"function timeout {_s(function_timeout)} is longer than the queue's visibility timeout "
        f"{_s(visibility_timeout)}: Lambda refuses such a mapping at deploy; "
        f"set visibility_timeout to at least {_s(sizing.VISIBILITY_FACTOR * function_timeout)}, or leave it out"
    )


@_rule("R3")
def _visibility_covers_throttled_retries(function_timeout: float, visibility_timeout: float) -> str | None:
    needed = sizing.VISIBILITY_FACTOR * function_timeout
    if visibility_timeout >= needed:
        return None
    return (
        f"visibility timeout {_s(visibility_timeout)} is below 6 x the function's timeout {_s(function_timeout)} = "
        f"{_s(needed)}: messages are received again while Lambda still retries them; "
        f"set visibility_timeout to at least {_s(needed)}, or leave it out"
    )


@_rule("R4")
def _reserve_covers_all_mappings(reserved_concurrency: int | None, mapped_concurrency: int | None) -> str | None:
    if not reserved_concurrency or mapped_concurrency is None or reserved_concurrency >= mapped_concurrency:
        return None
    return (
        f"the function's reserved concurrency {reserved_concurrency} is below {mapped_concurrency}, the sum of "
        "max_concurrency over its SQS mappings: throttled receives count, and messages are dead-lettered unrun; "
        f"reserve at least {mapped_concurrency}, or nothing"
    )


@_rule("R5")
def _every_mapping_is_limited(reserved_concurrency: int | None, mapped_concurrency: int | None) -> str | None:
    if reserved_concurrency is None or mapped_concurrency is not None:
        return None
    return (
        f"the function reserves a concurrency of {reserved_concurrency}, and another SQS mapping of it has no "
        "max_concurrency: it receives more than may run, and messages are dead-lettered unrun; "
        "set max_concurrency on that mapping"
    )


@_rule("R6")
def _function_may_run(reserved_concurrency: int | None, max_concurrency: int) -> str | None:
    if reserved_concurrency != 0:
        return None
    return (
        "the function's reserved concurrency is 0: every message is throttled until it is dead-lettered unrun; "
        f"reserve at least {max_concurrency}, or nothing"
    )


@_rule("R7")
def _one_receive_is_no_retry(max_receive_count: int) -> str | None:
    if max_receive_count > 1:
        return None
    return (
        f"max_receive_count {max_receive_count} dead-letters a message that was throttled or cut off once, "
        f"perhaps unrun; set at least {sizing.MIN_RECEIVES}, or leave it out"
    )


@_rule("R7", Level.WARNING)
def _few_receives(max_receive_count: int) -> str | None:
    if not 1 < max_receive_count < sizing.MIN_RECEIVES:
        return None
    return (
        f"max_receive_count {max_receive_count} is below the {sizing.MIN_RECEIVES} that AWS recommends, since "
        f"throttles count as receives; set at least {sizing.MIN_RECEIVES}, or leave it out"
    )


@_rule("R8")
def _loss_is_within_target(error_rate: float, max_receive_count: int, in_line: int, target_loss: float) -> str | None:
    loss = sizing.loss_probability(error_rate, min(max_receive_count, sizing.MAX_RECEIVES), in_line)
    if loss <= target_loss * (1 + sizing.ROUNDING):
        return None
    return (
        f"with error_rate {error_rate:g} and max_receive_count {max_receive_count}, {loss:.2g} of the messages are "
        f"dead-lettered though the downstream is up, more than target_loss {target_loss:g}; "
        "raise max_receive_count or leave it out, or accept a larger target_loss"
    )


@_rule("R10")
def _failures_have_a_place(has_dead_letter_queue: bool) -> str | None:
    if has_dead_letter_queue:
        return None
    return (
        "the queue has no dead-letter queue: a message that always fails is retried until its retention ends, "
        "then lost; give the queue one (dead_letter_queue=sqs.DeadLetterQueue(...))"
    )


@_rule("R11")
def _dead_letter_queue_is_alike(fifo: bool, dead_letter_queue_fifo: bool) -> str | None:
    if dead_letter_queue_fifo == fifo:
        return None
    kinds = {True: "FIFO", False: "standard"}
    return (
        f"the queue is {kinds[fifo]} and its dead-letter queue is {kinds[dead_letter_queue_fifo]}: "
        f"SQS refuses that at deploy; make the dead-letter queue {kinds[fifo]}"
    )


@_rule("R12", when=lambda facts: facts.has_dead_letter_queue is not False)
def _dead_letters_outlive_the_queue(
    fifo: bool,
    retention: float,
    dead_letter_retention: float,
) -> str | None:
    # A FIFO queue's dead letters count anew.
    if fifo or dead_letter_retention > retention:
        return None
    return (
        f"the dead-letter queue keeps messages for {_s(dead_letter_retention)}, not longer than the queue's "
        f"{_s(retention)}, and counts from when they were first sent: dead letters may vanish unread; "
        "keep them longer there (14 days), or set a shorter retention_period"
    )


@_rule("R13")
def _messages_outlive_their_retries(
    retention: float, visibility_timeout: float, delivery_delay: float, max_wait: float, retry_span: float
) -> str | None:
    longest = max(max_wait + retry_span + sizing.DAY, visibility_timeout, delivery_delay)
    if retention >= longest:
        return None
    return (
        f"retention {_s(retention)} is shorter than {_s(longest)}, the longest of visibility timeout "
        f"{_s(visibility_timeout)}, delay {_s(delivery_delay)}, and max_wait {_s(max_wait)} + retries "
        f"{_s(retry_span)} + a day: messages expire unprocessed; "
        "set a longer retention_period (up to 13 days), or lower max_wait or outage_tolerance"
    )


@_rule("R17")
def _batch_fits_into_the_function(
    batch_size: int, call_timeout: float, pace: float, function_timeout: float
) -> str | None:
    needed = batch_size * max(call_timeout, pace) + REPORTING_RESERVE
    if function_timeout >= needed * (1 - sizing.ROUNDING):
        return None
    return (
        f"a batch of {batch_size} may take {_s(needed)} (each message its call timeout {_s(call_timeout)} or its pace "
        f"{_s(pace)}, and {REPORTING_RESERVE} s to report), and the function's timeout is {_s(function_timeout)}: "
        "messages would be cut off; "
        "raise the function's timeout (up to 900 s), or lower batch_size, max_concurrency or the call's timeout"
    )


@_rule("R17", when=lambda facts: facts.mean_latency is not None)
def _calls_have_time_to_be_answered(call_timeout: float, mean_latency: float) -> str | None:
    if call_timeout > mean_latency:
        return None
    return (
        f"a call has {_s(call_timeout)} and takes {_s(mean_latency)} on average, so that most would be given up; "
        "raise the function's timeout (up to 900 s), lower batch_size, or declare a longer p99_latency or call_timeout"
    )


@_rule("R18", when=lambda facts: facts.call_attempts > 1)
def _retries_in_the_function_fit(
    batch_size: int, call_attempts: int, call_timeout: float, call_retry_wait: float, function_timeout: float
) -> str | None:
    needed = batch_size * sizing.call_budget(call_attempts, call_timeout, call_retry_wait) + REPORTING_RESERVE
    if function_timeout >= needed:
        return None
    return (
        f"{call_attempts} attempts of {_s(call_timeout)} with waits of {_s(call_retry_wait)} in the function may take "
        f"{_s(needed)}, longer than its timeout {_s(function_timeout)}: a call that succeeds may be cut off and made "
        "again; leave retries to the queue (call_attempts=1), or raise the timeout"
    )


@_rule("R19", when=_is_concurrency)
def _least_concurrency_holds_the_rate(littles_law_concurrency: float, calls_per_second: float) -> str | None:
    if littles_law_concurrency >= sizing.MIN_CONCURRENCY:
        return None
    return (
        f"strategy CONCURRENCY: Lambda's least concurrency, 2, makes more than {calls_per_second:g} calls a second "
        f"({littles_law_concurrency:.2g} workers would make just that); use FlowStrategy.PACE"
    )


@_rule("R20", when=_is_concurrency)
def _concurrency_stays_off_the_cliff(
    littles_law_concurrency: float, max_concurrency: int, calls_per_second: float
) -> str | None:
    if max_concurrency <= sizing.CONCURRENCY_SHARE * littles_law_concurrency:
        return None
    return (
        f"strategy CONCURRENCY with max_concurrency {max_concurrency} is above 0.8 x {littles_law_concurrency:.3g}, "
        f"the workers that make {calls_per_second:g} calls a second: from there calls are refused in an avalanche; "
        f"{_at_most(sizing.concurrency_limit(littles_law_concurrency))}use FlowStrategy.PACE"
    )


@_rule("R24", Level.WARNING, when=_is_pace)
def _calls_at_once_are_within_the_burst(max_concurrency: int, batch_size: int, burst: int) -> str | None:
    at_once = max_concurrency * batch_size
    # Two at once is the least that Lambda allows: nothing that an author could mend.
    if at_once <= max(burst, sizing.MIN_CONCURRENCY):
        return None
    return (
        f"max_concurrency {max_concurrency} x batch_size {batch_size} = {at_once} is above the downstream's burst of "
        f"{burst}: so many calls may come at once, and some be refused and retried; "
        "declare the burst that the downstream takes, or lower the two"
    )


@_rule("R25")
def _services_can_use_the_key(
    service_sources: Sequence[str],
    aws_managed_key: bool,
) -> str | None:
    if not service_sources or not aws_managed_key:
        return None
    return (
        f"{' and '.join(sorted(set(service_sources)))} cannot send to a queue encrypted with the AWS managed key "
        "alias/aws/sqs, whose policy admits no service; "
        "encrypt with SQS-managed keys, or with a key of your own (encryption_key)"
    )


@_rule("R46", Level.WARNING, when=_is_pace)
def _pace_uses_the_rate(
    utilisation: float | None, max_concurrency: int, calls_per_second: float, burst: int
) -> str | None:
    if utilisation is None or utilisation >= _LEAST_UTILISATION:
        return None
    return (
        f"PACE with {max_concurrency} workers reaches about {utilisation:.0%} of {calls_per_second:g} calls a second: "
        f"its workers are kept within the burst of {burst}; "
        "declare the burst that the downstream takes, or a higher max_concurrency"
    )


@_rule("role", Level.WARNING)
def _the_function_may_read_the_queue(role_is_known: bool) -> str | None:
    if role_is_known:
        return None
    return (
        "the role of the imported function cannot be seen, so nothing was granted to it, and Lambda refuses a mapping "
        "whose function may not read the queue; import it with its role (from_function_attributes), "
        'or grant it in its own app (SQS consume, and send to the dead-letter queue) and acknowledge {"role": "..."}'
    )


@_rule("queue-policy", Level.WARNING)
def _services_may_send(service_sources: Sequence[str], queue_policy_is_known: bool) -> str | None:
    if queue_policy_is_known or not service_sources:
        return None
    return (
        f"the policy of an imported queue or key cannot be changed, so {' and '.join(sorted(set(service_sources)))} "
        "was not allowed to use it, and what it sends is refused unless its own app allows that; "
        'allow it there and acknowledge {"queue-policy": "..."}, or let the flow create its queue'
    )


@_rule("runtime", Level.WARNING)
def _the_handler_is_ours(has_runtime: bool) -> str | None:
    if has_runtime:
        return None
    return (
        'with runtime="none" only max_concurrency is held: no rate, no backoff, no reason on dead letters, and a batch '
        "fails as a whole unless the handler answers batchItemFailures; "
        'acknowledge it ({"runtime": "..."}), or use runtime="layer" with a Python handler'
    )
