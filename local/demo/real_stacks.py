"""Creates, updates, replaces and deletes stacks for real, each with nothing in it but one custom resource."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.demo.interleavings import Scene, entries
from local.demo.rig import Provider, Rig
from local.emulator import Emulator
from local.report.custom_resource.experiment import Interleaving, Outcome
from local.rigging import SERVICE_TIMEOUT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

#: Seconds between two looks at a stack.
_LOOK = 0.05
_PATIENCE = SERVICE_TIMEOUT * 2 + 20
_GONE = "DELETE_COMPLETE"
#: Who makes these happen.
STACK = "stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How an operation on a stack ended.

    Attributes:
        status: Of the stack.
        seconds: How long it took.
        reason: What CloudFormation was told of a failure; empty when nothing failed.
    """

    status: str
    seconds: float
    reason: str = ""


@dataclass(slots=True)
class RealStack:
    """One stack with one group.

    Attributes:
        emulator: Where it is.
        provider: Who makes the group.
        name: Of the stack, the group and, in the template, the resource.
        region: The group's; another one is another group.
        capacity: The group's.
        properties: More of the group's.
    """

    emulator: Emulator
    provider: Provider
    name: str
    region: str = "eu-west-1"
    capacity: int = 2
    properties: dict[str, Any] = field(default_factory=dict)

    def create(self) -> Done:
        """Create the stack, and wait."""
        began = time.monotonic()
        self._client.create_stack(StackName=self.name, TemplateBody=self._template())
        return self._wait(began)

    def update(self, *, region: str | None = None, capacity: int | None = None) -> Done:
        """Change the group, and wait."""
        self.region, self.capacity = region or self.region, capacity or self.capacity
        began = time.monotonic()
        self._client.update_stack(StackName=self.name, TemplateBody=self._template())
        return self._wait(began)

    def delete(self) -> Done:
        """Delete the stack, and wait."""
        began = time.monotonic()
        self._client.delete_stack(StackName=self.name)
        return self._wait(began)

    def physical_id(self) -> str:
        """The group's id as CloudFormation knows it; empty when it knows none."""
        resources = self._client.describe_stack_resources(StackName=self.name)["StackResources"]
        return next((one.get("PhysicalResourceId", "") for one in resources), "")

    @property
    def _client(self) -> "CloudFormationClient":
        return self.emulator.client("cloudformation")

    def _wait(self, began: float) -> Done:
        deadline = began + _PATIENCE
        while (status := self._status()).endswith("_IN_PROGRESS") and time.monotonic() < deadline:
            time.sleep(_LOOK)
        return Done(status=status, seconds=time.monotonic() - began, reason=self._reason(status))

    def _status(self) -> str:
        try:
            return str(self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])
        except ClientError:  # a stack that is gone is not described
            return _GONE

    def _reason(self, status: str) -> str:
        if "ROLLBACK" not in status and not status.endswith("_FAILED"):
            return ""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        reasons = [
            str(event.get("ResourceStatusReason") or "")
            for event in events
            if event["LogicalResourceId"] == self.name and event["ResourceStatus"].endswith("_FAILED")
        ]
        return next(filter(None, reasons), "")

    def _template(self) -> str:
        properties = {
            "ServiceToken": self.provider.service_token,
            "ServiceTimeout": str(SERVICE_TIMEOUT),
            "Name": self.name,
            "Region": self.region,
            "TargetCapacity": self.capacity,
            **self.properties,
        }
        return json.dumps({"Resources": {self.name: {"Type": "Custom::Elastigroup", "Properties": properties}}})


def play_stacks(
    emulator: Emulator, rig: Rig, *, naive: Provider, ours: Provider, kill_after: str
) -> list[Interleaving]:
    """A stack's whole life, one whose Create comes again, and one whose worker dies while it is created."""
    plays: dict[str, Callable[[RealStack], Outcome]] = {
        "a stack is created, changed, replaced and deleted": lambda stack: _live(stack, rig),
        "a stack is created, and its Create is delivered twice more": lambda stack: _repeat(stack, rig),
        f"the worker dies after {kill_after} while a stack is created": lambda stack: _kill(stack, rig, kill_after),
    }
    return [
        Interleaving(
            title=title,
            origin=STACK,
            mode="T",
            naive=play(RealStack(emulator, naive, f"{naive.prefix}Stack{number}")),
            ours=play(RealStack(emulator, ours, f"{ours.prefix}Stack{number}")),
        )
        for number, (title, play) in enumerate(plays.items())
    ]


def _live(stack: RealStack, rig: Rig) -> Outcome:
    began = time.time()
    steps = [
        stack.create(),
        stack.update(capacity=stack.capacity + 1),
        stack.update(region="us-east-1"),
        stack.delete(),
    ]
    return Outcome(
        ledger=entries(rig, stack.name, began),
        status=", ".join(dict.fromkeys(step.status for step in steps)),
        reason=next((step.reason for step in steps if step.reason), ""),
        allowed=2,
        seconds=sum(step.seconds for step in steps),
    )


def _repeat(stack: RealStack, rig: Rig) -> Outcome:
    """The very event that CloudFormation has sent comes again, and its answers go where CloudFormation said."""
    began = time.time()
    created = stack.create()
    rig.deliver(rig.create_of(stack.name), times=2)
    rig.settle(stack.name)
    stack.delete()
    return _created(stack, rig, created, began)


def _kill(stack: RealStack, rig: Rig, kill_after: str) -> Outcome:
    began = time.time()
    Scene(rig=rig, provider=stack.provider, name=stack.name, kill_after=kill_after).kill()
    created = stack.create()
    rig.kills.forget(resource=stack.name)
    if kill_after == "respond" and not stack.provider.is_ours:
        # The framework's function is the one that answers; Lambda delivers again what it did not finish.
        rig.deliver(rig.create_of(stack.name))
        rig.settle(stack.name)
    stack.delete()
    return _created(stack, rig, created, began)


def _created(stack: RealStack, rig: Rig, created: Done, began: float) -> Outcome:
    return Outcome(
        ledger=entries(rig, stack.name, began), status=created.status, reason=created.reason, seconds=created.seconds
    )
