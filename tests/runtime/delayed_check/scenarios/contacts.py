"""What a provider does: rows 9 to 18 and 33 of the catalogue."""

# ruff: noqa: ANN401, ARG001, ARG005 - what an author's method is given and returns is anything

from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.runtime.delayed_check import Ambiguous, Rejected, UnknownContact
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.row import State
from tests.runtime.delayed_check.scenarios.stage import ORDER, Scenarios, Stage

SCENARIOS = Scenarios()


def raising(error: Exception) -> Callable[[], None]:
    """A provider's answer that becomes an exception of the author's."""

    def answer() -> None:
        raise error

    return answer


def reporting(stage: Stage) -> Callable[[], None]:
    """A provider whose report is faster than its answer."""

    def answer() -> None:
        assert stage.runner.record_outcome(ORDER, stage.tokens[ORDER], "answered")

    return answer


def times_of_contacts(stage: Stage) -> list[float]:
    """When the provider was asked, in seconds since the order was due."""
    due_at = stage.row().due_at / 1000
    return [round(contacted.at - due_at, 3) for contacted in stage.runner.contacts]


@SCENARIOS.row(9)
def a_refusal_is_tried_again_and_counted(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("busy"))]

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("DIALED", 2)
    assert (stage.row().attempts, stage.row().reason) == (1, None)
    assert len({contacted.token for contacted in runner.contacts}) == 1


@SCENARIOS.row(10)
def a_provider_that_refuses_until_the_deadline_is_asked_no_later(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("busy", after=50))] * 100

    runner.start(ORDER)
    runner.run()

    assert stage.story[0] == "EXPIRED"
    assert 4 <= stage.story[1] <= 6
    assert max(times_of_contacts(stage)) < 299
    assert stage.row().reason == "rejected: busy"


@SCENARIOS.row(11)
def a_provider_that_refuses_for_good_is_an_outcome(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("no such number", retry=False))]

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("OUTCOME", 1)
    assert (stage.row().outcome, stage.row().reason) == ("failed", "rejected: no such number")


@SCENARIOS.row(12)
def a_provider_that_asks_for_time_gets_it_from_duplicates_too(stage: Stage) -> None:
    runner = stage.play()
    runner.duplicate(queue="contact", times=10, within=20)
    stage.shop.answers = [raising(Rejected("429", after=60))]

    runner.start(ORDER)
    runner.run()

    first, second = times_of_contacts(stage)
    assert second - first >= 60
    assert stage.story == ("DIALED", 2)


@SCENARIOS.row(13)
def what_nobody_knows_is_unknown_and_never_tried_again(stage: Stage) -> None:
    for number, error in enumerate((Ambiguous("timeout"), TimeoutError("+49170"), ValueError("a bug"))):
        unit = f"order-{number}"
        stage.shop.answers = [raising(error)]
        runner = stage.play()
        for queue in ("start", "check", "contact"):
            runner.duplicate(queue=queue, times=3, within=100)

        runner.start(unit)
        runner.run()

        assert (stage.row(unit).state, stage.shop.calls.count(unit)) == (State.UNKNOWN, 1)
        assert runner.metrics[Metric.UNKNOWN] == 1
        assert "+49170" not in str(stage.row(unit)) + str(runner.notes)


@SCENARIOS.row(14)
def a_provider_that_has_it_when_asked_has_it(stage: Stage) -> None:
    runner = stage.play({"reconcile": lambda self, ctx, unit, token: f"of {token}"})
    stage.shop.answers = [raising(Ambiguous("timeout"))]

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("DIALED", 1)
    assert (stage.row().provider_id, stage.row().reason) == (f"of {stage.tokens[ORDER]}", "found at the provider")


@SCENARIOS.row(14)
def a_provider_that_has_nothing_is_asked_one_five_and_fifteen_minutes_later_whatever_comes_twice(stage: Stage) -> None:
    asked: list[float] = []

    def reconcile(_: Any, ctx: Any, unit: str, token: str) -> None:
        asked.append((ctx.now - ctx.due_at).total_seconds())

    for duplicates in (0, 5):
        asked.clear()
        unit = f"order-{duplicates}"
        runner = stage.play({"reconcile": reconcile})
        runner.duplicate(queue="contact", times=duplicates, within=30)
        stage.shop.answers = [raising(Ambiguous("timeout"))]

        runner.start(unit)
        runner.run()

        assert (stage.row(unit).state, stage.row(unit).asked) == (State.UNKNOWN, 3)
        assert stage.row(unit).reason == "timeout; asked 3 times, the provider knows of none"
        first, second, third = asked
        assert 60 <= first < 120
        assert 300 <= second - first < 400
        assert 900 <= third - second < 1100
        assert stage.shop.calls.count(unit) == 1


@SCENARIOS.row(14)
def a_provider_that_cannot_say_is_asked_again(stage: Stage) -> None:
    answers: list[Exception] = [OSError("away")] * 3

    def reconcile(_: Any, ctx: Any, unit: str, token: str) -> str:
        if answers:
            raise answers.pop()
        return "call-1"

    runner = stage.play({"reconcile": reconcile})
    stage.shop.answers = [raising(Ambiguous("timeout"))]

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().asked) == (("DIALED", 1), 0)


@SCENARIOS.row(15)
def a_report_that_is_faster_than_the_answer_is_kept_and_gets_the_provider_s_id(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [reporting(stage)]

    runner.start(ORDER)
    runner.run()

    assert stage.story == ("OUTCOME", 1)
    assert (stage.row().outcome, stage.row().provider_id) == ("answered", "call-1")


@SCENARIOS.row(15)
def a_report_after_a_refusal_is_not_shown_beside_that_refusal_s_reason(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("busy")), reporting(stage)]

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().outcome, stage.row().reason) == (("OUTCOME", 2), "answered", None)


@SCENARIOS.row(16)
def a_provider_that_had_refused_and_reports_is_believed_and_not_asked_again(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("busy", after=30))]
    runner.at(310, lambda: runner.record_outcome(ORDER, stage.tokens[ORDER], "answered"))

    runner.start(ORDER)
    runner.run()

    assert (stage.story, stage.row().outcome) == (("OUTCOME", 1), "answered")


@SCENARIOS.row(16)
def a_provider_that_had_refused_until_the_deadline_and_reports_is_believed_too(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.answers = [raising(Rejected("busy", after=1000))]
    runner.start(ORDER)
    runner.run()
    assert stage.story == ("EXPIRED", 1)

    assert runner.record_outcome(ORDER, stage.tokens[ORDER], "answered")
    runner.run()

    assert (stage.story, stage.row().outcome) == (("OUTCOME", 1), "answered")


@SCENARIOS.row(17)
def a_forged_report_changes_nothing(stage: Stage) -> None:
    runner = stage.play()
    stage.shop.settled.add("settled")
    for unit in (ORDER, "settled"):
        runner.start(unit)

    for seconds in (10, 1000):
        runner.run_until(seconds)
        before = dict(runner.orders)
        for unit, token in ((ORDER, "forged"), (ORDER, ""), ("settled", ""), ("nobody", "forged")):
            with pytest.raises(UnknownContact):
                runner.record_outcome(unit, token, "answered")
        assert dict(runner.orders) == before


@SCENARIOS.row(18)
def the_first_report_stands(stage: Stage) -> None:
    runner = stage.play()
    runner.start(ORDER)
    runner.run()

    reports = [runner.record_outcome(ORDER, stage.tokens[ORDER], said) for said in ("busy", "answered", "busy")]
    runner.run()

    assert (reports, stage.row().outcome, stage.story) == ([True, False, True], "busy", ("OUTCOME", 1))


@SCENARIOS.row(33)
def a_reason_as_long_as_a_page_is_cut_and_changes_nothing_else(stage: Stage) -> None:
    page = "<html>\ud800" * 100_000
    runner = stage.play({"suppress": lambda self, ctx, unit: page if unit == "order-2" else None})
    stage.shop.answers = [raising(Rejected(page)), raising(Ambiguous(page))]

    runner.start(ORDER)
    runner.start("order-2")
    runner.run()

    assert stage.row().state is State.UNKNOWN
    assert stage.row().attempts == 1
    for unit in (ORDER, "order-2"):
        assert len(stage.row(unit).reason or "") == 500
    assert max(len(str(detail)) for detail in runner.outcomes) < 1500


@SCENARIOS.row("author")
def a_refusal_of_an_author_s_own_making_is_a_refusal_whatever_it_asks_for(stage: Stage) -> None:
    for number, after in enumerate((float("nan"), float("inf"), -5.0, "soon", True, 10**400)):
        refusal = Rejected("busy")
        refusal.after = after  # type: ignore[assignment] # an author's subclass may set anything
        stage.shop.answers = [raising(refusal)]
        unit = f"order-{number}"
        runner = stage.play()

        runner.start(unit)
        runner.run()

        assert (stage.row(unit).state, stage.row(unit).attempts) == (State.DIALED, 1)
