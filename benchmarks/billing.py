"""What AWS bills: list prices, and a table in memory that counts as DynamoDB does.

All prices are those of us-east-1, in USD, without any free tier. The pages named below list them; what was read are
transcriptions of these pages, the newest of September 2026.
"""

import math

from constructs_lib.runtime._shared.change import Change, Item, Written
from constructs_lib.runtime._shared.testing.table import MemoryTable

#: https://aws.amazon.com/dynamodb/pricing/on-demand/: a write unit. Lambda's reads of a stream cost nothing.
WRITE_UNIT = 0.625e-6
#: https://aws.amazon.com/lambda/pricing/ (ARM): an invocation, and a second of a gigabyte.
INVOCATION, GB_SECOND = 0.20e-6, 0.0000133334
#: https://aws.amazon.com/sqs/pricing/: a request to a standard queue.
SQS_REQUEST = 0.40e-6
#: https://aws.amazon.com/eventbridge/pricing/: a custom event of up to 64 KB, and an invocation of Scheduler's.
EVENT, SCHEDULE = 1.00e-6, 1.00e-6
#: https://aws.amazon.com/step-functions/pricing/: a state transition of a standard workflow.
TRANSITION = 25e-6
#: https://aws.amazon.com/lambda/pricing/: an operation of a durable function.
DURABLE_OPERATION = 8e-6

_UNIT_BYTES = 1024


class Counted:
    """Counts the writes to a table in memory, and what DynamoDB would bill for them.

    Attributes:
        writes: Requests.
        units: Write units.
        changes: Writes that changed something: records of the table's stream.
    """

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self._write, table.write = table.write, self.write  # type: ignore[method-assign]  # it is counted here
        self.writes = self.units = self.changes = 0

    def write(self, change: Change) -> Written:
        """Make a change, and count it."""
        before = self._table.records.get(change.key, {})
        written = self._write(change)
        self.writes += 1
        self.changes += written.won
        self.units += max(math.ceil(size_of(item) / _UNIT_BYTES) or 1 for item in (before, written.item))
        return written


def size_of(item: Item) -> int:
    """Bytes, by DynamoDB's rules: names and text in UTF-8, three for a map and one for each of its entries."""

    def size(value: object) -> int:
        match value:
            case str():
                return len(value.encode())
            case bool() | None:
                return 1
            case int():
                return len(str(value)) // 2 + 2
            case dict():
                return 3 + sum(1 + len(name.encode()) + size(one) for name, one in value.items())
        raise TypeError(value)

    return sum(len(name.encode()) + size(value) for name, value in item.items())
