"""What a person on call reads: one line for each thing that happened, and a count of those that matter.

The fields are `extra` keys, which a Powertools Logger (or any JSON formatter) writes as fields of the line:
`request_id`, `logical_id`, `stack` and `resource_type`, with the `metric` of a note or the `method` and `reason` of a
failure. The counts are lines of CloudWatch's embedded metric format.
"""

import logging

from constructs_lib.runtime._shared import emf
from constructs_lib.runtime.custom_resource.calls import Failure
from constructs_lib.runtime.custom_resource.contract import METRIC_NAMESPACE, PROVIDER_DIMENSION, Metric
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Note

NAME = "constructs_lib.runtime.custom_resource"

#: Somebody should look, some day.
_WARNINGS = frozenset({Metric.LEASE_TAKEOVER, Metric.FENCE_LOST, Metric.STALE_DROPPED})
#: Somebody has to do something.
_ERRORS = frozenset({Metric.AMBIGUOUS, Metric.ORPHANED, Metric.UNDELIVERABLE, Metric.GAVE_UP, Metric.MALFORMED})


class Log:
    """The function's log.

    Args:
        provider: The provider's name, for metrics.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def note(self, note: Note, about: Request | None) -> None:
        """Log what happened, and count it when it has a metric; about no request where an event was none."""
        fields = _fields(about)
        extra = fields if note.metric is None else {**fields, "metric": note.metric}
        logger().log(_level(note.metric), "%s%s", _whose(fields), _unsigned(note.text), extra=extra)
        if note.metric is not None:
            emf.write(emf.Measured(METRIC_NAMESPACE, PROVIDER_DIMENSION, self._provider, note.metric), fields)

    def failure(self, failure: Failure) -> None:
        """Log that a method of the author's failed; the traceback is text already, without its secrets."""
        fields = _fields(failure.request)
        trace = f"\n{failure.traceback}" if failure.traceback else ""
        extra = {**fields, "method": failure.method, "reason": failure.reason}
        logger().error("%s%s failed: %s%s", _whose(fields), failure.method, failure.reason, trace, extra=extra)


def logger() -> logging.Logger:
    """The library's own logger, which logs INFO unless somebody has chosen a level for it."""
    own = logging.getLogger(NAME)
    if own.level == logging.NOTSET:
        # Lambda leaves the root logger at WARNING: what went well would be dropped, and the story with it.
        own.setLevel(logging.INFO)
    return own


def _fields(about: Request | None) -> dict[str, str]:
    """What is known of the request; a tick knows little of it."""
    if about is None:
        return {}
    known = {
        "request_id": about.request_id,
        "logical_id": about.logical_id,
        "stack": about.stack_id,
        "resource_type": about.resource_type,
    }
    return {name: value for name, value in known.items() if value}


def _unsigned(text: str) -> str:
    """The text; a signed URL, which an unforeseen error may quote, without its signature."""
    if "=" not in text:
        return text
    from constructs_lib.runtime.custom_resource.redact import redact  # noqa: PLC0415 - seldom needed

    return redact(text)


def _level(metric: str | None) -> int:
    if metric in _ERRORS:
        return logging.ERROR
    return logging.WARNING if metric in _WARNINGS else logging.INFO


def _whose(fields: dict[str, str]) -> str:
    """Such as "Group of stack shop, request 1f0c: "."""
    parts = []
    if "logical_id" in fields:
        parts.append(fields["logical_id"] + (f" of stack {_name(fields['stack'])}" if "stack" in fields else ""))
    if "request_id" in fields:
        parts.append(f"request {fields['request_id']}")
    return f"{', '.join(parts)}: " if parts else ""


def _name(stack_id: str) -> str:
    """A stack's name, from arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID."""
    parts = stack_id.split("/")
    return parts[1] if len(parts) > 1 else stack_id
