import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.load import Sent
from local.logs import Acceptance, Call, Invocation
from local.measure import (
    Run,
    backlog_intervals,
    measure,
    most_within,
    peak_overlap,
    percentile,
    worst_excess,
)


def sent(number: int, *, at: float, status: int = 200) -> Sent:
    return Sent(number=number, order_id=f"o{number}", sent_at=at, status=status, correlation_id=f"c{number}")


def call(number: int, *, at: float, status: int = 200, duration: float = 0.5) -> Call:
    return Call(called_at=at, duration=duration, status=status, order_id=f"o{number}", correlation_id=f"c{number}")


def accepted(number: int, *, at: float) -> Acceptance:
    return Acceptance(accepted_at=at, order_id=f"o{number}")


def run(**changes: object) -> Run:
    """Four orders: one delivered at once, one after a 429 and a failure, one twice, one never."""
    records: dict[str, object] = {
        "sent": [sent(number, at=1000.0 + number) for number in range(4)],
        "calls": [
            call(0, at=1000.1),
            call(1, at=1001.0, status=429, duration=0.0),
            call(1, at=1002.0, status=503, duration=0.0),
            call(1, at=1003.0),
            call(2, at=1002.5, status=0, duration=3.0),
            call(2, at=1010.0),
            call(3, at=1003.0, status=503),
        ],
        "acceptances": [
            accepted(0, at=1000.6),
            accepted(1, at=1003.5),
            accepted(2, at=1005.6),
            accepted(2, at=1010.5),
            accepted(99, at=1000.0),  # somebody else's
        ],
        "invocations": [Invocation(began=1000.0, ended=1001.0), Invocation(began=1000.5, ended=1002.0)],
    }
    return Run(**(records | changes))  # type: ignore[arg-type]


def test_every_order_is_delivered_kept_or_lost() -> None:
    result = measure(run(), limit=10, workers=10)

    assert (result.orders_in, result.delivered, result.lost, result.dead_lettered) == (4, 3, 1, None)
    assert result.duplicates == 1

    kept = measure(run(dead_lettered=1), limit=10, workers=10)
    assert (kept.lost, kept.dead_lettered) == (0, 1)
    assert measure(run(waiting=1), limit=10, workers=10).lost == 0


def test_an_order_that_the_hub_refused_is_not_the_hubs_to_lose() -> None:
    orders = [*(sent(number, at=1000.0) for number in range(3)), sent(3, at=1000.0, status=503)]

    result = measure(run(sent=orders), limit=10, workers=10)

    assert (result.orders_in, result.lost) == (3, 0)


def test_calls_are_counted_from_the_attempt_log() -> None:
    result = measure(run(), limit=10, workers=10)

    assert result.calls == 7
    assert result.refused_share == pytest.approx(1 / 7)
    assert result.failed_calls == 4


def test_time_to_delivery_is_from_sending_to_the_first_acceptance() -> None:
    result = measure(run(), limit=10, workers=10)

    # 0.6, 2.5 and 3.6 seconds.
    assert result.delivery_p50 == pytest.approx(2.5)
    assert result.delivery_p99 == pytest.approx(3.6)
    # The last order was sent at 1003, the last outcome is the second acceptance's call, which ended at 1010.5.
    assert result.drain == pytest.approx(7.5)


def test_a_run_without_orders_has_no_figures_and_no_fault() -> None:
    result = measure(Run(sent=[], calls=[], acceptances=[], invocations=[]), limit=10, workers=10)

    assert (result.orders_in, result.calls, result.worst_excess, result.peak_rate) == (0, 0, 0, 0)
    assert result.refused_share is None
    assert result.limit_used is None
    assert result.delivery_p50 is None
    assert result.drain is None
    assert result.series.calls == []


def test_a_backlog_lasts_while_more_orders_are_open_than_the_workers_can_have() -> None:
    assert backlog_intervals([0, 1, 2, 3], [5, 6, 7, 8], more_than=2) == [(2, 6)]
    assert backlog_intervals([0, 1, 10, 11], [2, 3, 12, 13], more_than=1) == [(1, 2), (11, 12)]
    assert backlog_intervals([0, 1, 2], [1.5], more_than=1) == [(1, 1.5), (2, 2)]
    assert backlog_intervals([], [], more_than=2) == []


def test_the_limit_used_counts_the_calls_during_the_backlog_only() -> None:
    orders = [sent(number, at=1000.0) for number in range(3)]
    calls = [call(0, at=999.0), call(0, at=1000.0), call(1, at=1000.5), call(2, at=1001.5), call(2, at=1003.0)]
    acceptances = [accepted(0, at=1001.0), accepted(1, at=1002.0), accepted(2, at=1004.0)]

    result = measure(Run(sent=orders, calls=calls, acceptances=acceptances, invocations=[]), limit=2, workers=1)

    # More than one order is open from 1000 to 1002, with three calls where four are allowed.
    assert result.backlog_seconds == pytest.approx(2)
    assert result.limit_used == pytest.approx(3 / 4)


def test_the_worst_window_may_be_of_any_length() -> None:
    assert worst_excess([], limit=10) == 0
    assert worst_excess([5.0], limit=10) == 1
    assert worst_excess([0, 0, 0], limit=10) == 3
    # At the limit for a second, then a burst of three.
    steady = [place / 10 for place in range(11)]
    assert worst_excess([*steady, 1.0, 1.0], limit=10) == pytest.approx(3)


@given(st.lists(st.floats(min_value=0, max_value=20), max_size=25), st.floats(min_value=0.5, max_value=20))
def test_the_worst_window_is_the_worst_of_all(times: list[float], limit: float) -> None:
    times.sort()

    tried = [
        end - begin + 1 - limit * (times[end] - times[begin])
        for begin, end in itertools.combinations_with_replacement(range(len(times)), 2)
    ]

    assert worst_excess(times, limit=limit) == pytest.approx(max(tried, default=0), abs=1e-9)


def test_the_most_calls_within_a_second() -> None:
    assert most_within([], seconds=1) == 0
    assert most_within([0, 0.5, 0.99, 1.0, 3], seconds=1) == 3


def test_concurrency_is_the_overlap_of_invocations() -> None:
    def invocations(*spans: tuple[float, float]) -> list[Invocation]:
        return [Invocation(began=began, ended=ended) for began, ended in spans]

    assert peak_overlap([]) == 0
    assert peak_overlap(invocations((0, 2), (1, 3), (1.5, 4))) == 3
    # One after the other, with the rounding of millisecond clocks.
    assert peak_overlap(invocations((0, 1), (1, 2), (1.999, 3))) == 1
    assert peak_overlap(invocations((5, 5))) == 1


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile([], 50) is None
    assert percentile([7.0], 99) == 7
    assert percentile([float(value) for value in range(1, 101)], 50) == 50
    assert percentile([float(value) for value in range(1, 101)], 99) == 99


def test_the_series_count_what_the_totals_count() -> None:
    result = measure(run(), limit=10, workers=10)
    series = result.series

    assert {len(values) for values in (series.calls, series.accepted, series.concurrency, series.open_orders)} == {12}
    assert sum(series.calls) == result.calls
    assert sum(series.calls) - sum(series.accepted) == result.failed_calls
    assert sum(series.refused) == 1
    assert sum(series.sent) == 4
    assert max(series.concurrency) == result.peak_concurrency == 2
    assert series.concurrency[:3] == [2, 1, 0]
    assert series.open_orders == [0, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert math.isclose(result.worst_excess, 2 - 10 * 0.0)
