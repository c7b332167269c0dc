import re
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.token import as_uuid, derive, tags

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c3a52-7b1e-11ef-9c3d-0a5b6c7d8e9f"
REQUEST = Request(
    type="Create",
    request_id="r-1",
    stack_id=STACK,
    logical_id="Group",
    resource_type="Custom::Group",
    url="https://example.com",
    url_digest="0",
)


def test_a_token_never_changes() -> None:
    # Written down, because resources in the world carry it: a new version of the library has to find them.
    assert derive(STACK, "Group", "r-1") == "lfuogpy3wfqmyd4hxppypa7fodhehtqfbixnna6sb4de5kvhy53a"


@given(st.text(), st.text(), st.text(), st.integers(min_value=0))
def test_a_token_is_52_letters_and_digits(stack_id: str, logical_id: str, request_id: str, generation: int) -> None:
    assert re.fullmatch("[a-z2-7]{52}", derive(stack_id, logical_id, request_id, generation))


def test_each_part_makes_another_token() -> None:
    asked = [("s", "l", "r", 0), ("S", "l", "r", 0), ("s", "L", "r", 0), ("s", "l", "R", 0), ("s", "l", "r", 1)]

    assert len({derive(*one) for one in asked}) == len(asked)


@given(st.text())
def test_a_uuid_is_one_of_version_5(request_id: str) -> None:
    made = derive("s", "l", request_id)
    uuid = UUID(as_uuid(made))

    assert (uuid.version, uuid.variant, str(uuid)) == (5, RFC_4122, as_uuid(made))


def test_two_tokens_have_two_uuids() -> None:
    assert as_uuid(derive("s", "l", "r")) != as_uuid(derive("s", "l", "q"))


def test_tags_name_the_token_and_where_the_resource_comes_from() -> None:
    assert tags(REQUEST, "abc") == {
        "constructs-lib:token": "abc",
        "constructs-lib:stack": STACK,
        "constructs-lib:logical-id": "Group",
    }


@pytest.mark.parametrize("stack_id", ["s" * 300, "a\tb?ü*(x)", "\ud800"])
def test_tags_hold_what_aws_takes(stack_id: str) -> None:
    value = tags(REQUEST._replace(stack_id=stack_id), "abc")["constructs-lib:stack"]

    assert re.fullmatch(r"[A-Za-z0-9 +\-=._:/@]{1,256}", value)
