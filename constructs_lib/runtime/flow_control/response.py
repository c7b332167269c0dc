"""What an HTTP answer means for the message that caused the call. Pure: the time of day is an argument."""

from collections.abc import Callable, Iterable
from typing import Protocol

from constructs_lib.runtime.flow_control.backoff import LONGEST_DELAY
from constructs_lib.runtime.flow_control.errors import PermanentError, RetryLater


class HasItems(Protocol):
    """Headers as a dict, an `http.client.HTTPMessage`, or what an HTTP library has for them."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Pairs of name and value."""
        ...


Headers = HasItems | Iterable[tuple[str, str]]

_OK, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_TOO_MANY_REQUESTS = 429


def check_response(status: int, headers: Headers | None, now: Callable[[], float]) -> None:
    """Return for a success, raise what should become of the message otherwise. See `Message.check`."""
    if _OK <= status < _REDIRECT:
        return
    if status == _TOO_MANY_REQUESTS or not _OK <= status < _SERVER_ERROR:
        raise RetryLater(retry_after(_header(headers, "retry-after"), now), status == _TOO_MANY_REQUESTS)
    if status < _CLIENT_ERROR:
        # The next attempt would be redirected too. A query may hold a secret, and the reason is kept for days.
        target = _header(headers, "location").partition("?")[0]
        msg = f"the downstream answered with a redirect: HTTP {status} to {target or 'an unnamed place'}"
        raise PermanentError(msg)
    msg = f"the downstream refused the request: HTTP {status}"
    raise PermanentError(msg)


def retry_after(text: str, now: Callable[[], float]) -> float | None:
    """Seconds that a Retry-After header asks for, at most `LONGEST_DELAY`; None when absent, past or unreadable."""
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), LONGEST_DELAY)
    if not text:
        return None
    from email.utils import mktime_tz, parsedate_tz  # noqa: PLC0415 - slow to import, and dates are rare

    try:
        date = parsedate_tz(text)
        seconds = mktime_tz(date) - now() if date else -1
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return min(seconds, LONGEST_DELAY) if seconds >= 0 else None


def _header(headers: Headers | None, wanted: str) -> str:
    if headers is None:
        return ""
    pairs = headers if isinstance(headers, list | tuple) or not hasattr(headers, "items") else headers.items()
    return next((str(value) for name, value in pairs if str(name).lower() == wanted), "")
