"""Plays the generators of the protocol, step by step, on a table in memory."""

from collections.abc import Generator
from typing import Any

from constructs_lib.runtime._shared.run import run
from constructs_lib.runtime._shared.testing.clock import InvocationClock, VirtualClock
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.delayed_check import contacting, transitions
from constructs_lib.runtime.delayed_check.case import Case
from constructs_lib.runtime.delayed_check.contract import Experiment, Settings
from constructs_lib.runtime.delayed_check.row import Row, State, key_of
from constructs_lib.runtime.delayed_check.steps import (
    Contact,
    Frozen,
    IsSettled,
    MayContact,
    Note,
    Placed,
    Step,
    Write,
)
from constructs_lib.runtime.delayed_check.transitions import Decision, Order
from constructs_lib.runtime.flow_control.errors import RetryLater

CHECK, UNIT, TOKEN = "stuck-orders", "order-1", "token"
#: Milliseconds: when the order is due.
DUE = 1_800_000_000_000
ORDER = Order(UNIT, DUE - 300_000, DUE, DUE + 300_000)
EXPERIMENT = Experiment(CHECK, 1, {"call": 100, "control": 0}, "control")
SETTINGS = Settings(check=CHECK, table_name="orders", delay=300, deadline=600, schedule_group="group")


class Play:
    """One invocation after another, for one order, each under a nonce of its own.

    Args:
        now: Milliseconds since the order was due.

    Attributes:
        steps: What was asked for, without notes.
        notes: The notes.
        answers: What a kind of step is answered with, or who answers it; by its class.
    """

    def __init__(self, now: int = 0) -> None:
        self.clock = VirtualClock((DUE + now) / 1000)
        self.table = MemoryTable(self.clock)
        self.steps: list[Any] = []
        self.notes: list[Note] = []
        self.answers: dict[type, Any] = {
            IsSettled: False,
            MayContact: True,
            Contact: Placed("call-1"),
            Frozen: EXPERIMENT,
        }
        self._nonces = 0

    def case(self, *, remaining: float = 30.0, settings: Settings = SETTINGS, **more: Any) -> Case:  # noqa: ANN401
        """The order in a new invocation."""
        self._nonces += 1
        clock = InvocationClock(self.clock, self.clock.time + remaining)
        return Case(order=ORDER, settings=settings, clock=clock, nonce=f"nonce-{self._nonces}", **more)

    def perform(self, generator: Generator[Step, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
        """Play a generator to its end."""
        return run(generator, self._answer)

    def put(self, state: State, **more: Any) -> None:  # noqa: ANN401 - what a row may hold
        """The row is in a state."""
        now = int(self.clock.time * 1000)
        scheduled = transitions.schedule(CHECK, ORDER, by="start", now=ORDER.placed_at)
        self.table.records = {}
        self.table.write(scheduled)
        if state is not State.SCHEDULED:
            known: dict[str, Any] = {"experiment": EXPERIMENT, "token": TOKEN, "by": "check", "now": now}
            self.table.write(transitions.decide(CHECK, ORDER, Decision(State.DECIDED, "call"), **known))
        key = key_of(CHECK, UNIT)
        self.table.records[key] = {**self.table.records[key], "state": str(state), **more}

    @property
    def row(self) -> Row:
        """The order's row."""
        row = Row.of(self.table.records[key_of(CHECK, UNIT)])
        assert row is not None
        return row

    @property
    def kinds(self) -> list[str]:
        """The kinds of steps that were asked for; of a write, the state that it writes."""
        return [str(one.change.set["state"]) if isinstance(one, Write) else type(one).__name__ for one in self.steps]

    def _answer(self, step: Step) -> Any:  # noqa: ANN401 - each step has an answer of its own
        if isinstance(step, Note):
            self.notes.append(step)
            return None
        self.steps.append(step)
        if isinstance(step, Write) and Write not in self.answers:
            return self.table.write(step.change)
        answer = self.answers.get(type(step))
        return answer(step) if callable(answer) else answer


def contact(play: Play, **more: Any) -> float | None:  # noqa: ANN401 - the fields of a case
    """Contact the order; seconds until the message comes again, -1 for a backoff, None where it is done with."""
    try:
        play.perform(contacting.contact(play.case(**more), arm="call"))
    except RetryLater as later:
        return -1.0 if later.after is None else later.after
    return None
