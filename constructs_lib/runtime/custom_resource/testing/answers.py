"""Where the answers go: S3 behind CloudFormation's ResponseURL, and what CloudFormation reads there."""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from constructs_lib.runtime._shared.testing.clock import VirtualClock
from constructs_lib.runtime.custom_resource.outbound import answer_of
from constructs_lib.runtime.custom_resource.steps import Answer as Delivery

_FIRST_PAUSE = 0.25
_OK, _UNAVAILABLE = 200, 503


class Put(NamedTuple):
    """One PUT to a ResponseURL."""

    url: str
    body: str
    status: int
    time: float


class Answer(NamedTuple):
    """What CloudFormation knows of a request.

    Attributes:
        status: SUCCESS, FAILED, or TIMED_OUT where nothing came until the ServiceTimeout.
        physical_id: The resource's id; None where nothing came.
        attributes: What Fn::GetAtt reads.
        reason: Of a failure.
        no_echo: Whether CloudFormation hides the attributes.
        body: The answer as it was sent.
        seconds: How long CloudFormation waited for it.
        follow_up: The answer to what CloudFormation asked next by itself: the rollback of a failure, or the Delete of a
            resource that an Update replaced; None where nothing had to follow.
    """

    status: Literal["SUCCESS", "FAILED", "TIMED_OUT"]
    physical_id: str | None = None
    attributes: Mapping[str, Any] = {}
    reason: str = ""
    no_echo: bool = False
    body: str = ""
    seconds: float = 0.0
    follow_up: "Answer | None" = None

    @classmethod
    def of(cls, body: str, *, seconds: float = 0.0) -> "Answer":
        """Read an answer as CloudFormation does."""
        content = json.loads(body)
        return cls(
            status=content["Status"],
            physical_id=content["PhysicalResourceId"],
            attributes=content.get("Data", {}),
            reason=content.get("Reason", ""),
            no_echo=content.get("NoEcho", False),
            body=body,
            seconds=seconds,
        )


class ResponseBucket:
    """What takes the answers; it keeps each PUT, and CloudFormation takes the first that succeeded.

    Args:
        clock: The time.

    Attributes:
        puts: Every PUT, in order.
        statuses: HTTP statuses of the next PUTs; 200 when they are used up.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.puts: list[Put] = []
        self.statuses: list[int] = []
        self._clock = clock
        self._first: dict[str, Put] = {}
        self._away_until = 0.0

    def put(self, url: str, body: str, *, seconds: float) -> Delivery:
        """Take an answer; tried again for so many seconds, as the real thing is."""
        deadline, pause = self._clock.time + seconds, _FIRST_PAUSE
        while True:
            status = self._next_status()
            put = Put(url, body, status, self._clock.time)
            self.puts.append(put)
            delivery = answer_of(status)
            if delivery is Delivery.DELIVERED:
                self._first.setdefault(url, put)
            if delivery is not Delivery.FAILED:
                return delivery
            if self._clock.time + pause >= deadline:
                return Delivery.FAILED
            self._clock.sleep(pause)
            pause *= 2

    def go_away(self, seconds: float = float("inf")) -> None:
        """Answer every PUT with 503 for some time, from now; 0 ends that."""
        self._away_until = self._clock.time + seconds

    def first(self, url: str) -> Put | None:
        """The answer that CloudFormation took."""
        return self._first.get(url)

    def taken(self) -> list[Put]:
        """Every PUT that succeeded; the bucket takes them all."""
        return [put for put in self.puts if answer_of(put.status) is Delivery.DELIVERED]

    def contradictions(self) -> list[tuple[Put, Put]]:
        """PUTs to one URL that say different things, whoever took them."""
        first: dict[str, Put] = {}
        return [(first[put.url], put) for put in self.puts if first.setdefault(put.url, put).body != put.body]

    def forget(self) -> None:
        """Drop every PUT that was kept."""
        self.puts.clear()
        self._first.clear()

    def _next_status(self) -> int:
        if self._clock.time < self._away_until:
            return _UNAVAILABLE
        return self.statuses.pop(0) if self.statuses else _OK
