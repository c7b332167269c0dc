"""The catalogue of failures, row by row, on the emulator's DynamoDB: the same scenarios as on the table in memory."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import Table, from_attributes, to_attribute
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from local.emulator import Emulator
from tests.emulator.tables import connected, make_table
from tests.runtime.delayed_check.scenarios.stage import Scenario, Stage
from tests.runtime.delayed_check.test_scenarios import SCENARIOS

pytestmark = pytest.mark.emulator


class StoredRows(MutableMapping[str, Item]):
    """The rows of a table of the emulator's, as a test looks at them; the protocol's changes do not come this way.

    Args:
        client: DynamoDB's.
        name: The table's.
    """

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - boto3 makes the class
        self._client = client
        self._name = name

    def __getitem__(self, key: str) -> Item:
        found = self._client.get_item(TableName=self._name, Key={PARTITION_KEY: {"S": key}}, ConsistentRead=True)
        if "Item" not in found:
            raise KeyError(key)
        return from_attributes(found["Item"])

    def __setitem__(self, key: str, item: Item) -> None:
        attributes = {name: to_attribute(value) for name, value in item.items()}
        self._client.put_item(TableName=self._name, Item=attributes)

    def __delitem__(self, key: str) -> None:
        self._client.delete_item(TableName=self._name, Key={PARTITION_KEY: {"S": key}})

    def __iter__(self) -> Iterator[str]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True)
        return iter(sorted(item[PARTITION_KEY]["S"] for page in pages for item in page["Items"]))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with connected() as emulator:
        yield emulator


@pytest.fixture
def stage(emulator: Emulator) -> Stage:
    client = emulator.client("dynamodb")

    def connect(runner: CheckRunner) -> None:
        name = make_table(client)
        runner.table.records = StoredRows(client, name)  # type: ignore[assignment] # all of a dict that is used
        runner.table.change = Table(name).write  # type: ignore[method-assign] # DynamoDB's own conditions

    return Stage(connect)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_outcome_is_the_one_of_the_catalogue(scenario: Scenario, stage: Stage) -> None:
    scenario.play(stage)
