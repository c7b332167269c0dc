"""The naive handler, which does what it is told as often as it is told."""

import ast
import json
from typing import Any

import pytest
import urllib3

from tests.helpers.lambda_src import LAMBDA_SRC, Context, Function, load
from tests.helpers.spot_vendor import NO_ANSWER, SpotVendor

WEB = {"Name": "web", "Region": "eu-west-1", "TargetCapacity": "2"}


@pytest.fixture
def function(vendor: SpotVendor, secrets_read: list[dict[str, Any]]) -> Function:
    assert secrets_read == []
    function = load("elastigroup_without_idempotency")
    function.module.http = vendor  # type: ignore[attr-defined]
    return function


def event(type_: str, physical_id: str | None = None, **changed: str) -> dict[str, Any]:
    """What CDK's `Provider` passes on."""
    ids = {} if physical_id is None else {"PhysicalResourceId": physical_id}
    old = {"OldResourceProperties": WEB} if type_ == "Update" else {}
    return {"RequestType": type_, "RequestId": "r-1", **ids, "ResourceProperties": {**WEB, **changed}, **old}


def test_a_create_makes_a_group_and_tells_its_id_and_attributes(function: Function, vendor: SpotVendor) -> None:
    answer = function(event("Create"))

    [group] = vendor.live
    assert vendor.sent("POST") == [{"name": "web", "region": "eu-west-1", "capacity": 2, "latency": 0}]
    assert answer == {
        "PhysicalResourceId": group["id"],
        "Data": {"Endpoint": f"https://{group['id']}.eu-west-1.spot.example", "Status": "active"},
    }


def test_the_same_create_again_makes_another_group(function: Function, vendor: SpotVendor) -> None:
    """The article's finding, and the reason for the library."""
    ids = {function(event("Create"))["PhysicalResourceId"] for _ in range(3)}

    assert {group["id"] for group in vendor.live} == ids
    assert len(ids) == 3


def test_a_create_whose_answer_is_lost_fails_and_leaves_a_group(function: Function, vendor: SpotVendor) -> None:
    vendor.endings = [NO_ANSWER]

    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        function(event("Create"))

    assert len(vendor.live) == 1


def test_an_update_changes_the_group(function: Function, vendor: SpotVendor) -> None:
    made = function(event("Create"))

    assert function(event("Update", made["PhysicalResourceId"], TargetCapacity="5")) == made
    assert [group["capacity"] for group in vendor.live] == [5]


def test_another_region_makes_another_group_and_leaves_the_old_one_to_cloudformation(
    function: Function, vendor: SpotVendor
) -> None:
    old = function(event("Create"))["PhysicalResourceId"]

    new = function(event("Update", old, Region="us-east-1"))["PhysicalResourceId"]

    assert {group["id"]: group["region"] for group in vendor.live} == {old: "eu-west-1", new: "us-east-1"}


def test_a_delete_deletes_and_may_come_again(function: Function, vendor: SpotVendor) -> None:
    made = function(event("Create"))["PhysicalResourceId"]

    assert [function(event("Delete", made)) for _ in range(2)] == [{}, {}]
    assert vendor.live == []


def test_an_id_that_is_no_group_s_is_not_deleted_at_the_vendor(function: Function, vendor: SpotVendor) -> None:
    assert function(event("Delete", "2026/11/21/[$LATEST]0123456789abcdef")) == {}
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"TargetCapacity": "-1"}, "the vendor answers 400: capacity must be a whole number from 0 to 1000, got -1"),
        ({}, "the vendor answers 503: no reason given"),
    ],
)
def test_a_refusal_is_told_with_its_reason(
    function: Function, vendor: SpotVendor, change: dict[str, str], reason: str
) -> None:
    vendor.statuses = [] if change else [503]

    with pytest.raises(function.module.VendorError, match=reason):
        function(event("Create", **change))

    assert vendor.made == []


def test_a_delete_that_the_vendor_does_not_carry_out_fails(function: Function, vendor: SpotVendor) -> None:
    made = function(event("Create"))["PhysicalResourceId"]
    vendor.statuses = [503]

    with pytest.raises(function.module.VendorError, match="503"):
        function(event("Delete", made))


def test_the_call_has_the_key_ends_before_the_function_and_is_logged(function: Function, vendor: SpotVendor) -> None:
    function(event("Create", Latency="1.5"), Context(remaining=5_000))

    [request] = vendor.requests
    assert request["url"] == "https://vendor.example/t/groups"
    assert request["headers"]["x-api-key"] == "the-key"
    assert request["timeout"].total == 4
    assert json.loads(request["body"])["latency"] == 1.5
    assert function.lines_with(message="vendor call", http_status=201, group_id=vendor.live[0]["id"])


def test_both_elastigroups_call_the_vendor_alike() -> None:
    """The comparison is between ways to handle an event, so the call itself must not differ."""

    def shared(name: str) -> dict[str, str]:
        tree = ast.parse((LAMBDA_SRC / name / "handler.py").read_text(encoding="utf-8"))
        functions = {node.name: ast.dump(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
        return {each: functions[each] for each in ("call_vendor", "wanted", "attributes_of")}

    assert shared("elastigroup") == shared("elastigroup_without_idempotency")
