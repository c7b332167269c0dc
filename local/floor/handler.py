"""Does nothing but say when a message came: how late the emulator itself is."""

import json
import time
from typing import Any


def handler(event: dict[str, Any], _context: object) -> None:
    """Log each message's body and the time."""
    for record in event["Records"]:
        print(json.dumps({"message": "floor", "at": time.time(), **json.loads(record["body"])}))  # noqa: T201 - a log
