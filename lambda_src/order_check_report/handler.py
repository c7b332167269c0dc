"""Twilio's report of what came of a call: POST /reports/{order_id}/{token}, once the call is over.

The token was made for this one contact and is in the address that Twilio was given. Twilio signs what it sends, so that
nobody else can report an outcome, not even who has seen the address in somebody's log.

Logs one line a report: message `report`, `order_id`, `call_sid`, `call_status`, `outcome`, `http_status`; never the
form, which has both phone numbers.
"""

import base64
import hmac
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

import twilio_calls
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from constructs_lib.runtime.delayed_check import UnknownContact, record_outcome

#: What Twilio's last word on a call means. A mailbox answers too: who must know that asks Twilio for AnsweredBy.
OUTCOMES = {
    "completed": "answered",
    "busy": "no_answer",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "failed",
}

logger = Logger()
metrics = Metrics()


def form_of(event: dict[str, Any]) -> dict[str, str]:
    """The fields of the form that Twilio sends."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return dict(parse_qsl(body, keep_blank_values=True))


def is_twilios(event: dict[str, Any], form: dict[str, str], *, order_id: str, token: str) -> bool:
    """Whether Twilio has signed the report, for the address that it was given."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    # As the address was made, not as a gateway in between shows it.
    url = f"{os.environ['REPORTS_URL']}/{quote(order_id, safe='')}/{quote(token, safe='')}"
    expected = twilio_calls.signature(twilio_calls.account().auth_token, url, form)
    return hmac.compare_digest(expected.encode(), headers.get("x-twilio-signature", "").encode())


def serve(event: dict[str, Any], form: dict[str, str]) -> tuple[HTTPStatus, str | None]:
    """Record one report: the HTTP status, and the outcome."""
    where = event["pathParameters"]
    order_id, token = where["order_id"], where["token"]
    if not is_twilios(event, form, order_id=order_id, token=token):
        return HTTPStatus.FORBIDDEN, None
    outcome = OUTCOMES.get(form.get("CallStatus", ""))
    if outcome is None:  # the call goes on; the report of its end is still to come
        return HTTPStatus.NO_CONTENT, None
    try:
        record_outcome(order_id, token, outcome)
    except UnknownContact:
        return HTTPStatus.NOT_FOUND, outcome
    return HTTPStatus.NO_CONTENT, outcome


@metrics.log_metrics
# Not even when POWERTOOLS_LOGGER_LOG_EVENT is set: the form has both phone numbers.
@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Take one report: 204, 403 for one that Twilio has not signed, 404 for a contact that there never was."""
    form = form_of(event)
    status, outcome = serve(event, form)
    taken = status == HTTPStatus.NO_CONTENT
    metrics.add_metric("ReportsTaken" if taken else "ReportsRefused", MetricUnit.Count, 1)
    logger.info(
        "report",
        order_id=event["pathParameters"]["order_id"],
        # What nobody has signed may be anything.
        call_sid=None if status == HTTPStatus.FORBIDDEN else form.get("CallSid"),
        call_status=None if status == HTTPStatus.FORBIDDEN else form.get("CallStatus"),
        outcome=outcome,
        http_status=int(status),
    )
    return {"statusCode": int(status), "body": ""}
