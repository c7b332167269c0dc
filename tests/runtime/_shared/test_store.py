"""What is really asked of DynamoDB, read off the wire by an HTTP server on this machine; its answers are AWS's.

What a change then does is asked of DynamoDB itself in tests/emulator/test_custom_resource_store.py.
"""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Change, Written
from constructs_lib.runtime._shared.errors import TableUnavailable
from constructs_lib.runtime._shared.store import Table, from_attributes, to_attribute, update_item
from tests.runtime._shared.store_cases import CASES, KEY, NESTED, Case, change, when
from tests.runtime.custom_resource.loopback import HANG_UP, RESET, Loopback, Reply, serving

SECRET = "hunter2"  # noqa: S105 - of the tests
WRITE = change((when("phase", "=", "IDLE"),), set={"resp:r-1": SECRET})
Server = Callable[..., Loopback]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Reply()) as loopback:
        monkeypatch.setenv("AWS_ENDPOINT_URL", loopback.endpoint)

        def answering(*replies: Reply) -> Loopback:
            loopback.say(*replies)
            return loopback

        yield answering


def answer(**attributes: Any) -> Reply:  # noqa: ANN401 - what a record holds
    item = {name: to_attribute(one) for name, one in attributes.items()}
    return Reply(200, json.dumps({"Attributes": item}).encode())


def refusal(code: str, *, status: int = 400, message: str = SECRET, **more: object) -> Reply:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **more}
    return Reply(status, json.dumps(body).encode())


# ---- what is asked -------------------------------------------------------------------------------------------------


def test_a_change_is_one_conditional_update() -> None:
    claim = change(
        (when("pk", "absent"),),
        (when("phase", "=", "IDLE"), when("lease", "<=", 100), when("op:r-1", "exists")),
        set={"owner": "me", "phase": "RUNNING"},
        remove=("ttl", "url"),
        add={"fence": 1},
    )

    assert update_item(claim) == {
        "Key": {"pk": {"S": KEY}},
        "ConditionExpression": "(attribute_not_exists(#0)) OR (#1 = :0 AND #2 <= :1 AND attribute_exists(#3))",
        "UpdateExpression": "SET #4 = :2, #1 = :3 REMOVE #5, #6 ADD #7 :4",
        "ExpressionAttributeNames": {
            f"#{n}": name for n, name in enumerate(["pk", "phase", "lease", "op:r-1", "owner", "ttl", "url", "fence"])
        },
        "ExpressionAttributeValues": {
            ":0": {"S": "IDLE"},
            ":1": {"N": "100"},
            ":2": {"S": "me"},
            ":3": {"S": "RUNNING"},
            ":4": {"N": "1"},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_alternative_without_a_condition_leaves_no_condition() -> None:
    parameters = update_item(change((when("phase", "=", "IDLE"),), (), add={"n": 1}))

    assert "ConditionExpression" not in parameters
    # DynamoDB refuses an alias that is not used.
    assert parameters["UpdateExpression"] == "ADD #0 :0"
    assert parameters["ExpressionAttributeNames"] == {"#0": "n"}
    assert parameters["ExpressionAttributeValues"] == {":0": {"N": "1"}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_empty_that_dynamodb_would_refuse_for_it(case: Case) -> None:
    parameters = update_item(case.change)

    assert [name for name, value in parameters.items() if not value] == []


def test_values_come_back_as_they_were_written() -> None:
    assert from_attributes({"all": to_attribute(NESTED)}) == {"all": NESTED}
    assert from_attributes({"n": {"N": "-5"}, "f": {"N": "1.5"}, "s": {"SS": ["a"]}}) == {"n": -5, "f": 1.5, "s": ["a"]}


@pytest.mark.parametrize("value", [1.5, b"x", {"a": {1}}])
def test_a_value_that_a_record_cannot_hold_is_refused_before_anything_is_sent(server: Server, value: object) -> None:
    loopback = server(answer())

    with pytest.raises(TypeError, match="a record holds text, whole numbers"):
        Table("records").write(change(set={"a": value}))

    assert loopback.received == []


def test_a_change_that_dynamodb_would_refuse_is_refused_before_anything_is_sent(server: Server) -> None:
    loopback = server(answer())

    with pytest.raises(ValueError, match="at least one alternative"):
        Table("records").write(Change(key=KEY, when=(), set={}))

    assert loopback.received == []


# ---- what is answered ----------------------------------------------------------------------------------------------


def test_a_change_that_was_made_shows_the_record_as_it_is_now(server: Server) -> None:
    loopback = server(answer(pk=KEY, fence=2, op=NESTED))

    assert Table("records").write(WRITE) == Written(won=True, item={"pk": KEY, "fence": 2, "op": NESTED})
    (request,) = loopback.received
    assert request.headers["X-Amz-Target"] == "DynamoDB_20120810.UpdateItem"
    assert json.loads(request.body)["TableName"] == "records"


def test_a_change_that_was_refused_shows_the_record_as_it_is_instead(server: Server) -> None:
    loopback = server(refusal("ConditionalCheckFailedException", Item={"pk": {"S": KEY}, "fence": {"N": "7"}}))

    assert Table("records").write(WRITE) == Written(won=False, item={"pk": KEY, "fence": 7})
    assert len(loopback.received) == 1


def test_a_change_that_was_refused_without_a_record_shows_none(server: Server) -> None:
    server(refusal("ConditionalCheckFailedException"))

    assert Table("records").write(WRITE) == Written(won=False, item={})


def test_the_client_is_kept(server: Server) -> None:
    loopback = server(answer())
    table = Table("records")

    table.write(WRITE)
    client = table._client
    table.write(WRITE)

    assert table._client is client
    assert len(loopback.received) == 2


# ---- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (refusal("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException"),
        (refusal("ThrottlingException"), "ThrottlingException"),
        (refusal("InternalServerError", status=500), "InternalServerError"),
        (Reply(503, b"<html>"), "503"),
        (Reply(RESET), "ConnectionClosedError"),
        (Reply(HANG_UP), "ConnectionClosedError"),
    ],
    ids=str,
)
def test_passing_trouble_is_tried_three_times_and_then_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, trouble: Reply, code: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    loopback = server(trouble)

    with pytest.raises(TableUnavailable, match=f"the table records .*{code}") as caught:
        Table("records").write(WRITE)

    assert len(loopback.received) == 3
    assert_tells_no_secret(caught.value)


def test_passing_trouble_may_pass(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server(refusal("ThrottlingException"), Reply(RESET), answer(fence=1))

    assert Table("records").write(WRITE) == Written(won=True, item={"fence": 1})


def test_a_write_whose_answer_was_lost_is_refused_to_its_own_second_try(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server(Reply(RESET), refusal("ConditionalCheckFailedException", Item={"owner": {"S": "me"}}))

    # The caller knows its own nonce.
    assert Table("records").write(WRITE) == Written(won=False, item={"owner": "me"})


@pytest.mark.parametrize("code", ["ValidationException", "ItemCollectionSizeLimitExceededException"])
def test_a_refusal_is_told_at_once_and_by_its_code_alone(server: Server, code: str) -> None:
    loopback = server(refusal(code))

    with pytest.raises(TableUnavailable, match=f"the table records refused a write with {code}$") as caught:
        Table("records").write(WRITE)

    assert len(loopback.received) == 1
    assert_tells_no_secret(caught.value)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_is_missing_is_told(server: Server, code: str) -> None:
    server(refusal(code, message="User: arn:x is not authorized to perform: dynamodb:UpdateItem"))

    with pytest.raises(TableUnavailable, match=f"{code}: User: arn:x is not authorized"):
        Table("records").write(WRITE)


def test_a_table_out_of_reach_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(TableUnavailable, match="records could not be reached: EndpointConnectionError"):
        Table("records").write(WRITE)


def test_a_function_without_a_region_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(TableUnavailable, match="records could not be reached: NoRegionError"):
        Table("records").write(WRITE)


def test_a_function_of_few_seconds_gets_to_say_that_the_table_is_away(server: Server) -> None:
    server(answer())
    table = Table("records")
    table.write(WRITE)

    config = table._client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", 3)


@pytest.fixture
def botocore(caplog: pytest.LogCaptureFixture) -> Iterator[logging.Logger]:
    """The logger of a function that logs everything, before anybody has set botocore's own."""
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("botocore")
    before = logger.level
    logger.setLevel(logging.NOTSET)
    yield logger
    logger.setLevel(before)


def test_a_function_that_logs_at_debug_logs_nothing_of_what_is_written(
    server: Server, botocore: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    server(answer(phase="IDLE"))
    logging.getLogger("author").debug("this is logged")

    Table("records").write(WRITE)

    assert "this is logged" in caplog.text
    assert SECRET not in caplog.text
    assert botocore.getEffectiveLevel() == logging.INFO


def test_an_author_who_wants_botocore_s_lines_gets_them(server: Server, botocore: logging.Logger) -> None:
    server(answer(phase="IDLE"))
    botocore.setLevel(logging.DEBUG)

    Table("records").write(WRITE)

    assert botocore.level == logging.DEBUG


def assert_tells_no_secret(error: BaseException) -> None:
    """Neither it nor what it would show as its cause."""
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__
