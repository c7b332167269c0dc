"""What an author may say of a downstream, and what is refused at once."""

import math
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration

from constructs_lib.flow_control import Downstream

TOKEN = cdk.Token.as_number(cdk.Fn.ref("Rate"))
TOKEN_DURATION = Duration.seconds(TOKEN)


def downstream(**changes: Any) -> Downstream:  # noqa: ANN401 - bad values are the point
    return Downstream(**{"calls_per_second": 10, **changes})


def test_only_the_rate_is_required() -> None:
    found = Downstream(calls_per_second=0.5)

    assert (found.burst, found.error_rate, found.name) == (1, 0.01, None)
    assert (found.mean_seconds, found.p99_seconds) == (None, None)
    with pytest.raises(ValueError, match=r"calls_per_second is missing: .* such as Downstream\(calls_per_second=10\)"):
        Downstream()  # type: ignore[call-arg]  # the point


def test_latencies_are_read_in_seconds() -> None:
    found = downstream(mean_latency=Duration.millis(810), p99_latency=Duration.seconds(2))

    assert (found.mean_seconds, found.p99_seconds) == (0.81, 2)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, -math.inf, "10", True, [10]], ids=repr)
def test_a_rate_that_is_no_positive_number_is_refused(rate: object) -> None:
    with pytest.raises(ValueError, match=r"calls_per_second must be a finite number above 0, got") as caught:
        downstream(calls_per_second=rate)
    assert str(caught.value).endswith(f"got {rate!r}")


@pytest.mark.parametrize("burst", [0, -1, 1.5, math.nan, math.inf, None, "10", True], ids=repr)
def test_a_burst_that_is_no_whole_number_above_zero_is_refused(burst: object) -> None:
    with pytest.raises(ValueError, match="burst must be"):
        downstream(burst=burst)


def test_a_burst_given_as_a_float_counts_as_the_whole_number_that_it_is() -> None:
    assert repr(downstream(burst=10.0).burst) == "10"


@pytest.mark.parametrize("rate", [-0.1, 1, 1.1, math.nan, None, "0.1", True], ids=repr)
def test_an_error_rate_that_is_no_share_is_refused(rate: object) -> None:
    with pytest.raises(ValueError, match="error_rate must be a finite number at least 0 and below 1, got"):
        downstream(error_rate=rate)


@pytest.mark.parametrize("name", ["calls_per_second", "burst", "error_rate"])
def test_a_number_that_is_a_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a number known at synth, got a token.*; pass a literal"):
        downstream(**{name: TOKEN})


@pytest.mark.parametrize("name", ["mean_latency", "p99_latency"])
class TestLatency:
    def test_a_token_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"{name} must be known at synth, got a token"):
            downstream(**{name: TOKEN_DURATION})

    @pytest.mark.parametrize("value", [2, 0.5, "2s"], ids=repr)
    def test_what_is_no_duration_is_refused_with_an_example(self, name: str, value: object) -> None:
        with pytest.raises(
            ValueError, match=rf"{name} must be a Duration, such as Duration.seconds\(2\), got {value!r}"
        ):
            downstream(**{name: value})

    def test_zero_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"{name} in seconds must be a finite number above 0"):
            downstream(**{name: Duration.seconds(0)})


def test_a_mean_above_the_99th_percentile_is_refused() -> None:
    with pytest.raises(ValueError, match="mean_latency must not be above p99_latency, got 3 s and 2 s"):
        downstream(mean_latency=Duration.seconds(3), p99_latency=Duration.seconds(2))


@pytest.mark.parametrize("name", [5, True, ["courier"], b"courier"], ids=repr)
def test_a_name_that_is_no_text_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match="name must be a text"):
        downstream(name=name)


def test_downstreams_of_one_name_are_one_system_and_a_copy_is_the_same_too() -> None:
    courier, other = downstream(name="courier"), downstream(name="courier", burst=5)
    nameless = downstream()

    assert courier.is_same_as(other)
    assert nameless.is_same_as(replace(nameless, burst=5))
    assert not nameless.is_same_as(downstream())
    assert not courier.is_same_as(nameless)
    assert not replace(courier, name="one").is_same_as(replace(courier, name="other"))


def test_what_makes_it_one_system_does_not_show() -> None:
    assert repr(downstream()) == repr(downstream())
    assert downstream() == downstream()
