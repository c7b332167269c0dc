"""The HTTP side of the provider on loopback: requests for calls and the list of calls, as Twilio's API has them."""

import base64
import binascii
import json
import re
import socket
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

from local.quiet import QuietHandler
from local.twilio.calls import Behaviour, Call

if TYPE_CHECKING:
    from local.twilio.provider import Twilio

#: With this header in an answer, a function that can be killed (local/kill_switch) dies instead of reading it.
THEN, DIE = "Then", "die"

_PATH = re.compile(r"^/2010-04-01/Accounts/([^/]+)/Calls\.json$")
_ERRORS = {
    HTTPStatus.BAD_REQUEST: (21211, "The 'To' number {to} is not a valid phone number."),
    HTTPStatus.UNAUTHORIZED: (20003, "Authenticate"),
    HTTPStatus.NOT_FOUND: (20404, "The requested resource was not found"),
    HTTPStatus.TOO_MANY_REQUESTS: (20429, "Too Many Requests"),
    HTTPStatus.INTERNAL_SERVER_ERROR: (20500, "Internal Server Error"),
    HTTPStatus.SERVICE_UNAVAILABLE: (20503, "Service Unavailable"),
}


def server(twilio: "Twilio", host: str) -> ThreadingHTTPServer:
    """What serves a provider; not running yet."""
    return _Server((host, 0), type("Handler", (_Handler,), {"twilio": twilio}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many functions may ask at once


class _Handler(QuietHandler):
    """One connection's requests; `twilio` is set by a subclass."""

    protocol_version = "HTTP/1.1"
    twilio: ClassVar["Twilio"]

    def do_POST(self) -> None:  # noqa: N802 - the base class asks for this name
        """A request for a call."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        if not self._is_allowed():
            return
        to, sender = form.get("To", ""), form.get("From", "")
        if not (to and sender and (form.get("Url") or form.get("Twiml"))):
            self._fail(HTTPStatus.BAD_REQUEST, to=to)
            return
        behaviour, script, call = self.twilio.ask(to=to, sender=sender, callback=form.get("StatusCallback", ""))
        if behaviour is Behaviour.HANGS:
            self.twilio.hang()
        status = behaviour.status
        if status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif status >= HTTPStatus.BAD_REQUEST:
            is_throttled = status is HTTPStatus.TOO_MANY_REQUESTS
            self._fail(status, headers={"Retry-After": str(script.retry_after)} if is_throttled else {}, to=to)
        elif call is not None:
            headers = {THEN: DIE} if behaviour is Behaviour.KILLS else {}
            self._send(status, _described(call, "queued", self.twilio.account), headers)

    def do_GET(self) -> None:  # noqa: N802 - as above
        """The list of calls, newest first; it can be filtered by To, From and the first day of StartTime."""
        if not self._is_allowed():
            return
        wanted = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        calls = [call for call in reversed(self.twilio.calls()) if _is_wanted(call, wanted)]
        shown = [_described(call, self.twilio.state_of(call), self.twilio.account) for call in calls]
        self._send(HTTPStatus.OK, {"calls": shown[: int(wanted.get("PageSize", 50))], "page": 0, "next_page_uri": None})

    def _is_allowed(self) -> bool:
        match = _PATH.match(urllib.parse.urlsplit(self.path).path)
        if match is None or match[1] != self.twilio.account:
            self._fail(HTTPStatus.NOT_FOUND)
        elif _credentials(self.headers.get("Authorization", "")) != f"{self.twilio.account}:{self.twilio.auth_token}":
            self._fail(HTTPStatus.UNAUTHORIZED)
        else:
            return True
        return False

    def _fail(self, status: HTTPStatus, *, headers: dict[str, str] | None = None, to: str = "") -> None:
        code, text = _ERRORS[status]
        self._send(status, {"code": code, "message": text.format(to=to), "status": int(status)}, headers)

    def _send(self, status: HTTPStatus, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _credentials(header: str) -> str:
    kind, _, encoded = header.partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _is_wanted(call: Call, wanted: Mapping[str, str]) -> bool:
    return (
        wanted.get("To") in {None, call.to}
        and wanted.get("From") in {None, call.sender}
        and wanted.get("StartTime>", "") <= datetime.fromtimestamp(call.at, UTC).date().isoformat()
    )


def _described(call: Call, status: str, account: str) -> dict[str, Any]:
    # With +0000, as Twilio writes it: -0000 would be a time of no known offset.
    at = format_datetime(datetime.fromtimestamp(call.at, UTC))
    return {
        "sid": call.sid,
        "account_sid": account,
        "to": call.to,
        "from": call.sender,
        "status": status,
        "direction": "outbound-api",
        "date_created": at,
        "start_time": at,
        "uri": f"/2010-04-01/Accounts/{account}/Calls/{call.sid}.json",
    }
