import json
from collections.abc import Mapping
from typing import Any

import pytest

from constructs_lib.runtime._shared.change import Written
from constructs_lib.runtime.delayed_check import transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.contract import Metric
from constructs_lib.runtime.delayed_check.errors import Ambiguous, AuthorFailed, Rejected
from constructs_lib.runtime.delayed_check.performer import Performer
from constructs_lib.runtime.delayed_check.queue_handler import MessageClock
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    Frozen,
    IsSettled,
    MayContact,
    Note,
    Placed,
    Reconcile,
    Refused,
    Schedule,
    Send,
    Step,
    Suppression,
    Unsure,
    Write,
)
from constructs_lib.runtime.delayed_check.transitions import Order
from constructs_lib.runtime.flow_control.errors import PermanentError
from tests.runtime.delayed_check.stage import CHECK, CONTACT, HALF, PHONE, SETTINGS, Author, Stage

CALL = Contact("call", "token", 5.0)
FROZEN = SETTINGS._replace(experiment=HALF)


class On:
    """A performer, and what it works on."""

    def __init__(self, stage: Stage | None = None, /, **author: object) -> None:
        self.stage = stage or Stage(FROZEN)
        self.author = type("Mine", (Author,), author)()
        clock = MessageClock(self.stage.clock, 20)
        order = Order.placed("order-1", clock.now(), self.stage.settings)
        case = Case(order=order, settings=self.stage.settings, clock=clock, nonce="me")
        self.perform = Performer(case, author=self.author, world=self.stage.world)

    def __call__(self, step: Step) -> Any:  # noqa: ANN401 - each step has an answer of its own
        return self.perform(step)


def test_a_write_is_made_in_the_table() -> None:
    on = On()

    written = on(Write(transitions.schedule("late-orders", Order("order-1", 1, 2, 3), by="m", now=1)))

    assert isinstance(written, Written)
    assert written.won
    assert list(on.stage.table.records) == ["late-orders#order-1"]


@pytest.mark.parametrize(("queue", "arn"), [("check", CHECK), ("contact", CONTACT)])
def test_a_message_goes_to_its_queue(queue: Any, arn: str) -> None:  # noqa: ANN401 - a literal
    on = On()

    on(Send(queue, {"unit": "order-1"}, 7))

    assert on.stage.sent.messages == [(arn, {"unit": "order-1"}, 7)]


def test_a_schedule_goes_to_scheduler() -> None:
    on, schedule = On(), Schedule("name", 1, {})

    on(schedule)

    assert on.stage.sent.schedules == [schedule]


@pytest.mark.parametrize(
    ("value", "expected"), [("run", True), ("stop", False), ("Run", False), ("", False), (None, None)]
)
def test_the_kill_switch_allows_by_one_word_only(value: str | None, *, expected: bool | None) -> None:
    on = On()
    on.stage.switch.value = value

    assert on(MayContact()) is expected


def test_a_note_is_logged() -> None:
    on = On()

    on(Note("hello"))

    assert any("order-1 of late-orders: hello" in told for told in on.stage.told())


# ---- the author's methods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [None, 1, "yes", [], object()])
def test_nobody_is_contacted_on_a_guess(found: object) -> None:
    with pytest.raises(AuthorFailed, match="is_settled must return bool, got"):
        On(is_settled=lambda *_: found)(IsSettled())


@pytest.mark.parametrize(("method", "step"), [("suppress", Suppression(None)), ("reconcile", Reconcile("token"))])
@pytest.mark.parametrize("found", [True, 1, b"call-1"])
def test_what_is_neither_text_nor_none_is_refused(method: str, step: Step, found: object) -> None:
    with pytest.raises(AuthorFailed, match=rf"{method} must return str \| None, got"):
        On(**{method: lambda *_: found})(step)


@pytest.mark.parametrize("error", [ConnectionError(PHONE), PermanentError(PHONE), Rejected(PHONE)])
@pytest.mark.parametrize(
    ("method", "step"),
    [("is_settled", IsSettled()), ("suppress", Suppression(None)), ("reconcile", Reconcile("token"))],
)
def test_what_a_question_raises_has_it_asked_again_and_does_not_tell_whom_it_was_about(
    method: str, step: Step, error: Exception
) -> None:
    def down(*_: object) -> bool:
        raise error

    with pytest.raises(AuthorFailed, match=f"{method} raised {type(error).__name__}") as caught:
        On(**{method: down})(step)

    assert PHONE not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__, "or a traceback would tell it"


def test_a_question_has_the_message_s_time_and_a_contact_its_own() -> None:
    timeouts: list[float] = []

    def contact(_: object, ctx: Any, *__: object) -> str:  # noqa: ANN401 - a context
        timeouts.append(ctx.timeout)
        return "call-1"

    on = On(contact=contact)
    on.stage.clock.sleep(3)
    on(IsSettled())
    on(CALL)

    assert [ctx.timeout for ctx in on.author.contexts] == [17]
    assert timeouts == [5]


def raising(error: BaseException) -> Any:  # noqa: ANN401 - a method
    def contact(*_: object) -> str:
        raise error

    return contact


class Bare(Rejected):
    """Does not call the constructor, and says what it likes."""

    def __init__(self, after: Any, *, retry: Any = True) -> None:  # noqa: ANN401 - the wrong types are the point
        self.after = after
        self.retry = retry


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Rejected("busy", after=30), Refused("busy", 30, True)),
        (Rejected(), Refused("no reason given", None, True)),
        (Rejected("gone", retry=False), Refused("gone", None, False)),
        (Bare("soon"), Refused("no reason given", None, True)),
        (Bare(float("nan")), Refused("no reason given", None, True)),
        (Bare(-1, retry=0), Refused("no reason given", None, False)),
        (Ambiguous("timed out"), Unsure("timed out")),
        (TimeoutError(PHONE), Unsure("contact raised TimeoutError")),
        (NotImplementedError(), Unsure("contact raised NotImplementedError")),
    ],
)
def test_whatever_contact_raises_is_an_answer(error: Exception, expected: Step) -> None:
    assert On(contact=raising(error))(CALL) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_ends_the_process_is_no_answer(error: BaseException) -> None:
    with pytest.raises(type(error)):
        On(contact=raising(error))(CALL)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("call-1", Placed("call-1")),
        ("", Unsure("contact returned str, and not the provider's id")),
        (None, Unsure("contact returned NoneType, and not the provider's id")),
        (7, Unsure("contact returned int, and not the provider's id")),
    ],
)
def test_only_an_id_says_that_the_contact_was_placed(found: object, expected: Step) -> None:
    assert On(contact=lambda *_: found)(CALL) == expected


@pytest.mark.parametrize(
    ("step", "called"), [(IsSettled(), False), (Suppression(None), False), (MayContact(), False), (CALL, True)]
)
def test_it_knows_whether_the_provider_was_called(step: Step, *, called: bool) -> None:
    on = On()

    on(step)

    assert on.perform.called is called


def test_an_id_of_any_length_can_be_written_and_published() -> None:
    stage = Stage()
    contact = stage.decided()
    stage.author.answer = "9" * 1_000_000 + "\ud800"

    assert stage.deliver(contact)
    assert stage.row().provider_id == "9" * 500
    assert len(json.dumps(stage.table.records)) < 2000


# ---- the experiment ------------------------------------------------------------------------------------------------


def changed(**change: Any) -> Stage:  # noqa: ANN401 - fields of an experiment
    return Stage(SETTINGS._replace(experiment=HALF._replace(**change)))


def test_an_experiment_is_written_down_once_and_read_once() -> None:
    on = On()

    assert [on(Frozen()) for _ in range(3)] == [HALF] * 3
    assert on.stage.table.writes == 1
    assert on.stage.table.records["late-orders@1"]["arms"] == HALF.arms


def test_the_weights_with_which_a_version_began_go_on_to_hold(capsys: pytest.CaptureFixture[str]) -> None:
    first = On()
    first(Frozen())
    for change in ({"arms": {"call": 90, "control": 10}}, {"control": "call"}):
        stage = changed(**change)
        stage.table.records |= first.stage.table.records

        assert On(stage)(Frozen()) == HALF
        (line,) = [line for line in stage.lines.records if getattr(line, "metric", None) == Metric.WEIGHTS_IGNORED]
        assert line.levelname == "ERROR"
        assert "began its version 1 with the arms {'call': 50, 'control': 50}" in line.getMessage()
        assert "deploy version 2" in line.getMessage()

    counts: list[Mapping[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [count[Metric.WEIGHTS_IGNORED] for count in counts] == [1, 1]


def test_another_version_has_weights_of_its_own() -> None:
    first = On()
    first(Frozen())
    stage = changed(version=2, arms={"call": 90, "control": 10})
    stage.table.records |= first.stage.table.records

    assert On(stage)(Frozen()).arms == {"call": 90, "control": 10}
    assert set(stage.table.records) == {"late-orders@1", "late-orders@2"}
