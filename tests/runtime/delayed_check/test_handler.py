# ruff: noqa: ARG002 - an author's methods take what they are called with

import json
from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import INSIDE_LAMBDA, SettingsError
from constructs_lib.runtime.delayed_check import Context, Rejected
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Metric, Settings
from constructs_lib.runtime.delayed_check.row import State
from constructs_lib.runtime.delayed_check.steps import Note
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX as FLOW_PREFIX
from constructs_lib.runtime.flow_control.contract import Settings as FlowSettings
from constructs_lib.runtime.flow_control.testing import FakeContext, queue_arn, sqs_event, sqs_record
from tests.runtime.delayed_check.stage import ALL, CHECK, CONTACT, HALF, SETTINGS, Author, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---- messages -------------------------------------------------------------------------------------------------------


def test_an_order_is_decided_and_contacted(stage: Stage) -> None:
    contact = stage.decided()
    assert stage.row().state is State.DECIDED

    assert stage.deliver(contact)

    assert stage.author.calls == ["order-1"]
    assert (stage.row().state, stage.row().provider_id) == (State.DIALED, "call-1")
    assert stage.switch.names == ["/shop/calls"]


def test_a_redelivered_contact_calls_nobody_twice(stage: Stage) -> None:
    contact = stage.decided()

    for attempt in range(1, 21):
        assert stage.deliver(contact, message_id=f"message-{attempt}")

    assert stage.author.calls == ["order-1"]


def test_only_what_has_called_the_provider_takes_up_its_rate(stage: Stage) -> None:
    contact = stage.decided()
    paced = stage.handler.using(
        settings=stage.settings,
        world=stage.world,
        clock=stage.clock,
        queues=stage.sqs,
        flow=FlowSettings(queue_arn="any", pace=4.0),
    )
    event = sqs_event(sqs_record(contact, queue="contact"))

    before = stage.clock.now
    paced(event, FakeContext(stage.clock, 30))
    called, stage.clock.now = stage.clock.now - before, before
    paced(event, FakeContext(stage.clock, 30))

    assert (called, stage.clock.now - before) == (4.0, 0.0)


def test_a_call_that_raises_takes_up_the_rate_too(stage: Stage) -> None:
    contact = stage.decided()
    stage.author.answer = Rejected("429", after=30)
    paced = stage.handler.using(
        settings=stage.settings,
        world=stage.world,
        clock=stage.clock,
        queues=stage.sqs,
        flow=FlowSettings(queue_arn="any", pace=4.0),
    )
    before = stage.clock.now
    paced._author = stage.handler._author
    answer = paced(sqs_event(sqs_record(contact, queue="contact")), FakeContext(stage.clock, 30))

    assert (len(answer["batchItemFailures"]), stage.clock.now - before) == (1, 4.0)


def test_what_is_no_message_of_ours_goes_to_the_dead_letters_with_the_reason(stage: Stage) -> None:
    assert stage.deliver({"kind": "chat", "unit": "order-1"})

    ((_, queue, code, reason),) = stage.sqs.moved
    assert (queue, code) == (queue_arn("dead"), "PERMANENT_ERROR")
    assert reason.startswith("the message's kind must be 'check' or 'contact', got 'chat': these queues are for the")


def test_a_message_without_a_row_goes_there_too(stage: Stage) -> None:
    body = {"kind": "check", "unit": "order-9", "placed_at": 1, "due_at": 2, "deadline_at": 2**45}

    assert stage.deliver(body)
    assert "there is no row for 'order-9'" in stage.sqs.moved[0][3]


def test_a_method_that_raises_has_the_message_tried_again(stage: Stage) -> None:
    class Down(Author):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            raise ConnectionError("the orders are away")

    stage = Stage(author_class=Down)
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    stage.clock.sleep(300)

    assert not stage.deliver(stage.sent.messages[-1][1])
    assert stage.row().state is State.SCHEDULED


def test_a_message_that_was_not_sent_is_sent_by_the_next_delivery(stage: Stage) -> None:
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    check = stage.sent.messages[-1][1]
    stage.clock.sleep(300)
    stage.sent.failures = 1

    assert not stage.deliver(check)
    assert stage.row().state is State.DECIDED
    assert stage.deliver(check, attempt=2)
    assert [queue for queue, _, _ in stage.sent.messages] == [CHECK, CONTACT]


def test_another_check_s_message_is_not_sent_again(stage: Stage) -> None:
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    check = stage.sent.messages[-1][1]
    stage.clock.sleep(300)

    for number in range(20):
        assert stage.deliver(check, message_id=f"message-{number}")

    assert [queue for queue, _, _ in stage.sent.messages] == [CHECK, CONTACT]


def test_the_contact_knows_the_time_that_its_message_has(stage: Stage) -> None:
    stage.decided()

    (ctx,) = stage.author.contexts
    # Half a second is flow control's own, to report.
    assert ctx.timeout == pytest.approx(29.5)
    assert ctx.now.timestamp() == stage.clock.now
    assert (ctx.due_at - ctx.placed_at).total_seconds() == 300
    assert (ctx.unit, ctx.check) == ("order-1", "late-orders")


# ---- events ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [{}, {"unit": "order-1"}, None, [], "dry_run"])
def test_any_other_event_is_refused(stage: Stage, event: Any) -> None:  # noqa: ANN401 - the wrong types are the point
    with pytest.raises(ValueError, match="expected a batch of the check's messages, or a dry run, got an event"):
        stage.handler(event, None)


def test_a_batch_of_another_service_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="aws:sqs"):
        stage.handler({"Records": [{"messageId": "1", "eventSource": "aws:sns"}]}, None)


def test_a_dry_run_answers_what_would_be_decided() -> None:
    stage = Stage(SETTINGS._replace(experiment=ALL))

    assert stage.handler({"dry_run": ["order-1"]}, None) == [
        {"unit": "order-1", "state": "DECIDED", "arm": "call", "reason": None}
    ]
    assert (stage.table.writes, stage.sent.messages, stage.author.calls) == (0, [], [])


# ---- the environment ------------------------------------------------------------------------------------------------


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv(INSIDE_LAMBDA, "checks")
    return monkeypatch


def test_without_settings_a_whole_batch_fails_before_the_first_message(environ: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Asked(Author):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            asked.append(unit)
            return True

    environ.setenv(f"{ENVIRONMENT_PREFIX}AAAA0001", SETTINGS.to_json())
    event = sqs_event(sqs_record("{}", queue="check"), sqs_record("{}", queue="elsewhere", message_id="b"))

    with pytest.raises(SettingsError, match="no settings for the queue 'arn:aws:sqs:eu-west-1:123456789012:elsewhere'"):
        Asked.as_handler()(event, None)

    assert asked == []


def test_two_checks_on_one_function_are_told_apart_by_their_queues(environ: pytest.MonkeyPatch) -> None:
    stages = {name: Stage(SETTINGS._replace(check=name)) for name in ("late", "very-late")}
    for number, name in enumerate(stages):
        arns: dict[str, Any] = {
            f"{kind}_queue_arn": queue_arn(f"{name}-{kind}") for kind in ("start", "check", "contact")
        }
        mine = Settings(check=name, table_name=f"{name}-rows", **arns)
        environ.setenv(f"{ENVIRONMENT_PREFIX}AAAA000{number}", mine.to_json())
        for arn in arns.values():
            environ.setenv(f"{FLOW_PREFIX}{arn[-8:]}{number}", FlowSettings(queue_arn=arn).to_json())
        stages[name].start({"unit": "order-1", "placed_at": 1_700_000_000})
    handler = Author.as_handler()
    handler._worlds |= {f"{name}-rows": stage.world for name, stage in stages.items()}
    records = [
        sqs_record(stage.sent.messages[-1][1], queue=f"{name}-check", message_id=name) for name, stage in stages.items()
    ]

    assert handler(sqs_event(*records), None) == {"batchItemFailures": []}
    assert [list(stage.table.records) for stage in stages.values()] == [["late#order-1"], ["very-late#order-1"]]
    assert {stage.row().state for stage in stages.values()} == {State.EXPIRED}


def test_each_table_has_a_world_of_its_own_which_is_kept() -> None:
    handler = Author.as_handler()
    one, other = (SETTINGS._replace(table_name=name) for name in ("one", "other"))

    assert handler._world_of(one) is handler._world_of(one)
    assert handler._world_of(one).experiments is not handler._world_of(other).experiments


def test_an_unknown_contact_is_left_to_the_stream_to_be_counted(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Author.as_handler()._world_of(SETTINGS).journal

    journal.note(Note("nobody knows", Metric.UNKNOWN), check="late-orders", unit="order-1")
    journal.note(Note("too late", Metric.EXPIRED), check="late-orders", unit="order-1")

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)[Metric.EXPIRED] == 1


def test_the_arm_is_the_experiment_s() -> None:
    stage = Stage(SETTINGS._replace(experiment=HALF))
    for number in range(40):
        stage.start({"unit": f"order-{number}", "placed_at": stage.clock.now})
    checks = [body for _, body, _ in stage.sent.messages]
    stage.clock.sleep(300)
    for body in checks:
        assert stage.deliver(body)

    contacted = [body for queue, body, _ in stage.sent.messages if queue == CONTACT]
    assert 5 < len(contacted) < 35
    assert {body["arm"] for body in contacted} == {"call"}
    assert {stage.row(f"order-{number}").state for number in range(40)} == {State.DECIDED, State.CONTROL}
