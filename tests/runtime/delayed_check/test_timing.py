from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from math import inf, nan
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from constructs_lib.runtime.delayed_check.contract import LONGEST_SQS_DELAY, SCHEDULE_LEAD
from constructs_lib.runtime.delayed_check.errors import InvalidInput
from constructs_lib.runtime.delayed_check.timing import (
    MOST_AHEAD,
    Appointment,
    Delay,
    iso,
    moment,
    parse_placed_at,
    wait_until,
)

#: 2026-11-21T10:00:00Z
TEN = 1_795_255_200_000
BERLIN = ZoneInfo("Europe/Berlin")
TIMES = st.integers(1, 10**14)
#: Seconds after a minute's beginning until which EventBridge Scheduler may fire.
LATEST_FIRING = 60_000


def parse(value: object, now: int = TEN) -> int:
    return parse_placed_at(value, now=now)


def wait(due_at: int, now: int, *, can_schedule: bool = True) -> Delay | Appointment:
    return wait_until(
        due_at,
        now=now,
        longest_sqs_delay=LONGEST_SQS_DELAY,
        schedule_lead=SCHEDULE_LEAD,
        can_schedule=can_schedule,
    )


# ---- when an order was placed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T10:00:00Z",
        " 2026-11-21T10:00:00Z\n",
        "2026-11-21T10:00:00+00:00",
        "2026-11-21T11:00:00+01:00",
        "2026-11-21T15:45:00+05:45",
        "2026-11-21T00:00:00-10:00",
        "2026-11-21 10:00:00Z",
        "20261121T100000Z",
        "2026-11-21T10:00Z",
        "2026-11-21T10:00:00.000000Z",
        1_795_255_200,
        1_795_255_200.0,
        datetime(2026, 11, 21, 10, tzinfo=UTC),
        datetime(2026, 11, 21, 11, tzinfo=BERLIN),
        datetime(2026, 11, 21, 5, tzinfo=timezone(timedelta(hours=-5))),
    ],
    ids=str,
)
def test_a_time_in_any_zone_is_the_same_time(value: object) -> None:
    assert parse(value) == TEN


def test_milliseconds_are_kept() -> None:
    assert parse("2026-11-21T09:59:59.123Z") == TEN - 877
    assert parse(1_795_255_199.123) == TEN - 877


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_no_time_is_said_to_be_missing(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"placed_at is missing: got .*allowed are a time with its UTC offset"):
        parse(value)


@pytest.mark.parametrize(
    "value",
    ["2026-11-21T10:00:00", "2026-11-21", "2026-11-21 10:00", datetime(2026, 11, 21, 10), "20261121"],  # noqa: DTZ001
    ids=repr,
)
def test_a_time_without_an_offset_is_not_guessed(value: object) -> None:
    with pytest.raises(InvalidInput, match="placed_at has no UTC offset"):
        parse(value)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "   ",
        "2026-02-30T10:00:00Z",
        "2026-11-21T25:00:00Z",
        "2026-11-21T10:00:00[Europe/Berlin]",
        "2026-11-21T10:00:00 CET",
        "1795255200",
        True,
        False,
        [],
        {"time": 1},
        b"2026-11-21T10:00:00Z",
    ],
    ids=repr,
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"placed_at (is no time|has no UTC offset)"):
        parse(value)


@pytest.mark.parametrize("value", [0, -1, 0.0, TEN, 1e11, nan, inf, -inf, 10**400], ids=lambda value: f"{value!r:.20}")
def test_numbers_are_seconds_since_the_epoch(value: float) -> None:
    with pytest.raises(InvalidInput, match="placed_at is not in seconds since the epoch"):
        parse(value)


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00+23:59",  # before the year 1 in UTC, which no datetime can show
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
    ],
    ids=str,
)
def test_times_that_could_not_be_shown_in_an_event_are_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="placed_at is not between the years 1970 and 5138"):
        parse(value)


def test_an_ancient_order_is_an_order() -> None:
    assert parse("1970-01-01T00:00:01Z") == 1000


def test_a_clock_may_be_ahead_by_a_little() -> None:
    edge = (TEN // 1000) + MOST_AHEAD

    assert parse(edge) == TEN + MOST_AHEAD * 1000
    with pytest.raises(InvalidInput, match=r"is in the future \(2026-11-21T10:05:00.001Z, now it is 2026-11-21T10:00"):
        parse(edge + 0.001)


@given(value=st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.datetimes(), st.booleans()))
def test_anything_is_a_time_or_an_explained_refusal(value: object) -> None:
    with suppress(InvalidInput):
        found = parse(value)

        assert moment(found).tzinfo is UTC
        assert 0 <= found <= TEN + MOST_AHEAD * 1000


@given(time=st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis has it naive
def test_a_datetime_and_its_text_are_the_same_time(time: datetime) -> None:
    assume(time.astimezone(UTC).year < 5000)

    assert parse(time, now=10**15) == parse(time.isoformat(), now=10**15)


# ---- the nights in which the clock is changed ----------------------------------------------------------------------


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = parse("2026-10-25T02:30:00+02:00")
    second = parse("2026-10-25T02:30:00+01:00")

    assert second - first == 3_600_000
    assert parse(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)) == first
    assert parse(datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)) == second


def test_five_minutes_are_five_minutes_across_the_hour_that_is_left_out() -> None:
    before = parse(datetime(2026, 3, 29, 1, 58, tzinfo=BERLIN))
    after = parse(datetime(2026, 3, 29, 3, 3, tzinfo=BERLIN))

    assert after - before == 300_000
    assert (before, after) == (parse("2026-03-29T01:58:00+01:00"), parse("2026-03-29T03:03:00+02:00"))


@pytest.mark.parametrize("night", [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
def test_no_order_of_such_a_night_is_placed_before_an_earlier_one(night: datetime) -> None:
    instants = [night + timedelta(minutes=minute) for minute in range(300)]
    parsed = [parse(instant.astimezone(BERLIN).isoformat()) for instant in instants]

    assert {later - earlier for earlier, later in pairwise(parsed)} == {60_000}


# ---- waiting -------------------------------------------------------------------------------------------------------


def test_what_is_due_or_overdue_waits_for_nothing() -> None:
    for due_at in (TEN, TEN - 1, TEN - 10**12, 1):
        assert wait(due_at, TEN) == Delay(0)


@pytest.mark.parametrize(
    ("milliseconds", "seconds"),
    [(1, 1), (999, 1), (1000, 1), (1001, 2), (300_000, 300), (899_001, 900), (900_000, 900)],
)
def test_a_part_of_a_second_is_waited_for_too(milliseconds: int, seconds: int) -> None:
    assert wait(TEN + milliseconds, TEN) == Delay(seconds)


def test_what_sqs_cannot_hold_goes_to_scheduler_two_minutes_early_and_to_the_minute() -> None:
    assert wait(TEN + 900_001, TEN) == Appointment(TEN + 780_000)
    assert wait(TEN + 959_999, TEN) == Appointment(TEN + 780_000)
    assert wait(TEN + 960_000, TEN) == Appointment(TEN + 840_000)


def test_what_sqs_cannot_hold_is_cut_short_where_there_is_no_scheduler() -> None:
    assert wait(TEN + 10**9, TEN, can_schedule=False) == Delay(900)


@given(due_at=TIMES, now=TIMES, can_schedule=st.booleans())
def test_nothing_that_waits_in_one_piece_comes_early(due_at: int, now: int, can_schedule: bool) -> None:
    waiting = wait(due_at, now, can_schedule=can_schedule)

    if isinstance(waiting, Delay):
        assert 0 <= waiting.seconds <= LONGEST_SQS_DELAY
        assert now + waiting.seconds * 1000 >= min(due_at, now + LONGEST_SQS_DELAY * 1000)
        # Nor late by more than the part of a second that SQS cannot wait.
        assert now + waiting.seconds * 1000 < max(due_at, now) + 1000


@given(now=TIMES, ahead=st.integers(LONGEST_SQS_DELAY * 1000 + 1, 10**11), firing=st.integers(0, LATEST_FIRING))
def test_scheduler_leaves_sqs_a_rest_that_it_can_wait_for(now: int, ahead: int, firing: int) -> None:
    appointment = wait(now + ahead, now)

    assert isinstance(appointment, Appointment)
    assert appointment.at % 60_000 == 0
    assert appointment.at > now
    rest = wait(now + ahead, appointment.at + firing)
    assert isinstance(rest, Delay)
    assert 0 < rest.seconds <= SCHEDULE_LEAD + 60


@given(
    now=TIMES,
    ahead=st.integers(0, 10**6),
    longest_sqs_delay=st.integers(1, 900),
    schedule_lead=st.integers(0, 900),
)
def test_no_appointment_is_in_the_past_whatever_a_local_deployment_has_changed(
    now: int, ahead: int, longest_sqs_delay: int, schedule_lead: int
) -> None:
    waiting = wait_until(
        now + ahead, now=now, longest_sqs_delay=longest_sqs_delay, schedule_lead=schedule_lead, can_schedule=True
    )

    if isinstance(waiting, Appointment):
        assert now < waiting.at <= now + ahead
    else:
        assert waiting.seconds <= longest_sqs_delay


# ---- shown ---------------------------------------------------------------------------------------------------------


def test_a_time_is_shown_in_utc_to_the_millisecond() -> None:
    assert iso(TEN) == "2026-11-21T10:00:00.000Z"
    assert iso(TEN + 7) == "2026-11-21T10:00:00.007Z"


@given(time=TIMES)
def test_what_is_shown_is_read_again_as_it_was(time: int) -> None:
    assume(time < 10**14)

    assert parse(iso(time), now=10**14) == time
