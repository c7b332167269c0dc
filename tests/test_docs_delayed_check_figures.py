"""What the check's guide says of figures, counted in the test kit; and its statements, run in a database."""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator

import pytest

from benchmarks.bench_delayed_check_cost import HALF, STORIES, WAITS, play
from benchmarks.bench_delayed_check_split import FAIR, LIMIT, LIMIT_OF_BINS, splits
from constructs_lib.runtime.delayed_check.handler import DelayedCheckHandler
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from tests.helpers.documents import ROOT, Shop, code_in, executed

GUIDE_PATH = "docs/delayed_check.md"
GUIDE = (ROOT / GUIDE_PATH).read_text()


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> DelayedCheckHandler:
    """The README's."""
    monkeypatch.setitem(sys.modules, "shop", Shop().module)
    found = executed(code_in("README.md")[5], "README.md")["handler"]
    assert isinstance(found, DelayedCheckHandler)
    return found


def test_what_is_left_at_the_deadline_is_not_called(handler: DelayedCheckHandler) -> None:
    runner = CheckRunner(handler, delay=300, deadline=600, contacts_per_second=1)
    for number in range(400):
        runner.start(f"order-{number}")

    runner.run()

    states = [row.state for row in runner.orders.values()]
    assert states.count(State.DIALED) + states.count(State.EXPIRED) == 400
    assert states.count(State.DIALED) == pytest.approx(300, abs=5)
    assert "5 and 10 minutes at 1 a second some 300 orders" in " ".join(GUIDE.split())


@pytest.fixture
def warehouse(handler: DelayedCheckHandler) -> Iterator[tuple[CheckRunner, sqlite3.Connection]]:
    """What the archive holds after a rough day, in a database with the guide's statements."""
    runner = CheckRunner(
        handler,
        experiment=HALF,
        contacts_per_second=5,
    )
    runner.duplicate()
    runner.kill(after="contact", times=5)
    for number in range(100):
        runner.start(f"order-{number}")
    runner.at(400, lambda: [runner.record_outcome(each.unit, each.token, "answered") for each in runner.contacts[5:25]])
    runner.run()
    table, view, _ = (re.sub(r"\bOR REPLACE ", "", each) for each in _statements())
    database = sqlite3.connect(":memory:")
    columns = re.findall(r"(`?\w+`?) (?:STRING|INT)", table)
    database.execute(f"CREATE TABLE outcome_events ({', '.join(columns)})")
    names = [column.strip("`") for column in columns]
    (shown,) = code_in(GUIDE_PATH, "json")
    assert list(json.loads(shown)) == names
    for event in runner.outcomes:
        assert sorted(names) == sorted(event)
        database.execute(
            f"INSERT INTO outcome_events VALUES ({', '.join('?' * len(names))})",  # noqa: S608 - no value is in it
            [json.loads(json.dumps(event))[name] for name in names],
        )
    database.execute(view)
    yield runner, database
    database.close()


def _statements() -> list[str]:
    return [
        statement.strip() for block in code_in(GUIDE_PATH, "sql") for statement in block.split(";") if statement.strip()
    ]


def test_the_guide_s_view_has_each_order_once_as_it_ended(
    warehouse: tuple[CheckRunner, sqlite3.Connection],
) -> None:
    runner, database = warehouse

    rows = dict(database.execute("SELECT unit, state FROM outcomes").fetchall())

    assert len(runner.outcomes) > 100, "there is something to drop"
    assert rows == {unit: str(row.state) for unit, row in runner.orders.items()}
    assert set(rows.values()) == {"CONTROL", "DIALED", "OUTCOME", "UNKNOWN"}


def test_the_guide_s_view_does_not_lose_an_outcome_to_a_clock_that_is_behind(
    warehouse: tuple[CheckRunner, sqlite3.Connection],
) -> None:
    _, database = warehouse
    database.execute("UPDATE outcome_events SET recorded_at = '2020-01-01T00:00:00.000Z' WHERE state = 'OUTCOME'")

    assert database.execute("SELECT count(*) FROM outcomes WHERE state = 'OUTCOME'").fetchone() == (20,)


def test_the_guide_s_query_counts_every_order_of_both_arms(
    warehouse: tuple[CheckRunner, sqlite3.Connection],
) -> None:
    _, database = warehouse

    rows = database.execute(_statements()[2]).fetchall()

    assert sum(row[3] for row in rows) == 100
    assert {row[0] for row in rows} == {"call", "control"}


@pytest.mark.parametrize("name", STORIES)
def test_the_guide_s_costs_are_what_the_kit_counts(name: str) -> None:
    count = play(STORIES[name])

    counts = f"| {count.writes} | {count.requests} | {count.invocations} | {count.events} |"
    assert f"| {name} {counts} {count.usd * 1e6:.2f} | {count.running_usd * 1e6:.2f} |" in GUIDE


def test_the_guide_s_other_waits_are_those_of_the_benchmark() -> None:
    for name, (low, high, price, _) in WAITS.items():
        shown = f"{low * price * 1e6:.2f}" if low == high else f"{low * price * 1e6:.0f} to {high * price * 1e6:.0f}"
        assert f"| {name} | {shown} |" in GUIDE


def test_the_split_is_even_and_two_experiments_are_independent_and_modulo_s_are_not() -> None:
    for kind, row in splits().items():
        assert FAIR[0] <= row["called"] <= FAIR[1], kind
        assert max(row["keys"], row["versions"]) <= LIMIT, kind
        assert row["bins"] <= LIMIT_OF_BINS, kind
        assert row["modulo_keys"] > LIMIT, kind
    assert f"{FAIR[0]:,} to {FAIR[1]:,}" in " ".join(GUIDE.split())
