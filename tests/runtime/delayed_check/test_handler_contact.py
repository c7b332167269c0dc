# ruff: noqa: ARG002 - an author's methods take what they are called with

import json

import pytest

from constructs_lib.runtime.delayed_check import Ambiguous, Context, Rejected
from constructs_lib.runtime.delayed_check.contract import STOP
from constructs_lib.runtime.delayed_check.row import State
from tests.runtime.delayed_check.stage import PHONE, Author, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


# ---- the kill switch ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [STOP, "", "RUN", "off", "run "])
def test_whatever_the_kill_switch_holds_but_run_nobody_is_contacted(stage: Stage, value: str) -> None:
    contact = stage.decided()
    stage.switch.value = value

    assert stage.deliver(contact)
    assert (stage.author.calls, stage.row().state, stage.row().reason) == ([], State.SUPPRESSED, "kill switch")


def test_while_the_kill_switch_cannot_be_read_nobody_is_contacted(stage: Stage) -> None:
    contact = stage.decided()
    stage.switch.value = None

    assert not stage.deliver(contact)
    assert (stage.author.calls, stage.row().state) == ([], State.DECIDED)

    stage.clock.sleep(300)
    assert stage.deliver(contact, attempt=2)
    assert (stage.author.calls, stage.row().state) == ([], State.EXPIRED)


def test_the_kill_switch_is_not_read_for_a_check(stage: Stage) -> None:
    stage.decided()

    assert stage.switch.names == []


@pytest.mark.parametrize(("kind", "queue"), [("check", "contact"), ("contact", "check")])
def test_a_message_in_the_other_one_s_queue_is_given_up_with_the_right_one(stage: Stage, kind: str, queue: str) -> None:
    """Nothing holds the provider's rate in the queue of checks."""
    body = {**stage.decided(), "kind": kind}

    assert stage.deliver(body, queue=queue)

    assert stage.author.calls == []
    ((_, _, _, reason),) = stage.sqs.moved
    assert "redrive it to that one" in reason


# ---- whom to call is nobody's business ------------------------------------------------------------------------------


class TimedOut(Exception):
    """A provider's library quotes what it was asked."""

    def __init__(self) -> None:
        super().__init__(f"POST /Calls To={PHONE} timed out")
        self.request = {"To": PHONE}


@pytest.mark.parametrize("method", ["is_settled", "suppress"])
def test_what_a_question_raises_says_no_number_anywhere(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    def failing(*_: object) -> bool:
        raise TimedOut

    stage = Stage(author_class=type("Failing", (Author,), {method: failing}))
    stage.start({"unit": "order-1", "placed_at": stage.clock.now})
    stage.clock.sleep(stage.settings.delay)
    body = stage.sent.messages[-1][1]

    assert not stage.deliver(body)
    assert stage.deliver(body, attempt=5), "given up, for the test's settings"

    assert len(stage.sqs.moved) == 1
    assert PHONE not in "".join([*stage.told(), str(stage.sqs.moved), *capsys.readouterr()])


@pytest.mark.parametrize(
    "error", [TimedOut(), ValueError(f"{PHONE} is none"), OSError(5, PHONE), type("Odd", (Exception,), {})(PHONE)]
)
def test_what_contact_raises_says_no_number_anywhere(
    stage: Stage, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    contact = stage.decided()
    error.__cause__ = RuntimeError(f"could not reach {PHONE}")
    stage.author.answer = error

    assert stage.deliver(contact)
    stage.clock.sleep(60)
    stage.deliver(contact, message_id="message-2")

    assert stage.author.calls == ["order-1"]
    assert (stage.row().state, stage.row().reason) == (State.UNKNOWN, f"contact raised {type(error).__name__}")
    everything = [
        *stage.told(),
        json.dumps([dict(row) for row in stage.table.records.values()]),
        json.dumps([body for _, body, _ in stage.sent.messages]),
        str(stage.sqs.moved),
        "".join(capsys.readouterr()),
    ]
    assert [text for text in everything if PHONE in text or "5550123" in text] == []
    (line,) = [line for line in stage.lines.records if hasattr(line, "method")]
    assert f"contact raised {type(error).__name__} from RuntimeError at " in line.getMessage()
    assert "stage.py:" in line.getMessage()
    assert line.exc_info is None


@pytest.mark.parametrize(
    ("error", "state", "reason", "done"),
    [
        (Rejected("busy"), State.DECIDED, "rejected: busy", False),
        (Rejected("no such number", retry=False), State.OUTCOME, "rejected: no such number", True),
        (Ambiguous("timed out"), State.UNKNOWN, "timed out", True),
    ],
)
def test_what_contact_says_itself_is_kept(
    stage: Stage, error: Exception, state: State, reason: str, *, done: bool
) -> None:
    contact = stage.decided()
    stage.author.answer = error

    assert stage.deliver(contact) is done
    assert (stage.row().state, stage.row().reason) == (state, reason)


def test_an_unknown_contact_is_asked_for_where_the_class_can(stage: Stage) -> None:
    class Asking(Author):
        def reconcile(self, ctx: Context, unit: str, token: str) -> str | None:
            return "call-7"

    stage = Stage(author_class=Asking)
    contact = stage.decided()
    stage.author.answer = TimedOut()

    assert not stage.deliver(contact)
    assert stage.sqs.hidden[0][1] >= 60
    stage.clock.sleep(60)
    assert stage.deliver(contact, attempt=2)
    assert (stage.row().state, stage.row().provider_id) == (State.DIALED, "call-7")
    assert stage.author.calls == ["order-1"]
