"""Tables of records on the emulator, for the scenarios that are played in memory too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from constructs_lib.runtime._shared.contract import PARTITION_KEY
from local.emulator import Emulator


@contextmanager
def connected() -> Iterator[Emulator]:
    """An emulator, and the environment of a function that runs there."""
    with Emulator() as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield emulator


def make_table(client: Any) -> str:  # noqa: ANN401 - boto3 makes the class
    """An empty table of records; its name."""
    name = f"records-{uuid4()}"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": PARTITION_KEY, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": PARTITION_KEY, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
