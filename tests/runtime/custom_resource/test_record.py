"""The record as values, and which resources a Delete is about."""

from typing import Any

import pytest

from constructs_lib.runtime.custom_resource.record import (
    Being,
    Instance,
    Operation,
    Status,
    instance,
    instances,
    operation,
    targets,
    to_value,
)
from constructs_lib.runtime.custom_resource.request import Request


def made(being: Being, physical_id: str | None = None, *, by: str = "Create", request_id: str = "c") -> dict[str, Any]:
    value = Instance(being=being, request_id=request_id, made_by=by, physical_id=physical_id)  # type: ignore[arg-type]
    return to_value(value)


#: Seconds at which the Creates below may go on no longer.
DEADLINE = 900


def create(status: Status = Status.SUCCEEDED) -> dict[str, Any]:
    return to_value(Operation(type="Create", status=status, url_digest="u", claimed_at=1, deadline=DEADLINE * 1000))


def update() -> dict[str, Any]:
    return to_value(Operation(type="Update", status=Status.SUCCEEDED, url_digest="u", claimed_at=2))


def delete(physical_id: str, signed_at: int | None) -> Request:
    return Request(
        type="Delete",
        request_id="d",
        stack_id="s",
        logical_id="l",
        resource_type="",
        url="",
        url_digest="",
        physical_id=physical_id,
        signed_at=signed_at,
    )


def test_an_operation_and_an_instance_survive_the_record() -> None:
    known = Operation(type="Update", status=Status.WAITING, url_digest="u", attempt=3, physical_id="sig-1")
    one = Instance(being=Being.DELETING, request_id="c", made_by="Create", attempt=2, physical_id="sig-1")
    item = {"op:r": to_value(known), "inst:t": to_value(one)}

    assert operation(item, "r") == known
    assert instance(item, "t") == one
    assert operation(item, "other") is None
    assert instance(item, "other") is None


def test_a_field_of_a_later_version_is_ignored() -> None:
    item = {"op:r": {**create(), "invented": 1}, "inst:t": {**made(Being.LIVE, "sig-1"), "invented": 1}}

    assert operation(item, "r") is not None
    assert instances(item)["t"].physical_id == "sig-1"


def test_an_instance_without_an_id_leaves_it_out() -> None:
    assert "physical_id" not in made(Being.INTENT)


ANSWERED = {"op:c": create(), "ack:c": "u"}
UNANSWERED = {"op:c": create()}


@pytest.mark.parametrize(
    ("item", "physical_id", "tokens", "foreign"),
    [
        # What the id names.
        ({**ANSWERED, "inst:t": made(Being.LIVE, "sig-1")}, "sig-1", ["t"], False),
        ({**ANSWERED, "inst:t": made(Being.LIVE, "sig-1"), "inst:s": made(Being.LIVE, "sig-2")}, "sig-2", ["s"], False),
        ({**ANSWERED, "inst:t": made(Being.GONE, "sig-1")}, "sig-1", [], False),
        # The id of a failed create is its token.
        ({**ANSWERED, "inst:t": made(Being.UNSURE)}, "t", ["t"], False),
        ({**ANSWERED, "inst:t": made(Being.GONE)}, "t", [], False),
        # An id that CloudFormation made up, because no Create was answered.
        ({"op:c": create(Status.FAILED), "inst:t": made(Being.INTENT)}, "made-up", ["t"], False),
        ({"op:c": create(Status.FAILED), "inst:t": made(Being.CREATED, "sig-1")}, "made-up", ["t"], False),
        ({**UNANSWERED, "inst:t": made(Being.LIVE, "sig-1")}, "made-up", ["t"], False),
        ({"op:c": create(Status.FAILED), "inst:t": made(Being.GONE)}, "made-up", [], False),
        # An id that the record cannot know: it was lost, or restored from before.
        ({}, "sig-1", [], True),
        ({**ANSWERED, "inst:t": made(Being.LIVE, "sig-1")}, "sig-9", [], True),
        ({"inst:t": made(Being.LIVE, "sig-1")}, "sig-9", [], True),
        # What a replacement has left is not what a Delete of another id means.
        ({**ANSWERED, "inst:t": made(Being.CREATED, "sig-2", by="Update", request_id="u")}, "sig-9", [], True),
    ],
)
def test_what_a_delete_is_about(item: dict[str, Any], physical_id: str, tokens: list[str], foreign: bool) -> None:
    about = targets(item, delete(physical_id, signed_at=DEADLINE + 3600))

    assert sorted(about.instances) == tokens
    assert about.foreign is foreign


LIVE = {**ANSWERED, "inst:t": made(Being.LIVE, "sig-1")}


@pytest.mark.parametrize(
    ("item", "signed_at", "tokens"),
    [
        (LIVE, DEADLINE - 1, ["t"]),
        (LIVE, None, ["t"]),
        # CloudFormation knew the answer: it waits no longer than this, or has asked for something else since.
        (LIVE, DEADLINE + 120, []),
        ({**LIVE, "op:u": update()}, DEADLINE - 1, []),
        ({**LIVE, "op:u": update()}, None, []),
        # The answer to another resource's Create says nothing of what is live.
        ({**LIVE, "inst:t": made(Being.GONE, "sig-1")}, None, []),
    ],
)
def test_an_answer_may_have_come_too_late_for_cloudformation_to_hear_it(
    item: dict[str, Any], signed_at: int | None, tokens: list[str]
) -> None:
    about = targets(item, delete("made-up", signed_at))

    assert sorted(about.instances) == tokens
