"""A small soak with far more trouble than there is in the real one."""

import pytest

from benchmarks.soak_custom_resource import Rates, Row, keeps_its_promise, soak

OFTEN = Rates(duplicated=0.3, killed=0.4, overtaken=0.2)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.name: row for row in soak(1200, seed=7, rates=OFTEN)}


@pytest.mark.parametrize("name", ["ours, T", "ours, Q", "ours, N"])
def test_each_request_makes_at_most_one_resource_and_gets_one_answer(name: str, rows: dict[str, Row]) -> None:
    tally = rows[name].tally

    assert (tally.made_more, tally.contradictions, tally.unanswered) == (0, 0, 0)


@pytest.mark.parametrize("name", ["ours, T", "ours, Q"])
def test_nothing_is_left_after_the_deletes(name: str, rows: dict[str, Row]) -> None:
    assert rows[name].tally.left == 0


def test_what_is_left_where_nobody_can_know_was_reported(rows: dict[str, Row]) -> None:
    tally = rows["ours, N"].tally

    assert 0 < tally.left <= tally.reported


def test_a_naive_provider_makes_more_leaves_them_and_contradicts_itself(rows: dict[str, Row]) -> None:
    tally = rows["naive"].tally

    assert min(tally.made_more, tally.left, tally.contradictions) > 100
    assert not keeps_its_promise(rows["naive"])


def test_a_soak_with_the_same_seed_is_the_same(rows: dict[str, Row]) -> None:
    again = {row.name: row for row in soak(1200, seed=7, rates=OFTEN)}

    assert {name: row.tally._replace(seconds=0) for name, row in again.items()} == {
        name: row.tally._replace(seconds=0) for name, row in rows.items()
    }
