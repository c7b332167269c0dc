"""The rules that a check must satisfy, as it is at synthesis. Pure: from facts to findings; times are in seconds.

What the author's function must satisfy as a consumer, such as a reserve for both of its queues, the rules of flow
control say; the findings of the contacts' queue stand beside these.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib import _record_rules, sizing
from constructs_lib._findings import Finding, Level
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.delayed_check import arguments

#: What it means to lose the table.
_LOSS = "who loses its rows no longer knows who was contacted, and orders that are started again are contacted again"
#: The ids that an author may acknowledge, besides those of flow control.
IDS = ("timeout", "table", "recovery", "expiry", "environment", "rate")
#: Bytes that all variables of a function may have, names and values.
_LARGEST_ENVIRONMENT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a check.

    Attributes:
        handler: The function's path.
        delay: From when an order is placed to its check.
        deadline: From when it is placed until nobody may be contacted.
        visibility: The check queue's visibility timeout.
        function_timeout: How long the function may run.
        takes_environment: Whether the construct could set the function's environment.
        environment_size: Bytes that the variables have at least which the library sets.
        calls_per_second: Contacts that are to be made in a second.
        contact_seconds: How long one takes.
        contact_workers: How many are under way at once.
        slowness_is_found: Whether a rule of flow control says that the rate is not reached.
        table: The table's path.
        has_stream: Whether the table's stream has what rows were and are.
        is_restorable: Whether the table has point-in-time recovery.
        expires: Whether rows of orders that are done with are removed.
    """

    handler: str
    delay: float
    deadline: float
    visibility: float
    function_timeout: float | Unknown
    takes_environment: bool
    environment_size: int
    calls_per_second: float
    contact_seconds: float
    contact_workers: int
    slowness_is_found: bool
    table: str
    has_stream: bool | Unknown
    is_restorable: bool | Unknown
    expires: bool | Unknown


def evaluate(facts: Facts) -> list[Finding]:
    """Return what the rules find."""
    return [
        *_timeout(facts),
        *_environment(facts),
        *_rate(facts),
        *_stream(facts),
        *_record_rules.recovery(facts.table, facts.is_restorable, loss=_LOSS),
        *_record_rules.expiry(facts.table, facts.expires, kept="rows of orders that are done with"),
    ]


def _timeout(facts: Facts) -> Iterator[Finding]:
    """What would have been refused at once, had the timeout been so when the check was made."""
    timeout = facts.function_timeout
    if timeout is UNKNOWN:
        return  # declared by handler_timeout
    found = [
        arguments.too_late(facts.handler, delay=facts.delay, deadline=facts.deadline, timeout=timeout),
        arguments.too_short(facts.handler, timeout),
        _given_away(facts, timeout),
    ]
    for message in found:
        if message is not None:
            yield Finding(rule="timeout", level=Level.ERROR, message=message)


def _given_away(facts: Facts, timeout: float) -> str | None:
    if timeout < facts.visibility:
        return None
    return (
        f"the timeout of handler {facts.handler} is {timeout:g} s now, and the check queue gives a check away after "
        f"{facts.visibility:g} s, derived from what it was; set the function's timeout before the check is made"
    )


def _environment(facts: Facts) -> Iterator[Finding]:
    if not facts.takes_environment:
        message = (
            f"handler {facts.handler} is no lambda_.Function of this app, so nothing was set on it, and without "
            "settings it raises for every message; set the variables of check.environment on the function itself, and "
            'acknowledge {"environment": "..."}'
        )
        yield Finding(rule="environment", level=Level.WARNING, message=message)
    if facts.environment_size > _LARGEST_ENVIRONMENT:
        message = (
            f"handler {facts.handler} is told of its checks and queues in variables of {facts.environment_size} bytes "
            f"or more, and Lambda takes {_LARGEST_ENVIRONMENT} of all its variables; serve fewer checks with one "
            "function, or give stack and checks shorter ids"
        )
        yield Finding(rule="environment", level=Level.ERROR, message=message)


def _rate(facts: Facts) -> Iterator[Finding]:
    reached = facts.contact_workers / facts.contact_seconds
    if facts.slowness_is_found or reached >= sizing.PACE_UTILISATION * facts.calls_per_second:
        return
    message = (
        f"contact_rate is {facts.calls_per_second:g} contacts a second, and {facts.contact_workers} at once, each of "
        f"about {facts.contact_seconds:g} s, make {reached:.2g}; declare mean_latency or a larger burst, or give the "
        "function more time"
    )
    yield Finding(rule="rate", level=Level.WARNING, message=message)


def _stream(facts: Facts) -> Iterator[Finding]:
    if facts.has_stream is UNKNOWN:
        message = (
            f"not checked, because the stream of table {facts.table} cannot be seen at synth, nor its key: it must be "
            "of new and old images, and the key pk, a string, alone; acknowledge table with the reason why they are"
        )
        yield Finding(rule="table", level=Level.NOT_CHECKED, message=message)
    elif not facts.has_stream:
        message = (
            f"table {facts.table} has no stream of new and old images any more, so no outcome would be published; "
            "leave its stream_specification as it was when the check was made"
        )
        yield Finding(rule="table", level=Level.ERROR, message=message)
