"""What is explored, and what a state of the model's world holds."""

from typing import Literal, NamedTuple

from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.request import Request, RequestType
from tests.runtime.custom_resource.model import vendor
from tests.runtime.custom_resource.model.vendor import Mode, VendorCall

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f0c"
LOGICAL_ID = "Group"
KEY = f"{STACK}|{LOGICAL_ID}"
#: What CloudFormation names a resource of which it was told nothing.
MADE_UP = "shop-Group-1KXQ0PYO0D7C4"
#: In the model a lease ends when its holder is dead; it must only be short enough for others to wait for it.
SETTINGS = Settings(table_name="records", grace=-30.0, state_machine_arn="arn")
Fault = Literal["late", "table lost", "table done", "retried write", "put", "reply lost", "refused", "start"]


class Asked(NamedTuple):
    """A request of CloudFormation's, and how often it is delivered.

    Attributes:
        type: What is asked.
        deliveries: How often.
        url: The name that tells it from the others; the type where there is one of each.
        request_id: Its id, if another has the same.
        signed_at: When it was asked.
        after: The request that is answered before this one is asked.
        names: The request whose answer gave the id that this one names; a Delete names any, or one that is made up.
    """

    type: RequestType
    deliveries: int = 1
    url: str = ""
    request_id: str = ""
    signed_at: int | None = None
    after: str = ""
    names: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return self.url or self.type


class Setup(NamedTuple):
    """What is explored. Give the fields by name.

    Attributes:
        mode: The vendor's.
        asked: What CloudFormation asks.
        kills: Invocations that are killed, in all.
        retries: How often Lambda delivers again before the on-failure path, and as often on that path.
        checkpoints: Whether the author says what was created before returning.
        in_bound: What a killed invocation sent has landed before its lease ends.
        late_writes: What a killed invocation wrote to the table may come about later.
        zombies: A lease may end while its holder is alive; counts as a kill.
        faults: How many of `kinds` happen, in all.
        kinds: Which.
        polls: How often work is not done yet when it is polled, in all; None: all work is done at once.
        protocol: "ours", or a peer's name.
    """

    mode: Mode
    asked: tuple[Asked, ...]
    kills: int = 2
    retries: int = 2
    checkpoints: bool = False
    in_bound: bool = True
    late_writes: bool = False
    zombies: bool = False
    faults: int = 0
    kinds: frozenset[Fault] = frozenset()
    polls: int | None = None
    protocol: str = "ours"


class State(NamedTuple):
    """A state of the world, in numbers.

    Attributes:
        item: The record.
        vendor: What the vendor has made.
        now: The time.
        slots: Each delivery: how often it was begun anew, and its place.
        puts: What CloudFormation was told.
        landing: Requests of killed invocations on their way to the vendor; places of those on their way to the table.
        kills: How many are left.
        faults: How many are left.
        physical_id: What the Delete names; empty until it is delivered.
        dropped: Requests of which an event was dropped.
        started: The loops that poll: request and attempt. Each has a slot behind those of the deliveries.
        polls: How many polls will still find the work undone.
    """

    item: int
    vendor: vendor.State
    now: int
    slots: tuple[tuple[int, int], ...]
    puts: tuple[int, ...]
    landing: tuple[VendorCall | int, ...]
    kills: int
    faults: int
    physical_id: str
    dropped: tuple[str, ...]
    started: tuple[tuple[str, int], ...] = ()
    polls: int = 0


class Told(NamedTuple):
    """One answer that CloudFormation got."""

    name: str
    status: str
    physical_id: str
    body: str


def request_of(asked: Asked, physical_id: str) -> Request:
    return Request(
        type=asked.type,
        request_id=asked.request_id or asked.name,
        stack_id=STACK,
        logical_id=LOGICAL_ID,
        resource_type="Custom::Group",
        url=f"https://{asked.name}",
        url_digest=f"digest-of-{asked.name}",
        signed_at=asked.signed_at,
        physical_id=physical_id or None,
    )
