import json

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime.custom_resource.contract import ENVIRONMENT, Settings
from constructs_lib.runtime.custom_resource.settings import settings_in


def test_they_are_read_as_the_construct_wrote_them() -> None:
    settings = Settings("records", provider="shop/Groups", total_timeout=600, grace=1, on_orphan="report")

    assert settings_in({ENVIRONMENT: settings.to_json()}) == settings


def test_outside_lambda_the_way_to_test_is_named() -> None:
    with pytest.raises(SettingsError, match=r"outside Lambda, run the handler in a ResourceRunner of constructs_lib"):
        settings_in({})


def test_inside_lambda_the_fix_is_named() -> None:
    with pytest.raises(SettingsError) as raised:
        settings_in({INSIDE_LAMBDA: "groups"})

    assert str(raised.value) == (
        "CONSTRUCTS_LIB_CUSTOM_RESOURCE is not set in the environment of the function 'groups': deploy it with "
        'IdempotentProvider, or, with runtime="provided", set the variables of provider.environment on it'
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"table_name": 7}',
        '{"table_name": ""}',
        '{"table_name": "records", "since": "tomorrow"}',
        '{"table_name": "records", "total_timeout": "900"}',
        '{"table_name": "records", "grace": true}',
        '{"table_name": "records", "grace": -1}',
        '{"table_name": "records", "on_orphan": "keep"}',
        '{"table_name": "records", "author_handler": ["index"]}',
    ],
)
def test_what_cannot_be_read_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(.+\): deploy the function again"):
        settings_in({ENVIRONMENT: text})


def test_another_versions_field_is_refused() -> None:
    text = json.dumps({**Settings("records")._asdict(), "new": 1})

    with pytest.raises(SettingsError, match="new"):
        settings_in({ENVIRONMENT: text})
