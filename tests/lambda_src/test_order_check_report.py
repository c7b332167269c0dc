import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import twilio_calls

from constructs_lib.runtime.delayed_check import UnknownContact
from tests.helpers.lambda_src import Function, load
from tests.helpers.order_desk import ACCOUNT, PHONE, form_of

TOKEN = "0f" * 16
URL = f"https://shop.example/prod/reports/order-1/{TOKEN}"


class Outcomes:
    """Records outcomes, of one contact."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, str]] = []
        self.error: Exception | None = None

    def record(self, unit: str, token: str, outcome: str) -> bool:
        if self.error is not None:
            raise self.error
        if (unit, token) != ("order-1", TOKEN):
            raise UnknownContact
        self.recorded.append((unit, token, outcome))
        return True


@pytest.fixture
def outcomes() -> Outcomes:
    return Outcomes()


@pytest.fixture
def function(outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch) -> Function:
    # An operator may ask Powertools to log events; a report's holds both numbers. Read when the function is loaded.
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    monkeypatch.setattr(twilio_calls, "account", lambda: ACCOUNT)
    loaded = load("order_check_report")
    loaded.module.record_outcome = outcomes.record  # type: ignore[attr-defined]
    return loaded


def report(
    form: Mapping[str, str], *, url: str = URL, signed_by: str = ACCOUNT.auth_token, **fields: object
) -> dict[str, Any]:
    """A report as API Gateway passes it on; its path is that of the address."""
    order_id, token = url.split("/")[-2:]
    return {
        "headers": {"X-Twilio-Signature": twilio_calls.signature(signed_by, url, form)},
        "pathParameters": {"order_id": order_id, "token": token},
        "body": urlencode(form),
        "isBase64Encoded": False,
        **fields,
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", "answered"),
        ("busy", "no_answer"),
        ("no-answer", "no_answer"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
def test_the_end_of_a_call_is_the_orders_outcome(
    function: Function, outcomes: Outcomes, status: str, outcome: str
) -> None:
    assert function(report(form_of(status)))["statusCode"] == 204

    assert outcomes.recorded == [("order-1", TOKEN, outcome)]
    assert function.lines_with(
        message="report", order_id="order-1", call_sid="CA1", call_status=status, outcome=outcome, http_status=204
    )


@pytest.mark.parametrize("form", [form_of("ringing"), form_of("in-progress"), {"CallSid": "CA1"}, {}])
def test_a_call_that_goes_on_has_no_outcome_yet(
    function: Function, outcomes: Outcomes, form: Mapping[str, str]
) -> None:
    assert function(report(form))["statusCode"] == 204
    assert outcomes.recorded == []


def test_a_form_is_signed_with_its_empty_fields_and_may_come_encoded(function: Function, outcomes: Outcomes) -> None:
    form = form_of("completed", CallerName="", Direction="outbound-api")
    encoded = base64.b64encode(urlencode(form).encode()).decode()

    assert function(report(form, body=encoded, isBase64Encoded=True))["statusCode"] == 204
    assert len(outcomes.recorded) == 1


def forged(form: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    other = "https://shop.example/prod/reports/order-2/" + TOKEN
    elsewhere = report(form, url=other) | {"pathParameters": {"order_id": "order-1", "token": TOKEN}}
    return {
        "with another account's token": report(form, signed_by="another"),
        "with no signature": report(form, headers={}),
        "with no headers": report(form, headers=None),
        "with nonsense": report(form, headers={"X-Twilio-Signature": "Grüße"}),
        "for another address": elsewhere,
        "for another form": report(form, body=urlencode({**form, "CallStatus": "busy"})),
    }


@pytest.mark.parametrize("how", forged({}))
def test_what_twilio_has_not_signed_is_refused_and_not_repeated(
    function: Function, outcomes: Outcomes, how: str
) -> None:
    answer = function(forged(form_of("completed"))[how])

    assert answer["statusCode"] == 403
    assert outcomes.recorded == []
    [line] = function.lines_with(message="report")
    assert (line["http_status"], line.get("call_status"), line.get("call_sid")) == (403, None, None)


def test_a_header_may_be_written_in_any_case(function: Function) -> None:
    event = report(form_of("completed"))
    event["headers"] = {name.lower(): value for name, value in event["headers"].items()}

    assert function(event)["statusCode"] == 204


@pytest.mark.parametrize("place", [f"order-2/{TOKEN}", "order-1/another"])
def test_a_contact_that_there_never_was_is_not_found(function: Function, outcomes: Outcomes, place: str) -> None:
    url = f"https://shop.example/prod/reports/{place}"

    assert function(report(form_of("completed"), url=url))["statusCode"] == 404
    assert outcomes.recorded == []


def test_an_outcome_that_could_not_be_recorded_is_no_answer(function: Function, outcomes: Outcomes) -> None:
    outcomes.error = TimeoutError()

    with pytest.raises(TimeoutError):
        function(report(form_of("completed")))


def test_no_line_has_a_number(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function(report(form_of("completed")))
    function(report(form_of("completed"), headers={}))

    written = json.dumps(function.lines) + "".join(capsys.readouterr())
    assert "ReportsTaken" in written
    assert PHONE.lstrip("+") not in written
    assert ACCOUNT.from_number.lstrip("+") not in written
