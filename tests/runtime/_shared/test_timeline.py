"""Virtual time in which things overlap."""

from functools import partial
from threading import active_count

import pytest

from constructs_lib.runtime._shared.testing.timeline import Timeline

Story = list[tuple[str, float]]


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(0.0)


def tell(timeline: Timeline, story: Story, name: str, *, naps: tuple[float, ...] = ()) -> None:
    """Let somebody come, sleep, and wake."""
    story.append((name, timeline.time))
    for nap in naps:
        timeline.sleep(nap)
        story.append((name, timeline.time))


def test_things_happen_in_the_order_of_their_times_and_then_of_their_making(timeline: Timeline) -> None:
    story: Story = []
    for name, time in (("late", 9.0), ("first", 1.0), ("second", 1.0), ("past", -5.0)):
        timeline.at(time, partial(tell, timeline, story, name))

    timeline.run()

    assert story == [("past", 0.0), ("first", 1.0), ("second", 1.0), ("late", 9.0)]


def test_who_sleeps_lets_others_work_and_wakes_in_time(timeline: Timeline) -> None:
    """Neither waits for the other, whoever came first: a stack of event loops would let a nap last too long."""
    story: Story = []
    timeline.at(0, lambda: tell(timeline, story, "a", naps=(5, 10)))
    timeline.at(1, lambda: tell(timeline, story, "b", naps=(3, 20)))
    timeline.at(2, lambda: tell(timeline, story, "c"))

    timeline.run()

    assert story == [("a", 0), ("b", 1), ("c", 2), ("b", 4), ("a", 5), ("a", 15), ("b", 24)]
    assert timeline.time == 24


def test_time_stops_where_it_is_told_to_and_goes_on_from_there(timeline: Timeline) -> None:
    story: Story = []
    timeline.at(0, lambda: tell(timeline, story, "a", naps=(5,)))

    timeline.run(until=4)
    assert (story, timeline.time) == ([("a", 0)], 4)
    timeline.sleep(0.5)
    assert (story, timeline.time) == ([("a", 0)], 4.5)
    timeline.run()
    assert (story, timeline.time) == ([("a", 0), ("a", 5)], 5)


def test_what_is_cancelled_does_not_happen_and_takes_no_time(timeline: Timeline) -> None:
    story: Story = []
    timeline.at(1, lambda: tell(timeline, story, "a"))
    timeline.at(100, lambda: tell(timeline, story, "b")).cancel()

    timeline.run()

    assert (story, timeline.time) == ([("a", 1)], 1)


def test_what_goes_wrong_is_raised_where_time_is_run_and_the_rest_can_still_happen(timeline: Timeline) -> None:
    story: Story = []

    def fail() -> None:
        timeline.sleep(2)
        raise KeyError("oops")

    timeline.at(0, fail)
    timeline.at(1, lambda: tell(timeline, story, "a", naps=(5,)))

    with pytest.raises(KeyError, match="oops"):
        timeline.run()
    assert (story, timeline.time) == ([("a", 1)], 2)
    timeline.run()
    assert story == [("a", 1), ("a", 6)]


def test_what_happens_in_time_cannot_run_it(timeline: Timeline) -> None:
    timeline.at(0, timeline.run)

    with pytest.raises(RuntimeError, match="time runs already"):
        timeline.run()


def test_no_thread_is_left_when_everything_has_happened(timeline: Timeline) -> None:
    before = active_count()
    story: Story = []
    for number in range(50):
        timeline.at(number, lambda: tell(timeline, story, "a", naps=(30, 30)))

    timeline.run()

    assert len(story) == 150
    assert active_count() <= before + 1  # the last one is on its way out


def test_what_is_quick_happens_in_its_turn_while_somebody_sleeps(timeline: Timeline) -> None:
    story: Story = []
    timeline.at(0, partial(tell, timeline, story, "sleeper", naps=(10,)))
    timeline.at(1, partial(tell, timeline, story, "quick"), is_quick=True)
    timeline.at(2, partial(tell, timeline, story, "slow", naps=(3,)))
    timeline.at(3, partial(tell, timeline, story, "quick"), is_quick=True)
    timeline.at(4, partial(tell, timeline, story, "never"), is_quick=True).cancel()
    timeline.at(10, partial(tell, timeline, story, "quick"), is_quick=True)
    timeline.at(11, partial(tell, timeline, story, "quick"), is_quick=True)

    timeline.run(until=10)
    assert story[:4] == [("sleeper", 0), ("quick", 1), ("slow", 2), ("quick", 3)]
    assert story[4:] == [("slow", 5), ("quick", 10), ("sleeper", 10)]
    timeline.run()
    assert story[7:] == [("quick", 11)]


def test_what_is_quick_and_goes_wrong_is_no_failure_of_who_sleeps(timeline: Timeline) -> None:
    caught: list[Exception] = []

    def sleep() -> None:
        try:
            timeline.sleep(5)
        except Exception as failure:  # noqa: BLE001 - what is tested
            caught.append(failure)

    def fail() -> None:
        raise KeyError("oops")

    timeline.at(0, sleep)
    timeline.at(1, fail, is_quick=True)

    with pytest.raises(KeyError, match="oops"):
        timeline.run()
    timeline.run()
    assert (caught, timeline.time) == ([], 5)
