"""A custom resource whose vendor is a table: each call makes a new thing, and things can be looked up by their tag."""

import os
import time
import uuid
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr

from constructs_lib.runtime.custom_resource import Context, InProgress, NotFound, ResourceHandler

TAG = "constructs-lib:token"
#: Seconds that a slow thing takes: several polls.
SLOW = 3.0


def _things() -> Any:  # noqa: ANN401 - boto3's tables have no type at run time
    return boto3.resource("dynamodb").Table(os.environ["THINGS"])


# The library names the arguments; few of them are needed here.
# ruff: noqa: ARG002


class Thing(ResourceHandler):
    """Made at once."""

    replace_on = frozenset({"Region"})

    def create(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ANN401 - a subclass is not done yet
        """Make a thing."""
        thing = f"thing-{uuid.uuid4().hex[:8]}"
        made_at = int(time.time() * 1000)
        item = {"id": thing, "name": properties["Name"], "tag": ctx.tags[TAG], "created_at": made_at}
        _things().put_item(Item=item)
        return thing, {"Capacity": properties["TargetCapacity"]}

    def find(self, ctx: Context, properties: dict[str, Any]) -> str | None:
        """The thing that this request has made already."""
        found = _things().scan(FilterExpression=Attr("tag").eq(ctx.tags[TAG]), ConsistentRead=True)["Items"]
        return str(found[0]["id"]) if found else None

    def update(
        self, ctx: Context, physical_id: str, properties: dict[str, Any], old_properties: dict[str, Any]
    ) -> None:
        """Remember the capacity."""
        _set(physical_id, capacity=properties["TargetCapacity"])

    def delete(self, ctx: Context, physical_id: str, properties: dict[str, Any]) -> None:
        """Mark it as deleted."""
        if "Item" not in _things().get_item(Key={"id": physical_id}, ConsistentRead=True):
            raise NotFound(physical_id)
        _set(physical_id, deleted_at=int(time.time() * 1000))


class SlowThing(Thing):
    """Made while somebody polls."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> InProgress:
        """Begin to make a thing."""
        thing, _ = super().create(ctx, properties)
        return InProgress(thing, state={"ready_at": time.time() + SLOW}, next_in=1)

    def poll(self, ctx: Context, state: dict[str, Any]) -> dict[str, Any] | None:
        """Whether it is ready."""
        return {"Polled": "yes"} if time.time() >= state["ready_at"] else None


def _set(thing: str, **fields: object) -> None:
    names = {f"#{name}": name for name in fields}
    _things().update_item(
        Key={"id": thing},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{name}": value for name, value in fields.items()},
    )


quick = Thing.as_handler()
slow = SlowThing.as_handler()
