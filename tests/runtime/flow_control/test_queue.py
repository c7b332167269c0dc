"""The queue in memory: what becomes visible when."""

import pytest

from constructs_lib.runtime.flow_control.testing import FakeClock, MemoryQueue, sqs_record


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def queue(clock: FakeClock) -> MemoryQueue:
    return MemoryQueue(clock, visibility_timeout=30, max_receive_count=2)


def received(queue: MemoryQueue, most: int = 10) -> list[str]:
    """The ids of what is received."""
    return [record["messageId"] for record in queue.receive(most)]


def test_a_delayed_message_is_not_received_before_its_time(clock: FakeClock, queue: MemoryQueue) -> None:
    queue.put(sqs_record("{}", message_id="late"), delay=10)
    queue.put(sqs_record("{}", message_id="now"))

    assert (queue.next_visible(), received(queue)) == (0, ["now"])
    assert queue.next_visible() == 10
    clock.now = 9.999
    assert received(queue) == []
    clock.now = 10
    assert received(queue) == ["late"]


def test_what_was_received_comes_back_after_its_visibility_timeout_until_it_is_dead_lettered(
    clock: FakeClock, queue: MemoryQueue
) -> None:
    queue.put(sqs_record("{}", message_id="a"))

    assert (received(queue), queue.next_visible()) == (["a"], 30)
    clock.now = 30
    assert (received(queue), queue.next_visible()) == (["a"], 60)
    clock.now = 60
    assert (received(queue), queue.next_visible()) == ([], None)
    assert [letter.message_id for letter in queue.dead_letters] == ["a"]


def test_what_is_deleted_or_hidden_is_no_longer_where_it_was(clock: FakeClock, queue: MemoryQueue) -> None:
    for message_id in "abc":
        queue.put(sqs_record("{}", message_id=message_id))
    first, second, third = queue.receive(3)

    queue.delete(first)
    queue.hide(second, 5)
    queue.hide(third, 500)

    assert queue.next_visible() == 5
    clock.now = 5
    assert received(queue) == ["b"]
    assert queue.next_visible() == 35


def test_no_more_are_received_than_asked_for_and_the_rest_stays_in_its_order(queue: MemoryQueue) -> None:
    for message_id in "abcde":
        queue.put(sqs_record("{}", message_id=message_id))

    assert [received(queue, 2), received(queue, 2), received(queue, 2)] == [["a", "b"], ["c", "d"], ["e"]]
