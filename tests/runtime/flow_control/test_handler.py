import functools
import json
from typing import Any

import pytest

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater, flow_controlled, handler
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.flow_control.settings import SettingsError
from constructs_lib.runtime.flow_control.testing import FakeClock, queue_arn, sqs_event, sqs_record
from tests.runtime.flow_control.stage import NotingSqs


def deliver(message: Message) -> None:
    """Deliver an order."""
    if message.body == {"order_id": 2}:
        raise RetryLater


def test_it_answers_as_lambda_expects() -> None:
    event = sqs_event(sqs_record({"order_id": 1}, message_id="a"), sqs_record({"order_id": 2}, message_id="b"))

    assert flow_controlled(deliver)(event, None) == {"batchItemFailures": [{"itemIdentifier": "b"}]}


def test_an_empty_batch_has_no_failures() -> None:
    assert flow_controlled(deliver)({"Records": []}, None) == {"batchItemFailures": []}


def test_it_keeps_the_name_and_the_function() -> None:
    handler = flow_controlled(deliver)

    assert (handler.__name__, handler.__doc__, handler.__wrapped__) == ("deliver", "Deliver an order.", deliver)  # type: ignore[attr-defined]


def test_a_decorator_around_it_works() -> None:
    handler = flow_controlled(deliver)

    @functools.wraps(handler)
    def around(event: Any, context: object) -> object:  # noqa: ANN401 - as Lambda gives it
        return handler(event, context)

    assert around(sqs_event(), None) == {"batchItemFailures": []}


def test_the_event_is_left_as_it_was() -> None:
    event = sqs_event(sqs_record({"order_id": 2}, attributes={"tenant": "a"}), sqs_record("{"))
    before = json.dumps(event)

    flow_controlled(deliver)(event, None)

    assert json.dumps(event) == before


async def coroutine(_: Message) -> None:
    """Would never run."""


def generator(_: Message) -> Any:  # noqa: ANN401 - whatever it yields
    yield 1


class CallableWithCoroutine:
    async def __call__(self, _: Message) -> None:
        """Would never run."""


@pytest.mark.parametrize("function", [coroutine, generator, CallableWithCoroutine()])
def test_what_would_never_run_is_refused(function: Any) -> None:  # noqa: ANN401 - the wrong types are the point
    with pytest.raises(TypeError, match="make it a plain function"):
        flow_controlled(function)


@pytest.mark.parametrize("function", [5, "handler", object()])
def test_what_cannot_be_called_is_refused(function: Any) -> None:  # noqa: ANN401 - the wrong types are the point
    with pytest.raises(TypeError, match=r"a logger is given by name: @flow_controlled\(logger=logger\)"):
        flow_controlled(function)


def test_a_callable_object_and_a_partial_function_are_welcome() -> None:
    class Deliver:
        def __call__(self, message: Message) -> None:
            deliver(message)

    for function in (Deliver(), functools.partial(deliver)):
        assert flow_controlled(function)(sqs_event(sqs_record({})), None) == {"batchItemFailures": []}


@pytest.fixture
def real_sqs(monkeypatch: pytest.MonkeyPatch) -> NotingSqs:
    """What stands where a deployed function has SQS."""
    sqs = NotingSqs()
    monkeypatch.setattr(handler, "_SQS", sqs)
    return sqs


def test_a_unit_test_of_an_author_needs_no_settings_and_no_queue(
    real_sqs: NotingSqs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "_WARNED", set())
    event = sqs_event(sqs_record({"order_id": 2}), sqs_record({}))

    for _ in range(2):
        flow_controlled(deliver)(event, None)

    assert real_sqs.hidden == []
    warnings = [line.getMessage() for line in caplog.records if "no flow control settings" in line.getMessage()]
    assert len(warnings) == 1


def test_inside_lambda_missing_settings_stop_the_batch_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "deliver")
    seen: list[Message] = []

    with pytest.raises(SettingsError):
        flow_controlled(seen.append)(sqs_event(sqs_record({})), None)

    assert seen == []


def test_the_settings_come_from_the_environment_by_the_records_queue(
    real_sqs: NotingSqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "deliver")
    for name in ("orders", "refunds"):
        settings = Settings(queue_arn=queue_arn(name), dead_letter_queue_arn=queue_arn(f"dead-{name}"))
        monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}{name}", settings.to_json())

    @flow_controlled
    def refuse(_: Message) -> None:
        raise PermanentError("no")

    assert refuse(sqs_event(sqs_record({}, queue="refunds")), None) == {"batchItemFailures": []}
    assert [moved[1] for moved in real_sqs.moved] == [queue_arn("dead-refunds")]


def test_using_leaves_the_handler_itself_alone() -> None:
    clock = FakeClock()
    original = flow_controlled(deliver)
    event = sqs_event(sqs_record({}))

    original.using(clock=clock, settings=Settings(queue_arn="a", pace=5))(event, None)
    moment = clock.now
    original(event, None)

    assert (moment, clock.now) == (1_800_000_005.0, 1_800_000_005.0)


def test_random_numbers_are_in_the_unit_interval() -> None:
    assert all(0 <= handler._random() < 1 for _ in range(1000))


def test_a_handler_of_event_and_context_is_refused_when_it_is_decorated() -> None:
    def handler(event: object, context: object) -> None: ...

    with pytest.raises(TypeError, match=r"handler takes 2 arguments, .* write def handler\(message\)"):
        flow_controlled(handler)  # type: ignore[arg-type]
