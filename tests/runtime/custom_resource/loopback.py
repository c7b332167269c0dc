"""An HTTP server on this machine that answers as it is told, and remembers what it was asked."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

#: Instead of a status: the connection is reset, or ends without an answer, or no answer comes until the server ends.
RESET, HANG_UP, HANG, GARBAGE = "reset", "hang up", "hang", "garbage"


class Reply(NamedTuple):
    """An answer; the last one of a script is repeated."""

    status: int | str = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Received(NamedTuple):
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """What the server did."""

    def __init__(self, port: int, script: list[Reply]) -> None:
        self.port = port
        self.received: list[Received] = []
        self._script = script
        self.ended = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, *script: Reply) -> None:
        """Other answers from now on."""
        self._script = [*script]

    def next_reply(self) -> Reply:
        return self._script[min(len(self.received), len(self._script)) - 1]


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.loopback.received.append(Received(self.command, self.path, dict(self.headers.items()), body))
        reply = self.loopback.next_reply()
        self.close_connection = True
        match reply.status:
            case int():
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            case "reset":
                # Without lingering, closing sends RST.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "hang":
                self.loopback.ended.wait(30)
            case "garbage":
                self.wfile.write(b"not HTTP\r\n\r\n")

    do_GET = do_PUT = do_POST = do_CONNECT = _answer  # noqa: N815 - as http.server calls them

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A reset connection is what was asked for."""


@contextmanager
def serving(*script: Reply) -> Iterator[Loopback]:
    """A server that gives these answers, one after the other."""
    server = _Server(("127.0.0.1", 0), _Handler)
    loopback = Loopback(server.server_port, list(script))
    handler: Any = type("_Bound", (_Handler,), {"loopback": loopback})
    server.RequestHandlerClass = handler
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield loopback
    finally:
        loopback.ended.set()
        server.shutdown()
        server.server_close()
