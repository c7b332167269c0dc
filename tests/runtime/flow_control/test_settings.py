import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.flow_control.settings import SettingsError, settings_for
from constructs_lib.runtime.flow_control.testing import queue_arn

ORDERS = Settings(queue_arn=queue_arn("orders"), pace=1.2, call_timeout=3, max_receive_count=9)
REFUNDS = Settings(queue_arn=queue_arn("refunds"), dead_letter_queue_arn=queue_arn("dead"))
ENVIRON = {
    "PATH": "/bin",
    f"{ENVIRONMENT_PREFIX}0A1B2C3D": ORDERS.to_json(),
    f"{ENVIRONMENT_PREFIX}4E5F6A7B": REFUNDS.to_json(),
}
IN_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "deliver"}


def test_each_queue_has_its_own() -> None:
    assert settings_for(ORDERS.queue_arn, ENVIRON) == ORDERS
    assert settings_for(REFUNDS.queue_arn, ENVIRON | IN_LAMBDA) == REFUNDS


def test_a_unit_test_needs_none() -> None:
    assert settings_for(queue_arn("other"), ENVIRON) is None


def test_inside_lambda_an_unknown_queue_is_an_error_that_names_the_fix() -> None:
    with pytest.raises(SettingsError, match=r"'arn:aws:sqs:.*:other'.*'deliver'.*:orders.*flow\.environment"):
        settings_for(queue_arn("other"), ENVIRON | IN_LAMBDA)


def test_inside_lambda_no_settings_at_all_is_an_error() -> None:
    with pytest.raises(SettingsError, match="it has none"):
        settings_for(queue_arn("other"), IN_LAMBDA)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "{}",
        json.dumps({"queue_arn": None}),
        json.dumps({"queue_arn": "a", "dead_letter_queue_arn": 5}),
        json.dumps({"queue_arn": "a", "pace": "fast"}),
        json.dumps({"queue_arn": "a", "pace": -1}),
        json.dumps({"queue_arn": "a", "pace": float("nan")}),
        json.dumps({"queue_arn": "a", "pace": None}),
        json.dumps({"queue_arn": "a", "field_of_a_later_version": 1}),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=f"{ENVIRONMENT_PREFIX}X cannot be read .* deploy the function again"):
        settings_for("a", {f"{ENVIRONMENT_PREFIX}X": value})


def test_a_changed_variable_is_read_again() -> None:
    name = f"{ENVIRONMENT_PREFIX}X"

    for pace in (1.0, 2.0):
        changed = ORDERS._replace(pace=pace)
        assert settings_for(ORDERS.queue_arn, {name: changed.to_json()}) == changed


@given(
    st.builds(
        Settings,
        queue_arn=st.text(),
        dead_letter_queue_arn=st.none() | st.text(),
        pace=st.floats(0, 1e6),
        call_timeout=st.none() | st.floats(0, 900),
        call_budget=st.none() | st.floats(0, 900),
        max_receive_count=st.none() | st.integers(1, 1000),
        backoff_cap=st.floats(0, 43_200),
    )
)
def test_what_the_construct_writes_is_what_the_handler_reads(settings: Settings) -> None:
    assert settings_for(settings.queue_arn, {f"{ENVIRONMENT_PREFIX}X": settings.to_json()}) == settings
