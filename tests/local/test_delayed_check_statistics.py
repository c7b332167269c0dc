"""The statistics against examples that their authors, or handbooks, have worked out."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.report.delayed_check.statistics import chi_square_tail, lift, split, wilson

# R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
# methods", Statistics in Medicine 17 (1998), Table II, method 10.
NEWCOMBE = [
    ((56, 70, 48, 80), 0.0524, 0.3339),
    ((9, 10, 3, 10), 0.1705, 0.8090),
    ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926),
    ((0, 10, 0, 20), -0.1611, 0.2775),
    ((0, 10, 0, 10), -0.2775, 0.2775),
    ((10, 10, 0, 20), 0.6791, 1.0),
    ((10, 10, 0, 10), 0.6075, 1.0),
]

# The same author, "Two-sided confidence intervals for the single proportion: comparison of seven methods", Statistics
# in Medicine 17 (1998), 857-872: Table I, the score method.
WILSON = [((81, 263), 0.2553, 0.3662), ((15, 148), 0.0624, 0.1605), ((0, 20), 0.0, 0.1611), ((1, 29), 0.0061, 0.1718)]

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4, "Critical values of the chi-square distribution".
CRITICAL = [
    (1, 0.10, 2.706),
    (1, 0.05, 3.841),
    (1, 0.001, 10.828),
    (2, 0.05, 5.991),
    (2, 0.001, 13.816),
    (3, 0.001, 16.266),
    (4, 0.01, 13.277),
    (10, 0.05, 18.307),
    (99, 0.001, 148.230),
]

shares = st.integers(1, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(("arms", "low", "high"), NEWCOMBE)
def test_lifts_have_the_published_intervals(arms: tuple[int, int, int, int], low: float, high: float) -> None:
    found = lift(*arms)

    assert found.difference == pytest.approx(arms[0] / arms[1] - arms[2] / arms[3])
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)
    assert found.is_clear == (low > 0)


@pytest.mark.parametrize(("share", "low", "high"), WILSON)
def test_shares_have_the_published_intervals(share: tuple[int, int], low: float, high: float) -> None:
    assert wilson(*share) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("freedom", "alpha", "critical"), CRITICAL)
def test_tails_of_chi_square_are_those_of_the_published_table(freedom: int, alpha: float, critical: float) -> None:
    # The table has three decimals of the statistic.
    assert chi_square_tail(critical, freedom) == pytest.approx(alpha, rel=1e-3)


def test_a_published_mismatch_is_found() -> None:
    """R. Kohavi, D. Tang, Y. Xu, "Trustworthy online controlled experiments" (2020), chapter 3: p = 1.8E-6."""
    found = split({"control": 821_588, "treatment": 815_482}, {"control": 50, "treatment": 50})

    assert found.p_value == pytest.approx(1.8e-6, rel=0.02)
    assert found.is_mismatch


def test_splits_are_judged_at_one_in_a_thousand() -> None:
    half = {"call": 50, "control": 50}

    # The bounds of the design page for 100,000 orders: 49,480 to 50,520.
    assert not split({"call": 49_480, "control": 50_520}, half).is_mismatch
    assert split({"call": 49_479, "control": 50_521}, half).is_mismatch
    # An arm without a single order counts.
    assert split({"call": 40}, half).is_mismatch
    assert split({"call": 340, "text": 330, "control": 330}, {"call": 34, "text": 33, "control": 33}).statistic == 0
    assert split({"call": 7}, {"call": 100, "control": 0}) == (0, 0, 1.0)


@pytest.mark.parametrize("counts", [{}, {"call": 0}, {"call": 3, "other": 1}])
def test_splits_that_cannot_be_judged_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"no weight in|there must be orders"):
        split(counts, {"call": 50, "control": 50})


@pytest.mark.parametrize(("hits", "of"), [(0, 0), (2, 1), (-1, 1)])
def test_shares_of_nothing_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="a share needs"):
        wilson(hits, of)


@given(shares, shares)
def test_a_lift_lies_in_its_interval_and_turns_around_with_its_arms(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    there, back = lift(*one, *other), lift(*other, *one)

    assert -1 <= there.low <= there.difference <= there.high <= 1
    assert back == pytest.approx((-there.difference, -there.high, -there.low))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Coverage, summed over all results of two arms of 40 with shares of 0.6 and 0.4: near 95 %."""

    def likely(hits: int, share: float) -> float:
        return comb(40, hits) * share**hits * (1 - share) ** (40 - hits)

    covered = sum(
        likely(a, 0.6) * likely(b, 0.4)
        for a in range(41)
        for b in range(41)
        if (found := lift(a, 40, b, 40)).low <= 0.2 <= found.high
    )

    assert 0.94 <= covered <= 0.97
