"""How the delayed-check experiment's records are judged, and the tables that this makes."""

import dataclasses

import pytest

from local.report.delayed_check import records
from local.report.delayed_check.experiment import Contact, Event, Experiment, Order
from local.report.delayed_check.page import page
from local.report.delayed_check.summary import fact_rows, faults, lateness_rows, promise_rows
from local.report.html import Wrong
from tests.helpers.checked_orders import (
    BROKEN,
    CALLED,
    CONTROL,
    ELIGIBLE_NO_MORE,
    REFUSED,
    SILENT,
    UNKNOWN,
    order,
    small_run,
    with_ours,
)


@pytest.fixture
def experiment() -> Experiment:
    return small_run()


@pytest.mark.parametrize(
    ("contacts", "calls", "redials"),
    [
        ([], 0, 0),
        ([CALLED], 1, 0),
        ([REFUSED, REFUSED, CALLED], 1, 0),
        ([CALLED, CALLED], 2, 1),
        # Nobody rang twice, and yet the second request was sent without knowing that.
        ([BROKEN, CALLED], 1, 1),
        ([SILENT, REFUSED], 1, 1),
        ([dataclasses.replace(SILENT, rang=False), CALLED], 1, 1),
        # A provider that lies: it refused, and called.
        ([dataclasses.replace(REFUSED, rang=True), CALLED], 2, 1),
    ],
)
def test_a_redial_is_a_request_after_one_that_may_have_rung(contacts: list[Contact], calls: int, redials: int) -> None:
    assert (records.calls(order(*contacts)), records.redials(order(*contacts))) == (calls, redials)


def test_requests_are_late_from_the_deadline_on() -> None:
    requests = [dataclasses.replace(CALLED, at=at) for at in (49.99, 50.0, 51.0)]

    assert records.late(order(*requests)) == 2


def test_a_request_for_a_settled_order_is_told_from_one_that_was_on_its_way() -> None:
    requests = [dataclasses.replace(CALLED, at=at) for at in (29.0, 30.5, 31.0, 31.01)]

    settling = order(*requests, settled_at=30.0)

    assert (records.after_settling(settling), records.while_settling(settling)) == (1, 2)
    assert (records.after_settling(order(*requests)), records.while_settling(order(*requests))) == (0, 0)


def test_what_a_query_sees_is_the_event_of_the_highest_revision_whatever_the_clocks_say() -> None:
    dialed = Event(event_id="1", state="DIALED", revision=4, recorded_at=30.0, arm="call")
    outcome = dataclasses.replace(dialed, state="OUTCOME", revision=5, outcome="answered")
    earlier = dataclasses.replace(dialed, state="UNKNOWN", revision=3, recorded_at=31.0)

    for events in ([dialed, outcome, earlier], [earlier, outcome, dialed], [outcome, earlier, dialed]):
        assert records.newest(order(CALLED, events=events)) == outcome
        assert not records.is_told_wrongly(order(CALLED, events=events))
    assert records.is_told_wrongly(order(CALLED, events=[earlier, dialed]))
    assert records.is_told_wrongly(order(CALLED, events=[dataclasses.replace(outcome, arm="control")]))
    assert records.was_unknown(order(CALLED, events=[earlier, outcome]))
    assert records.newest(order(events=[])) is None


BROKEN_PROMISES = [
    (order(CALLED, CALLED), ["customers called more than once", "contact requests after one that may have rung"]),
    (order(dataclasses.replace(CALLED, at=50.0)), ["contact requests after the deadline"]),
    (dataclasses.replace(CONTROL, contacts=[REFUSED]), ["contact requests for the control arm"]),
    (
        dataclasses.replace(ELIGIBLE_NO_MORE, contacts=[REFUSED]),
        ["contact requests for orders settled over 1 s before"],
    ),
    (order(CALLED, decisions=2), ["orders decided more than once"]),
    (order(CALLED, decided_at=24.9), ["orders decided before they were due"]),
    (order(CALLED, exposures=2), ["orders exposed more than once"]),
    (order(CALLED, exposures=0), ["orders exposed without an arm, or in one unexposed"]),
    (order(CALLED, events=[]), ["orders without an outcome event"]),
    (
        order(state="CLAIMED", events=[], decisions=0, decided_at=None),
        [
            "orders never decided",
            "orders for which something is still to happen",
            "orders without an outcome event",
        ],
    ),
    (
        order(CALLED, events=[*order().events, dataclasses.replace(order().events[0], event_id="other")]),
        ["orders with several outcome ids"],
    ),
    (order(CALLED, reason="x", outcome="busy"), ["orders whose newest event is not their row"]),
    (dataclasses.replace(UNKNOWN, unit="again"), ["unknown contacts that no metric has raised"]),
]


@pytest.mark.parametrize(("wrong", "labels"), BROKEN_PROMISES, ids=[labels[0] for _wrong, labels in BROKEN_PROMISES])
def test_every_promise_that_is_broken_is_found_and_stands_first(
    experiment: Experiment, wrong: Order, labels: list[str]
) -> None:
    broken = with_ours(experiment, *experiment.ours.orders, wrong)

    assert faults(experiment) == []
    assert faults(broken) == [f"DelayedCheck broke a promise: {label}: 1" for label in labels]
    assert [row[0] for row in promise_rows(broken)][: len(labels)] == labels
    assert page(broken).index(f"{labels[0]}: 1</p>") < page(broken).index("<h2>")


def test_the_naive_version_is_not_judged_by_what_it_does_not_record(experiment: Experiment) -> None:
    rows = {label: (other, ours) for label, other, ours in promise_rows(experiment)}

    assert rows["customers called more than once"] == ("1", "0")
    assert [isinstance(cell, Wrong) for cell in rows["customers called more than once"]] == [True, False]
    assert rows["contact requests after the deadline"] == ("1", "0")
    assert rows["contact requests for the control arm"] == ("not recorded", "0")
    assert rows["orders without an outcome event"] == ("not recorded", "0")


def test_what_happened_is_counted_at_both(experiment: Experiment) -> None:
    rows = {label: (other, ours) for label, other, ours in fact_rows(experiment)}

    assert rows["orders placed"] == ("4", "4")
    assert rows["of which settled before they were due"] == ("1", "1")
    assert rows["of which settled before the deadline"] == ("1", "3")
    assert rows["contact requests"] == ("4", "2")
    assert rows["of which not answered in time"] == ("1", "1")
    assert rows["calls to customers"] == ("4", "2")
    assert rows["unique outcome ids : orders"] == ("not recorded", "4 : 4")
    assert rows["UNKNOWN in the end"] == ("not recorded", "1")
    assert rows["dead letters"] == ("0", "2 (start 2)")
    assert rows["invocations per order, faults and duplicates included"] == ("-", "2.75")
    assert rows["DynamoDB writes per order, the same"] == ("-", "3.50")


def test_two_orders_under_one_id_are_not_one_each(experiment: Experiment) -> None:
    twin = order(CALLED, unit="order-2", events=experiment.ours.orders[0].events)

    shown = {label: ours for label, _other, ours in fact_rows(with_ours(experiment, order(CALLED), twin))}

    assert shown["unique outcome ids : orders"] == "1 : 2"
    assert isinstance(shown["unique outcome ids : orders"], Wrong)


def test_lateness_stands_beside_the_emulators_own_and_early_is_marked(experiment: Experiment) -> None:
    early = dataclasses.replace(experiment, ours=dataclasses.replace(experiment.ours, lateness=[-0.01, 1.0]))

    assert lateness_rows(experiment)[1:4] == [
        ("DelayedCheck: due to decided", "3", "0.50 s", "1.00 s", "1.50 s", "1.50 s"),
        ("the emulator's floor: a delayed message to a function that does nothing", "1", *["0.25 s"] * 4),
        ("DelayedCheck, across EventBridge Scheduler", "1", *["3.00 s"] * 4),
    ]
    assert isinstance(lateness_rows(early)[1][2], Wrong)
    assert not isinstance(lateness_rows(experiment)[1][2], Wrong)
