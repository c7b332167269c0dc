from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.custom_resource.contract import RESPONSE_HOSTS, TICK
from constructs_lib.runtime.custom_resource.request import (
    FailureRecord,
    NotARequest,
    Tick,
    failure_of,
    read,
    response_hosts,
    tick_of,
)

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c3a52-7b1e-11ef-9c3d-0a5b6c7d8e9f"
BUCKET = "cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com"
URL = f"https://{BUCKET}/arn%3Aaws%7CGroup%7Cr-1?X-Amz-Date=20261121T120000Z&X-Amz-Expires=7200&X-Amz-Signature=5ec2e7"
CREATE = {
    "RequestType": "Create",
    "RequestId": "r-1",
    "StackId": STACK,
    "LogicalResourceId": "Group",
    "ResourceType": "Custom::Group",
    "ResponseURL": URL,
    "ResourceProperties": {"ServiceToken": "arn:aws:lambda:x", "ServiceTimeout": "60", "Name": "web"},
}
UPDATE = {
    **CREATE,
    "RequestType": "Update",
    "PhysicalResourceId": "g-1",
    "OldResourceProperties": {"ServiceToken": "arn:aws:lambda:x", "Name": "old"},
}
DELETE = {**CREATE, "RequestType": "Delete", "PhysicalResourceId": "g-1"}


def without(event: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != field}


def test_a_create_is_read() -> None:
    request = read(CREATE)

    assert (request.type, request.request_id, request.stack_id, request.logical_id) == ("Create", "r-1", STACK, "Group")
    assert (request.resource_type, request.url, request.physical_id) == ("Custom::Group", URL, None)
    assert (request.properties, request.old_properties) == ({"Name": "web"}, {})
    assert request.signed_at == 1_795_262_400
    assert request.key == f"{STACK}|Group"


def test_an_update_is_read() -> None:
    request = read(UPDATE)

    assert (request.type, request.physical_id) == ("Update", "g-1")
    assert (request.properties, request.old_properties) == ({"Name": "web"}, {"Name": "old"})


def test_a_delete_is_read() -> None:
    assert (read(DELETE).type, read(DELETE).physical_id) == ("Delete", "g-1")


def test_the_event_stays_as_it_is() -> None:
    read(CREATE)

    assert "ServiceToken" in CREATE["ResourceProperties"]


def test_what_cloudformation_may_leave_out_is_not_needed() -> None:
    event = without(without(CREATE, "ResourceProperties"), "ResourceType")

    assert (read(event).properties, read(event).resource_type) == ({}, "")


def test_60_kilobytes_of_properties_are_read() -> None:
    properties = {f"P{n}": "ü" * 1000 for n in range(30)}

    assert read({**CREATE, "ResourceProperties": properties}).properties == properties


@pytest.mark.parametrize("event", [None, [], "Create", 5, {}])
def test_what_is_no_event_is_refused(event: object) -> None:
    with pytest.raises(NotARequest):
        read(event)


@pytest.mark.parametrize("field", ["RequestType", "RequestId", "StackId", "LogicalResourceId", "ResponseURL"])
@pytest.mark.parametrize("value", [None, "", 5, ["a"], {"a": 1}])
def test_each_field_is_needed(field: str, value: object) -> None:
    for event in ({**CREATE, field: value}, without(CREATE, field)):
        with pytest.raises(NotARequest, match=field):
            read(event)


@pytest.mark.parametrize("event", [UPDATE, DELETE])
@pytest.mark.parametrize("value", [None, "", 5])
def test_a_physical_id_is_needed_after_create(event: Mapping[str, Any], value: object) -> None:
    with pytest.raises(NotARequest, match="PhysicalResourceId"):
        read({**event, "PhysicalResourceId": value})


@pytest.mark.parametrize("value", ["create", "Read", "Create ", "x" * 500])
def test_an_unknown_request_type_is_refused_and_named(value: str) -> None:
    with pytest.raises(NotARequest, match=r"not Create, Update or Delete") as caught:
        read({**CREATE, "RequestType": value})

    assert value[:40] in caught.value.reason
    assert len(caught.value.reason) < 200


@pytest.mark.parametrize("field", ["ResourceProperties", "OldResourceProperties"])
@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_properties_are_an_object(field: str, value: object) -> None:
    with pytest.raises(NotARequest, match=field):
        read({**UPDATE, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("StackId", "x" * 600),
        ("RequestId", "ü" * 300),
        ("PhysicalResourceId", "x" * 1025),
        ("LogicalResourceId", "a\nb"),
        ("LogicalResourceId", "a|b"),
        ("RequestId", 'a"b'),
        ("StackId", "a\\b"),
        ("PhysicalResourceId", "\ud800"),
    ],
)
def test_ids_that_no_answer_could_hold_are_refused(field: str, value: str) -> None:
    with pytest.raises(NotARequest, match=field):
        read({**DELETE, field: value})


@pytest.mark.parametrize("physical_id", ["x" * 1024, "name|arn:aws:x", "größe 5"])
def test_a_physical_id_may_hold_what_authors_return(physical_id: str) -> None:
    assert read({**DELETE, "PhysicalResourceId": physical_id}).physical_id == physical_id


@given(st.dictionaries(st.sampled_from([*UPDATE, "x"]), st.one_of(st.none(), st.text(), st.integers(), st.binary())))
def test_nothing_else_is_raised(changes: dict[str, object]) -> None:
    try:
        read({**UPDATE, **changes})
    except NotARequest as error:
        assert "5ec2e7" not in str(error)  # noqa: PT017 - it need not be raised


def test_local_hosts_are_read_from_the_environment() -> None:
    assert response_hosts({}) == frozenset()
    assert response_hosts({RESPONSE_HOSTS: " LocalHost:4566, 127.0.0.1:80 ,,"}) == {"localhost:4566", "127.0.0.1:80"}


# ---- the on-failure destination ------------------------------------------------------------------------------------

RECORD = {
    "version": "1.0",
    "requestContext": {"requestId": "i-1", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": CREATE,
    "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    "responsePayload": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 5.00 seconds"},
}


def test_what_lambda_gave_up_is_unwrapped() -> None:
    cause = "Lambda gave up after 3 runs (RetriesExhausted): Sandbox.Timedout: Task timed out after 5.00 seconds"

    assert failure_of(RECORD) == FailureRecord(request_payload=CREATE, cause=cause)


def test_an_event_that_got_too_old_has_no_answer_to_tell_of() -> None:
    record = {
        "requestContext": {"condition": "EventAgeExceeded", "approximateInvokeCount": 1},
        "requestPayload": CREATE,
        "responsePayload": None,
    }

    failure = failure_of(record)

    assert failure == FailureRecord(request_payload=CREATE, cause="Lambda gave up after 1 runs (EventAgeExceeded)")


def test_a_record_within_records_is_opened_to_the_event_and_its_own_cause() -> None:
    outer = {**RECORD, "requestPayload": RECORD, "responsePayload": {"errorMessage": "the second failure"}}
    outermost = {**outer, "requestPayload": outer}

    failure = failure_of(outermost)

    assert failure is not None
    assert (failure.request_payload, failure.nested) == (CREATE, True)
    assert "Task timed out" in failure.cause


def test_a_cause_holds_no_address_and_has_an_end() -> None:
    message = f"PUT {URL} failed, signature 5: {'ü' * 10_000}"

    failure = failure_of({**RECORD, "responsePayload": {"errorMessage": message}})

    assert failure is not None
    assert not any(part in failure.cause for part in ("5ec2e7", BUCKET))
    assert len(failure.cause) <= 500


@pytest.mark.parametrize(
    "event",
    [
        CREATE,
        None,
        [],
        {"requestPayload": CREATE},
        {"requestPayload": CREATE, "requestContext": None},
        {"requestPayload": CREATE, "requestContext": {"condition": 5}},
        {"requestContext": {"condition": "RetriesExhausted"}},
    ],
)
def test_another_event_is_no_record(event: object) -> None:
    assert failure_of(event) is None


@pytest.mark.parametrize("payload", [None, 5, [], {"errorMessage": 5}, {}])
def test_a_record_without_a_message_still_has_a_cause(payload: object) -> None:
    failure = failure_of({**RECORD, "responsePayload": payload})

    assert failure is not None
    assert failure.cause == "Lambda gave up after 3 runs (RetriesExhausted)"


# ---- ticks ---------------------------------------------------------------------------------------------------------


def test_a_tick_is_recognised() -> None:
    event = {"function": "arn", TICK: {"pk": "s|l", "request_id": "r-1"}, "next_in": 5}

    assert tick_of(event) == Tick(key="s|l", request_id="r-1")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("States.Timeout", "States.Timeout"),
        ({"Error": "States.Timeout", "Cause": "too long"}, "States.Timeout: too long"),
        (
            {"Error": "Unhandled", "Cause": '{"errorMessage": "timed out", "errorType": "Sandbox.Timedout"}'},
            "Sandbox.Timedout: timed out",
        ),
        ('{"errorMessage": "timed out"}', "timed out"),
        ({"Cause": "{not JSON"}, "{not JSON"),
        (f"could not PUT {URL}", "could not PUT (a URL)"),
        (5, ""),
    ],
)
def test_a_tick_tells_why_the_loop_gave_up(cause: object, text: str) -> None:
    assert tick_of({TICK: {"pk": "s|l", "request_id": "r-1", "cause": cause}}) == Tick("s|l", "r-1", text)


@pytest.mark.parametrize(
    "event",
    [
        CREATE,
        RECORD,
        None,
        {TICK: None},
        {TICK: {"pk": "s|l"}},
        {TICK: {"pk": "", "request_id": "r"}},
        {TICK: {"pk": 5, "request_id": "r"}},
    ],
)
def test_another_event_is_no_tick(event: object) -> None:
    assert tick_of(event) is None
