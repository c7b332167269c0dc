"""The experiment's own parts: its load is fair and repeatable, and its records say what happened and nothing else."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.delayed_check.bucketing import bucket
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings
from constructs_lib.runtime.delayed_check.row import Row, State
from local import kill_switch
from local.aspects import DiesWhenTold
from local.clients import Clients
from local.demo.delayed_check_plan import DEADLINE, DELAY, MANY, describe, draw
from local.demo.delayed_check_records import (
    DeadLetters,
    Trail,
    dead_letters,
    is_at_rest,
    passages_of,
    trail_of_logs,
    version,
)
from local.demo.delayed_check_shop import Shop
from local.logs import Journal
from local.short_waits import shorten_waits
from local.twilio import Behaviour, Request, Twilio
from stacks._functions import RUNTIME


def test_the_load_is_the_same_each_time_and_has_everything_in_it() -> None:
    orders = draw(300)

    assert orders == draw(300)
    assert orders != draw(300, seed=1)
    assert len({order.unit for order in orders}) == len({order.phone for order in orders}) == 300
    assert {order.script.behaviour for order in orders} == set(Behaviour)
    assert sum(order.script.behaviour is Behaviour.KILLS for order in orders) == 30
    assert Counter(order.starts for order in orders)[MANY] == 12
    assert {order.script.reports for order in orders} == {0, 1, 2}
    assert any(order.lag for order in orders)
    assert any(order.do_not_call for order in orders)
    assert all(order.advances is None or 0 < order.advances < DEADLINE for order in orders)
    assert any(order.advances and order.advances < DELAY for order in orders)


def test_a_liar_s_report_comes_before_the_time_is_over_that_it_asks_to_wait() -> None:
    liars = [order.script for order in draw(300) if order.script.behaviour is Behaviour.LIES]

    assert liars
    assert all(script.rings < script.retry_after and script.reports for script in liars)


def test_nothing_in_the_load_depends_on_the_arm() -> None:
    """Both arms have some of each; what is drawn knows no key of an experiment."""
    arms = {"call": 50, "control": 50}
    for wanted in (Behaviour.KILLS, Behaviour.THROTTLES):
        chosen = [order for order in draw(300) if order.script.behaviour is wanted]
        assert {bucket("order-check", 1, order.unit, arms) for order in chosen} == set(arms)


def test_a_short_load_is_described_with_its_scale() -> None:
    text = describe(draw(40))

    assert text.startswith("40 orders, ")
    assert "1:12 of 5 and 10 minutes" in text


def image(state: State, **more: Any) -> Item:  # noqa: ANN401 - whatever a row holds
    return {"unit": "order-1", "state": str(state), "due_at": 25_000, **more}


SCHEDULED = image(State.SCHEDULED)
DECIDED = image(State.DECIDED, decided_at=25_400, arm="call")


def test_a_row_that_leaves_scheduled_is_one_decision_and_one_exposure() -> None:
    dialled = {**DECIDED, "state": "DIALED", "provider_id": "CA1"}

    passage = passages_of([({}, SCHEDULED), (SCHEDULED, DECIDED), (DECIDED, dialled)])["order-1"]

    assert (passage.decisions, passage.exposures, passage.decided_at) == (1, 1, 25.4)
    assert passage.row is not None
    assert passage.row.provider_id == "CA1"


def test_a_row_that_is_settled_is_decided_and_exposed_to_nothing() -> None:
    settled = image(State.NOT_ELIGIBLE, decided_at=25_100)

    passage = passages_of([({}, SCHEDULED), (SCHEDULED, settled)])["order-1"]

    assert (passage.decisions, passage.exposures) == (1, 0)


@pytest.mark.parametrize("later", [{"arm": "control"}, {"decided_at": 26_000}])
def test_a_decision_that_changes_later_counts_as_another_one(later: dict[str, Any]) -> None:
    passage = passages_of([(SCHEDULED, DECIDED), (DECIDED, {**DECIDED, **later})])["order-1"]

    assert passage.decisions == 2


def test_the_naive_function_decided_whenever_it_asked_the_provider_or_said_why_not() -> None:
    journal = Journal()
    for result in ("control", "called", "settled"):
        text = f'{{"message": "order checked", "order_id": "order-{result}", "result": "{result}"}}'
        journal.add(text, at=30.0)
    asked = [Request(at=at, order="order-called", to="1", behaviour=Behaviour.KILLS) for at in (31.0, 60.0)]

    passages = trail_of_logs(journal, asked).passages

    assert {unit: (one.decisions, one.exposures, one.decided_at) for unit, one in passages.items()} == {
        "order-control": (1, 1, 30.0),
        "order-settled": (1, 0, 30.0),
        "order-called": (2, 2, 31.0),
    }


class Told:
    """A shop and a provider that only say what happened."""

    def __init__(self) -> None:
        self.placed_at = {"order-0000": 100.0}
        self.settled_at = {"order-0000": 140.0}
        self.starts = {"order-0000": [100.1, 100.2]}
        self.again = {"order-0000": Counter(check=2)}

    def requests(self) -> list[Request]:
        return [Request(at=126.0, order="order-0000", to="1", behaviour=Behaviour.KILLS, sid="CA1")]


def test_a_version_s_records_count_from_the_beginning_of_the_run() -> None:
    told, orders = Told(), draw(2)
    passages = passages_of(
        [(SCHEDULED, {**DECIDED, "unit": "order-0000", "decided_at": 125_500}), ({}, image(State.SCHEDULED))]
    )
    journal = Journal()
    journal.add(
        '{"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "UnknownContacts"}]}]}, "UnknownContacts": 1,'
        ' "unit": "order-0000"}',
        at=1,
    )
    journal.add('{"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "Calls"}]}]}, "Calls": [1.0, 2.0]}', at=1)

    found = version(
        orders,
        cast("Shop", told),
        cast("Twilio", told),
        Trail(passages=passages),
        epoch=90.0,
        dead_letters=DeadLetters(counts={"start": 0}),
        journals={"check": journal},
    )

    [order] = found.orders  # the second one was never placed
    assert (order.placed_at, order.due_at, order.deadline_at) == (10.0, 10.0 + DELAY, 10.0 + DEADLINE)
    assert (order.decided_at, order.settled_at, order.starts) == (35.5, 50.0, [10.1, 10.2])
    assert [(one.at, one.status, one.rang, one.provider_id) for one in order.contacts] == [(36.0, 201, True, "CA1")]
    assert [kill.at for kill in order.kills] == [36.0]
    assert found.lateness == [0.5]
    assert found.metrics == {"UnknownContacts": 1, "Calls": 3.0}
    assert found.raised == ["order-0000"]


@pytest.mark.parametrize(
    ("state", "asked", "rests"),
    [
        (State.SCHEDULED, 0, False),
        (State.DECIDED, 0, False),
        (State.CLAIMED, 0, False),
        (State.UNKNOWN, 0, False),
        (State.UNKNOWN, 1, True),
        (State.DIALED, 0, True),
        (State.CONTROL, 0, True),
    ],
)
def test_the_run_waits_for_every_order_and_for_one_question_about_unknown_ones(
    state: State, asked: int, rests: bool
) -> None:
    assert is_at_rest(Row(unit="order-1", state=state, asked=asked)) is rests


def test_functions_are_made_mortal() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    lambda_.Function(
        stack,
        "Function",
        runtime=RUNTIME,
        handler="own.handler",
        code=lambda_.Code.from_asset(str(kill_switch.LAYER)),
    )
    cdk.Aspects.of(stack).add(DiesWhenTold())

    [function] = assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()

    assert function["Properties"]["Handler"] == "demo_die_when_told.handler"
    assert function["Properties"]["Environment"]["Variables"] == {kill_switch.HANDLER: "own.handler"}
    assert len(function["Properties"]["Layers"]) == 1


class Letters:
    """SQS's API as far as it is needed here: it gives each message once."""

    def __init__(self, **reasons: Sequence[str | None]) -> None:
        self.letters = {queue: list(enumerate(one)) for queue, one in reasons.items()}

    def client(self, service: str) -> "Letters":
        assert service == "sqs"
        return self

    def receive_message(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        queue = self.letters[asked["QueueUrl"]]
        given, queue[:] = queue[:10], queue[10:]
        texts = {number: {"ERROR_MESSAGE": {"StringValue": text}} if text else {} for number, text in given}
        return {"Messages": [{"MessageId": str(n), "MessageAttributes": one} for n, one in texts.items()]}


def test_dead_letters_are_counted_by_queue_and_by_reason_whatever_order_it_names() -> None:
    letters = Letters(one=[f"there is no row for 'order-{n:04d}'" for n in range(12)], two=[None])

    found = dead_letters(cast("Clients", letters), {"contact": "one", "queue": "two"})

    assert found.counts == {"contact": 12, "queue": 1}
    assert found.reasons == {
        "contact: there is no row for an order": 12,
        "queue: received too often, and nobody wrote down why": 1,
    }


class Functions:
    """Lambda's API as far as it is needed here."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables

    def client(self, service: str) -> "Functions":
        assert service == "lambda"
        return self

    def get_function_configuration(self, **_name: str) -> dict[str, Any]:
        return {"Environment": {"Variables": self.variables}}

    def update_function_configuration(self, **change: Any) -> None:  # noqa: ANN401 - as boto3's
        self.variables = change["Environment"]["Variables"]


def test_waits_are_shortened_in_a_check_s_settings_and_nothing_else_is_changed() -> None:
    name = f"{ENVIRONMENT_PREFIX}12345678"
    functions = Functions({name: Settings(check="one", table_name="t").to_json(), "OTHER": "{}"})

    shorten_waits(cast("Clients", functions), "start", longest_sqs_delay=7, schedule_lead=9)

    expected = Settings(check="one", table_name="t", longest_sqs_delay=7, schedule_lead=9)
    assert Settings.from_json(functions.variables[name]) == expected
    assert functions.variables["OTHER"] == "{}"
