"""What can be said of an experiment's arms: how large a difference is, and whether the split can be trusted. Pure."""

from collections.abc import Mapping
from math import erfc, exp, gamma, sqrt
from typing import NamedTuple

#: The standard normal distribution's quantile for a two-sided interval of 95 %.
Z95 = 1.959963984540054
#: A split that chance makes more seldom than this is taken for a fault: with the usual 5 % one in twenty experiments
#: without any would be.
SPLIT_ALPHA = 0.001


class Interval(NamedTuple):
    """From, to."""

    low: float
    high: float


class Lift(NamedTuple):
    """How much more often something happens in one arm than in another, in shares of one.

    Attributes:
        difference: The one share less the other.
        low: The lower end of the interval of 95 %.
        high: Its upper end.
    """

    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        return self.low > 0 or self.high < 0


class Split(NamedTuple):
    """How well the arms' sizes fit their weights.

    Attributes:
        statistic: Pearson's chi-square.
        freedom: Its degrees of freedom.
        p_value: How often chance alone makes a split that fits no better.
    """

    statistic: float
    freedom: int
    p_value: float

    @property
    def is_mismatch(self) -> bool:
        """Whether something but chance has made it: then no lift can be trusted."""
        return self.p_value < SPLIT_ALPHA


def wilson(hits: int, of: int) -> Interval:
    """The 95 % interval of a share, by Wilson's score method without continuity correction.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Unlike the textbook's p +- z * sqrt(p * q / n) it stays within 0 and
    1, and has a width where all or none are hits.

    Raises:
        ValueError: There is nothing, or more hits than there are.
    """
    _check(hits, of)
    share, square = hits / of, Z95 * Z95
    centre = (share + square / (2 * of)) / (1 + square / of)
    reach = Z95 * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    # At the ends the exact bounds are the ends; rounding must not put the share outside of its own interval.
    return Interval(0.0 if hits == 0 else max(0.0, centre - reach), 1.0 if hits == of else min(1.0, centre + reach))


def lift(hits: int, of: int, control_hits: int, control_of: int) -> Lift:
    """The difference of two independent shares with its 95 % interval, by Newcombe's hybrid score method.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998), 873-890: method 10, made of the two shares' Wilson intervals.

    Raises:
        ValueError: An arm is empty, or has more hits than orders.
    """
    own, other = wilson(hits, of), wilson(control_hits, control_of)
    share, control = hits / of, control_hits / control_of
    below = sqrt((share - own.low) ** 2 + (other.high - control) ** 2)
    above = sqrt((own.high - share) ** 2 + (control - other.low) ** 2)
    return Lift(share - control, max(-1.0, share - control - below), min(1.0, share - control + above))


def split(counts: Mapping[str, int], weights: Mapping[str, int]) -> Split:
    """Whether arms of these sizes come of these weights: the test for a sample ratio mismatch.

    Pearson's chi-square on orders, not on events: an order counts once, however often it was told. See A. Fabijan et
    al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019. It is to be looked at once, when
    the experiment is over: who looks again and again sees an alarm in the end, of chance alone.

    Raises:
        ValueError: An arm without weight has orders, or there is nothing to compare.
    """
    total, whole = sum(counts.values()), sum(weights.values())
    if unexpected := [arm for arm, count in counts.items() if count and not weights.get(arm)]:
        raise ValueError(f"arm {unexpected[0]!r} has {counts[unexpected[0]]} orders and no weight in {dict(weights)!r}")
    shares = {arm: weight / whole for arm, weight in weights.items() if weight}
    if not total or not shares:
        raise ValueError(f"there must be orders to compare with the weights, got {dict(counts)!r}")
    statistic = sum((counts.get(arm, 0) - total * share) ** 2 / (total * share) for arm, share in shares.items())
    return Split(statistic, len(shares) - 1, chi_square_tail(statistic, len(shares) - 1))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """How often a chi-square of so many degrees of freedom is at least so large.

    M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions" (1964): 26.4.4 and 26.4.5 in their recursive
    form 26.4.8, from one degree of freedom (a normal distribution's two tails) or two (an exponential distribution).
    """
    if freedom <= 0 or statistic <= 0:
        return 1.0
    half = statistic / 2
    start = 2 - freedom % 2
    tail = erfc(sqrt(half)) if start == 1 else exp(-half)
    for degrees in range(start, freedom, 2):
        tail += half ** (degrees / 2) * exp(-half) / gamma(degrees / 2 + 1)
    return tail


def _check(hits: int, of: int) -> None:
    if of <= 0 or not 0 <= hits <= of:
        raise ValueError(f"a share needs 0 <= hits <= orders and an order at least, got {hits} of {of}")
