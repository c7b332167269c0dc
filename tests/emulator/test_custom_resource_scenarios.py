"""The catalogue of failures, row by row, on the emulator's DynamoDB: the same scenarios as on the table in memory."""

from collections.abc import Iterator
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Change, Item, Written
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.store import Table, from_attributes, to_attribute
from constructs_lib.runtime.custom_resource.testing import VirtualClock
from local.emulator import Emulator
from tests.emulator.tables import connected, make_table
from tests.runtime.custom_resource.scenarios.stage import Scenario, ScenarioTable, Stage
from tests.runtime.custom_resource.test_scenarios import SCENARIOS

pytestmark = pytest.mark.emulator


class StoredTable(ScenarioTable):
    """A table of the emulator's.

    Args:
        clock: The time, for outages.
        client: DynamoDB's.
        name: The table's.
    """

    def __init__(self, clock: VirtualClock, client: Any, name: str) -> None:  # noqa: ANN401 - boto3 makes the class
        super().__init__(clock)
        self._client = client
        self._name = name
        self._table = Table(name)

    def change(self, change: Change) -> Written:
        return self._table.write(change)

    def read(self, key: str) -> Item:
        found = self._client.get_item(TableName=self._name, Key={PARTITION_KEY: {"S": key}}, ConsistentRead=True)
        return from_attributes(found.get("Item", {}))

    def restore(self, key: str, item: Item) -> None:
        self._client.delete_item(TableName=self._name, Key={PARTITION_KEY: {"S": key}})
        if item:
            attributes = {name: to_attribute(value) for name, value in item.items()}
            self._client.put_item(TableName=self._name, Item=attributes)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with connected() as emulator:
        yield emulator


@pytest.fixture
def stage(emulator: Emulator) -> Stage:
    client = emulator.client("dynamodb")
    return Stage(lambda clock: StoredTable(clock, client, make_table(client)))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_outcome_is_the_one_of_the_catalogue(scenario: Scenario, stage: Stage) -> None:
    scenario.play(stage)
