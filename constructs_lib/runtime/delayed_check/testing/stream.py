"""The table's stream, and the mapping by which Lambda invokes a function with what changed."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import to_attribute
from constructs_lib.runtime.delayed_check.testing.duplicates import Duplicates
from constructs_lib.runtime.delayed_check.testing.lambda_service import Clock, Function, Functions

#: Records in an invocation, at most; half as many after each failure, so that one bad record holds up no others.
_BATCH = 100
_TIMEOUT = 30.0
#: Seconds between two looks of Lambda's into the stream.
_POLL = 0.25
#: Seconds until a batch that failed is delivered again; doubled each time, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
#: Seconds after which a record is delivered no more.
_LONGEST_RETRY = 6 * 3600.0


class _Waiting(NamedTuple):
    record: Mapping[str, Any]
    unit: str | None
    since: float


class Stream:
    """Delivers changes in their order, each at least once.

    Args:
        clock: The time.
        functions: Where the function runs.
        duplicates: What is delivered more than once.

    Attributes:
        failures: The records that were given up.
        make_handler: Makes the function; to be given before anything is fed.
    """

    make_handler: Callable[[], Function]

    def __init__(self, clock: Clock, *, functions: Functions, duplicates: Duplicates) -> None:
        self.failures: list[Mapping[str, Any]] = []
        self._clock = clock
        self._functions = functions
        self._duplicates = duplicates
        self._numbers = count(1)
        self._images: dict[str, dict[str, Any]] = {}
        self._handler: Function | None = None
        self._waiting: list[_Waiting] = []
        self._is_planned = False
        self._batch = _BATCH
        self._pause = _FIRST_PAUSE

    def feed(self, before: Item | None, after: Item) -> None:
        """Take a row before and after a change."""
        number = str(next(self._numbers))
        key = after[PARTITION_KEY]
        images = {} if before is None else {"OldImage": self._images[key]}
        self._images[key] = images["NewImage"] = {name: to_attribute(value) for name, value in after.items()}
        record = {
            "eventID": number,
            "eventName": "INSERT" if before is None else "MODIFY",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {PARTITION_KEY: to_attribute(key)},
                "SequenceNumber": number,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                **images,
            },
        }
        unit = after.get("unit")
        for _ in self._duplicates.delays("stream", unit):
            self._waiting.append(_Waiting(record, unit, self._clock.time))
        self._plan(_POLL)

    def _plan(self, delay: float) -> None:
        if not self._is_planned and self._waiting:
            self._is_planned = True
            self._clock.at(self._clock.time + delay, self._deliver, is_quick=True)

    def _deliver(self) -> None:
        self._is_planned = False
        while self._waiting and self._clock.time - self._waiting[0].since > _LONGEST_RETRY:
            self.failures.append(self._waiting.pop(0).record)
        batch = self._waiting[: self._batch]
        if not batch:
            return
        if self._handler is None:
            self._handler = self.make_handler()
        event = {"Records": [each.record for each in batch]}
        returned, answer = self._functions.invoke(
            "outcomes", self._handler, event, units=[each.unit for each in batch], timeout=_TIMEOUT
        )
        done = _done(event["Records"], answer) if returned else 0
        del self._waiting[:done]
        if done == len(batch):
            self._pause, self._batch = _FIRST_PAUSE, _BATCH
            self._plan(_POLL)
        else:
            self._handler = self._handler if returned else None
            self._plan(self._pause)
            self._pause, self._batch = min(2 * self._pause, _LONGEST_PAUSE), max(1, len(batch) // 2)


def _done(batch: list[Mapping[str, Any]], answer: Any) -> int:  # noqa: ANN401 - what a function returned
    """How many records Lambda goes past: with ReportBatchItemFailures, up to the first that failed."""
    failures = answer.get("batchItemFailures", []) if isinstance(answer, Mapping) else []
    failed = {failure["itemIdentifier"] for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return next((place for place, number in enumerate(numbers) if number in failed), len(batch))
