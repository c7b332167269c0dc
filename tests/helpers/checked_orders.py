"""Orders of the delayed-check experiment as a run records them, and a small run of both versions."""

import dataclasses
from typing import Any

from local.report.delayed_check.experiment import Contact, Event, Experiment, Kill, Order, Settings, Version

HOSTILE = "</script><script>alert(1)</script>"
CALLED = Contact(at=27.0, status=201, rang=True, provider_id="CA1")
REFUSED = Contact(at=26.0, status=429, rang=False)
SILENT = Contact(at=26.0, status=None, rang=True)
BROKEN = Contact(at=26.0, status=503, rang=False)


def order(
    *contacts: Contact,
    unit: str = "order-1",
    state: str = "OUTCOME",
    arm: str | None = "call",
    **more: Any,  # noqa: ANN401 - whatever else an order has
) -> Order:
    """One that was decided and called as it should be, but for what is given."""
    outcome = "answered" if state == "OUTCOME" else None
    fields: dict[str, Any] = {
        "starts": [0.1],
        "decisions": 1,
        "exposures": int(arm is not None),
        "decided_at": 26.0,
        "state": state,
        "arm": arm,
        "outcome": outcome,
        "events": [Event(event_id=unit, state=state, revision=2, recorded_at=30.0, arm=arm, outcome=outcome)]
        if state
        else [],
        "contacts": list(contacts),
    }
    return Order(unit=unit, placed_at=0.0, due_at=25.0, deadline_at=50.0, **{**fields, **more})


def naive(*contacts: Contact, unit: str = "order-1", **more: Any) -> Order:  # noqa: ANN401 - of an order
    """The same at the version that records nothing."""
    return order(*contacts, unit=unit, state="", arm=None, **{"exposures": 0, **more})


CONTROL = order(unit="order-2", state="CONTROL", arm="control", settled_at=40.0)
ELIGIBLE_NO_MORE = order(unit="order-3", state="NOT_ELIGIBLE", arm=None, settled_at=20.0)
UNKNOWN = order(SILENT, unit="order-4", state="UNKNOWN", kills=[Kill(at=26.5, after="the dial")], reason="no word")


def small_run() -> Experiment:
    """Four orders; the naive version calls the first twice, and too late."""
    again = dataclasses.replace(CALLED, at=52.0)
    return Experiment(
        made_at="2026-01-02T03:04:05+00:00",
        machine="Linux",
        load="4 orders <b>twice</b>",
        settings=Settings(
            delay=25,
            deadline=50,
            scale=12,
            calls_per_second=5,
            experiment="order-check",
            arms={"call": 50, "control": 50},
            control="control",
        ),
        naive=Version(
            orders=[
                naive(CALLED, again, unit=HOSTILE),
                naive(CALLED, unit="order-2"),
                naive(unit="order-3", settled_at=20.0),
                naive(SILENT, unit="order-4", decisions=2),
            ],
            lateness=[1.0, 4.0],
        ),
        ours=Version(
            orders=[order(CALLED, settled_at=45.0), CONTROL, ELIGIBLE_NO_MORE, UNKNOWN],
            lateness=[0.5, 1.0, 1.5],
            dead_letters={"start": 2, "check": 0},
            invocations={"check": 7, "start": 4},
            writes={"UpdateItem": 14},
            metrics={"UnknownContacts": 1.0},
            raised=["order-4"],
        ),
        floor=[0.25],
        crossing=[3.0],
        notes=["a note & its <details>"],
        warnings=["the machine could not <keep up>"],
    )


def with_ours(experiment: Experiment, *orders: Order) -> Experiment:
    """The same run with other orders at DelayedCheck."""
    return dataclasses.replace(experiment, ours=dataclasses.replace(experiment.ours, orders=list(orders)))


def crowd(name: str, count: int, saved: int, state: str) -> list[Order]:
    """So many orders of an arm, of which some settled in time and the others too late."""
    return [
        order(unit=f"{name}-{n}", state=state, arm=name, settled_at=40.0 if n < saved else 50.0) for n in range(count)
    ]
