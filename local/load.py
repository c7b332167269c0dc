"""The load of an experiment: when orders are sent, and the clock that sends them.

Time is never compressed: at three times the speed, a version without a limiter meets another courier.
"""

import json
import math
import queue
import threading
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from local.errors import LocalError

#: Requests to the webhook that may be under way at once; each takes milliseconds. On a machine that cannot keep up
#: the load falls behind schedule instead of starting ever more functions, and the report says by how much.
SENDERS = 16
_REQUEST_TIMEOUT = 29.0


class Segment(NamedTuple):
    """A stretch of load whose rate goes from `start` to `end` orders a second in a straight line."""

    seconds: float
    start: float
    end: float


#: The article's shape, shortened from thirteen minutes to one: two orders a second, up to five, then from four to
#: fifteen and there it stays, which is half as much again as the courier allows.
ARTICLE = (Segment(10, 2, 2), Segment(10, 2, 5), Segment(15, 4, 15), Segment(20, 15, 15))

#: A few orders that the courier can take easily: does the whole path work?
QUICK = (Segment(5, 2, 2),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One order as the shop saw it.

    Attributes:
        number: Its place in the load, from 0; the same in every version.
        order_id: Its id, different in every version.
        sent_at: When it was sent, in epoch seconds.
        status: What the webhook answered; 0 when it did not.
        correlation_id: The id that the hub gave it; empty when it did not take it.
        late: Seconds that it was sent behind schedule.
    """

    number: int
    order_id: str
    sent_at: float
    status: int
    correlation_id: str
    late: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the hub is now responsible for it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of HTTP statuses that mean success


def send_times(segments: Sequence[Segment]) -> list[float]:
    """Seconds after the start at which the orders are sent, evenly spread along the rate.

    Raises:
        ValueError: A segment has no length or a negative rate.
    """
    times: list[float] = []
    began, before = 0.0, 0.0  # seconds and orders up to the segment
    for segment in segments:
        seconds, start, end = segment
        if seconds <= 0 or start < 0 or end < 0:
            raise ValueError(f"a segment needs seconds above 0 and rates from 0, got {segment}")
        total = before + seconds * (start + end) / 2
        while len(times) < total - 1e-9:
            times.append(began + _time_of(len(times) - before, segment))
        began, before = began + seconds, total
    return times


def _time_of(count: float, segment: Segment) -> float:
    """Solve start*t + (end - start)/seconds * t**2 / 2 = count."""
    slope = (segment.end - segment.start) / segment.seconds
    if count <= 0:
        return 0.0
    if abs(slope) < 1e-12:  # noqa: PLR2004 - a steady rate
        return count / segment.start
    root = max(0.0, segment.start**2 + 2 * slope * count)
    return min(segment.seconds, (math.sqrt(root) - segment.start) / slope)


def describe(segments: Sequence[Segment]) -> str:
    """The load in words, for the report."""
    parts = [
        f"{seconds:g} s at {start:g}/s" if start == end else f"{seconds:g} s from {start:g} to {end:g}/s"
        for seconds, start, end in segments
    ]
    return f"{len(send_times(segments))} orders in {sum(s.seconds for s in segments):g} s: {', '.join(parts)}"


class Shop:
    """Posts orders to a webhook, each once: a retry of the shop's would be load that nobody asked for.

    Args:
        webhook: Where to.
        prefix: What the order ids begin with.
    """

    def __init__(self, webhook: str, *, prefix: str) -> None:
        parts = urllib.parse.urlsplit(webhook)
        if parts.scheme != "http" or not parts.hostname:
            raise LocalError(f"the webhook's address must begin with http:// and name a host, got {webhook}")
        self._host, self._port, self._path = parts.hostname, parts.port or 80, parts.path
        self._prefix = prefix

    def send(self, number: int, *, late: float = 0.0) -> Sent:
        """Send one order now, which is so many seconds behind schedule."""
        order_id = f"{self._prefix}-{number:04d}"
        body = json.dumps({"order_id": order_id, "item": "widget", "quantity": 1})
        sent_at = time.time()
        status, answer = self._post(body)
        return Sent(
            number=number,
            order_id=order_id,
            sent_at=sent_at,
            status=status,
            correlation_id=str(answer.get("correlation_id", "")),
            late=late,
        )

    def _post(self, body: str) -> tuple[int, dict[str, object]]:
        connection = HTTPConnection(self._host, self._port, timeout=_REQUEST_TIMEOUT)
        try:
            connection.request("POST", self._path, body=body, headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException):
            return 0, {}
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        return response.status, answer if isinstance(answer, dict) else {}


def drive(shop: Shop, times: Sequence[float], *, on_sent: Callable[[Sent], None] = lambda _sent: None) -> list[Sent]:
    """Send order k at `times[k]` seconds from now; returns when every one was answered, in the order of sending.

    A slow answer delays no other order, unless more than sixteen are under way.
    """
    waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    answered: list[Sent] = []

    def work() -> None:
        while (number := waiting.get()) is not None:
            sent = shop.send(number, late=max(0.0, time.monotonic() - began - times[number]))
            answered.append(sent)
            on_sent(sent)

    # Daemons: an interrupted run must not wait for answers.
    senders = [threading.Thread(target=work, daemon=True) for _ in range(SENDERS)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    for number, seconds in enumerate(times):
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        waiting.put(number)
    for _ in senders:
        waiting.put(None)
    for sender in senders:
        sender.join()
    return sorted(answered, key=lambda sent: sent.number)
