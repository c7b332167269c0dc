"""Delivers CloudFormation's events as Lambda does: asynchronously, and perhaps more than once."""

import copy
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.emulator import Emulator
from local.errors import LocalError
from local.kill_switch import Kills
from local.ledger import Ledger
from local.logs import LogReader
from local.recorder import Answer, Recorder

Event = dict[str, Any]

#: Seconds without anything happening after which nothing more is expected.
QUIET = 3.0
#: Seconds between two looks.
_LOOK = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A deployed provider.

    Attributes:
        title: Its name in the report.
        is_ours: Whether it is an IdempotentProvider.
        mode: What its vendor offers: T, Q or N.
        service_token: What custom resources name.
        functions: Its functions, for counting invocations.
    """

    title: str
    is_ours: bool
    mode: str
    service_token: str
    functions: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """What the names of its groups begin with."""
        return f"{'Ours' if self.is_ours else 'Naive'}{self.mode}"


class Rig:
    """Sends events to providers, kills their functions, and knows what came of it.

    Args:
        emulator: Where they run.
        recorder: Stands behind ResponseURL.
        ledger: The vendor's.
        kills: Who is to die.
    """

    def __init__(self, emulator: Emulator, recorder: Recorder, ledger: Ledger, kills: Kills) -> None:
        self.recorder = recorder
        self.ledger = ledger
        self.kills = kills
        self._emulator = emulator
        self._readers: dict[str, LogReader] = {}
        self._captured: dict[str, Event] = {}

    def sent(self) -> Iterator[Event]:
        """The events that CloudFormation has sent so far."""
        if not self._emulator.custom_resource_events.exists():
            return
        for line in self._emulator.custom_resource_events.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["event"]

    def captured(self, provider: Provider) -> Event:
        """The first Create that CloudFormation itself sent to a provider.

        Raises:
            LocalError: It has sent none.
        """
        for event in self.sent():
            if (
                event["RequestType"] == "Create"
                and event["ResourceProperties"]["ServiceToken"] == provider.service_token
            ):
                return event
        raise LocalError(f"CloudFormation has sent no Create to {provider.title}: create a stack with it first")

    def create_of(self, name: str) -> Event:
        """The Create that CloudFormation sent for a resource, by its logical id.

        Raises:
            LocalError: It has sent none.
        """
        for event in self.sent():
            if event["RequestType"] == "Create" and event["LogicalResourceId"] == name:
                return event
        raise LocalError(f"CloudFormation has sent no Create of {name}: create a stack with it first")

    def create(self, provider: Provider, name: str, *, latency: float = 0.0) -> Event:
        """A Create as CloudFormation has sent one, for another group, to be answered to the recorder."""
        event = copy.deepcopy(self.captured(provider))
        stack, _, _ = event["StackId"].rpartition("/")
        event |= {
            "RequestId": str(uuid.uuid4()),
            "StackId": f"{stack}/{uuid.uuid4()}",
            "LogicalResourceId": name,
            "ResponseURL": self.recorder.url(name),
        }
        event["ResourceProperties"] |= {"Name": name, "Latency": str(latency)}
        return event

    def delete(self, create: Event, physical_id: str) -> Event:
        """The Delete of what a Create has made."""
        event = copy.deepcopy(create)
        return event | {
            "RequestType": "Delete",
            "RequestId": str(uuid.uuid4()),
            "PhysicalResourceId": physical_id,
            "ResponseURL": self.recorder.url(f"{create['LogicalResourceId']}-delete"),
        }

    def deliver(self, event: Event, *, times: int = 1) -> None:
        """Deliver an event asynchronously, so many times at once."""
        for _ in range(times):
            self._emulator.client("lambda").invoke(
                FunctionName=event["ResourceProperties"]["ServiceToken"],
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )

    def first_answer(self, name: str, *, seconds: float) -> Answer | None:
        """Wait for the first answer that arrives, which is the one that CloudFormation heeds."""
        self.recorder.wait_for(name, seconds=seconds)
        return next((answer for answer in self.recorder.answers(name) if answer.taken), None)

    def settle(self, name: str, *, seconds: float = 60.0) -> None:
        """Wait until nothing has happened for a while to a request that may be under way several times."""
        deadline = time.monotonic() + seconds
        seen, since = self._state(name), time.monotonic()
        while time.monotonic() < min(deadline, since + QUIET):
            time.sleep(_LOOK)
            if (now := self._state(name)) != seen:
                seen, since = now, time.monotonic()

    def invocations(self, provider: Provider) -> int:
        """How often a provider's functions have been invoked so far, by their logs."""
        return sum(len(self._reader(function).read().invocations) for function in provider.functions)

    def _reader(self, function: str) -> LogReader:
        if function not in self._readers:
            self._readers[function] = LogReader.of(self._emulator, function)
        return self._readers[function]

    def _state(self, name: str) -> tuple[int, int]:
        return len(self.recorder.answers(name)), len(self.ledger.of(name))
