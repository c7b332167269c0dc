"""Each way in which a request to Twilio can end, over a real connection: is it sure that nobody is called?"""

import base64
import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import twilio_calls
from aws_lambda_powertools.utilities import parameters
from twilio_calls import Account, NoAnswer, NotTaken, find, place, signature

from tests.runtime.custom_resource.loopback import GARBAGE, HANG, HANG_UP, RESET, Loopback, Reply, serving

PHONE = "+4915100000001"
TAKEN = Reply(201, json.dumps({"sid": "CA1", "status": "queued"}).encode())
REPORT_TO = "https://shop.example/prod/reports/order-1/token-1"
SINCE, UNTIL = (datetime(2026, 11, 21, 10, minute, 30, 500_000, tzinfo=UTC) for minute in (5, 10))


@pytest.fixture
def twilio() -> Iterator[Loopback]:
    with serving(TAKEN) as server:
        yield server


@pytest.fixture
def account(twilio: Loopback) -> Account:
    return Account(twilio.endpoint, "AC1", "secret", "+15005550006")


def dial(account: Account, *, timeout: float = 5.0) -> str:
    return place(account, to=PHONE, timeout=timeout, report_to=REPORT_TO)


def test_a_call_is_asked_for_as_twilio_wants_it(twilio: Loopback, account: Account) -> None:
    assert dial(account) == "CA1"

    [request] = twilio.received
    assert (request.method, request.path) == ("POST", "/2010-04-01/Accounts/AC1/Calls.json")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"AC1:secret").decode()
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.body.decode())) == {
        "To": PHONE,
        "From": "+15005550006",
        "Twiml": twilio_calls.TWIML,
        "StatusCallback": REPORT_TO,
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": "completed",
    }


def test_each_request_has_a_connection_of_its_own(twilio: Loopback, account: Account) -> None:
    dial(account)

    assert twilio.received[0].headers["Connection"] == "close"


def test_without_an_address_for_it_no_report_is_asked_for(twilio: Loopback, account: Account) -> None:
    place(account, to=PHONE, timeout=5)

    assert b"StatusCallback" not in twilio.received[0].body


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429])
def test_a_refusal_that_may_pass_may_be_tried_again(twilio: Loopback, account: Account, status: int) -> None:
    twilio.say(Reply(status))

    with pytest.raises(NotTaken, match=f"Twilio answers {status}") as caught:
        dial(account)
    assert (caught.value.retry, caught.value.after) == (True, None)


@pytest.mark.parametrize(("header", "after"), [("7", 7.0), ("soon", None), ("-1", None), ("", None)])
def test_a_429_says_when_to_come_again(twilio: Loopback, account: Account, header: str, after: float | None) -> None:
    twilio.say(Reply(429, headers={"Retry-After": header}))

    with pytest.raises(NotTaken) as caught:
        dial(account)
    assert caught.value.after == after


def test_a_number_that_cannot_be_called_is_not_tried_again_and_its_reason_does_not_quote_it(
    twilio: Loopback, account: Account
) -> None:
    said = {"code": 21211, "message": f"The 'To' number {PHONE} is not a valid phone number."}
    twilio.say(Reply(400, json.dumps(said).encode()))

    with pytest.raises(NotTaken) as caught:
        dial(account)
    assert caught.value.retry is False
    assert caught.value.reason == "Twilio answers 400, error 21211"


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(status) for status in (500, 502, 503, 504, 302)),
        Reply(201, b"{}"),
        Reply(201, b"no json"),
        Reply(201, b"[]"),
        Reply(201, b'{"sid": 7}'),
        Reply(201, b'{"sid": ""}'),
        Reply(RESET),
        Reply(HANG_UP),
        Reply(GARBAGE),
    ],
    ids=lambda reply: f"{reply.status} {reply.body.decode()}",
)
def test_after_any_other_ending_there_may_be_a_call(twilio: Loopback, account: Account, reply: Reply) -> None:
    twilio.say(reply)

    with pytest.raises(NoAnswer):
        dial(account)
    assert len(twilio.received) == 1


def test_a_timeout_may_be_a_call(twilio: Loopback, account: Account) -> None:
    twilio.say(Reply(HANG))

    with pytest.raises(NoAnswer, match="ReadTimeoutError"):
        dial(account, timeout=0.2)
    assert len(twilio.received) == 1


def test_where_nobody_listens_there_is_no_call(account: Account) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = account._replace(url=f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(NotTaken, match="not sent: NewConnectionError") as caught:
            dial(nobody)
    assert caught.value.retry is True


def test_where_a_name_is_not_known_there_is_no_call(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(NotTaken, match="not sent: NameResolutionError"):
        dial(account._replace(url="http://api.twilio.example"))


def listed(*calls: tuple[str, str]) -> Reply:
    made = [{"sid": sid, "to": PHONE, "date_created": created} for sid, created in calls]
    return Reply(200, json.dumps({"calls": made}).encode())


def search(account: Account) -> list[str]:
    return find(account, to=PHONE, since=SINCE, until=UNTIL, timeout=5)


def test_calls_are_looked_for_by_number_and_day(twilio: Loopback, account: Account) -> None:
    twilio.say(listed())

    assert search(account) == []
    [request] = twilio.received
    assert request.method == "GET"
    assert urlsplit(request.path).path == "/2010-04-01/Accounts/AC1/Calls.json"
    assert parse_qs(urlsplit(request.path).query) == {
        "To": [PHONE],
        "From": ["+15005550006"],
        "StartTime>": ["2026-11-21"],
    }


def test_calls_are_found_by_when_they_were_asked_for(twilio: Loopback, account: Account) -> None:
    twilio.say(
        listed(
            ("before", "Sat, 21 Nov 2026 10:05:29 +0000"),
            ("first", "Sat, 21 Nov 2026 10:05:30 +0000"),
            ("last", "Sat, 21 Nov 2026 11:10:30 +0100"),
            ("after", "Sat, 21 Nov 2026 10:10:31 +0000"),
        )
    )

    assert search(account) == ["first", "last"]


@pytest.mark.parametrize("reply", [Reply(500), Reply(404), Reply(200, b"{}"), Reply(200, b"<html>"), Reply(RESET)])
def test_a_search_without_an_answer_has_found_out_nothing(twilio: Loopback, account: Account, reply: Reply) -> None:
    twilio.say(reply)

    with pytest.raises(NoAnswer) as caught:
        search(account)
    assert PHONE.lstrip("+") not in str(caught.value)


def test_urllib3_does_not_log_the_address_of_a_search(
    twilio: Loopback, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    twilio.say(listed())
    caplog.set_level(logging.DEBUG)

    search(account)

    assert PHONE.lstrip("+") not in caplog.text


def test_a_signature_is_twilios() -> None:
    """The example of Twilio's documentation."""
    form = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }

    signed = signature("12345", "https://example.com/myapp.php?foo=1&bar=2", form)

    assert signed == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_the_account_is_in_the_secret_which_is_read_once_in_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def get_secret(name: str, **options: object) -> dict[str, str]:
        asked.append({"name": name, **options})
        return {"account_sid": "AC1", "auth_token": "secret", "from_number": "+15005550006"}

    monkeypatch.setattr(parameters, "get_secret", get_secret)
    monkeypatch.setenv("TWILIO_SECRET", "twilio")
    monkeypatch.setenv("TWILIO_URL", "https://api.twilio.com/")

    account = twilio_calls.account()

    assert account.calls == "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json"
    assert asked == [{"name": "twilio", "transform": "json", "max_age": 300}]
