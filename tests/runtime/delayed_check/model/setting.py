"""What is explored, and what a state of the model's world holds."""

from typing import Literal, NamedTuple

from constructs_lib.runtime.delayed_check.contract import Experiment, Settings
from constructs_lib.runtime.delayed_check.transitions import Order

CHECK, UNIT, TOKEN = "stuck-orders", "order-1", "token"
#: Milliseconds: a deadline may pass while whoever is at work is alive, or so late that a claim's time ends before.
SOON, LATE = 20_000, 200_000
Fault = Literal["table lost", "table done", "retried write", "send lost", "send done", "read", "lookup"]
Kind = Literal["start", "check", "contact", "report"]


class Setup(NamedTuple):
    """What is explored. Give the fields by name.

    Attributes:
        starts: Duplicates of the message that starts the check; none: the row is there, and `checks` messages.
        checks: Duplicates of the message that waits for the order to be due.
        same_message: They are one message, delivered so often, and not so many messages.
        kills: Invocations that are killed, in all.
        zombies: The time of a claim may end while its holder lives; a message that is worked on may come again, and
            the end of one delivery is then that of both. Each counts as a kill.
        late_writes: What a killed invocation wrote to the table may come about later.
        deadline: Milliseconds after the order was due, which is when the model begins.
        doubts: The provider's answer may get lost, with its request or without.
        refusals: How often the provider refuses, in all.
        after: Seconds for which it then asks.
        fails: It may refuse for good, too.
        reconciles: The author's class can ask the provider what became of a contact.
        reports: The provider reports what came of a contact, at any time from its request on.
        lies: It reports also what it had refused.
        settles: The order may settle, at any time.
        stops: The kill switch may be set, at any time.
        faults: How many of `kinds` happen, in all.
        kinds: Which.
        control: The order is in the control arm.
        same_nonce: All attempts of a message go by one name, as if it were the message's id.
        protocol: "ours", or a peer's name.
    """

    starts: int = 0
    checks: int = 2
    same_message: bool = False
    kills: int = 1
    zombies: bool = False
    late_writes: bool = False
    deadline: int = SOON
    doubts: bool = True
    refusals: int = 1
    after: float | None = None
    fails: bool = False
    reconciles: bool = False
    reports: bool = False
    lies: bool = False
    settles: bool = False
    stops: bool = False
    faults: int = 0
    kinds: frozenset[Fault] = frozenset()
    control: bool = False
    same_nonce: bool = False
    protocol: str = "ours"

    @property
    def order(self) -> Order:
        """The one order."""
        return Order(UNIT, -300_000, 0, self.deadline)

    @property
    def settings(self) -> Settings:
        """The check's."""
        arms = {"call": 0, "control": 100} if self.control else {"call": 100, "control": 0}
        experiment = Experiment(CHECK, 1, arms, "control")
        return Settings(
            check=CHECK, table_name="orders", delay=300, deadline=300 + self.deadline / 1000, experiment=experiment
        )


class Delivery(NamedTuple):
    """A message.

    Attributes:
        kind: What it asks for.
        attempt: How often it was begun anew after something of it may have been written.
        place: Where it stands.
        twin_of: The message of which it is one more delivery; -1: none.
    """

    kind: Kind
    attempt: int
    place: int
    twin_of: int = -1


class State(NamedTuple):
    """A state of the world, in numbers.

    Attributes:
        item: The row.
        now: The time.
        slots: The messages.
        open: Contacts that were requested and not surely refused.
        taken: Whether the provider has taken one.
        settled: Whether the order has settled.
        stopped: Whether the kill switch is set.
        decisions: How often a decision was written.
        kills: How many are left.
        refusals: How many are left.
        faults: How many are left.
        reported: Whether the provider's report is on its way or has come.
        landing: Places of killed invocations whose writes are on their way to the table.
    """

    item: int
    now: int
    slots: tuple[Delivery, ...]
    open: int
    taken: bool
    settled: bool
    stopped: bool
    decisions: int
    kills: int
    refusals: int
    faults: int
    reported: bool
    landing: tuple[int, ...] = ()
