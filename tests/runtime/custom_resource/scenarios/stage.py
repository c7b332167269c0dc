"""What a scenario plays on: a vendor, a provider in virtual time, and a table, in memory or DynamoDB's."""

from collections.abc import Callable
from typing import Any

from constructs_lib.runtime._shared.change import Change, Item, Written
from constructs_lib.runtime._shared.errors import TableUnavailable, Unanswered
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.handler import finish
from constructs_lib.runtime.custom_resource.resource import ResourceHandler
from constructs_lib.runtime.custom_resource.testing import STACK_ID, MemoryTable, ResourceRunner, VirtualClock
from constructs_lib.runtime.custom_resource.testing.simulation import provider
from tests.runtime._shared.scenarios import Scenario, Scenarios
from tests.runtime.custom_resource.vendor import Neither, Tokens, Vendor, resource

__all__ = ["KEY", "MADE_UP", "MakeTable", "Scenario", "ScenarioTable", "Scenarios", "Stage"]

KEY = f"{STACK_ID}|Resource"
#: What CloudFormation names a resource of which it was told nothing.
MADE_UP = "shop-Resource-1KXQ0PYO0D7C4"


class ScenarioTable(MemoryTable):
    """A table that can be looked into, set back, and made to fail.

    Attributes:
        writes_twice: How many of the next changes the client tries twice, hiding that the first try has worked.
        lost: How many changes were refused by their conditions.
    """

    writes_twice = 0
    lost = 0

    def write(self, change: Change) -> Written:
        """Make a change, if its conditions hold."""
        written = self.change(change) if self.is_up() else None
        if written is None:
            raise TableUnavailable("the table is away")
        if self.writes_twice and written.won:
            self.writes_twice -= 1
            written = self.change(change)
        self.lost += not written.won
        if self._lost_answers:
            self._lost_answers -= 1
            raise TableUnavailable("the table's answer got lost")
        return written

    def is_up(self) -> bool:
        """Whether the table takes this write."""
        self.writes += 1
        if self._lost_requests:
            self._lost_requests -= 1
            return False
        return self._clock.time >= self._away_until

    def read(self, key: str) -> Item:
        """A record; empty where there is none."""
        return self.records.get(key, {})

    def restore(self, key: str, item: Item) -> None:
        """Set a record back, to nothing where it is empty."""
        self.records.pop(key, None)
        if item:
            self.records[key] = item


#: Makes the table of a scenario, for its clock.
MakeTable = Callable[[VirtualClock], ScenarioTable]


class Stage:
    """One scenario's world.

    Args:
        make_table: Makes its table.
    """

    table: ScenarioTable
    runner: ResourceRunner

    def __init__(self, make_table: MakeTable = ScenarioTable) -> None:
        self.vendor = Vendor()
        self._make_table = make_table

    def play(
        self,
        mode: type[Neither] = Tokens,
        create: Callable[..., Any] | None = None,
        *,
        methods: dict[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - the runner's
    ) -> ResourceRunner:
        """A provider for an author's class of a mode, with other methods where they are given."""
        return self.serve(resource(mode, self.vendor, create, **(methods or {})), **settings)

    def serve(self, author: type[ResourceHandler], **settings: Any) -> ResourceRunner:  # noqa: ANN401 - the runner's
        """A provider for an author's class."""
        clock = VirtualClock()
        self.table = self._make_table(clock)
        self.runner = ResourceRunner(author, clock=clock, table=self.table, **settings)
        return self.runner

    def deploy(self, author: Callable[[], Author]) -> None:
        """Other code for the function: from now on this author's, or what stands for one who cannot be imported."""
        settings = Settings(table_name="records", provider="provider")
        self.runner.simulation._serve = provider(author, settings)

    @property
    def record(self) -> Item:
        """The record of the resource."""
        return self.table.read(KEY)

    @property
    def live(self) -> list[str]:
        """What lives at the vendor."""
        return sorted(self.vendor.live)

    def statuses(self, event: dict[str, Any]) -> set[str]:
        """All that CloudFormation was told of a request; more than one is a contradiction."""
        return {one.status for one in self.runner.answers if f'"{event["RequestId"]}"' in one.body}

    def invoke(self, event: dict[str, Any], *, remaining: float = 60.0, ahead: float = 0.0) -> bool:
        """Serve an event by hand, in a sandbox whose clock may be ahead; whether it was served."""
        clock = _Sandbox(self.runner, remaining, ahead)
        world = self.runner.simulation._world
        job = self.runner.simulation._serve(event, world, clock)
        if job is None:
            return False
        try:
            finish(job, world)
        except Unanswered:
            return False
        return True


class _Sandbox:
    """The clock of a zombie's sandbox, which does not end; or of one that is ahead, which does."""

    def __init__(self, runner: ResourceRunner, remaining: float, ahead: float) -> None:
        self._runner = runner
        self._remaining = remaining
        self._ahead = ahead
        self._started = runner.clock.time

    def now(self) -> int:
        return int((self._runner.clock.time + self._ahead) * 1000)

    def remaining(self) -> float:
        return self._remaining - (self._runner.clock.time - self._started if self._ahead else 0)
