"""What comes in is recognised, and what is served is served for real: here with a table and a bucket in memory."""

# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

import json
import logging
from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.custom_resource import Context, InProgress, ResourceHandler, handler
from constructs_lib.runtime.custom_resource.contract import ENVIRONMENT, LONGEST_INVOCATION, TICK, Metric, Settings
from constructs_lib.runtime.custom_resource.errors import NotOurs
from constructs_lib.runtime.custom_resource.handler import LambdaClock
from constructs_lib.runtime.custom_resource.steps import Answer, Start
from constructs_lib.runtime.custom_resource.testing import (
    STACK_ID,
    MemoryTable,
    ResponseBucket,
    VirtualClock,
    failure_record,
    request_event,
)

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:polls"


class LambdaContext:
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:groups:live"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Aws:
    """What stands in for the table, the bucket and Step Functions."""

    def __init__(self) -> None:
        clock = VirtualClock()
        self.table = MemoryTable(clock)
        self.bucket = ResponseBucket(clock)
        self.started: list[tuple[Start, str, str]] = []
        self.names: list[str] = []

    def put(self, url: str, body: str, *, seconds: float) -> Answer:
        return self.bucket.put(url, body, seconds=seconds)

    def start(self, start: Start, *, state_machine_arn: str, function_arn: str) -> None:
        self.started.append((start, state_machine_arn, function_arn))

    def table_named(self, name: str) -> MemoryTable:
        self.names.append(name)
        return self.table

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(put.body) for put in self.bucket.puts]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    aws = Aws()
    monkeypatch.setattr(handler, "_OUTBOUND", aws)
    monkeypatch.setattr(handler, "_table", aws.table_named)
    monkeypatch.setenv(INSIDE_LAMBDA, "groups")
    monkeypatch.setenv(ENVIRONMENT, Settings("records", provider="groups", state_machine_arn=MACHINE).to_json())
    return aws


class Group(ResourceHandler):
    calls: list[str]

    def create(self, ctx: Context, properties: Any) -> Any:
        self.calls.append("create")
        return InProgress("group-1", {"token": ctx.token}, next_in=7) if "Slow" in properties else ctx.token

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> Any:  # noqa: ARG002
        self.calls.append("update")

    def delete(self, ctx: Context, physical_id: str, properties: Any) -> Any:  # noqa: ARG002
        self.calls.append("delete")

    def poll(self, ctx: Context, state: Any) -> Any:
        self.calls.append("poll")
        return {"IsSame": str(state["token"] == ctx.token)}


@pytest.fixture
def group() -> type[Group]:
    return type("Group", (Group,), {"calls": []})


def test_an_event_is_served_and_answered(aws: Aws, group: type[Group]) -> None:
    assert group.as_handler()(request_event("Create"), LambdaContext()) is None

    (answer,) = aws.answers
    assert (answer["Status"], answer["RequestId"], len(answer["PhysicalResourceId"])) == ("SUCCESS", "request-1", 52)
    assert (group.calls, aws.names) == (["create"], ["records"])


def test_a_duplicate_in_another_container_calls_nobody(aws: Aws, group: type[Group]) -> None:
    group.as_handler()(request_event("Create"), LambdaContext())

    group.as_handler()(request_event("Create"), LambdaContext())

    assert (group.calls, len(aws.answers)) == (["create"], 1)


def test_long_work_starts_the_loop_with_the_arn_that_was_invoked_and_a_tick_ends_it(
    aws: Aws, group: type[Group]
) -> None:
    served = group.as_handler()
    served(request_event("Create", {"Slow": "true"}), LambdaContext())
    ((start, machine, function),) = aws.started

    done = served({TICK: {"pk": start.key, "request_id": start.request_id}}, LambdaContext())

    assert (machine, start.next_in) == (MACHINE, 7)
    assert function == "arn:aws:lambda:eu-west-1:123456789012:function:groups:live"
    assert done == {"done": True}
    assert [answer["Data"] for answer in aws.answers] == [{"IsSame": "True"}]


def test_a_tick_with_a_cause_gives_up_without_the_author(aws: Aws, group: type[Group]) -> None:
    served = group.as_handler()
    served(request_event("Create", {"Slow": "true"}), LambdaContext())
    tick = {"pk": f"{STACK_ID}|Resource", "request_id": "request-1", "cause": "States.Timeout"}

    assert served({TICK: tick}, LambdaContext()) == {"done": True}

    assert [answer["Status"] for answer in aws.answers] == ["FAILED"]
    assert "States.Timeout" in aws.answers[0]["Reason"]
    assert group.calls == ["create"]


def test_a_record_of_the_on_failure_path_is_answered_without_the_author(aws: Aws, group: type[Group]) -> None:
    record = failure_record(request_event("Create"), error_type="Sandbox.Timedout", message="timed out after 3.00 s")

    assert group.as_handler()(record, LambdaContext()) is None

    assert [answer["Status"] for answer in aws.answers] == ["FAILED"]
    assert "timed out after 3.00 s" in aws.answers[0]["Reason"]
    assert group.calls == []


def test_an_event_that_cannot_be_answered_is_raised_so_that_lambda_delivers_it_again(
    aws: Aws, group: type[Group]
) -> None:
    aws.table.go_away()

    with pytest.raises(Unanswered):
        group.as_handler()(request_event("Create"), LambdaContext())

    assert (group.calls, aws.answers) == ([], [])


def test_a_failure_of_the_on_failure_path_is_raised_once_and_then_only_logged(
    aws: Aws, group: type[Group], caplog: pytest.LogCaptureFixture
) -> None:
    aws.bucket.go_away()
    served = group.as_handler()
    record = failure_record(request_event("Create"), error_type="Runtime.ExitError", message="killed")

    with pytest.raises(Unanswered):
        served(record, LambdaContext())
    nested = failure_record(record, error_type="NotDelivered", message="not delivered")
    assert served(nested, LambdaContext()) is None
    assert served(failure_record(nested, error_type="NotDelivered", message="again"), LambdaContext()) is None

    assert "the on-failure path itself failed" in caplog.text


@pytest.mark.parametrize(
    "event",
    [
        None,
        "text",
        [],
        {},
        {"RequestType": "Create"},
        {**request_event("Create"), "RequestType": "Read"},
        {**request_event("Create"), "ResponseURL": "http://169.254.169.254/latest"},
        {TICK: None},
        {TICK: {"pk": 1}},
        failure_record({}, error_type="E", message=""),
        failure_record({TICK: {"pk": "a|b", "request_id": "1"}}, error_type="E", message=""),
        {"requestPayload": {}, "requestContext": {}},
        failure_record({"Records": [{}]}, error_type="NotOurs", message=""),
    ],
    ids=str,
)
def test_what_is_none_of_ours_is_logged_and_dropped(
    event: Any, aws: Aws, group: type[Group], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert group.as_handler()(event, LambdaContext()) is None

    assert (group.calls, aws.answers, aws.table.records) == ([], [], {})
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert Metric.MALFORMED in capsys.readouterr().out


def test_without_settings_in_lambda_cloudformation_is_told_the_fix_at_once(
    aws: Aws, group: type[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT)
    served = group.as_handler()

    assert served(request_event("Create"), LambdaContext()) is None
    assert served(request_event("Delete", physical_id="group-1"), LambdaContext()) is None

    assert [answer["Status"] for answer in aws.answers] == ["FAILED", "FAILED"]
    assert "deploy it with IdempotentProvider" in aws.answers[0]["Reason"]
    assert aws.answers[1]["PhysicalResourceId"] == "group-1"
    assert group.calls == []


def test_without_settings_and_nobody_to_tell_it_is_raised(
    aws: Aws, group: type[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT)
    served = group.as_handler()

    with pytest.raises(SettingsError, match="not set in the environment of the function 'groups'"):
        served({TICK: {"pk": "a|b", "request_id": "1"}}, LambdaContext())
    aws.bucket.go_away()
    with pytest.raises(SettingsError):
        served(request_event("Create"), LambdaContext())
    record = failure_record(request_event("Create"), error_type="SettingsError", message="")
    with pytest.raises(SettingsError):
        served(record, LambdaContext())
    assert served(failure_record(record, error_type="SettingsError", message=""), LambdaContext()) is None


def test_outside_lambda_nobody_is_told_anything(aws: Aws, group: type[Group], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.delenv(INSIDE_LAMBDA)

    with pytest.raises(SettingsError, match="ResourceRunner"):
        group.as_handler()(request_event("Create"), LambdaContext())

    assert aws.answers == []


def test_the_clock_is_lambdas() -> None:
    assert LambdaClock(LambdaContext()).remaining() == 30.0
    assert LambdaClock(None).remaining() == LONGEST_INVOCATION
    assert LambdaClock(None).now() > 1_700_000_000_000


def test_nothing_of_an_invocation_is_kept(aws: Aws, group: type[Group]) -> None:  # noqa: ARG001
    served = group.as_handler()
    served(request_event("Create"), LambdaContext())
    before = {name: id(value) for name, value in vars(served).items()}

    served(request_event("Create", request_id="request-2", logical_id="Other"), LambdaContext())

    assert {name: id(value) for name, value in vars(served).items()} == before


@pytest.mark.parametrize(
    "event",
    [
        {"Records": []},
        {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": "{}"}]},
        {"Records": [{"kinesis": {}}], "window": {}, "state": {}},
        {"eventSource": "aws:kafka", "records": {}},
    ],
    ids=str,
)
def test_messages_are_raised_because_who_returns_has_processed_them(
    event: Any, aws: Aws, group: type[Group], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotOurs, match="got messages of a queue or a stream: remove that event source from it"):
        group.as_handler()(event, LambdaContext())

    assert (group.calls, aws.answers, aws.table.records) == ([], [], {})
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert '"Malformed": 1' in capsys.readouterr().out
