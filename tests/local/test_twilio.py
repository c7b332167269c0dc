"""The provider of calls: its ledger must be the truth, and each behaviour what it says."""

import base64
import http.client
import importlib
import json
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from local.emulator import ROOT
from local.processes import wait_until
from local.twilio import Behaviour, Script, Twilio, signature

TO = "+15550100001"


class Webhook:
    """Where reports come in."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, dict[str, str], str]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                webhook.reports.append(
                    (self.path, dict(urllib.parse.parse_qsl(body)), self.headers["X-Twilio-Signature"])
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    found = Webhook()
    Thread(target=found.server.serve_forever, daemon=True).start()
    yield found
    found.server.shutdown()
    found.server.server_close()


@contextmanager
def provider(**scripts: Script) -> Iterator[Twilio]:
    """A provider whose calls are short."""
    with Twilio(scripts={name.replace("_", "-"): script for name, script in scripts.items()}, patience=0.05) as running:
        yield running


def ask(
    twilio: Twilio,
    callback: str,
    *,
    method: str = "POST",
    to: str = TO,
    account: str | None = None,
    password: str | None = None,
    query: str = "",
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """What the provider answers; status 0 where it closes the connection."""
    address = urllib.parse.urlsplit(twilio.endpoint)
    account = account or twilio.account
    credentials = base64.b64encode(f"{account}:{password or twilio.auth_token}".encode()).decode()
    form = {"To": to, "From": "+15550199999", "Url": "https://example.com/say", "StatusCallback": callback}
    connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=10)
    try:
        connection.request(
            method,
            f"/2010-04-01/Accounts/{account}/Calls.json{query}",
            body=urllib.parse.urlencode(form) if method == "POST" else None,
            headers={"Authorization": f"Basic {credentials}"},
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), dict(answer.getheaders())
    except http.client.HTTPException:
        return 0, {}, {}
    finally:
        connection.close()


def test_a_call_is_made_listed_and_reported_with_twilios_signature(webhook: Webhook) -> None:
    answered: list[str] = []
    callback = f"{webhook.url}/reports/order-1/token?x=1"
    with Twilio(scripts={"order-1": Script(rings=0.1)}, on_call=answered.append) as twilio:
        status, made, headers = ask(twilio, callback)
        assert (status, made["status"], made["to"]) == (201, "queued", TO)
        assert "Then" not in headers
        [request], [call] = twilio.requests(), twilio.calls()
        assert (request.order, request.behaviour) == ("order-1", Behaviour.ACCEPTS)
        assert (call.order, call.sid, call.to) == ("order-1", made["sid"], TO)
        assert wait_until(lambda: answered == ["order-1"], seconds=10)

        [(path, fields, signed)] = webhook.reports
        assert path == "/reports/order-1/token?x=1"
        assert (fields["CallSid"], fields["CallStatus"]) == (made["sid"], "completed")
        assert signed == signature(twilio.auth_token, callback, fields)
        assert twilio.reports() == {204: 1}
        _, listed, _ = ask(twilio, "", method="GET", query=f"?To={urllib.parse.quote(TO)}")
        assert [(one["sid"], one["status"]) for one in listed["calls"]] == [(made["sid"], "completed")]
        for others in ("?To=%2B15550100002", "?From=%2B15550100002", "?StartTime%3E=2100-01-01"):
            assert ask(twilio, "", method="GET", query=others)[1]["calls"] == []


def test_a_request_without_an_address_for_its_report_is_known_by_the_number() -> None:
    with Twilio(scripts={"order-1": Script(rings=0.05)}, numbers={TO: "order-1"}) as twilio:
        ask(twilio, "")

        assert [call.order for call in twilio.calls()] == ["order-1"]
        assert wait_until(lambda: twilio.state_of(twilio.calls()[0]) == "completed", seconds=10)
        assert twilio.reports() == {}


def test_the_example_finds_the_call_of_which_it_never_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "lambda_src" / "_twilio" / "python"))
    client: Any = importlib.import_module("twilio_calls")
    with provider(order_1=Script(behaviour=Behaviour.CLOSES, rings=60)) as twilio:
        account = client.Account(twilio.endpoint, twilio.account, twilio.auth_token, "+15550199999")
        since = datetime.now(UTC)
        with pytest.raises(client.NoAnswer):
            client.place(account, to=TO, timeout=5, report_to="http://127.0.0.1:1/order-1/token")

        found = client.find(account, to=TO, since=since, until=since + timedelta(minutes=1), timeout=5)

        assert found == [call.sid for call in twilio.calls()]
        assert len(found) == 1


def test_the_signature_is_twilios_own() -> None:
    """The example of the tests of Twilio's own library."""
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }

    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("behaviour", "status", "calls"),
    [
        (Behaviour.ACCEPTS, 201, 1),
        (Behaviour.KILLS, 201, 1),
        (Behaviour.HANGS, 0, 1),
        (Behaviour.CLOSES, 0, 1),
        (Behaviour.FAILS_AFTER, 500, 1),
        (Behaviour.FAILS_BEFORE, 503, 0),
        (Behaviour.THROTTLES, 429, 0),
        (Behaviour.LIES, 429, 1),
        (Behaviour.REFUSES, 400, 0),
    ],
)
def test_each_behaviour_answers_and_calls_as_it_says(behaviour: Behaviour, status: int, calls: int) -> None:
    with provider(order_1=Script(behaviour=behaviour, retry_after=7, rings=60)) as twilio:
        found, _, headers = ask(twilio, "http://127.0.0.1:1/order-1/token")

        assert (found, len(twilio.calls())) == (status, calls)
        assert behaviour.calls is bool(calls)
        assert [(one.order, one.behaviour) for one in twilio.requests()] == [("order-1", behaviour)]
        assert headers.get("Retry-After") == ("7" if status == 429 else None)
        assert headers.get("Then") == ("die" if behaviour is Behaviour.KILLS else None)
        # Only the first request is treated so: who asks again is called again.
        assert ask(twilio, "http://127.0.0.1:1/order-1/token")[0] == 201
        assert len(twilio.calls()) == calls + 1


def test_a_call_may_be_reported_twice_or_never(webhook: Webhook) -> None:
    twice, never = Script(rings=0.05, reports=2, status="no-answer"), Script(rings=0.05, reports=0)
    with provider(twice=twice, never=never) as twilio:
        ask(twilio, f"{webhook.url}/twice")
        ask(twilio, f"{webhook.url}/never")
        assert wait_until(lambda: twilio.reports() == {204: 2}, seconds=10)
        assert wait_until(lambda: all(twilio.state_of(call) != "in-progress" for call in twilio.calls()), seconds=10)

    assert [(path, fields["CallStatus"]) for path, fields, _ in webhook.reports] == [("/twice", "no-answer")] * 2


def test_a_report_goes_nowhere_but_to_this_machine() -> None:
    with provider(order=Script(rings=0.05)) as twilio:
        ask(twilio, "https://example.com/order")

        assert wait_until(lambda: twilio.reports() == {0: 1}, seconds=10)


def test_who_has_no_key_or_the_wrong_account_is_refused_and_leaves_no_trace() -> None:
    with provider() as twilio:
        assert ask(twilio, "", password="wrong")[0] == 401  # noqa: S106 - not a secret
        assert ask(twilio, "", account="AC1")[0] == 404
        assert ask(twilio, "", method="GET", password="wrong")[0] == 401  # noqa: S106 - as above
        assert ask(twilio, "", to="")[0] == 400
        assert twilio.requests() == []


def test_the_end_of_the_block_ends_what_would_still_happen(webhook: Webhook) -> None:
    with provider(order=Script(rings=0.3)) as twilio:
        ask(twilio, f"{webhook.url}/order")
        assert twilio.wait_for("order", seconds=1)
    time.sleep(0.5)

    assert webhook.reports == []
    with pytest.raises(RuntimeError, match="use it in a with statement"):
        _ = Twilio(scripts={}).endpoint
