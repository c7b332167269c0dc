from email.message import Message as HttpMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import PermanentError, RetryLater
from constructs_lib.runtime.flow_control.response import Headers, check_response, retry_after

NEW_YEAR = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def check(status: int, headers: Headers | None = None) -> None:
    check_response(status, headers, lambda: NEW_YEAR)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_success_returns(status: int) -> None:
    check(status, {"Retry-After": "5"})


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with pytest.raises(RetryLater) as raised:
        check(status, {"Retry-After": "5"})

    assert (raised.value.after, raised.value.throttled) == (5, False)


@pytest.mark.parametrize("status", [0, 100, 600, 999])
def test_no_final_answer_is_tried_again(status: int) -> None:
    with pytest.raises(RetryLater):
        check(status)


def test_too_many_requests_is_throttling() -> None:
    with pytest.raises(RetryLater) as raised:
        check(429)

    assert (raised.value.after, raised.value.throttled) == (None, True)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_permanent(status: int) -> None:
    with pytest.raises(PermanentError, match=f"HTTP {status}"):
        check(status, {"Retry-After": "5"})


def test_a_redirect_is_permanent_and_named_without_its_query() -> None:
    with pytest.raises(PermanentError) as raised:
        check(302, {"location": "https://elsewhere.test/orders?token=secret"})

    assert raised.value.reason.endswith("HTTP 302 to https://elsewhere.test/orders")


def test_a_redirect_to_nowhere_is_permanent_too() -> None:
    with pytest.raises(PermanentError, match="HTTP 304 to an unnamed place"):
        check(304)


def http_message() -> HttpMessage:
    message = HttpMessage()
    message["Retry-After"] = "12"
    return message


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "12"},
        {"retry-after": "12"},
        {"RETRY-AFTER": "12"},
        {"retry-after": 12},
        [("Content-Type", "text/plain"), ("Retry-After", "12")],
        iter([("Retry-After", "12")]),
        http_message(),
    ],
)
def test_headers_come_in_many_forms(headers: Headers) -> None:
    with pytest.raises(RetryLater) as raised:
        check(429, headers)

    assert raised.value.after == 12


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 3 ", 3),
        ("0", 0),
        ("1.5", 1.5),
        ("999999999", 42_300),
        ("9" * 5000, 42_300),
        ("Thu, 01 Jan 2026 00:01:30 GMT", 90),
        ("Thursday, 01-Jan-26 00:01:30 GMT", 90),
        ("Thu Jan  1 00:01:30 2026", 90),
        ("Thu, 01 Jan 2099 00:00:00 GMT", 42_300),
        ("Wed, 31 Dec 2025 23:59:59 GMT", None),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after(text, lambda: NEW_YEAR) == seconds


@given(st.text())
def test_no_retry_after_breaks_it(text: str) -> None:
    seconds = retry_after(text, lambda: NEW_YEAR)

    assert seconds is None or 0 <= seconds <= 42_300
