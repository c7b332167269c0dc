"""An author's arguments: what is refused, and in which words."""

import math
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Duration

from constructs_lib import _validate


@pytest.mark.parametrize("value", ["10", None, True, math.nan, math.inf, [1], 10**400], ids=repr)
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="rate must be a finite number above 0, got"):
        _validate.number("rate", value, above=0)


@pytest.mark.parametrize(
    ("bounds", "value"), [({"above": 0}, 0), ({"minimum": 1}, 0.5), ({"below": 1}, 1), ({"minimum": 0, "below": 1}, -1)]
)
def test_a_number_out_of_bounds_is_refused(bounds: dict[str, Any], value: float) -> None:
    with pytest.raises(ValueError, match=f"got {value}"):
        _validate.number("share", value, **bounds)


def test_a_token_is_refused_where_the_settings_are_derived_from_the_number() -> None:
    token = cdk.Token.as_number({"Ref": "Parameter"})

    with pytest.raises(ValueError, match="rate must be a number known at synth, got a token"):
        _validate.number("rate", token, above=0)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    assert _validate.whole("burst", 10.0, minimum=1) == 10


def test_seconds_are_read_from_any_unit() -> None:
    assert _validate.known_seconds("latency", Duration.millis(810)) == 0.81


@pytest.mark.parametrize("value", [5, "5 s", None], ids=repr)
def test_what_is_no_duration_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match=r"latency must be a Duration, such as Duration\.seconds\(2\), got"):
        _validate.known_seconds("latency", value)


def test_zero_passes_only_where_it_makes_sense() -> None:
    assert _validate.known_seconds("tolerance", Duration.seconds(0), allow_zero=True) == 0
    with pytest.raises(ValueError, match="latency in seconds must be a finite number above 0, got 0"):
        _validate.known_seconds("latency", Duration.seconds(0))


@pytest.mark.parametrize("value", [Duration.millis(60_500), Duration.hours(13)], ids=["half a second", "13 h"])
def test_a_duration_for_the_template_is_of_whole_seconds_within_aws_s_bounds(value: Duration) -> None:
    with pytest.raises(ValueError, match="visibility_timeout"):
        _validate.duration("visibility_timeout", value, least=0, most=43_200)


def test_a_duration_for_the_template_may_be_a_token_or_left_out() -> None:
    token = Duration.seconds(cdk.Token.as_number({"Ref": "Parameter"}))

    _validate.duration("visibility_timeout", token, least=0, most=43_200)
    _validate.duration("visibility_timeout", None, least=0, most=43_200)
