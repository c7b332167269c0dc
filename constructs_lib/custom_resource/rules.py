"""The rules that a provider must satisfy, as it is at synthesis. Pure: from facts to findings; times are in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib import _record_rules
from constructs_lib._findings import Finding, Level
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.runtime.custom_resource.contract import AUTHOR_HANDLER, ENTRY_POINT

#: How often Lambda runs a function for one event, and how long it waits in between, in all: one minute, then two.
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
RUNS, WAITS = 3, 180
#: What it means to lose the table.
_LOSS = "who loses its records loses the ids of resources that CloudFormation never learned of"
#: The ids that an author may acknowledge.
IDS = ("timeout", "invoke-config", "event-source", "concurrency", "role", "environment", "recovery", "expiry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a provider.

    Attributes:
        handler: The function's path.
        total_timeout: Seconds that a request may take.
        function_timeout: Seconds that the function may run.
        rivals: What is wrong with asynchronous invoke configurations besides the provider's; None when all is well.
        event_sources: What is wrong with what the function consumes; None when it consumes nothing.
        reserved_concurrency: How many runs of the function are reserved; None when none are.
        takes_environment: Whether the provider could set the function's environment.
        has_entry_point: Whether Lambda surely calls this library's entry point.
        role_is_known: Whether the function's permissions are in this app's hand.
        table: The table's path.
        is_restorable: Whether the table has point-in-time recovery.
        expires: Whether records of resources that are gone are removed.
    """

    handler: str
    total_timeout: float
    function_timeout: float | Unknown
    rivals: str | None
    event_sources: str | None
    reserved_concurrency: int | Unknown | None
    takes_environment: bool
    has_entry_point: bool
    role_is_known: bool
    table: str
    is_restorable: bool | Unknown
    expires: bool | Unknown


def evaluate(facts: Facts) -> list[Finding]:
    """Return what the rules find."""
    return [
        *_timeout(facts),
        *_refused(facts),
        *_concurrency(facts),
        *_role(facts),
        *_environment(facts),
        *_record_rules.recovery(facts.table, facts.is_restorable, loss=_LOSS),
        *_record_rules.expiry(facts.table, facts.expires, kept="records of resources that are gone"),
    ]


def too_short(handler: str, total_timeout: float, function_timeout: float) -> str | None:
    """Why the time for a request is too short for Lambda's retries; None when it is not."""
    needed = RUNS * function_timeout + WAITS
    if needed <= total_timeout:
        return None
    longest = (total_timeout - WAITS) // RUNS
    shorten = f", or the function's timeout to at most {longest:g} s" if longest >= 1 else ""
    return (
        f"total_timeout {total_timeout:g} s is too short for handler {handler}, which may run {function_timeout:g} s: "
        f"its three runs and Lambda's waits between them (60 s and 120 s) take {needed:g} s, and who is killed in each "
        f"would never be answered; set total_timeout to at least {needed:g} s{shorten}"
    )


def _timeout(facts: Facts) -> Iterator[Finding]:
    if facts.function_timeout is UNKNOWN:
        message = (
            f"not checked, because the timeout of handler {facts.handler} cannot be seen at synth: three runs and "
            f"{WAITS} s must fit into total_timeout ({facts.total_timeout:g} s); "
            "acknowledge timeout with the reason why they do"
        )
        yield Finding(rule="timeout", level=Level.NOT_CHECKED, message=message)
        return
    broken = too_short(facts.handler, facts.total_timeout, facts.function_timeout)
    if broken is not None:
        yield Finding(rule="timeout", level=Level.ERROR, message=broken)


def _refused(facts: Facts) -> Iterator[Finding]:
    """What would have been refused at once, had it been there before the provider."""
    for rule, refusal in (("invoke-config", facts.rivals), ("event-source", facts.event_sources)):
        if refusal is not None:
            yield Finding(rule=rule, level=Level.ERROR, message=refusal)


def _concurrency(facts: Facts) -> Iterator[Finding]:
    if facts.reserved_concurrency == 0:
        message = (
            f"the reserved concurrency of handler {facts.handler} is 0, so it never runs, and CloudFormation waits in "
            "vain for every answer; reserve at least 2 (one for a duplicate), or nothing"
        )
        yield Finding(rule="concurrency", level=Level.WARNING, message=message)


def _role(facts: Facts) -> Iterator[Finding]:
    if not facts.role_is_known:
        message = (
            "the role of the imported function cannot be seen, so nothing was granted to it, and Lambda refuses an "
            "asynchronous invoke configuration whose function may not call its destination; import it with its role "
            "(from_function_attributes), or grant it in its own app (dynamodb:UpdateItem on the table, "
            'lambda:InvokeFunction on itself, with polls states:StartExecution) and acknowledge {"role": "..."}'
        )
        yield Finding(rule="role", level=Level.WARNING, message=message)


def _environment(facts: Facts) -> Iterator[Finding]:
    entry_point = (
        f"let its Handler (the CMD of a container image) be {ENTRY_POINT}, and the environment variable "
        f"{AUTHOR_HANDLER} name your handler (module.attribute), so that a module that cannot be imported is answered"
    )
    if not facts.takes_environment:
        message = (
            f"handler {facts.handler} is no lambda_.Function of this app, so nothing was set on it, and without "
            "settings it answers every request FAILED; set the variables of provider.environment on the function "
            f'itself, {entry_point}, and acknowledge {{"environment": "..."}}'
        )
        yield Finding(rule="environment", level=Level.WARNING, message=message)
    elif not facts.has_entry_point:
        message = (
            f"the provider cannot see or set what Lambda calls in handler {facts.handler}; provider.environment was "
            f'set, the rest is yours: {entry_point}, and acknowledge {{"environment": "..."}}'
        )
        yield Finding(rule="environment", level=Level.WARNING, message=message)
