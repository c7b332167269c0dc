"""What the protocol costs each request besides its writes, its answer and the author's work, beside Powertools.

Everything happens in memory, so what is left is Python: reading the event, deciding, building the changes and the
answer. Powertools' idempotency, around the same handler, remembers an answer; it knows no lease, no Delete and no
CloudFormation. The memory tables differ: ours checks DynamoDB's conditions on the whole record, theirs is a dict.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from constructs_lib.runtime.custom_resource import Context, ResourceHandler
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.handler import finish, job_of
from constructs_lib.runtime.custom_resource.performer import World
from constructs_lib.runtime.custom_resource.testing import (
    InvocationClock,
    MemoryJournal,
    MemoryTable,
    ResponseBucket,
    VirtualClock,
    request_event,
)

Serve = Callable[[dict[str, Any]], object]

REQUESTS = 300
ANSWER = {"Endpoint": "web.eu-west-1.example.com"}


class Group(ResourceHandler):
    """An author's class that does nothing."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - its part
        """Make nothing."""
        return ctx.token, ANSWER

    def update(
        self,
        ctx: Context,
        physical_id: str,
        properties: dict[str, Any],
        old_properties: dict[str, Any],
    ) -> None:
        """Change nothing."""

    def delete(self, ctx: Context, physical_id: str, properties: dict[str, Any]) -> None:
        """Delete nothing."""


class Dictionary(BasePersistenceLayer):
    """Powertools' records in a dict, as its DynamoDB layer keeps them in a table."""

    def __init__(self) -> None:
        self._records: dict[str, DataRecord] = {}
        super().__init__()  # type: ignore[no-untyped-call] # Powertools'

    def _get_record(self, idempotency_key: str) -> DataRecord:
        return self._records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        if data_record.idempotency_key in self._records:
            raise IdempotencyItemAlreadyExistsError(old_data_record=self._records[data_record.idempotency_key])
        self._records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self._records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        del self._records[data_record.idempotency_key]


def ours() -> Serve:
    """The library's handler."""
    author, settings, clock = Group.as_handler().author, Settings(table_name="records"), VirtualClock()
    world = World(table=MemoryTable(clock), outbound=_Bucket(clock), journal=MemoryJournal())

    def serve(event: dict[str, Any]) -> object:
        lifetime = InvocationClock(clock, clock.time + 30)
        job = job_of(event, author=author, settings=settings, world=world, clock=lifetime, environ={})
        return job and finish(job, world)

    return serve


class _Bucket(ResponseBucket):
    """Takes answers; nobody polls."""

    def start(self, *_: object, **__: object) -> None:
        """Start nothing."""


class _Context(LambdaContext):
    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


def powertools() -> Serve:
    """The same work with Powertools' idempotency around it."""
    config = IdempotencyConfig(event_key_jmespath="[StackId, LogicalResourceId, RequestId]")

    @idempotent(persistence_store=Dictionary(), config=config)
    def handler(event: dict[str, Any], context: _Context) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
        return {"PhysicalResourceId": event["RequestId"], "Data": ANSWER}

    return lambda event: handler(event, _Context())


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds a request, the medians of so many rounds; all take their turn in each."""
    makers = {"constructs_lib": ours, "Powertools idempotency": powertools}
    times: dict[str, dict[str, list[float]]] = {name: {"first": [], "duplicate": []} for name in makers}
    numbers = count()
    for number in range(rounds):
        names = [f"Group{next(numbers)}" for _ in range(REQUESTS)]
        events = [request_event("Create", {"Name": name}, request_id=name, logical_id=name) for name in names]
        for name in list(makers)[:: 1 if number % 2 else -1]:
            serve = makers[name]()
            for delivery in ("first", "duplicate"):
                times[name][delivery].append(microseconds(serve, events))
    return {name: {kind: median(values) for kind, values in row.items()} for name, row in times.items()}


def microseconds(serve: Serve, events: list[dict[str, Any]]) -> float:
    """Per request."""
    gc.collect()
    start = time.perf_counter()
    for event in events:
        serve(event)
    return (time.perf_counter() - start) / len(events) * 1e6


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    results = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps({"microseconds_per_request": results}, indent=2))
        return
    print(f"{'microseconds per request (median)':36}{'first':>10}{'duplicate':>12}")
    for name, row in results.items():
        print(f"{name:36}{row['first']:10.0f}{row['duplicate']:12.0f}")


if __name__ == "__main__":
    main()
