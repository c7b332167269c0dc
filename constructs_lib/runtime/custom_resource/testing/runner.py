"""Drives a ResourceHandler through the whole protocol, as CloudFormation, Lambda and Step Functions would."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Literal

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime._shared.testing.clock import VirtualClock
from constructs_lib.runtime._shared.testing.given import handler_of
from constructs_lib.runtime._shared.testing.table import MemoryTable
from constructs_lib.runtime.custom_resource.calls import Failure
from constructs_lib.runtime.custom_resource.contract import SERVICE_MARGIN, Settings
from constructs_lib.runtime.custom_resource.handler import Handler
from constructs_lib.runtime.custom_resource.resource import ResourceHandler
from constructs_lib.runtime.custom_resource.testing.answers import Answer
from constructs_lib.runtime.custom_resource.testing.events import STACK_ID, request_event
from constructs_lib.runtime.custom_resource.testing.kills import orders
from constructs_lib.runtime.custom_resource.testing.simulation import Run, Simulation, provider

_STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:polls"


class ResourceRunner:
    """A provider's function, its table and CloudFormation, in memory and in virtual time.

    Args:
        handler: A ResourceHandler class, or what its as_handler() made.
        clock: The time; a vendor's double may sleep on it.
        timeout: Seconds that one invocation may take.
        total_timeout: Seconds that one request may take.
        grace: Seconds that a lease outlives its invocation's deadline.
        on_orphan: As the provider's.
        polls: As the provider's; None: where the class has `poll`.
        table: The records; default: an empty table.

    Raises:
        TypeError: The handler is neither.

    Attributes:
        clock: The time: `clock.sleep(1.5)` in a method is a call that takes 1.5 seconds.
        table: The records; it can be made to fail, and to go away.
        bucket: Where the answers are PUT; it can be made to refuse, and to go away.
        simulation: Lambda's queue, and Step Functions.
        resources: What CloudFormation thinks exists: physical ids by logical ids.
    """

    def __init__(
        self,
        handler: type[ResourceHandler] | Handler,
        *,
        clock: VirtualClock | None = None,
        timeout: float = 60.0,
        total_timeout: float = 900.0,
        grace: float = 10.0,
        on_orphan: Literal["delete", "report"] = "delete",
        polls: bool | None = None,
        table: MemoryTable | None = None,
    ) -> None:
        author = handler_of(handler, base=ResourceHandler, made=Handler, runner="ResourceRunner").author
        has_loop = author().can_poll if polls is None else polls
        self._service_timeout = total_timeout + SERVICE_MARGIN
        self.clock = clock or VirtualClock()
        settings = Settings(
            table_name="records",
            provider="provider",
            total_timeout=total_timeout,
            grace=grace,
            on_orphan=on_orphan,
            state_machine_arn=_STATE_MACHINE if has_loop else None,
        )
        self.simulation = Simulation(
            provider(author, settings),
            timeout=timeout,
            grace=grace,
            max_event_age=self._service_timeout,
            clock=self.clock,
            table=table,
        )
        self.table = self.simulation.table
        self.bucket = self.simulation.bucket
        self.resources: dict[str, str] = {}
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._numbers = count(1)

    def create(
        self,
        properties: Mapping[str, Any] | None = None,
        *,
        logical_id: str = "Resource",
        times: int = 1,
        concurrently: bool = False,
        kill_after: str | Sequence[str] | None = None,
        kills: int = 1,
        roll_back: bool = True,
    ) -> Answer:
        """Create a resource, and let everything happen that follows.

        Args:
            properties: The template's.
            logical_id: Its name in the template.
            times: How often Lambda delivers the event.
            concurrently: All at once; otherwise each when the one before has ended.
            kill_after: "claim", "create", "checkpoint", "commit" or "respond": whoever gets there is killed; several:
                one for each kill.
            kills: How many are killed, where `kill_after` is one.
            roll_back: Whether CloudFormation deletes what a failed Create names.
        """
        event = self.event("Create", properties, logical_id=logical_id)
        answer = self._ask(event, times=times, concurrently=concurrently, kill_after=kill_after, kills=kills)
        if answer.status == "SUCCESS" and answer.physical_id is not None:
            self.resources[logical_id] = answer.physical_id
            self._properties[logical_id] = dict(properties or {})
        elif roll_back:
            # Where no answer came, CloudFormation makes an id up.
            invented = answer.physical_id or f"shop-{logical_id}-1A2B3C4D5E6F"
            answer = answer._replace(follow_up=self._delete(logical_id, invented, properties or {}))
        self.simulation.run()
        return answer

    def update(
        self,
        properties: Mapping[str, Any],
        *,
        logical_id: str = "Resource",
        times: int = 1,
        concurrently: bool = False,
        kill_after: str | Sequence[str] | None = None,
        kills: int = 1,
        roll_back: bool = True,
    ) -> Answer:
        """Update a resource that was created; see `create`.

        After a replacement, CloudFormation deletes the old resource; after a failure, it updates back.
        """
        old = self._properties[logical_id]
        event = self.event("Update", properties, logical_id=logical_id)
        answer = self._ask(event, times=times, concurrently=concurrently, kill_after=kill_after, kills=kills)
        if answer.status == "SUCCESS":
            answer = self._updated(answer, properties, logical_id)
        elif roll_back:
            back = self.event("Update", old, logical_id=logical_id, old_properties=properties)
            rolled_back = self._ask(back)
            if rolled_back.status == "SUCCESS":
                rolled_back = self._updated(rolled_back, old, logical_id)
            answer = answer._replace(follow_up=rolled_back)
        self.simulation.run()
        return answer

    def delete(
        self,
        *,
        logical_id: str = "Resource",
        times: int = 1,
        concurrently: bool = False,
        kill_after: str | Sequence[str] | None = None,
        kills: int = 1,
    ) -> Answer:
        """Delete a resource that was created; see `create`."""
        event = self.event("Delete", self._properties[logical_id], logical_id=logical_id)
        answer = self._ask(event, times=times, concurrently=concurrently, kill_after=kill_after, kills=kills)
        if answer.status == "SUCCESS":
            del self.resources[logical_id], self._properties[logical_id]
        self.simulation.run()
        return answer

    def event(
        self,
        request_type: Literal["Create", "Update", "Delete"],
        properties: Mapping[str, Any] | None = None,
        *,
        logical_id: str = "Resource",
        physical_id: str | None = None,
        old_properties: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The event of a new request, signed now; to be delivered.

        Args:
            request_type: What is asked.
            properties: The template's.
            logical_id: The resource's name in the template.
            physical_id: Default: that of the resource.
            old_properties: Of an Update; default: those of the resource.
        """
        return request_event(
            request_type,
            properties,
            request_id=f"{next(self._numbers):08d}-0000-4000-8000-000000000000",
            logical_id=logical_id,
            physical_id=physical_id or self.resources.get(logical_id, "unknown"),
            old_properties=self._properties.get(logical_id) if old_properties is None else old_properties,
            signed_at=self.clock.time,
        )

    def deliver(
        self,
        event: Mapping[str, Any],
        *,
        times: int = 1,
        concurrently: bool = False,
        delay: float = 0.0,
        kill_after: str | Sequence[str] | None = None,
        kills: int = 1,
    ) -> None:
        """Have Lambda deliver an event; `run` lets it happen. The arguments are those of `create`.

        One after the other means here that each delivery but the last is over, with its retries, on return.
        """
        shared = orders(kill_after, kills)
        for number in range(times):
            self.simulation.send(event, delay=delay, orders=shared)
            if not concurrently and number + 1 < times:
                self.simulation.run()

    def run(self, seconds: float = float("inf")) -> None:
        """Let everything happen that is to happen, for so many seconds at most."""
        self.simulation.run(deadline=self.clock.time + seconds)

    def answer(self, event: Mapping[str, Any]) -> Answer | None:
        """What CloudFormation was answered to an event: the first answer counts; None when there is none."""
        put = self.bucket.first(event["ResponseURL"])
        return None if put is None else Answer.of(put.body)

    @property
    def answers(self) -> list[Answer]:
        """Everything that was answered, in order, duplicates too."""
        return [Answer.of(put.body) for put in self.bucket.taken()]

    @property
    def contradictions(self) -> list[tuple[str, str]]:
        """Answers to one request that are not the same, byte by byte: there must be none."""
        return [(one.body, other.body) for one, other in self.bucket.contradictions()]

    @property
    def notes(self) -> list[str]:
        """What the library would have logged."""
        return self.simulation.journal.notes

    @property
    def metrics(self) -> Counter[str]:
        """What it would have counted."""
        return self.simulation.journal.metrics

    @property
    def failures(self) -> list[Failure]:
        """What the author's methods failed with, as it would be logged: with tracebacks, without secrets."""
        return self.simulation.journal.failures

    @property
    def runs(self) -> list[Run]:
        """The invocations, in the order in which they ended."""
        return self.simulation.runs

    def record(self, logical_id: str = "Resource") -> Item:
        """The record of a resource; empty where there is none."""
        return self.table.records.get(f"{STACK_ID}|{logical_id}", {})

    def _ask(self, event: Mapping[str, Any], **delivery: Any) -> Answer:  # noqa: ANN401 - as `deliver` has it
        bucket, asked_at, url = self.bucket, self.clock.time, event["ResponseURL"]
        self.deliver(event, **delivery)
        self.simulation.run(until=lambda: bucket.first(url) is not None, deadline=asked_at + self._service_timeout)
        put = bucket.first(url)
        if put is None:
            self.clock.time = max(self.clock.time, asked_at + self._service_timeout)
            return Answer(status="TIMED_OUT", seconds=self._service_timeout)
        return Answer.of(put.body, seconds=put.time - asked_at)

    def _updated(self, answer: Answer, properties: Mapping[str, Any], logical_id: str) -> Answer:
        old_id, old = self.resources[logical_id], self._properties[logical_id]
        assert answer.physical_id is not None  # noqa: S101 - every answer names the resource
        self.resources[logical_id], self._properties[logical_id] = answer.physical_id, dict(properties)
        if answer.physical_id == old_id:
            return answer
        return answer._replace(follow_up=self._delete(logical_id, old_id, old))

    def _delete(self, logical_id: str, physical_id: str, properties: Mapping[str, Any]) -> Answer:
        event = self.event("Delete", properties, logical_id=logical_id, physical_id=physical_id)
        return self._ask(event)
