"""The code that the check's guide and the README show of it runs as it stands there."""

import inspect
import json
import re
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from aws_cdk import Duration
from aws_cdk import aws_events as events

from benchmarks.bench_delayed_check_cost import STORIES, play
from constructs_lib import DelayedCheck, Downstream, Experiment
from constructs_lib.delayed_check.rules import IDS
from constructs_lib.runtime.delayed_check import Ambiguous, Rejected, UnknownContact
from constructs_lib.runtime.delayed_check.contract import DEADLINE_MARGIN, ENVIRONMENT_PREFIX, PICKUP, Settings
from constructs_lib.runtime.delayed_check.row import PUBLISHED, State
from constructs_lib.runtime.delayed_check.testing import CheckRunner
from constructs_lib.runtime.flow_control.testing.clock import FakeContext
from tests.helpers.documents import ROOT, Shop, code_in, executed
from tests.helpers.synth import function, new_stack

GUIDE_PATH = "docs/delayed_check.md"
GUIDE = (ROOT / GUIDE_PATH).read_text()
README = (ROOT / "README.md").read_text()
HALF = {"call": 50, "control": 50}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The module that the documents import."""
    found = Shop()
    monkeypatch.setitem(sys.modules, "shop", found.module)
    return found


@pytest.fixture
def guide(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the guide's runtime code has defined; it starts a check that is not there."""
    assert sys.modules["shop"].orders is shop
    runtime = sys.modules["constructs_lib.runtime.delayed_check"]
    started: list[Any] = []
    monkeypatch.setattr(runtime, "start_check", lambda *start: started.append(start))
    names: dict[str, Any] = {}
    for source in code_in(GUIDE_PATH)[1:]:
        executed(source, GUIDE_PATH, names)
    assert started == [("order-1", "2026-11-21T10:00:00Z")]
    return names


@pytest.fixture(scope="module")
def check() -> DelayedCheck:
    """The guide's construct, which is the first of its code."""
    stack = new_stack()
    names: dict[str, Any] = {
        "self": stack,
        "function": function(stack),
        "webhook": function(stack, "Webhook"),
        "bus": events.EventBus(stack, "Bus"),
        "events": events,
        "Duration": Duration,
        "DelayedCheck": DelayedCheck,
        "Downstream": Downstream,
        "Experiment": Experiment,
    }
    found = executed(code_in(GUIDE_PATH)[0], GUIDE_PATH, names)["check"]
    assert isinstance(found, DelayedCheck)
    return found


def test_the_guide_s_construct_has_no_findings(check: DelayedCheck) -> None:
    assert check.findings == []


def test_the_guide_s_tests_pass(guide: dict[str, Any], shop: Shop) -> None:
    tests = [name for name in guide if name.startswith("test_")]

    for name in tests:
        shop.taken.clear()
        shop.calls.clear()
        guide[name]()

    assert len(tests) == 2


def test_the_guide_s_handler_calls_half_of_the_orders_and_only_before_the_deadline(
    guide: dict[str, Any], shop: Shop
) -> None:
    runner = CheckRunner(
        guide["handler"], delay=300, deadline=600, experiment=Experiment(key="k", arms=HALF, control="control")
    )
    for number in range(200):
        runner.start(f"order-{number}")
    shop.taken |= {f"order-{number}" for number in range(100)}

    runner.run()

    states = [row.state for row in runner.orders.values()]
    assert states.count(State.NOT_ELIGIBLE) == 100
    assert states.count(State.CONTROL) + states.count(State.DIALED) == 100
    assert all(300 <= contact.at < 600 for contact in runner.contacts)
    assert len(shop.calls) == len(set(shop.calls)) == states.count(State.DIALED)


def test_the_readme_s_handler_tries_again_only_what_the_provider_refused(shop: Shop) -> None:
    handler = executed(code_in("README.md")[5], "README.md")["handler"]
    runner = CheckRunner(handler, delay=300, deadline=600)
    runner.start("order-1")
    shop.refuses = True
    runner.at(330, lambda: setattr(shop, "refuses", False))

    runner.run()

    assert runner.orders["order-1"].state == State.DIALED
    assert runner.orders["order-1"].attempts > 0
    assert shop.calls == ["phone of order-1"]


class Http:
    """Answers, or fails."""

    def __init__(self, answer: int | Exception, headers: dict[str, str] | None = None, sid: str | None = "CA1") -> None:
        self.answer = answer
        self.headers = headers or {}
        self.sid = sid

    def request(self, *_: object, **options: object) -> SimpleNamespace:
        assert options["retries"] is False
        assert options["redirect"] is False
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(
            status=self.answer, headers=self.headers, json=lambda: {} if self.sid is None else {"sid": self.sid}
        )


def _pool(kind: type[Exception]) -> Exception:
    return kind(None, "no") if kind is not urllib3.exceptions.SSLError else kind("no")


@pytest.mark.parametrize(
    ("http", "raises", "after", "retry"),
    [
        (Http(429), Rejected, None, True),
        (Http(429, {"Retry-After": "7"}), Rejected, 7.0, True),
        (Http(400), Rejected, None, False),
        (Http(422), Rejected, None, False),
        (Http(401), Rejected, None, True),
        (Http(_pool(urllib3.exceptions.NewConnectionError)), Rejected, None, True),
        (Http(_pool(urllib3.exceptions.ConnectTimeoutError)), Rejected, None, True),
        (Http(_pool(urllib3.exceptions.SSLError)), Rejected, None, True),
        (Http(500), Ambiguous, None, None),
        (Http(503), Ambiguous, None, None),
        (Http(302), Ambiguous, None, None),
        (Http(408), Ambiguous, None, None),
        (Http(urllib3.exceptions.ReadTimeoutError(None, "/", "no")), Ambiguous, None, None),  # type: ignore[arg-type]  # no pool is needed
        (Http(urllib3.exceptions.ProtocolError("reset")), Ambiguous, None, None),
        (Http(201, sid=None), KeyError, None, None),
    ],
)
def test_the_guide_s_request_reads_each_answer_as_its_table_says(
    guide: dict[str, Any], http: Http, raises: type[Exception], after: float | None, retry: bool | None
) -> None:
    with pytest.raises(raises) as raised:
        guide["placed"](http, "https://provider.example", {}, 3)

    if isinstance(raised.value, Rejected):
        assert (raised.value.after, raised.value.retry) == (after, retry)


def test_the_guide_s_request_returns_the_id(guide: dict[str, Any]) -> None:
    assert guide["placed"](Http(201), "https://provider.example", {}, 3) == "CA1"


def test_the_guide_s_token_reaches_connect(guide: dict[str, Any]) -> None:
    asked: dict[str, Any] = {}

    def start(**given: str) -> dict[str, str]:
        asked.update(given)
        return {"ContactId": "c-1"}

    connect = SimpleNamespace(start_outbound_voice_contact=start)

    assert guide["call_by_connect"](connect, "+1", "token", {"InstanceId": "i", "ContactFlowId": "f"}) == "c-1"
    assert asked["ClientToken"] == "token"


def test_the_guide_s_webhook_answers(guide: dict[str, Any]) -> None:
    recorded: list[tuple[str, str, str]] = []
    guide["record_outcome"] = lambda *report: recorded.append(report)
    assert guide["report"]("order-1", "token", "ringing") == 204
    assert guide["report"]("order-1", "token", "completed") == 204
    assert recorded == [("order-1", "token", "answered")]

    def unknown(*_: str) -> None:
        raise UnknownContact("no")

    guide["record_outcome"] = unknown
    assert guide["report"]("order-1", "guessed", "completed") == 404


def test_the_guide_s_search_finds_one_call_or_none(guide: dict[str, Any]) -> None:
    def client(found: int) -> SimpleNamespace:
        sids = [SimpleNamespace(sid=f"CA{number}") for number in range(found)]
        return SimpleNamespace(calls=SimpleNamespace(list=lambda **_: sids))

    assert [guide["find_call"](client(found), "+1", "since") for found in (0, 1, 2)] == [None, "CA0", None]


def test_the_guide_s_dry_run_answers_with_what_the_guide_says(
    guide: dict[str, Any], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(check="calls", table_name="none", delay=300, deadline=600)
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}1", settings.to_json())
    (asked,) = re.findall(r"--payload '(.*?)'", GUIDE)
    shop.take("order-2")

    answers = guide["handler"](json.loads(asked), FakeContext(time, 30))

    assert [(answer["unit"], answer["state"]) for answer in answers] == [
        ("order-1", "DECIDED"),
        ("order-2", "NOT_ELIGIBLE"),
    ]
    assert set(answers[0]) == {"unit", "state", "arm", "reason"}
    assert shop.calls == []


def test_the_guide_names_every_rule_parameter_alarm_and_state(check: DelayedCheck) -> None:
    rules = re.findall(r"^\| ([a-z]+) \| (?:error|warning|not checked)", GUIDE, re.MULTILINE)
    states = re.findall(r"^\| `([A-Z_]+)` \|.*\| (yes|) ?\|$", GUIDE, re.MULTILINE)
    parameters = set(inspect.signature(DelayedCheck.__init__).parameters) - {"self", "scope", "id"}
    own = {alarm.node.id for alarm in check.alarms if alarm.node.scope is check}
    text = " ".join(GUIDE.split())

    assert sorted(rules) == sorted(IDS)
    assert {name for name in parameters if f"`{name}`" not in GUIDE} == set()
    assert {alarm for alarm in own if alarm.removesuffix("Alarm") not in GUIDE} == set()
    assert {state for state, _ in states} == set(State)
    assert {state for state, published in states if published} == set(PUBLISHED)
    assert f"`delay` + {PICKUP:g} s + 2 \u00d7 the function's timeout" in text
    assert f"later than {'a second' if DEADLINE_MARGIN == 1 else DEADLINE_MARGIN} before the deadline" in text


def test_the_readme_s_costs_are_the_guide_s(check: DelayedCheck) -> None:
    called, control = (play(STORIES[name]) for name in ("called, and answered", "control"))
    alarms = len(check.alarms)

    assert f"about ${(called.usd + called.running_usd) * 1e6:.0f} for a million orders that are called" in README
    assert f"${(control.usd + control.running_usd) * 1e6:.0f} for a million that are not" in README
    assert f"${alarms * 0.1:.2f} a month for its {alarms} alarms" in " ".join(README.split())
