import json
import math
from collections import UserDict
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.response import (
    Unanswerable,
    check_physical_id,
    failure,
    presentable,
    success,
    without_secrets,
)

REQUEST = Request(
    type="Create",
    request_id="r-1",
    stack_id="arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c3a52-7b1e-11ef-9c3d-0a5b6c7d8e9f",
    logical_id="Group",
    resource_type="Custom::Group",
    url="https://example.com?X-Amz-Signature=1",
    url_digest="0",
    properties={"Password": "hunter2"},
)
IDS = {
    "LogicalResourceId": "Group",
    "PhysicalResourceId": "g-1",
    "RequestId": "r-1",
    "StackId": REQUEST.stack_id,
}
#: The ids are as long as `read` lets them be.
LONGEST = REQUEST._replace(stack_id="x" * 512, request_id="x" * 512, logical_id="x" * 512)


def reason_of(attributes: object, physical_id: Any = "g-1") -> str:  # noqa: ANN401 - what authors return
    with pytest.raises(Unanswerable) as caught:
        success(REQUEST, physical_id, attributes, no_echo=())
    return caught.value.reason


# ---- success -------------------------------------------------------------------------------------------------------


def test_a_success_says_what_cloudformation_needs_and_no_more() -> None:
    body = success(REQUEST, "g-1", {"Arn": "arn:x", "Size": 3}, no_echo=())

    assert json.loads(body) == {**IDS, "Status": "SUCCESS", "Data": {"Arn": "arn:x", "Size": 3}}


def test_the_same_answer_is_the_same_text() -> None:
    one = success(REQUEST, "g-1", {"B": {"y": 1, "x": 2}, "A": 1}, no_echo=())
    other = success(REQUEST, "g-1", {"A": 1, "B": {"x": 2, "y": 1}}, no_echo=())

    assert one == other


def test_without_attributes_there_is_no_data() -> None:
    assert json.loads(success(REQUEST, "g-1", {}, no_echo=("Key",))) == {**IDS, "Status": "SUCCESS"}


@pytest.mark.parametrize(("no_echo", "hidden"), [((), None), (("Key",), True), (("Other",), None)])
def test_an_attribute_that_must_not_be_shown_hides_the_answer(no_echo: tuple[str, ...], hidden: bool | None) -> None:
    assert json.loads(success(REQUEST, "g-1", {"Key": "k", "A": 1}, no_echo=no_echo)).get("NoEcho") is hidden


def test_text_is_not_spelled_out_because_bytes_are_counted() -> None:
    # With \u00fc for each, these would be 6,000 bytes.
    body = success(REQUEST, "g-1", {"Text": "ü" * 1000}, no_echo=())

    assert "ü" * 1000 in body


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "ü😀", [1, [2]], (1, 2), {"a": {"b": None}}])
def test_what_json_holds_is_an_attribute(value: object) -> None:
    body = success(REQUEST, "g-1", {"A": value}, no_echo=())

    assert json.loads(body)["Data"]["A"] == json.loads(json.dumps(value))


def test_4096_bytes_are_answered_and_one_more_is_not() -> None:
    room = 4096 - len(success(REQUEST, "g-1", {"A": ""}, no_echo=()).encode())

    assert len(success(REQUEST, "g-1", {"A": "x" * room}, no_echo=()).encode()) == 4096
    assert "the answer is 4097 bytes long, CloudFormation takes 4096" in reason_of({"A": "x" * (room + 1)})


def test_too_long_an_answer_names_the_largest_attributes_and_the_fix() -> None:
    reason = reason_of({"Small": "x", "Big": "ü" * 2000, "Middle": "x" * 1000, "Less": "x" * 500})

    assert "'Big' (4008 bytes), 'Middle' (1011 bytes), 'Less' (509 bytes): store them in SSM or S3" in reason
    assert "Small" not in reason


@pytest.mark.parametrize("attributes", [None, "arn:x", 5, ["Arn"], ("g-1", {}), {"a"}])
def test_attributes_are_a_dict(attributes: object) -> None:
    reason = reason_of(attributes)

    assert "the attributes are" in reason
    assert (type(attributes).__name__ if attributes is not None else "None") in reason


_SELF: dict[str, Any] = {}
_SELF["self"] = _SELF


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (datetime(2026, 11, 21, tzinfo=UTC), "'A' is or holds of type datetime"),
        (Decimal(1), "Decimal"),
        (b"x", "bytes"),
        ({1, 2}, "set"),
        (object(), "object"),
        ([{"b": [b"x"]}], "bytes"),
        (UserDict(a=1), "UserDict"),
        (math.nan, "'A' is nan"),
        ([math.inf], "'A' is inf"),
        (-math.inf, "'A' is -inf"),
        ("\ud800", "half a character"),
        ({"\ud800": 1}, "half a character"),
        ({1: 2}, "a dict in it whose names are not all text"),
        pytest.param(10**5000, "too large a number", id="number"),
        (_SELF, "contains itself"),
    ],
)
def test_what_json_cannot_hold_is_named(value: object, said: str) -> None:
    reason = reason_of({"A": value, "Fine": 1})

    assert said in reason
    assert "Fine" not in reason


def test_names_are_text() -> None:
    assert reason_of({1: "x", "Fine": 1}) == "attributes need text for names, these have none: 1"


def test_of_many_faults_some_are_named() -> None:
    assert "'A' is" in reason_of(dict.fromkeys("ABCDEFG", b"x"))
    assert "and 4 more" in reason_of(dict.fromkeys("ABCDEFG", b"x"))


# ---- physical ids --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["g", "x" * 1024, "name|arn:x", "ü" * 512])
def test_a_physical_id_is_text(value: str) -> None:
    assert check_physical_id(value) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is None, it must be text"),
        (5, "is of type int, it must be text"),
        (b"g", "is of type bytes"),
        ({"id": "g"}, "is of type dict"),
        ("", "is empty"),
        ("ü" * 513, "1026 bytes long, CloudFormation takes 1024"),
        ("a\x00b", "control or half characters"),
        ("\ud800", "control or half characters"),
    ],
)
def test_another_physical_id_is_refused(value: object, said: str) -> None:
    assert said in reason_of({}, value)
    assert len(reason_of({}, value)) < 300


@pytest.mark.parametrize(("value", "shown"), [("g-1", "g-1"), (None, "token"), ("", "token"), ("ü" * 513, "token")])
def test_what_cloudformation_would_not_take_is_replaced(value: str | None, shown: str) -> None:
    assert presentable(value, otherwise="token") == shown


# ---- failure -------------------------------------------------------------------------------------------------------


def test_a_failure_says_why() -> None:
    assert json.loads(failure(REQUEST, "g-1", "no quota")) == {**IDS, "Status": "FAILED", "Reason": "no quota"}


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_failure_always_has_a_reason(reason: str) -> None:
    assert json.loads(failure(REQUEST, "g-1", reason))["Reason"] == "no reason given"


@pytest.mark.parametrize("character", ["x", "ü", "€", "😀", '"', "\\", "\n", "\x01", "\x7f", "\ud800", "\u2028"])
@pytest.mark.parametrize("request_", [REQUEST, LONGEST], ids=["usual", "longest"])
def test_a_long_reason_is_cut_at_a_character(character: str, request_: Request) -> None:
    body = failure(request_, '"' * 1024 if request_ is LONGEST else "g-1", f"first {character * 6000}z")

    assert len(body.encode()) <= 4096
    reason = json.loads(body)["Reason"]
    assert reason.startswith("first")
    # Something was cut, or was nothing but space.
    assert reason.endswith(("…", "z"))


@pytest.mark.parametrize("character", ["x", "ü", "😀", '"'])
def test_no_room_is_wasted(character: str) -> None:
    size = len(failure(REQUEST, "g-1", character * 6000).encode())

    assert 4096 - size < len(json.dumps(character, ensure_ascii=False).encode()) - 2


def test_what_fits_is_not_cut() -> None:
    room = 4096 - len(failure(REQUEST, "g-1", "x").encode()) + 1

    assert json.loads(failure(REQUEST, "g-1", "x" * room))["Reason"] == "x" * room
    assert len(failure(REQUEST, "g-1", "x" * (room + 1)).encode()) <= 4096


def test_a_traceback_keeps_its_lines_and_loses_its_colours() -> None:
    assert json.loads(failure(REQUEST, "g-1", "a\n\tb\x1b[31m\x00c\x7f"))["Reason"] == "a\n\tb [31m c"


@given(st.text(st.characters(), max_size=8000))
def test_every_reason_fits(reason: str) -> None:
    body = failure(REQUEST, "g-1", reason)

    assert len(body.encode()) <= 4096
    assert json.loads(body)["Reason"]


def test_a_failure_needs_an_id_too() -> None:
    with pytest.raises(Unanswerable, match="is empty"):
        failure(REQUEST, "", "no quota")


# ---- the record's copy ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "left"),
    [
        ({"Key": "hunter2", "Arn": "arn:x"}, {"Arn": "arn:x"}),
        ({"Key": "hunter2"}, None),
        ({"Arn": "arn:x"}, {"Arn": "arn:x"}),
        ({}, None),
    ],
)
def test_the_record_keeps_no_secret(attributes: Mapping[str, str], left: object) -> None:
    body = success(REQUEST, "g-1", attributes, no_echo=("Key",))

    kept = without_secrets(body, ("Key",))

    assert "hunter2" not in kept
    assert json.loads(kept).get("Data") == left
    assert {**json.loads(kept), "Data": None} == {**json.loads(body), "Data": None}


def test_a_failure_is_kept_as_it_is() -> None:
    body = failure(REQUEST, "g-1", "no quota")

    assert without_secrets(body, ("Key",)) == body


def test_no_answer_holds_the_url_or_a_property() -> None:
    bodies = success(REQUEST, "g-1", {}, no_echo=()) + failure(REQUEST, "g-1", "no quota")

    assert "example.com" not in bodies
    assert "hunter2" not in bodies
