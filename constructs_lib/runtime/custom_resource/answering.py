"""Telling CloudFormation, or whoever polls: what is committed, and nothing else."""

from collections.abc import Generator
from typing import Any

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime.custom_resource import claims, transitions
from constructs_lib.runtime.custom_resource.case import Case
from constructs_lib.runtime.custom_resource.contract import Metric
from constructs_lib.runtime.custom_resource.errors import NotDelivered
from constructs_lib.runtime.custom_resource.record import operation
from constructs_lib.runtime.custom_resource.response import without_secrets
from constructs_lib.runtime.custom_resource.steps import Answer, Note, Put, Start, Step, Write

NOT_DELIVERED = "the answer is committed, and CloudFormation could not be reached; another attempt would send the same"


def answer(case: Case, item: Item) -> Generator[Step, Any, None]:
    """Send the committed answer, and remember that it was sent; the latter may fail.

    Raises:
        NotDelivered: CloudFormation could not be reached.
    """
    body: str = item[f"resp:{case.request.request_id}"]
    given = yield Put(case.request.url, body)
    if given is Answer.FAILED:
        raise NotDelivered(NOT_DELIVERED)
    if given is Answer.REFUSED:
        yield Note(Metric.UNDELIVERABLE, "CloudFormation's URL is no longer valid, so the answer could not be given")
        return
    kept = without_secrets(body, case.traits.no_echo)
    try:
        yield Write(transitions.acknowledge(case.request, body=None if kept == body else kept))
    except TableUnavailable:
        yield Note(None, "the answer was given, and the record could not be told so; a duplicate would repeat it")


def resume(case: Case, item: Item) -> Generator[Step, Any, None]:
    """See that somebody polls the request, and that its answer goes where CloudFormation asked last.

    Raises:
        StartFailed: Nobody does.
    """
    known = operation(item, case.request.request_id)
    assert known is not None  # noqa: S101 - only a known request waits
    if known.url_digest != case.request.url_digest:
        yield Write(claims.redirect(item, case.request))
    yield Start(
        key=case.request.key, request_id=case.request.request_id, attempt=known.attempt, next_in=item["next_in"]
    )
