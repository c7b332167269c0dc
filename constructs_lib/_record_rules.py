"""The rules that a table of records must satisfy. Pure: from what can be seen to findings."""

from collections.abc import Iterator

from constructs_lib._findings import Finding, Level
from constructs_lib._unknown import UNKNOWN, Unknown


def recovery(table: str, is_restorable: bool | Unknown, *, loss: str) -> Iterator[Finding]:
    """Find a table that cannot be restored.

    Args:
        table: Its path.
        is_restorable: Whether it has point-in-time recovery.
        loss: What it means to lose its records.
    """
    if is_restorable is UNKNOWN:
        message = (
            f"not checked, because point-in-time recovery of table {table} cannot be seen at synth; "
            "acknowledge recovery with the reason why it is on"
        )
        yield Finding(rule="recovery", level=Level.NOT_CHECKED, message=message)
    elif not is_restorable:
        message = f"table {table} has no point-in-time recovery: {loss}; switch it on, or leave table out"
        yield Finding(rule="recovery", level=Level.WARNING, message=message)


def expiry(table: str, expires: bool | Unknown, *, kept: str) -> Iterator[Finding]:
    """Find a table that keeps records for ever.

    Args:
        table: Its path.
        expires: Whether DynamoDB removes what has expired.
        kept: Which records stay.
    """
    if expires is UNKNOWN:
        message = (
            f"not checked, because the time to live of table {table} cannot be seen at synth; "
            'acknowledge expiry with the reason why it is on, by the attribute "ttl"'
        )
        yield Finding(rule="expiry", level=Level.NOT_CHECKED, message=message)
    elif not expires:
        message = (
            f'table {table} does not remove what has expired by the attribute "ttl": {kept} stay for ever; '
            'set time_to_live_attribute="ttl", or leave table out'
        )
        yield Finding(rule="expiry", level=Level.WARNING, message=message)
