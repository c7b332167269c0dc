"""Which arm an order gets. The statistics are of fixed ids, so that a run that is green stays green.

A limit is the one that a fair split passes 999 times in 1,000.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, permutations
from math import sqrt
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.delayed_check.bucketing import BUCKETS, bucket, bucket_number
from constructs_lib.runtime.delayed_check.contract import WHOLE, check_arms

KEY = "stuck-orders"
HALVES = {"call": 50, "control": 50}
ORDERS = [f"order-{number}" for number in range(100_000)]

IDS: dict[str, Callable[[int], str]] = {
    "sequential": str,
    "with a prefix": lambda number: f"order-{number}",
    "of one length": lambda number: f"eu-west-1/shop/2026-11-21/{number:012d}",
    "uuids": lambda number: str(UUID(int=number * 0x9E3779B97F4A7C15 % 2**128)),
    "emails": lambda number: f"customer{number}@example.com",
    "suffixes": lambda number: f"{number}-" + "x" * 200,
}
ids = pytest.mark.parametrize("make", IDS.values(), ids=IDS)

#: Chi-square that a fair draw exceeds once in 1,000 times, by degrees of freedom.
LIMIT = {1: 10.83, 2: 13.82, 99: 148.2}
#: The same for the normal distribution, on both sides.
MOST_DEVIATION = 3.29


def chi_square(found: Sequence[float], expected: Sequence[float]) -> float:
    return sum((one - other) ** 2 / other for one, other in zip(found, expected, strict=True))


def dependence(one: Iterable[bool], other: Iterable[bool]) -> float:
    """Chi-square of the two by two table of two experiments on the same ids."""
    table = Counter(zip(one, other, strict=True))
    total = table.total()
    rows = [table[side, True] + table[side, False] for side in (False, True)]
    columns = [table[True, side] + table[False, side] for side in (False, True)]
    cells = [(side, across) for side in (False, True) for across in (False, True)]
    return chi_square([table[cell] for cell in cells], [rows[side] * columns[across] / total for side, across in cells])


def runs_deviation(arms: Sequence[bool]) -> float:
    """How many standard deviations the number of runs is from that of a fair draw."""
    true, total = sum(arms), len(arms)
    false = total - true
    runs = 1 + sum(one != other for one, other in pairwise(arms))
    mean = 1 + 2 * true * false / total
    return (runs - mean) / sqrt((mean - 1) * (mean - 2) / (total - 1))


def is_called(key: str, unit: str, *, version: int = 1) -> bool:
    return bucket(key, version, unit, HALVES) == "call"


def modulo(_: str, unit: str) -> bool:
    """What many do instead: a share of the id itself, without a hash and without the experiment's name."""
    return int(unit.removeprefix("order-")) % 100 < 50


# ---- the same for ever ---------------------------------------------------------------------------------------------


def test_a_bucket_is_what_it_has_always_been() -> None:
    golden = (Path(__file__).parent / "buckets.txt").read_text(encoding="ascii").split()

    assert [bucket_number(KEY, 1, unit) for unit in ORDERS[:1000]] == [int(one) for one in golden]


@pytest.mark.parametrize(
    ("key", "version", "unit", "number"),
    [
        ("stuck-orders", 1, "order-0", 1430),
        ("stuck-orders", 2, "order-0", 9661),
        ("", 1, "", 4463),
        ("é", 1, "注文-1", 1311),
    ],
)
def test_a_few_buckets_by_hand(key: str, version: int, unit: str, number: int) -> None:
    assert bucket_number(key, version, unit) == number


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_neither_the_process_nor_its_hash_seed_counts(seed: str) -> None:
    code = (
        "from constructs_lib.runtime.delayed_check.bucketing import bucket\n"
        "arms = {'b', 'call', 'control', 'd'}\n"  # whose order differs with the seed
        "print([bucket('k', 3, str(n), dict.fromkeys(arms, 25)) for n in range(200)])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    output = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    arms = dict.fromkeys(["b", "call", "control", "d"], 25)
    assert output.stdout.strip() == str([bucket("k", 3, str(number), arms) for number in range(200)])


def test_the_order_in_which_arms_are_named_does_not_count() -> None:
    arms = {"a": 10, "b": 20, "control": 70}

    for order in permutations(arms.items()):
        assert [bucket(KEY, 1, unit, dict(order)) for unit in ORDERS[:200]] == [
            bucket(KEY, 1, unit, arms) for unit in ORDERS[:200]
        ]


@given(key=st.text(max_size=20), version=st.integers(0, 10**6), unit=st.text(max_size=50), weight=st.integers(0, 100))
def test_any_unit_has_one_bucket_and_an_arm_of_some_weight(key: str, version: int, unit: str, weight: int) -> None:
    arms = MappingProxyType({"call": weight, "control": WHOLE - weight})

    assert 0 <= bucket_number(key, version, unit) < BUCKETS
    assert arms[bucket(key, version, unit, arms)] > 0
    assert bucket(key, version, unit, arms) == bucket(key, version, unit, dict(arms))


def test_text_that_utf_8_cannot_hold_has_an_arm_too() -> None:
    assert bucket(KEY, 1, "\ud800", HALVES) in HALVES


def test_key_version_and_unit_do_not_run_into_each_other() -> None:
    assert len({bucket_number("k", 11, "1"), bucket_number("k", 1, "11"), bucket_number("k1", 1, "1")}) == 3


def test_the_arms_share_the_buckets_in_the_order_of_their_names_without_a_gap() -> None:
    arms = {"z": 1, "a": 33, "m": 66}
    by_bucket = sorted((bucket_number(KEY, 1, unit), bucket(KEY, 1, unit, arms)) for unit in ORDERS[:20_000])

    assert all((arm == "a") == (number < 3300) for number, arm in by_bucket)
    assert all((arm == "z") == (number >= 9900) for number, arm in by_bucket)


# ---- balance -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "least", "most"), [(1000, 448, 552), (10_000, 4835, 5165), (100_000, 49_480, 50_520)]
)
def test_halves_are_halves(units: int, least: int, most: int) -> None:
    assert least <= sum(is_called(KEY, unit) for unit in ORDERS[:units]) <= most


@ids
def test_halves_are_halves_whatever_the_ids_look_like(make: Callable[[int], str]) -> None:
    assert 4835 <= sum(is_called(KEY, make(number)) for number in range(10_000)) <= 5165


@pytest.mark.parametrize(
    "arms", [{"call": 90, "control": 10}, {"call": 1, "control": 99}, {"a": 34, "b": 33, "control": 33}], ids=str
)
def test_uneven_weights_are_kept(arms: dict[str, int]) -> None:
    found = Counter(bucket(KEY, 1, unit, arms) for unit in ORDERS)

    expected = [len(ORDERS) * weight / WHOLE for weight in arms.values()]
    assert chi_square([found[arm] for arm in arms], expected) <= LIMIT[len(arms) - 1]


def test_an_arm_without_weight_gets_nobody_and_one_with_all_gets_everybody() -> None:
    assert {bucket(KEY, 1, unit, {"call": 0, "control": 100}) for unit in ORDERS[:1000]} == {"control"}
    assert {bucket(KEY, 1, unit, {"call": 100}) for unit in ORDERS[:1000]} == {"call"}


@ids
def test_the_buckets_are_used_evenly(make: Callable[[int], str]) -> None:
    found = Counter(bucket_number(KEY, 1, make(number)) * 100 // BUCKETS for number in range(20_000))

    assert chi_square([found[part] for part in range(100)], [200.0] * 100) <= LIMIT[99]


# ---- independence --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "version"), [("another", 1), (KEY, 2), (f"{KEY}-2", 1)])
def test_two_experiments_on_the_same_orders_are_independent(key: str, version: int) -> None:
    one = [is_called(KEY, unit) for unit in ORDERS]
    other = [is_called(key, unit, version=version) for unit in ORDERS]

    assert dependence(one, other) <= LIMIT[1]


def test_two_experiments_by_modulo_are_the_same_experiment() -> None:
    one = [modulo(KEY, unit) for unit in ORDERS]
    other = [modulo("another", unit) for unit in ORDERS]

    assert dependence(one, other) == len(ORDERS)


def test_orders_that_follow_each_other_show_no_pattern() -> None:
    assert abs(runs_deviation([is_called(KEY, unit) for unit in ORDERS])) <= MOST_DEVIATION
    assert abs(runs_deviation([modulo(KEY, unit) for unit in ORDERS])) > 100


def test_an_arm_that_grows_loses_nobody() -> None:
    for arms in ("call", "control"), ("treated", "control"):
        treated, control = arms
        shares = [{treated: share, control: WHOLE - share} for share in (0, 1, 10, 50, 99, 100)]
        called = [{unit for unit in ORDERS[:5000] if bucket(KEY, 1, unit, each) == treated} for each in shares]

        assert all(fewer <= more for fewer, more in pairwise(called))


def test_a_whole_number_is_its_text_as_in_a_start() -> None:
    arms = {"call": 50, "control": 50}

    assert [bucket("key", 1, unit, arms) for unit in range(50)] == [
        bucket("key", 1, str(unit), arms) for unit in range(50)
    ]


@pytest.mark.parametrize("unit", [None, 1.5, True, b"order-1", []])
def test_a_unit_that_is_none_is_refused(unit: Any) -> None:  # noqa: ANN401 - whatever a caller gives
    with pytest.raises(ValueError, match="unit must be the id of what is placed"):
        bucket("key", 1, unit, {"call": 50, "control": 50})


# ---- weights that are none -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ({}, "arms must be weights by arm"),
        (None, "arms must be weights by arm"),
        ([("call", 100)], "arms must be weights by arm"),
        ({"call": 50, "control": 49}, "must add up to 100, got 99"),
        ({"call": 50, "control": 51}, "must add up to 100, got 101"),
        ({"call": 0.5, "control": 0.5}, "whole number of 0 or more, got 0.5"),
        ({"call": "50", "control": 50}, "whole number of 0 or more, got '50'"),
        ({"call": True, "control": 99}, "whole number of 0 or more, got True"),
        ({"call": -1, "control": 101}, "whole number of 0 or more, got -1"),
        ({"": 50, "control": 50}, "an arm's name must be a text"),
        ({1: 50, "control": 50}, "an arm's name must be a text"),
    ],
    ids=str,
)
def test_weights_by_which_nothing_can_be_shared_are_refused(arms: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_arms(arms)
    with pytest.raises(ValueError, match=reason):
        bucket(KEY, 1, "order-1", arms)  # type: ignore[arg-type] # what an environment may hold
