"""What a person on call reads: one line for each thing that happened, and a count of those that matter.

The fields are `extra` keys, which a Powertools Logger (or any JSON formatter) writes as fields of the line:
`request_id`, `logical_id`, `stack`, `resource_type` and `metric`. The counts are lines of CloudWatch's embedded metric
format.
"""

import json
import logging
import sys
import time

from constructs_lib.runtime.custom_resource.contract import METRIC_NAMESPACE, PROVIDER_DIMENSION, Metric
from constructs_lib.runtime.custom_resource.steps import Note

NAME = "constructs_lib.runtime.custom_resource"

#: Somebody should look, some day.
_WARNINGS = frozenset({Metric.LEASE_TAKEOVER, Metric.FENCE_LOST, Metric.STALE_DROPPED})
#: Somebody has to do something.
_ERRORS = frozenset({Metric.AMBIGUOUS, Metric.ORPHANED, Metric.UNDELIVERABLE, Metric.GAVE_UP, Metric.MALFORMED})


def perform(
    note: Note,
    *,
    provider: str,
    request_id: str = "",
    stack_id: str = "",
    logical_id: str = "",
    resource_type: str = "",
) -> None:
    """Log a note, and count it when it has a metric.

    Args:
        note: What happened.
        provider: The provider's name.
        request_id: The request that it is about, and so on; empty where it is about none.
        stack_id: The stack's ARN.
        logical_id: The resource's name in the template.
        resource_type: Such as "Custom::Elastigroup".
    """
    about = {
        "request_id": request_id,
        "logical_id": logical_id,
        "stack": stack_id,
        "resource_type": resource_type,
        "metric": note.metric,
    }
    fields = {name: value for name, value in about.items() if value}
    logger().log(_level(note.metric), "%s%s", _whose(fields), _unsigned(note.text), extra=fields)
    if note.metric is not None:
        sys.stdout.write(f"{_counted(note.metric, provider, fields)}\n")
        sys.stdout.flush()


def logger() -> logging.Logger:
    """The library's own logger, which logs INFO unless somebody has chosen a level for it."""
    own = logging.getLogger(NAME)
    if own.level == logging.NOTSET:
        # Lambda leaves the root logger at WARNING: what went well would be dropped, and the story with it.
        own.setLevel(logging.INFO)
    return own


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


def _counted(metric: str, provider: str, fields: dict[str, str]) -> str:
    directive = {
        "Namespace": METRIC_NAMESPACE,
        "Dimensions": [[PROVIDER_DIMENSION]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    return json.dumps(
        {
            # What else is known is no dimension, which would be billed, but can be searched for.
            **{name: value for name, value in fields.items() if name != "metric"},
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
            # CloudWatch takes no empty dimension.
            PROVIDER_DIMENSION: provider or "unnamed",
            metric: 1,
        }
    )
