"""On a FIFO queue, no message of a group overtakes another."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.runtime.flow_control import Message, PermanentError, RetryLater, flow_controlled
from constructs_lib.runtime.flow_control.testing import FakeContext, FlowRunner, sqs_record
from tests.runtime.flow_control.stage import SETTINGS, Stage


def record(number: int, group: str, queue: str = "queue.fifo") -> dict[str, Any]:
    return sqs_record({}, message_id=f"{group}{number}", group=group, queue=queue)


def stage_of(queue: str = "queue.fifo", **settings: Any) -> Stage:  # noqa: ANN401 - fields of Settings
    return Stage(SETTINGS._replace(queue_arn=record(1, "a", queue)["eventSourceARN"], **settings))


def test_the_rest_of_a_group_waits_as_long_as_its_first_returned_message() -> None:
    stage = stage_of()

    def handler(message: Message) -> None:
        if message.id == "a1":
            raise RetryLater(after=20)

    returned = stage.invoke(handler, record(1, "a"), record(2, "b"), record(3, "a"), record(4, "b"), record(5, "a"))

    assert returned == ["a1", "a3", "a5"]
    assert len({seconds for _, seconds in stage.sqs.hidden}) == 1
    assert [stage.lines.story(each)[1] for each in ("a1", "b2", "a3", "b4", "a5")] == [
        "RETRY",
        "COMPLETED",
        "DEFERRED",
        "COMPLETED",
        "DEFERRED",
    ]


def test_a_dead_letter_does_not_block_its_group() -> None:
    stage = stage_of()

    def handler(message: Message) -> None:
        if message.id == "a1":
            raise PermanentError("no")

    assert stage.invoke(handler, record(1, "a"), record(2, "a")) == []


def test_a_dead_letter_that_could_not_be_moved_does() -> None:
    stage = stage_of(dead_letter_queue_arn=None)

    def handler(message: Message) -> None:
        if message.id == "a1":
            raise PermanentError("no")

    assert stage.invoke(handler, record(1, "a"), record(2, "a")) == ["a1", "a2"]


def test_a_message_deferred_for_time_blocks_its_group() -> None:
    stage = stage_of(call_timeout=3.0)
    context = FakeContext(stage.clock, 4.0)

    records = [record(1, "a"), record(2, "a"), record(3, "a")]

    assert stage.invoke(lambda _: stage.clock.sleep(3.0), *records, context=context) == ["a2", "a3"]
    assert "goes first" in stage.lines.told("reason")[1]


def test_groups_on_a_standard_queue_only_mean_fairness() -> None:
    stage = stage_of("queue")

    def handler(message: Message) -> None:
        if message.id == "a1":
            raise RetryLater

    assert stage.invoke(handler, record(1, "a", "queue"), record(2, "a", "queue")) == ["a1"]


@given(
    groups=st.lists(st.sampled_from("abc"), min_size=1, max_size=15),
    failures=st.lists(st.booleans(), max_size=40),
    batch_size=st.integers(1, 10),
)
def test_each_group_is_delivered_in_order_whatever_fails(
    groups: list[str], failures: list[bool], batch_size: int
) -> None:
    outcomes = iter(failures)

    @flow_controlled
    def handler(_: Message) -> None:
        if next(outcomes, False):
            raise RetryLater

    runner = FlowRunner(handler, batch_size=batch_size, max_receive_count=1000, fifo=True)
    for number, group in enumerate(groups):
        runner.send([group, number], group=group)
    runner.run()

    assert sorted(runner.delivered, key=lambda body: body[1]) == [[group, n] for n, group in enumerate(groups)]
    for group in set(groups):
        numbers = [number for name, number in runner.delivered if name == group]
        assert numbers == sorted(numbers)
