"""What is to be done at a time is done then, whatever becomes of the rest."""

from local.demo.timetable import Timetable


def test_everything_is_done_in_the_order_of_its_time() -> None:
    done: list[str] = []
    timetable = Timetable(workers=1)
    for seconds, what in ((0.02, "second"), (0.0, "first"), (0.02, "third")):
        timetable.at(seconds, lambda what=what: done.append(what))  # type: ignore[misc]
    assert timetable.ends == 0.02

    timetable.run()

    assert done == ["first", "second", "third"]
    assert timetable.failures() == []
    assert timetable.latest() >= 0


def test_what_fails_is_told_and_keeps_nothing_else_from_being_done() -> None:
    done: list[str] = []
    timetable = Timetable(workers=1)
    timetable.at(0, lambda: dict[str, None]()["missing"])
    timetable.at(0, lambda: done.append("next"))

    timetable.run()

    assert done == ["next"]
    assert timetable.failures() == ["KeyError: 'missing'"]
    assert timetable.failures() == []
