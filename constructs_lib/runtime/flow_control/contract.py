"""What the construct writes and the handler reads: the names and settings that cross from synth time to run time."""

import json
from typing import NamedTuple

#: One variable a flow, because one function may consume several queues; the part behind the prefix only has to differ.
ENVIRONMENT_PREFIX = "CONSTRUCTS_LIB_FLOW_CONTROL_"

#: Seconds of the function's timeout that are kept for reporting what became of each message: no call may use them.
REPORTING_RESERVE = 1.0

#: Seconds; the first retry waits up to this long, each later one up to twice as long as the one before.
BACKOFF_BASE = 2.0

#: The names EventBridge gives its dead letters' attributes, so that one reader serves every message in the queue.
ERROR_CODE_ATTRIBUTE = "ERROR_CODE"
ERROR_MESSAGE_ATTRIBUTE = "ERROR_MESSAGE"


class Settings(NamedTuple):  # a dataclass would add a fifth to the import time of every function that uses the library
    """How one queue's messages are handled. Give the fields by name.

    Attributes:
        queue_arn: The queue whose records these settings are for (a record's `eventSourceARN`).
        dead_letter_queue_arn: Where a message goes that must not be retried; None leaves it to the queue's redrive.
        pace: Seconds that each message occupies its worker at least: N/R under PACE, 0 under CONCURRENCY.
        call_timeout: Seconds one call may take; None shares what is left of the function's timeout.
        call_budget: Seconds one message may take, with all the calls that the author's function itself makes for it;
            None: one call.
        max_receive_count: The receive after which SQS itself dead-letters; None when it is not known.
        backoff_cap: Seconds; no retry waits longer, unless a Retry-After asks for it.
    """

    queue_arn: str
    dead_letter_queue_arn: str | None = None
    pace: float = 0.0
    call_timeout: float | None = None
    call_budget: float | None = None
    max_receive_count: int | None = None
    backoff_cap: float = 60.0

    def to_json(self) -> str:
        """The value of the environment variable: what is not its default, since Lambda takes 4 KB of all variables."""
        defaults = self._field_defaults
        given = {name: value for name, value in self._asdict().items() if value != defaults.get(name)}
        return json.dumps(given, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read an environment variable's value.

        Raises:
            ValueError: The text is not JSON.
            TypeError: It has a field that this version does not know, or lacks one.
        """
        return cls(**json.loads(text))
