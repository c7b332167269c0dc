"""One PUT over HTTP or HTTPS, in bounded time. Imported at its first use: what it needs takes longer than the library.

By hand instead of `urlopen`, which follows redirects, opens files, and gives each address of a host the whole time: a
subnet without a route to S3 would use up the function's.
"""

import http.client
import socket
import urllib.request
from collections.abc import Callable
from time import monotonic
from typing import cast


def put(url: str, body: bytes, *, timeout: float) -> int:
    """The status that the server answers with. The environment's proxies are used.

    Args:
        url: Where to.
        body: What.
        timeout: Seconds for reaching the server, and for each part of its answer.

    Raises:
        OSError: There was no answer.
        http.client.HTTPException: The answer was none of HTTP's.
    """
    # A content type would not be the one that CloudFormation has signed.
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(url, data=body, headers=headers, method="PUT")  # noqa: S310 - a checked URL
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Http(), _Https(), urllib.request.UnknownHandler()):
        opener.add_handler(handler)
    with cast("http.client.HTTPResponse", opener.open(request, timeout=timeout)) as answer:
        return answer.status


class _Http(urllib.request.HTTPHandler):
    """HTTP, for local deployments."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_bounded(http.client.HTTPConnection), req)


class _Https(urllib.request.HTTPSHandler):
    """HTTPS, the server's certificate checked."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_bounded(http.client.HTTPSConnection), req)


def _bounded(kind: Callable[..., http.client.HTTPConnection]) -> Callable[..., http.client.HTTPConnection]:
    def make(*args: object, **options: object) -> http.client.HTTPConnection:
        connection = kind(*args, **options)
        # The one way in; http.client keeps the function there for tests.
        connection._create_connection = _connect  # type: ignore[attr-defined]  # noqa: SLF001
        return connection

    return make


def _connect(address: tuple[str, int], timeout: float, source_address: tuple[str, int] | None = None) -> socket.socket:
    """As `socket.create_connection`, but the time is for all addresses of the host together."""
    host, port = address
    deadline = monotonic() + timeout
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    trouble: OSError = TimeoutError("timed out")
    for place, (*_, target) in enumerate(found):
        share = (deadline - monotonic()) / (len(found) - place)
        if share <= 0:
            break
        try:
            connection = socket.create_connection((str(target[0]), port), timeout=share, source_address=source_address)
        except OSError as error:
            trouble = error
        else:
            connection.settimeout(timeout)
            return connection
    raise trouble
