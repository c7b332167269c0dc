import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.delayed_check import InvalidInput, UnknownContact, record_outcome, reporting, start_check
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.messages import read_start
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.timing import parse_placed_at
from tests.runtime.custom_resource.loopback import Reply, serving
from tests.runtime.delayed_check.stage import START, Stage

PLACED_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


class Queue:
    """Notes what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    def send(self, queue_arn: str, body: Mapping[str, Any], *, delay: int = 0) -> None:
        assert delay == 0
        self.sent.append((queue_arn, body))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    queue = Queue()
    monkeypatch.setattr(reporting, "OUTBOUND", queue)
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}A_START", Settings("late-orders", start_queue_arn=START).to_json())
    return queue


# ---- starting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "placed_at", [PLACED_AT, PLACED_AT.timestamp(), "2026-11-20T10:00:00Z", "2026-11-20T12:00:00+02:00"]
)
def test_a_start_is_a_message_with_an_unambiguous_time(queue: Queue, placed_at: Any) -> None:  # noqa: ANN401 - any of them
    start_check("order-1", placed_at)

    assert queue.sent == [(START, {"unit": "order-1", "placed_at": "2026-11-20T10:00:00.000Z"})]


def test_what_is_sent_is_what_the_start_function_reads(queue: Queue) -> None:
    now = time.time()

    start_check(7, now)

    unit, placed_at = read_start(queue.sent[0][1])
    assert unit == "7"
    assert parse_placed_at(placed_at, now=int(now * 1000)) == round(now * 1000)


@pytest.mark.parametrize(
    ("unit", "placed_at", "said"),
    [
        ("", PLACED_AT, "unit must be the order's id"),
        (None, PLACED_AT, "unit must be the order's id"),
        ("order-1", None, "placed_at is missing"),
        ("order-1", PLACED_AT.replace(tzinfo=None), "placed_at has no UTC offset"),
        ("order-1", "yesterday", "placed_at is no time"),
        ("order-1", 1e12, "milliseconds"),
    ],
)
def test_what_is_no_order_is_refused_before_anything_is_sent(
    queue: Queue, unit: object, placed_at: object, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        start_check(cast("Any", unit), cast("Any", placed_at))

    assert queue.sent == []


def test_of_several_checks_one_is_named(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Settings("very-late", start_queue_arn="arn:of:the:other")
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}B_START", other.to_json())

    with pytest.raises(SettingsError, match=r"say which one, check='late-orders' for example"):
        start_check("order-1", PLACED_AT)
    start_check("order-1", PLACED_AT, check="very-late")

    assert [arn for arn, _ in queue.sent] == ["arn:of:the:other"]


def test_a_function_that_was_not_granted_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INSIDE_LAMBDA, "shop")

    with pytest.raises(SettingsError, match=r"call check\.grant_start\(fn\)"):
        start_check("order-1", PLACED_AT)
    with pytest.raises(SettingsError, match=r"call check\.grant_record_outcome\(fn\)"):
        record_outcome("order-1", "token", "answered")


def test_a_queue_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}A_START", Settings("late-orders", start_queue_arn=START).to_json())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(Unanswered, match="did not take a message: EndpointConnectionError"):
        start_check("order-1", PLACED_AT)


# ---- outcomes ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dialed(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    stage.deliver(stage.decided())
    assert stage.row().state is State.DIALED
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}A_OUTCOME", Settings("late-orders", table_name="rows").to_json())
    monkeypatch.setattr(reporting, "_world", lambda _: stage.world)
    return stage


def token_of(stage: Stage) -> str:
    token = stage.row().token
    assert token is not None
    return token


def test_an_outcome_is_joined_to_its_order(dialed: Stage) -> None:
    assert record_outcome("order-1", token_of(dialed), "answered") is True

    row = dialed.row()
    assert (row.state, row.outcome, row.provider_id) == (State.OUTCOME, "answered", "call-1")


def test_a_report_that_comes_again_is_still_the_outcome(dialed: Stage) -> None:
    token = token_of(dialed)

    assert [record_outcome("order-1", token, "answered") for _ in range(20)] == [True] * 20


def test_the_first_outcome_stands(dialed: Stage) -> None:
    token = token_of(dialed)
    record_outcome("order-1", token, "no_answer")

    assert record_outcome("order-1", token, "answered") is False
    assert dialed.row().outcome == "no_answer"


def test_of_several_checks_the_named_one_has_the_outcome(dialed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Settings("very-late", table_name="others")
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}B_OUTCOME", other.to_json())
    token = token_of(dialed)

    with pytest.raises(SettingsError, match=r"say which one, check='late-orders' for example"):
        record_outcome("order-1", token, "answered")
    with pytest.raises(UnknownContact):
        record_outcome("order-1", token, "answered", check="very-late")
    assert dialed.row().state is State.DIALED
    assert record_outcome("order-1", token, "answered", check="late-orders") is True


@pytest.mark.parametrize("unit", ["order-1", "order-2", "order-1#"])
def test_whoever_does_not_know_the_token_reports_nothing(dialed: Stage, unit: str) -> None:
    before = json.dumps(dialed.table.records)

    with pytest.raises(UnknownContact, match=r"no contact of .* has this token"):
        record_outcome(unit, "0" * 32, "answered")

    assert json.dumps(dialed.table.records) == before


@pytest.mark.parametrize(
    ("unit", "token", "outcome", "said"),
    [
        ("", "t", "answered", "unit must be the order's id"),
        ("order-1", None, "answered", "token must be the text that contact was given, got None"),
        ("order-1", "", "answered", "token must be the text"),
        ("order-1", "t", "+49 170 5550123", "outcome must be a name"),
        ("order-1", "t", None, "outcome must be a name"),
    ],
)
def test_what_is_no_report_is_refused(dialed: Stage, unit: Any, token: Any, outcome: Any, said: str) -> None:  # noqa: ANN401 - the wrong types are the point
    writes = dialed.table.writes

    with pytest.raises(InvalidInput, match=said):
        record_outcome(unit, token, outcome)

    assert dialed.table.writes == writes


def test_a_table_that_does_not_answer_is_an_error(dialed: Stage) -> None:
    token = token_of(dialed)
    dialed.table.fail(after_writing=True)

    with pytest.raises(Unanswered):
        record_outcome("order-1", token, "answered")
    assert record_outcome("order-1", token, "answered") is True


def test_it_is_one_conditional_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}A_OUTCOME", Settings("late-orders", table_name="reported").to_json())
    refused = json.dumps({"__type": "ConditionalCheckFailedException", "message": "no"}).encode()
    with serving(Reply(400, refused)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(UnknownContact):
            record_outcome("order-1", "0" * 32, "answered")

    (request,) = server.received
    content = json.loads(request.body)
    assert request.headers["X-Amz-Target"] == "DynamoDB_20120810.UpdateItem"
    assert (content["TableName"], content["Key"]) == ("reported", {"pk": {"S": "late-orders#order-1"}})
