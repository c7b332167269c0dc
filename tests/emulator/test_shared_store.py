"""The cases of the store in memory, on the emulator's DynamoDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.contract import PARTITION_KEY
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime._shared.store import Table
from local.emulator import Emulator
from tests.runtime._shared.store_cases import ALWAYS, CASES, KEY, Case, change, when, with_key

pytestmark = pytest.mark.emulator

NAME = "records"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.client("dynamodb").create_table(
            TableName=NAME,
            AttributeDefinitions=[{"AttributeName": PARTITION_KEY, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": PARTITION_KEY, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield emulator


@pytest.fixture(scope="module")
def table(emulator: Emulator) -> Iterator[Table]:
    with pytest.MonkeyPatch.context() as patch:
        connect(emulator, patch)
        table = Table(NAME)
        table.write(change(set={"made": True}))
        yield table


@pytest.fixture
def empty(emulator: Emulator, table: Table) -> Table:
    emulator.client("dynamodb").delete_item(TableName=NAME, Key={PARTITION_KEY: {"S": KEY}})
    return table


def connect(emulator: Emulator, patch: pytest.MonkeyPatch) -> None:
    """The environment of a function that runs there."""
    for name, value in emulator.environment.items():
        if name.startswith("AWS_"):
            patch.setenv(name, value)


def stored(table: Table, item: Item | None) -> None:
    if item is not None:
        table.write(change(set=item))


def shown(item: Item | None) -> str:
    """Python's True == 1 must not hide a wrong type."""
    return repr(sorted((item or {}).items()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_does_what_it_does_in_memory(empty: Table, case: Case) -> None:
    stored(empty, case.before)

    written = empty.write(case.change)

    expected = with_key(case.before if case.after is None else case.after)
    assert (written.won, shown(written.item)) == (case.after is not None, shown(expected))
    # A change that never holds shows what is there.
    there = empty.write(change((when("there", "exists"),), set={"a": 1}))
    assert (there.won, shown(there.item)) == (False, shown(expected))


def test_of_many_at_once_one_wins_and_each_loser_sees_it(empty: Table) -> None:
    def claim(number: int) -> tuple[bool, object]:
        written = empty.write(change((when("pk", "absent"),), set={"owner": str(number)}))
        return written.won, written.item["owner"]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(claim, range(40)))

    assert [won for won, _ in results].count(True) == 1
    winner = next(owner for won, owner in results if won)
    assert {owner for _, owner in results} == {winner}


def test_no_addition_is_lost(empty: Table) -> None:
    with ThreadPoolExecutor(8) as pool:
        fences = list(pool.map(lambda _: empty.write(change(add={"fence": 1})).item["fence"], range(40)))

    assert sorted(fences) == list(range(1, 41))


def test_a_table_that_does_not_exist_is_told(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(emulator, monkeypatch)

    with pytest.raises(TableUnavailable, match="the table missing refused a write with ResourceNotFoundException"):
        Table("missing").write(change(*ALWAYS, set={"a": 1}))
