from typing import Any

import pytest

from constructs_lib.runtime._shared.environment import SettingsError
from constructs_lib.runtime.delayed_check.context import Context
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX
from constructs_lib.runtime.delayed_check.dry_run import _Untouched
from constructs_lib.runtime.flow_control.testing import FakeContext
from tests.runtime.delayed_check.stage import ALL, HALF, PHONE, SETTINGS, Author, Stage

# ruff: noqa: ARG002 - an author's methods take what they are called with
EXPERIMENT = SETTINGS._replace(experiment=HALF)


def replay(stage: Stage, *orders: object, timeout: float = 30, **more: object) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = stage.handler({"dry_run": list(orders), **more}, FakeContext(stage.clock, timeout))
    return answer


def is_untouched(stage: Stage) -> bool:
    return (stage.table.writes, stage.sent.messages, stage.sent.schedules, stage.switch.names) == (0, [], [], [])


def test_it_answers_what_would_be_decided_now_and_leaves_no_trace() -> None:
    stage = Stage(EXPERIMENT)

    answers = replay(stage, *(f"order-{number}" for number in range(100)))

    arms = [answer["arm"] for answer in answers]
    assert {(answer["state"], answer["arm"]) for answer in answers} == {("DECIDED", "call"), ("CONTROL", "control")}
    assert 30 < arms.count("call") < 70
    assert is_untouched(stage)
    assert stage.author.calls == []


def test_it_decides_as_a_check_does() -> None:
    stage = Stage(EXPERIMENT)
    units = [f"order-{number}" for number in range(30)]
    answers = replay(stage, *units)
    for unit in units:
        stage.start({"unit": unit, "placed_at": stage.clock.now})
    checks = [body for _, body, _ in stage.sent.messages]
    stage.clock.sleep(300)
    for body in checks:
        stage.deliver(body)

    rows = [stage.row(unit) for unit in units]
    assert [(row.unit, row.state, row.arm, row.reason) for row in rows] == [
        (answer["unit"], answer["state"], answer["arm"], answer["reason"]) for answer in answers
    ]


def test_settled_and_suppressed_orders_are_told_apart() -> None:
    class Choosy(Author):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            return unit == "settled"

        def suppress(self, ctx: Context, unit: str) -> str | None:
            return "opted out" if unit == "quiet" else None

    stage = Stage(SETTINGS._replace(experiment=ALL), Choosy)

    assert replay(stage, "settled", "quiet", "order-1") == [
        {"unit": "settled", "state": "NOT_ELIGIBLE", "arm": None, "reason": "settled"},
        {"unit": "quiet", "state": "SUPPRESSED", "arm": "call", "reason": "opted out"},
        {"unit": "order-1", "state": "DECIDED", "arm": "call", "reason": None},
    ]


def test_an_order_may_be_given_with_its_time() -> None:
    stage = Stage()
    now = stage.clock.now

    answers = replay(stage, {"unit": "order-1", "placed_at": now - 300}, {"unit": "order-2", "placed_at": now - 700}, 3)

    assert [(answer["unit"], answer["state"]) for answer in answers] == [
        ("order-1", "DECIDED"),
        ("order-2", "EXPIRED"),
        ("3", "DECIDED"),
    ]


def test_a_bad_order_does_not_spoil_the_others() -> None:
    answers = replay(Stage(), "", {"unit": "order-1", "placed_at": "yesterday"}, None, {"placed_at": 1}, "order-2")

    assert [answer["state"] for answer in answers] == [None, None, None, None, "DECIDED"]
    assert answers[1]["reason"].startswith("placed_at is no time: got 'yesterday'")


def test_an_order_that_the_class_fails_at_does_not_spoil_the_others_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failing(Author):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            if unit == "order-1":
                raise LookupError(PHONE)
            return False

    stage = Stage(author_class=Failing)

    said = "is_settled raised LookupError, which the log has the place of"
    assert replay(stage, "order-1", "order-2") == [
        {"unit": "order-1", "state": None, "arm": None, "reason": said},
        {"unit": "order-2", "state": "DECIDED", "arm": None, "reason": None},
    ]
    assert PHONE not in "".join(stage.told()) + "".join(capsys.readouterr())


def test_what_there_is_no_time_for_is_said() -> None:
    class Slow(Author):
        def is_settled(self, ctx: Context, unit: str) -> bool:
            stage.clock.sleep(2)
            return False

    stage = Stage(author_class=Slow)

    answers = replay(stage, "order-1", "order-2", "order-3", timeout=4)

    assert [answer["state"] for answer in answers] == ["DECIDED", "DECIDED", None]
    assert "too little time was left: ask for fewer orders" in answers[2]["reason"]


def test_nothing_to_replay_is_answered_with_nothing() -> None:
    assert replay(Stage()) == []


@pytest.mark.parametrize("asked", ["order-1", {"unit": "order-1"}, None, True])
def test_what_is_no_list_is_refused(asked: object) -> None:
    with pytest.raises(ValueError, match="dry_run must be a list of orders, got "):
        Stage().handler({"dry_run": asked}, None)


def test_of_several_checks_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}AAAA0001", SETTINGS.to_json())
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}BBBB0002", SETTINGS._replace(check="other").to_json())
    handler = Author.as_handler()

    with pytest.raises(SettingsError, match="this function can serve"):
        handler({"dry_run": ["order-1"]}, None)
    assert handler({"dry_run": ["order-1"], "check": "other"}, None)[0]["state"] == "DECIDED"


@pytest.mark.parametrize("deed", ["write", "send", "schedule", "read"])
def test_what_would_touch_anything_breaks_the_run(deed: str) -> None:
    with pytest.raises(AssertionError, match="a dry run does nothing, and was to"):
        getattr(_Untouched(), deed)
