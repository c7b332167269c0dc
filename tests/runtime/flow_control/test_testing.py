"""The kit for authors."""

import doctest

import pytest

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater, flow_controlled, testing
from constructs_lib.runtime.flow_control.testing import FlowRunner


@flow_controlled
def succeed(_: Message) -> None:
    """As most calls do."""


@flow_controlled
def fail(_: Message) -> None:
    raise RetryLater


def test_the_example_in_its_docstring_works() -> None:
    assert doctest.testmod(testing).failed == 0
    assert doctest.testmod(testing).attempted > 0


def test_what_is_sent_is_delivered_in_order() -> None:
    runner = FlowRunner(succeed, batch_size=2)
    for number in range(3):
        runner.send({"order_id": number})

    runner.run()

    assert runner.delivered == [{"order_id": 0}, {"order_id": 1}, {"order_id": 2}]
    assert len(runner.invocations) == 2


def test_a_message_that_always_fails_is_dead_lettered_with_its_reason_after_its_backoffs() -> None:
    runner = FlowRunner(fail, max_receive_count=4, random=0.999)
    order = runner.send({"order_id": 1}, attributes={"tenant": "a"})
    started = runner.clock.now

    runner.run()

    (letter,) = runner.dead_letters
    assert (letter.message_id, letter.code, letter.body) == (order, "RETRIES_EXHAUSTED", '{"order_id": 1}')
    assert letter.reason is not None
    assert letter.reason.startswith("receive 4 of 4, and it failed: RetryLater")
    assert letter.attributes["tenant"] == {"DataType": "String", "StringValue": "a"}
    assert (runner.attempts[order], runner.waits[order], runner.delivered) == (4, [2, 4, 8], [])
    assert runner.clock.now - started == 14


def test_a_permanent_error_is_tried_once() -> None:
    @flow_controlled
    def handler(_: Message) -> None:
        raise PermanentError("no such address")

    runner = FlowRunner(handler)
    order = runner.send("{}")

    runner.run()

    assert runner.attempts[order] == 1
    assert [letter.reason for letter in runner.dead_letters] == ["no such address"]


def test_a_duplicate_is_delivered_once_more() -> None:
    runner = FlowRunner(succeed)
    order = runner.send({"order_id": 1})
    runner.run()

    runner.duplicate(order)
    runner.run()

    assert runner.delivered == [{"order_id": 1}] * 2


def test_after_a_kill_everything_comes_back_when_the_visibility_timeout_ends() -> None:
    seen: list[int] = []

    @flow_controlled
    def handler(message: Message) -> None:
        seen.append(message.body)

    runner = FlowRunner(handler, batch_size=3, timeout=10)
    for number in range(3):
        runner.send(number)
    started = runner.clock.now
    runner.kill(after=2)

    runner.run()

    assert seen == [0, 1, 0, 1, 2]
    assert runner.delivered == [0, 1, 2]
    assert runner.clock.now - started == 60


def test_an_answer_can_be_lost_after_all_the_work_is_done() -> None:
    runner = FlowRunner(succeed, batch_size=2)
    orders = [runner.send(1), runner.send(2)]
    runner.kill()

    runner.run()

    assert [runner.attempts[order] for order in orders] == [2, 2]


def test_an_invocation_past_its_timeout_has_no_answer() -> None:
    runner: FlowRunner

    @flow_controlled
    def handler(message: Message) -> None:
        runner.clock.sleep(99 if message.attempt == 1 else 1)

    runner = FlowRunner(handler, timeout=5)
    order = runner.send({})

    runner.run()

    assert (runner.attempts[order], runner.delivered) == (2, [{}])


def test_what_was_received_too_often_without_an_answer_is_dead_lettered_without_a_reason() -> None:
    runner: FlowRunner

    @flow_controlled
    def handler(_: Message) -> None:
        runner.clock.sleep(99)

    runner = FlowRunner(handler, timeout=5, max_receive_count=2)
    runner.send({})

    runner.run()

    assert [(letter.body, letter.code) for letter in runner.dead_letters] == [("{}", None)]


def test_pace_takes_its_time() -> None:
    runner = FlowRunner(succeed, batch_size=2, pace=1.5)
    for _ in range(4):
        runner.send({})

    runner.run()

    assert runner.invocations == [3.0, 3.0]


def test_anything_but_a_flow_controlled_handler_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got function.*handler\.__wrapped__"):
        FlowRunner(lambda event, context: None)  # noqa: ARG005 - as Lambda calls it
