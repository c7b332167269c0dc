"""Stands behind ResponseURL: records every answer to CloudFormation, and fails on command.

    with Recorder(forward_to=emulator.endpoint) as recorder:
        event["ResponseURL"] = recorder.url("web-1")
        recorder.fail("web-1", Fault.UNAVAILABLE, times=2)
        ...
        recorder.answers("web-1")

What is not an answer is handed on to the emulator, so that a function may have the recorder as its AWS_ENDPOINT_URL:
CDK's Provider framework leaves the port out when it answers, and the emulator then takes the port of that address.
"""

import http.client
import json
import socket
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import Enum
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self

from local.quiet import QuietHandler

_HOST = "127.0.0.1"
_PATH = "/answers/"
_PROXY_TIMEOUT = 60.0
#: Headers that belong to one connection.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Fault(Enum):
    """How an answer is refused."""

    #: 503, as S3 when it is busy.
    UNAVAILABLE = "503"
    #: 403, as S3 when the URL has expired.
    FORBIDDEN = "403"
    #: The connection is closed without a word.
    RESET = "reset"
    #: Nothing happens for as long as the caller waits.
    HANG = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as it arrived.

    Attributes:
        name: The request that it answers, as given to `Recorder.url`; else the path.
        at: When, in epoch seconds.
        body: Its bytes.
        taken: Whether CloudFormation would have got it: it was answered with success.
    """

    name: str
    at: float
    body: bytes
    taken: bool

    @property
    def fields(self) -> dict[str, Any]:
        """The body's fields; empty when it is no JSON object."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def status(self) -> str:
        """SUCCESS or FAILED; empty when it says neither."""
        return str(self.fields.get("Status", ""))


class Recorder:
    """A server on loopback that ends with its block.

    Args:
        forward_to: The address that gets what is not an answer; None: such a request is not found.
        patience: Seconds that `Fault.HANG` lasts at most.
    """

    def __init__(self, *, forward_to: str | None = None, patience: float = 30.0) -> None:
        self._patience = patience
        self._forward = urllib.parse.urlsplit(forward_to) if forward_to else None
        self._answers: list[Answer] = []
        self._faults: dict[str, Fault] = {}
        self._left: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer((_HOST, 0), type("Handler", (_Handler,), {"recorder": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, name="recorder").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def host(self) -> str:
        """Where it listens, as host:port."""
        if self._server is None:
            msg = "the recorder is not running: use it in a with statement"
            raise RuntimeError(msg)
        return f"{_HOST}:{self._server.server_address[1]}"

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://{self.host}"

    def url(self, name: str) -> str:
        """A ResponseURL whose answers are kept under this name."""
        return f"{self.endpoint}{_PATH}{urllib.parse.quote(name, safe='')}"

    def fail(self, name: str, fault: Fault, *, times: int | None = None) -> None:
        """Refuse answers under a name, so many times or until `heal`."""
        with self._changed:
            self._faults[name] = fault
            self._left[name] = -1 if times is None else times

    def heal(self, name: str) -> None:
        """Take answers under a name again."""
        with self._changed:
            self._faults.pop(name, None)

    def answers(self, name: str) -> list[Answer]:
        """What arrived under a name so far, refused ones too, in order."""
        with self._changed:
            return [answer for answer in self._answers if answer.name == name]

    def by_name(self) -> dict[str, list[Answer]]:
        """Everything that arrived so far."""
        found: dict[str, list[Answer]] = defaultdict(list)
        with self._changed:
            for answer in self._answers:
                found[answer.name].append(answer)
        return found

    def calls(self) -> Counter[str]:
        """How many requests were handed on so far, by their X-Amz-Target."""
        with self._changed:
            return Counter(self._calls)

    def wait_for(self, name: str, *, count: int = 1, seconds: float = 60.0) -> bool:
        """Wait until so many answers under a name were taken; returns whether they were."""
        with self._changed:
            return self._changed.wait_for(lambda: self._taken(name) >= count, timeout=seconds)

    def _taken(self, name: str) -> int:
        return sum(answer.taken for answer in self._answers if answer.name == name)

    def receive(self, name: str, body: bytes) -> Fault | None:
        """Keep an answer; returns how it is to be refused."""
        with self._changed:
            fault = self._faults.get(name) if self._left[name] else None
            if fault and self._left[name] > 0:
                self._left[name] -= 1
            self._answers.append(Answer(name=name, at=time.time(), body=body, taken=fault is None))
            self._changed.notify_all()
            return fault

    def hang(self) -> None:
        """Let a caller wait."""
        self._closing.wait(self._patience)

    def hand_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask the emulator instead."""
        if self._forward is None or self._forward.hostname is None:
            return http.HTTPStatus.NOT_FOUND, {}, b""
        with self._changed:
            self._calls[headers.get("X-Amz-Target", "")] += 1
        connection = http.client.HTTPConnection(self._forward.hostname, self._forward.port, timeout=_PROXY_TIMEOUT)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return http.HTTPStatus.BAD_GATEWAY, {}, b""
        finally:
            connection.close()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        return response.status, kept, content


class _Handler(QuietHandler):
    """One connection's requests; `recorder` is set by a subclass."""

    protocol_version = "HTTP/1.1"
    recorder: ClassVar[Recorder]

    def handle_any(self) -> None:
        """Keep an answer, hand on anything else."""
        body = self._body()
        if self.command == "PUT" and self.path.startswith(_PATH):
            self._answer(self.recorder.receive(urllib.parse.unquote(self.path.removeprefix(_PATH)), body))
            return
        # The Host header stays: the caller has signed it.
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        self._send(*self.recorder.hand_on(self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the base class's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _answer(self, fault: Fault | None) -> None:
        if fault is Fault.HANG:
            self.recorder.hang()
        if fault in {Fault.HANG, Fault.RESET}:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(int(fault.value) if fault else http.HTTPStatus.OK, {}, b"")

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
