"""Hands what a rule sends on to Firehose; stands between EventBridge and a delivery stream, on the laptop only."""

import json
import os
from functools import cache
from typing import Any

import boto3


@cache
def _firehose() -> Any:  # noqa: ANN401 - a boto3 client has no type at run time
    return boto3.client("firehose")


def handler(event: dict[str, Any], _context: object) -> None:
    """Put one record."""
    stream = os.environ["DELIVERY_STREAM"]
    _firehose().put_record(DeliveryStreamName=stream, Record={"Data": json.dumps(event).encode()})
    # The emulator waits 50 ms for the output of a function that prints nothing.
    print(f"archived in {stream}")  # noqa: T201
