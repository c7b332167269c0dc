"""A courier on loopback that answers each order by a script, and keeps a record."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the courier answers to one call."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the courier saw it."""

    at: float
    key: str
    attempt: int


class Courier:
    """Answers the n-th call for an order with the n-th of its script, from then on with the last."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._scripts: dict[str, Sequence[Answer]] = {}
        self._lock = threading.Lock()
        self.calls: dict[str, list[Call]] = {}

    def expect(self, order: str, *script: Answer) -> str:
        """Set an order's script; the URL to post it to."""
        self._scripts[order] = script
        self.calls[order] = []
        return f"{self._url}/{order}"

    def accepted(self, order: str) -> set[str]:
        """The distinct orders that were made, by the idempotency key of the calls that the courier took."""
        script = self._scripts[order]
        taken = (call for place, call in enumerate(self.calls[order]) if _at(script, place).status == 200)
        return {call.key for call in taken}

    def answer(self, order: str, key: str, attempt: int) -> Answer:
        """Record a call and return what to answer."""
        with self._lock:
            calls = self.calls[order]
            calls.append(Call(at=time.monotonic(), key=key, attempt=attempt))
            return _at(self._scripts[order], len(calls) - 1)


def _at(script: Sequence[Answer], place: int) -> Answer:
    return script[min(place, len(script) - 1)]


@contextmanager
def open_courier() -> Iterator[Courier]:
    """Serve a courier until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            order = self.path.strip("/")
            answer = courier.answer(order, self.headers["Idempotency-Key"], int(self.headers["Attempt"]))
            time.sleep(answer.after)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    courier = Courier(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield courier
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
