import json
from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.settings import OUTCOME, SERVE, START, Role, of_check, of_key, of_queue
from tests.runtime.delayed_check.stage import CHECK, CONTACT, HALF, SETTINGS
from tests.runtime.delayed_check.stage import START as START_QUEUE

FULL = SETTINGS._replace(experiment=HALF, schedule_group="checks", schedule_role_arn="role", longest_sqs_delay=60)
OTHER = Settings(
    check="other", table_name="rows", start_queue_arn="s", check_queue_arn="c", contact_queue_arn="k", delay=1
)
PRODUCER = Settings(check="late-orders", start_queue_arn=START_QUEUE)
WEBHOOK = Settings(check="late-orders", table_name="rows")
A, B = f"{ENVIRONMENT_PREFIX}AAAA0001", f"{ENVIRONMENT_PREFIX}BBBB0002"


@pytest.mark.parametrize("arn", [CHECK, CONTACT, START_QUEUE])
def test_a_queue_s_settings_are_read_as_the_construct_wrote_them(arn: str) -> None:
    assert of_queue(arn, {B: OTHER.to_json(), A: FULL.to_json()}) == FULL


def test_what_a_function_may_start_or_report_is_not_what_it_serves() -> None:
    environ = {f"{A}_START": PRODUCER.to_json(), f"{B}_OUTCOME": WEBHOOK.to_json()}

    with pytest.raises(SettingsError):
        of_queue(START_QUEUE, environ)
    assert of_check(None, START, environ) == PRODUCER
    assert of_check(None, OUTCOME, environ) == WEBHOOK
    with pytest.raises(SettingsError):
        of_check(None, SERVE, environ)


def test_a_queue_without_a_name_has_no_settings() -> None:
    # Those of a producer have no queues but one: "" would be all the others.
    with pytest.raises(SettingsError):
        of_queue("", {A: WEBHOOK.to_json()})


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("late-orders#order-1", FULL),
        ("late-orders#order#1", FULL),
        ("other#order-1", OTHER),
        ("others#order-1", None),
        ("late-orders", None),
        ("late-orders@1", None),
        ("", None),
    ],
)
def test_a_row_s_settings_are_its_check_s(key: str, expected: Settings | None) -> None:
    assert of_key(key, {A: FULL.to_json(), B: OTHER.to_json()}) == expected


def test_a_function_without_any_settings_cannot_tell_whose_row_it_is() -> None:
    with pytest.raises(SettingsError, match="no settings of a check"):
        of_key("late-orders#order-1", {})


def test_where_there_are_several_one_is_named() -> None:
    environ = {f"{A}_START": PRODUCER.to_json(), f"{B}_START": OTHER.to_json()}

    with pytest.raises(SettingsError) as raised:
        of_check(None, START, environ)

    assert str(raised.value) == (
        "this function can start ['late-orders', 'other']: say which one, check='late-orders' for example"
    )
    assert of_check("other", START, environ) == OTHER


@pytest.mark.parametrize(
    ("check", "role", "message"),
    [
        (
            None,
            START,
            "no settings of a check in the environment of the function 'shop', which it needs to start it (it has "
            "none): call check.grant_start(fn)",
        ),
        (
            "late",
            OUTCOME,
            "no settings of the check 'late' in the environment of the function 'shop', which it needs to record "
            "outcomes of it (it has ['late-orders']): call check.grant_record_outcome(fn)",
        ),
    ],
)
def test_inside_lambda_the_fix_is_named(check: str | None, role: Role, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        of_check(check, role, {INSIDE_LAMBDA: "shop", f"{A}_OUTCOME": WEBHOOK.to_json()})

    assert str(raised.value) == message


def test_outside_lambda_the_way_to_test_is_named() -> None:
    with pytest.raises(SettingsError, match=r"outside Lambda, run the handler in a CheckRunner of .*delayed_check"):
        of_queue(CHECK, {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"check": ""}, "check is missing"),
        ({"check": 7}, "check must be a text, got 7"),
        ({"table_name": ""}, "table_name is missing"),
        ({"table_name": None}, "table_name must be a text, got None"),
        ({"delay": "300"}, "delay must be a number of seconds, 0 or more, got '300'"),
        ({"deadline": -1}, "deadline must be a number of seconds, 0 or more, got -1"),
        ({"delay": True}, "delay must be a number of seconds"),
        ({"schedule_lead": float("inf")}, "schedule_lead must be a number of seconds"),
        ({"kill_switch": ["x"]}, "kill_switch must be a text"),
        ({"since": 1}, "since"),
        ({"experiment": {"key": "k"}}, "version"),
        ({"experiment": ["k"]}, "must be a mapping"),
        ({"experiment": {**HALF._asdict(), "key": ""}}, "an experiment has a key, a text, and a version"),
        ({"experiment": {**HALF._asdict(), "version": "1"}}, "an experiment has a key, a text, and a version"),
        ({"experiment": {**HALF._asdict(), "arms": {"call": 50}}}, "must add up to 100, got 50"),
        ({"experiment": {**HALF._asdict(), "control": "none"}}, "control must be one of the arms"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_fix(change: dict[str, Any], said: str) -> None:
    text = json.dumps({**FULL._asdict(), "experiment": HALF._asdict(), **change})

    with pytest.raises(SettingsError) as raised:
        of_queue(CHECK, {A: text})

    assert said in str(raised.value)
    assert f"the environment variable {A} cannot be read (" in str(raised.value)
    assert "deploy the function again with DelayedCheck and the constructs_lib of the same version" in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '"late-orders"', "{}"])
def test_what_is_no_settings_at_all_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        of_queue(CHECK, {A: text})


def test_a_producer_needs_its_queue() -> None:
    with pytest.raises(SettingsError, match="start_queue_arn is missing"):
        of_check(None, START, {f"{A}_START": WEBHOOK.to_json()})
