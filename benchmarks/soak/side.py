"""One provider of the soak: ours or the naive one, with the vendor that it calls."""

import json
import time
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any, Literal, NamedTuple

from benchmarks.soak.vendor import HANDLERS, Mode, Neither, Vendor
from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.store import Table
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.contract import Metric, Settings
from constructs_lib.runtime.custom_resource.handler import Job
from constructs_lib.runtime.custom_resource.performer import Performer, World
from constructs_lib.runtime.custom_resource.request import Request, failure_of, read
from constructs_lib.runtime.custom_resource.response import success
from constructs_lib.runtime.custom_resource.steps import Call, Called, Clock, Made, Put, Step
from constructs_lib.runtime.custom_resource.testing import (
    POINTS,
    MemoryTable,
    Simulation,
    VirtualClock,
    provider,
    request_event,
)

_TIMEOUT, _GRACE = 30.0, 10.0
_SETTINGS = Settings(table_name="records", grace=_GRACE)
#: How often CloudFormation asks for a Delete that fails.
_DELETES = 4
#: What it names a resource of which it was told nothing.
_MADE_UP = "shop-Resource-1KXQ0PYO0D7C4"


class Trouble(NamedTuple):
    """What happens to one request: when each delivery comes, and at which of its steps somebody is killed."""

    delays: tuple[float, ...]
    kills: tuple[float, ...]

    @property
    def is_none(self) -> bool:
        """Whether it is delivered once, and nobody dies."""
        return len(self.delays) == 1 and not self.kills


_NO_TROUBLE = Trouble((0.0,), ())


class Life(NamedTuple):
    """One resource: its Create and its Delete, and when the Delete comes if it comes while the Create runs."""

    checkpoint: bool
    create: Trouble
    delete: Trouble
    overtaken_at: float | None


class Tally(NamedTuple):
    """What came of it, for one provider. Give the fields by name.

    Attributes:
        requests: Creates and Deletes.
        made_more: Resources beyond one for each Create.
        left: What lives when every Delete is done.
        reported: What may be left, and was reported as such.
        contradictions: Requests with answers that are not the same, byte by byte.
        unanswered: Requests without an answer.
        failed: Creates that were answered FAILED.
        invocations: Runs of the function.
        writes_per_request: Changes that a request asked the table for, where nothing happened to it.
        writes_per_duplicate: Those that a duplicate asked for after all was over; None where there was none.
        seconds: Of real time.
    """

    requests: int
    made_more: int
    left: int
    reported: int
    contradictions: int
    unanswered: int
    failed: int
    invocations: int
    writes_per_request: float
    writes_per_duplicate: float | None
    seconds: float


class Side:
    """One provider with its vendor.

    Args:
        mode: The vendor's, and what the author makes of it.
        is_naive: No record is kept.
        table: Where the records are; in memory where it is None.
    """

    def __init__(self, mode: Mode, *, is_naive: bool, table: Table | None = None) -> None:
        self.clock = VirtualClock()
        self.vendor = Vendor()
        self.is_naive = is_naive
        self.count: Counter[str] = Counter()
        self._mode = mode
        self._seconds = 0.0
        self._numbers = 0
        handler: type[Neither] = type(mode, (HANDLERS["N" if is_naive else mode],), {"side": self})
        serve = _naive(handler) if is_naive else provider(handler.as_handler().author, _SETTINGS)
        stored = None if table is None else _Stored(table)
        self._simulation = Simulation(serve, timeout=_TIMEOUT, grace=_GRACE, clock=self.clock, table=stored)

    def live(self, life: Life) -> None:
        """Create a resource and delete it, as CloudFormation does."""
        began = time.perf_counter()
        self.vendor = Vendor()
        properties = {"Checkpoint": "true" if life.checkpoint else "false"}
        create = self._event("Create", properties)
        self._send(create, life.create)
        if life.overtaken_at is None:
            self._wait_for(create, life.create)
        events = [create, *self._delete(life, properties, self._answered(create, "physical id") or _MADE_UP)]
        self._simulation.run()
        if len(life.create.delays) > 1:
            self._duplicate(create)
        self._judge(events)
        self._seconds += time.perf_counter() - began

    def _delete(self, life: Life, properties: dict[str, str], physical_id: str) -> Iterator[dict[str, Any]]:
        """Ask for the Delete, and again while it fails."""
        trouble, delay = life.delete, life.overtaken_at or 0.0
        for _ in range(_DELETES):
            self.clock.sleep(1.0)
            event = self._event("Delete", properties, physical_id=physical_id)
            self._send(event, trouble._replace(delays=tuple(one + delay for one in trouble.delays)))
            self._wait_for(event, trouble if life.overtaken_at is None else None)
            yield event
            if self._answered(event, "status") == "SUCCESS":
                return
            trouble, delay = _NO_TROUBLE, 0.0

    def _judge(self, events: list[dict[str, Any]]) -> None:
        bucket = self._simulation.bucket
        self.count["failed"] += self._answered(events[0], "status") != "SUCCESS"
        self.count["unanswered"] += sum(bucket.first(one["ResponseURL"]) is None for one in events)
        self.count["made more"] += max(0, self.vendor.made - 1)
        self.count["left"] += len(self.vendor.live)
        self.count["contradictions"] += len({one.url for one, _ in bucket.contradictions()})
        self.count["invocations"] += len(self._simulation.runs)
        self._simulation.forget()
        self._simulation.table.records.clear()

    def tally(self) -> Tally:
        """What came of it."""
        count = self.count
        return Tally(
            requests=count["requests"],
            made_more=count["made more"],
            left=count["left"],
            reported=self._simulation.journal.metrics[Metric.AMBIGUOUS],
            contradictions=count["contradictions"],
            unanswered=count["unanswered"],
            failed=count["failed"],
            invocations=count["invocations"],
            writes_per_request=count["plain writes"] / max(1, count["plain"]),
            writes_per_duplicate=count["duplicate writes"] / count["duplicates"] if count["duplicates"] else None,
            seconds=round(self._seconds, 1),
        )

    def _event(
        self, kind: Literal["Create", "Delete"], properties: dict[str, str], *, physical_id: str | None = None
    ) -> dict[str, Any]:
        self._numbers += kind == "Create"
        self.count["requests"] += 1
        return request_event(
            kind,
            properties,
            request_id=f"{self.count['requests']}-{kind}",
            logical_id=f"{self._mode}{self._numbers}",
            physical_id=physical_id,
            signed_at=self.clock.time,
        )

    def _send(self, event: dict[str, Any], trouble: Trouble) -> None:
        points = ("create", "respond") if self.is_naive else POINTS
        orders = [points[int(each * len(points))] for each in trouble.kills]
        for delay in trouble.delays:
            self._simulation.send(event, delay=delay, orders=orders)

    def _wait_for(self, event: dict[str, Any], trouble: Trouble | None) -> None:
        """Let things happen until it is answered."""
        before = self._simulation.table.writes
        self._simulation.run(until=lambda: self._answered(event, "status") is not None)
        if trouble is not None and trouble.is_none:
            self.count["plain"] += 1
            self.count["plain writes"] += self._simulation.table.writes - before

    def _duplicate(self, event: dict[str, Any]) -> None:
        """One duplicate more for those that are duplicated anyway, long after: to see what it costs by itself."""
        before = self._simulation.table.writes
        self._simulation.send(event)
        self._simulation.run()
        self.count["duplicates"] += 1
        self.count["duplicate writes"] += self._simulation.table.writes - before

    def _answered(self, event: dict[str, Any], what: Literal["physical id", "status"]) -> str | None:
        put = self._simulation.bucket.first(event["ResponseURL"])
        name = "Status" if what == "status" else "PhysicalResourceId"
        return None if put is None else str(json.loads(put.body)[name])


class _Stored(MemoryTable):
    """A table of DynamoDB's in the place of the one in memory."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold."""
        self.writes += 1
        return self._table.write(change)


def _naive(handler: type[Neither]) -> Any:  # noqa: ANN401 - what serves events
    """A provider that does what the event says, and answers."""

    def steps(request: Request) -> Generator[Step, Any, None]:
        method: Literal["create", "delete"] = "create" if request.type == "Create" else "delete"
        call = Call(method, "token", 0, request.request_id, request.type, physical_id=request.physical_id)
        called: Called = yield call
        physical_id = called.outcome.physical_id if isinstance(called.outcome, Made) else None
        yield Put(request.url, success(request, physical_id or request.physical_id or "", {}, no_echo=()))

    author = Author(make=handler)

    def serve(event: object, world: World, clock: Clock) -> Job | None:
        if failure_of(event) is not None:
            return None
        request = read(event)
        perform = Performer(request, author=author, settings=_SETTINGS, world=world, clock=clock)
        return Job(steps(request), perform, request)

    return serve
