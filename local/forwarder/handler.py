"""Hands an event on as an asynchronous invocation; stands between EventBridge and a function, on the laptop only."""

import json
import os
from functools import cache
from typing import Any

import boto3


@cache
def _lambda() -> Any:  # noqa: ANN401 - a boto3 client has no type at run time
    return boto3.client("lambda")


def handler(event: dict[str, Any], _context: object) -> None:
    """Invoke the target once, without waiting for it: from here on Lambda's own retries apply."""
    target = os.environ["TARGET_FUNCTION"]
    _lambda().invoke(FunctionName=target, InvocationType="Event", Payload=json.dumps(event).encode())
    # The emulator waits 50 ms for the output of a function that prints nothing.
    print(f"forwarded to {target}")  # noqa: T201
