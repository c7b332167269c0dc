from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control.backoff import LONGEST_DELAY, asked_delay, backoff_delay, backoff_limit

RANDOM = st.floats(0, 1, exclude_max=True)


def test_the_limit_doubles_until_the_cap() -> None:
    assert [backoff_limit(attempt, 60) for attempt in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]


@given(attempt=st.integers(-5, 10**9), cap=st.floats(0, 1e9), random=RANDOM)
def test_a_backoff_is_within_its_limit_and_what_sqs_grants(attempt: int, cap: float, random: float) -> None:
    assert 0 <= backoff_delay(attempt, cap, random) <= min(cap, LONGEST_DELAY)


def test_every_second_up_to_the_limit_is_equally_likely() -> None:
    delays = [backoff_delay(3, 60, step / 900) for step in range(900)]

    assert {delay: delays.count(delay) for delay in delays} == dict.fromkeys(range(9), 100)


@given(after=st.floats(0, 1e12), random=RANDOM)
def test_a_retry_after_is_never_cut_short_nor_stretched_by_more_than_a_tenth(after: float, random: float) -> None:
    delay = asked_delay(after, random)

    assert min(after, LONGEST_DELAY) <= delay <= min(after * 1.1 + 2.1, LONGEST_DELAY)


def test_the_longest_delay_is_granted_even_at_the_end_of_the_longest_invocation() -> None:
    assert LONGEST_DELAY + 15 * 60 == 43_200
