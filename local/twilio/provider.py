"""A provider of calls on loopback, with the part of Twilio's API that the example uses, and a script for each order.

    with Twilio(scripts={"order-1": Script(behaviour=Behaviour.CLOSES)}) as twilio:
        ...                                  # a function posts to twilio.endpoint
        twilio.requests(), twilio.calls()    # what it was asked, and whom it called

The order of a request is found in its StatusCallback, or by the number. A call that is over is reported to that
address, signed as Twilio signs.
"""

import base64
import hmac
import http.client
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from local.twilio.api import server
from local.twilio.calls import Behaviour, Call, Request, Script

_HOST = "127.0.0.1"
_WORD = re.compile(r"[^/?&=#]+")
_POST_TIMEOUT = 30.0
#: Seconds between two looks at whether the server is to end.
_LOOK = 0.05


class Twilio:
    """A server on loopback that ends with its block.

    Args:
        scripts: What happens to each order that there will be; others' requests are accepted.
        numbers: Whose number is whose, for requests without a StatusCallback.
        on_call: Is told the order of each call that was answered; in a thread of its own.
        patience: Seconds that `Behaviour.HANGS` lasts at most.

    Attributes:
        account: The account's id.
        auth_token: Its key: the password of requests, and what reports are signed with.
    """

    account = "AC" + "0" * 32
    auth_token = "a token of this machine's only"  # noqa: S105 - not a secret

    def __init__(
        self,
        *,
        scripts: Mapping[str, Script],
        numbers: Mapping[str, str] | None = None,
        on_call: Callable[[str], None] = lambda _order: None,
        patience: float = 60.0,
    ) -> None:
        self._scripts = scripts
        self._numbers = numbers or {}
        self.on_call = on_call
        self._patience = patience
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._calls: list[Call] = []
        self._asked: Counter[str] = Counter()
        self._ended: set[str] = set()
        self._answers: list[int] = []
        self._timers: list[threading.Timer] = []
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self._server = server(self, _HOST)
        threading.Thread(target=self._server.serve_forever, args=[_LOOK], daemon=True, name="twilio").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for timer in self._timers:
            timer.cancel()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def endpoint(self) -> str:
        """Its address."""
        if self._server is None:
            msg = "the provider is not running: use it in a with statement"
            raise RuntimeError(msg)
        return f"http://{_HOST}:{self._server.server_address[1]}"

    def requests(self) -> list[Request]:
        """Every request for a call so far, in order."""
        with self._changed:
            return list(self._requests)

    def calls(self) -> list[Call]:
        """Every call that was made so far, in order."""
        with self._changed:
            return list(self._calls)

    def reports(self) -> Counter[int]:
        """How often each HTTP status was answered to a report so far; 0: not at all."""
        with self._changed:
            return Counter(self._answers)

    def wait_for(self, order: str, *, seconds: float) -> bool:
        """Wait until a call was asked for an order; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: self._asked[order] > 0, timeout=seconds)

    def state_of(self, call: Call) -> str:
        """What the API says of a call now."""
        with self._changed:
            return call.status if call.sid in self._ended else "in-progress"

    def ask(self, *, to: str, sender: str, callback: str) -> tuple[Behaviour, Script, Call | None]:
        """Take a request: what to do with it, and the call if there is to be one."""
        order = next((word for word in _words(callback) if word in self._scripts), self._numbers.get(to, ""))
        script = self._scripts.get(order, Script())
        with self._changed:
            self._asked[order] += 1
            behaviour = script.behaviour if self._asked[order] <= script.times else Behaviour.ACCEPTS
            now, call = time.time(), None
            if behaviour.calls:
                sid = f"CA{sha256(f'{order}|{to}|{len(self._calls)}'.encode()).hexdigest()[:32]}"
                call = Call(at=now, order=order, sid=sid, to=to, sender=sender, status=script.status)
                self._calls.append(call)
            made = call.sid if call else ""
            self._requests.append(Request(at=now, order=order, to=to, behaviour=behaviour, sid=made))
            self._changed.notify_all()
        if call is not None:
            self._later(script.rings, lambda: self._end(call, script, callback))
        return behaviour, script, call

    def hang(self) -> None:
        """Let a caller wait."""
        self._closing.wait(self._patience)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _end(self, call: Call, script: Script, callback: str) -> None:
        with self._changed:
            self._ended.add(call.sid)
        fields = {
            "AccountSid": self.account,
            "CallSid": call.sid,
            "CallStatus": call.status,
            "From": call.sender,
            "To": call.to,
        }
        for _ in range(script.reports if callback else 0):
            status = self._report(callback, fields)
            with self._changed:
                self._answers.append(status)
        if call.status == "completed" and call.order:
            self.on_call(call.order)

    def _report(self, callback: str, fields: Mapping[str, str]) -> int:
        """Post to the StatusCallback, which must be on this machine; the status of the answer."""
        address = urllib.parse.urlsplit(callback)
        if address.scheme != "http" or address.hostname not in {_HOST, "localhost"}:
            return 0
        connection = http.client.HTTPConnection(_HOST, address.port, timeout=_POST_TIMEOUT)
        try:
            connection.request(
                "POST",
                urllib.parse.urlunsplit(("", "", address.path, address.query, "")),
                body=urllib.parse.urlencode(fields),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Twilio-Signature": signature(self.auth_token, callback, fields),
                },
            )
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def signature(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """What Twilio puts into X-Twilio-Signature: https://www.twilio.com/docs/usage/security."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


def _words(callback: str) -> list[str]:
    address = urllib.parse.urlsplit(callback)
    return [urllib.parse.unquote(word) for word in _WORD.findall(f"{address.path}?{address.query}")]
