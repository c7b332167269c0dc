"""What becomes of each message."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater
from constructs_lib.runtime.flow_control.testing import eventbridge_event, sqs_record
from tests.runtime.flow_control.stage import DEAD_LETTERS, OUTCOMES, SETTINGS, Stage


def succeed(_: Message) -> None:
    """As most calls do."""


def failing(error: BaseException) -> Callable[[Message], None]:
    def handler(_: Message) -> None:
        raise error

    return handler


def record(number: int = 1, body: object = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as sqs_record has them
    return sqs_record({} if body is None else body, message_id=f"message-{number}", **more)


def test_a_success_is_done_with() -> None:
    stage = Stage()

    assert stage.invoke(succeed, record()) == []
    assert stage.lines.story("message-1") == ["START", "COMPLETED"]
    assert (stage.sqs.hidden, stage.sqs.moved) == ([], [])


def test_every_message_of_a_batch_gets_its_turn_whatever_the_others_do() -> None:
    stage = Stage()

    def handler(message: Message) -> None:
        if message.body == "retry":
            raise RetryLater
        if message.body == "give up":
            raise PermanentError("no such address")

    bodies = ['"retry"', "not JSON", '"fine"', '"give up"', '"fine"', '"retry"']
    returned = stage.invoke(handler, *(record(number, body) for number, body in enumerate(bodies)))

    assert returned == ["message-0", "message-5"]
    assert [moved[0] for moved in stage.sqs.moved] == ["message-1", "message-3"]
    outcomes = [status for status in stage.lines.told() if status != "START"]
    assert outcomes == ["RETRY", "FAILED", "COMPLETED", "FAILED", "COMPLETED", "RETRY"]


@pytest.mark.parametrize("error", [RetryLater(), ValueError("odd"), KeyError("x"), RecursionError(), TimeoutError()])
def test_a_failure_is_tried_again_after_a_backoff(error: Exception) -> None:
    stage = Stage()

    assert stage.invoke(failing(error), record(attempt=3)) == ["message-1"]
    assert stage.sqs.hidden == [("message-1", 4)]  # half of the 0 to 8 seconds after attempt 3
    assert stage.lines.story("message-1") == ["START", "RETRY"]
    assert stage.lines.told("delay") == [4]


def test_a_retry_after_is_honoured_in_full() -> None:
    stage = Stage()
    stage.random = 0.0

    stage.invoke(failing(RetryLater(after=600.2, throttled=True)), record())

    assert stage.sqs.hidden == [("message-1", 601)]
    assert stage.lines.told("throttled") == [True]


def test_a_surprise_is_logged_with_its_traceback_and_a_retry_on_request_without() -> None:
    stage = Stage()

    stage.invoke(failing(KeyError("x")), record(1))
    stage.invoke(failing(RetryLater()), record(2))

    retries = [line for line in stage.lines.records if getattr(line, "status", "") == "RETRY"]
    assert [bool(line.exc_info) for line in retries] == [True, False]


def test_a_permanent_error_goes_to_the_dead_letters_at_once() -> None:
    stage = Stage()

    assert stage.invoke(failing(PermanentError("no such address")), record()) == []
    assert stage.sqs.moved == [("message-1", DEAD_LETTERS, "PERMANENT_ERROR", "no such address")]
    assert stage.sqs.hidden == []
    assert stage.lines.story("message-1") == ["START", "FAILED"]
    assert stage.lines.told("reason") == ["no such address"]


def test_malformed_json_goes_to_the_dead_letters_unseen_by_the_author() -> None:
    stage = Stage()
    seen: list[Message] = []

    assert stage.invoke(seen.append, record(body="{")) == []
    assert seen == []
    assert [(moved[0], moved[2]) for moved in stage.sqs.moved] == [("message-1", "MALFORMED_JSON")]


@pytest.mark.parametrize(("attempt", "moved"), [(4, False), (5, True), (6, True)])
def test_the_last_attempt_goes_to_the_dead_letters_with_what_failed(attempt: int, moved: bool) -> None:
    stage = Stage()

    returned = stage.invoke(failing(ConnectionError("refused")), record(attempt=attempt))

    assert (returned == []) is moved
    expected = (
        "message-1",
        DEAD_LETTERS,
        "RETRIES_EXHAUSTED",
        f"receive {attempt} of 5, and it failed: ConnectionError: refused",
    )
    assert stage.sqs.moved == ([expected] if moved else [])


def test_without_a_receive_count_to_go_by_a_failure_is_always_tried_again() -> None:
    stage = Stage(SETTINGS._replace(max_receive_count=None))

    assert stage.invoke(failing(RetryLater()), record(attempt=1000)) == ["message-1"]


def test_without_dead_letters_a_permanent_error_comes_back_as_late_as_may_be() -> None:
    stage = Stage(SETTINGS._replace(dead_letter_queue_arn=None))

    assert stage.invoke(failing(PermanentError("no")), record()) == ["message-1"]
    assert stage.sqs.hidden == [("message-1", 60)]
    assert stage.lines.story("message-1") == ["START", "FAILED"]
    assert stage.lines.told("dead_lettered") == [False]


def test_when_sqs_cannot_be_reached_the_messages_come_back_and_the_log_says_why() -> None:
    stage = Stage()
    stage.sqs.failure = ConnectionError("no route")

    assert stage.invoke(failing(PermanentError("no")), record(1)) == ["message-1"]
    assert stage.invoke(failing(RetryLater()), record(2)) == ["message-2"]

    reasons = stage.lines.told("reason")
    assert "not moved to the dead-letter queue, so it goes back to its queue: ConnectionError: no route" in reasons
    assert "the time of the next attempt could not be set: ConnectionError: no route" in reasons
    assert len([status for status in stage.lines.told() if status in OUTCOMES]) == 2


def test_a_duplicate_is_handed_over_each_time_and_reported_once() -> None:
    stage = Stage()
    seen: list[int] = []

    def handler(message: Message) -> None:
        seen.append(message.attempt)
        raise RetryLater

    assert stage.invoke(handler, record(1, attempt=1), record(1, attempt=2)) == ["message-1"]
    assert seen == [1, 2]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(1)])
def test_what_ends_the_process_is_not_held_up(stop: BaseException) -> None:
    with pytest.raises(type(stop)):
        Stage().invoke(failing(stop), record())


def test_an_error_that_cannot_say_what_it_is_does_no_harm() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    stage = Stage(SETTINGS._replace(max_receive_count=1))

    assert stage.invoke(failing(Mute()), record()) == []
    assert stage.sqs.moved[0][3] == "receive 1 of 1, and it failed: Mute"


def test_a_coroutine_that_slipped_through_is_not_called_done() -> None:
    class Awaitable:
        def __await__(self) -> None:
            """Never called."""

    stage = Stage()

    assert stage.invoke(lambda _: Awaitable(), record()) == ["message-1"]  # type: ignore[arg-type]
    assert "nobody awaits" in stage.lines.told("reason")[0]


def test_the_lines_carry_the_correlation_id_and_the_attempt() -> None:
    stage = Stage()

    stage.invoke(succeed, record(7, eventbridge_event({"metadata": {"correlation_id": "c-1"}}), attempt=2))

    assert stage.lines.told("correlation_id") == ["c-1", "c-1"]
    assert stage.lines.told("message_id") == ["message-7", "message-7"]
    assert stage.lines.told("attempt") == [2, 2]


ENDINGS = st.sampled_from(["fine", "retry", "throttle", "give up", "crash"])
BODIES = st.text() | ENDINGS.map(lambda ending: f'"{ending}"')


@given(bodies=st.lists(BODIES, max_size=10), attempt=st.integers(1, 6), reachable=st.booleans())
def test_whatever_arrives_each_message_has_one_start_and_one_outcome(
    bodies: list[str], attempt: int, reachable: bool
) -> None:
    stage = Stage()
    stage.sqs.failure = None if reachable else OSError("no route")

    def handler(message: Message) -> None:
        errors = {"retry": RetryLater(), "throttle": RetryLater(9, throttled=True), "give up": PermanentError("no")}
        if isinstance(message.body, str) and message.body != "fine":
            raise errors.get(message.body, ValueError(message.body))

    records = [record(number, body, attempt=attempt) for number, body in enumerate(bodies)]
    returned = stage.invoke(handler, *records)

    for each in records:
        start, outcome = stage.lines.story(each["messageId"])
        assert start == "START"
        assert outcome in OUTCOMES
        dead = each["messageId"] in [moved[0] for moved in stage.sqs.moved]
        assert [outcome == "COMPLETED", dead, each["messageId"] in returned].count(True) == 1


class Bare(PermanentError):
    """An author's error with a constructor of its own, as a dataclass would have."""

    def __init__(self, order: str) -> None:
        self.order = order


class BareRetry(RetryLater):
    def __init__(self, order: str) -> None:
        self.order = order


def test_an_author_s_permanent_error_needs_no_constructor_of_ours() -> None:
    stage = Stage()

    assert stage.invoke(failing(Bare("7")), record()) == []
    assert stage.sqs.moved[0][2:] == ("PERMANENT_ERROR", "no reason given")


def test_an_author_s_retry_needs_no_constructor_of_ours() -> None:
    stage = Stage()

    assert stage.invoke(failing(BareRetry("7")), record()) == ["message-1"]
    assert stage.lines.story("message-1") == ["START", "RETRY"]
