"""What serving one event needs to know, and the steps that all of its parts take."""

from collections.abc import Generator, Mapping
from typing import Any, Literal, NamedTuple

from constructs_lib.runtime._shared.change import Item
from constructs_lib.runtime.custom_resource.claims import Holder
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.digest import digest
from constructs_lib.runtime.custom_resource.record import Being, Instance, instance, operation, to_value, token_of
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Call, Called, Clock, Step, Traits
from constructs_lib.runtime.custom_resource.token import removal


class Case(NamedTuple):
    """One event, and who serves it. Give the fields by name.

    Attributes:
        request: What CloudFormation asks.
        settings: The provider's.
        traits: The author's class.
        clock: The time.
        me: This invocation's nonce.
        has_properties: Whether the event brought the resource's properties; a poll does not.
    """

    request: Request
    settings: Settings
    traits: Traits
    clock: Clock
    me: str
    has_properties: bool = True

    def holder(self) -> Holder:
        """This invocation as a claim names it; the lease outlives it by the grace."""
        now = self.clock.now()
        lease = self.clock.remaining() + self.settings.grace
        return Holder(
            me=self.me,
            now=now,
            lease=now + int(lease * 1000),
            deadline=now + int(self.settings.total_timeout * 1000),
            makes=self.makes_anew(),
            replace_on=self.traits.replace_on,
        )

    def makes_anew(self) -> bool:
        """Whether the request makes a new resource, as far as can be told before the author's code has run."""
        if self.request.type != "Update":
            return self.request.type == "Create"
        new, old = self.request.properties, self.request.old_properties
        return any(new.get(name) != old.get(name) for name in self.traits.replace_on)

    def token(self, item: Item) -> str:
        """The token of what the request makes."""
        known = operation(item, self.request.request_id)
        return token_of(self.request, known.generation if known else 0)

    def unforeseen(self, token: str) -> Instance:
        """What an update makes under its token without having said so before, as far as the event tells."""
        request, names = self.request, self.traits.replace_on
        return Instance(
            being=Being.CREATED,
            request_id=request.request_id,
            made_by=request.type,
            attempt=0,
            made_with=digest(token, request.properties) if self.has_properties else "",
            kept=digest(token, request.properties, names) if self.has_properties else "",
        )


def call(
    case: Case,
    item: Item,
    method: Literal["create", "update", "delete", "find", "poll"],
    *,
    token: str,
    made: Instance | None = None,
    properties: Mapping[str, Any] | None = None,
    physical_id: str | None = None,
    state: Any = None,  # noqa: ANN401 - whatever JSON holds
) -> Generator[Step, Any, Called]:
    """Call a method of the author's.

    Args:
        case: For which event.
        item: The record, as it was claimed.
        method: Which.
        token: Of the resource that it is about.
        made: What is known of that resource, where it is not this request's own.
        properties: Those that it was made with, where they are not this request's.
        physical_id: For update, delete and poll.
        state: For poll.
    """
    request = case.request
    known = made or instance(item, token) or case.unforeseen(token)
    is_removal = method == "delete" or (method == "poll" and request.type == "Delete")
    called: Called = yield Call(
        method=method,
        token=removal(request.stack_id, request.logical_id, request.request_id, token) if is_removal else token,
        fence=item["fence"],
        made_for=request.request_id if is_removal else known.request_id,
        made_by=request.type if is_removal else known.made_by,
        resource_type=request.resource_type,
        record=to_value(known._replace(being=Being.CREATED, attempt=0)),
        properties=properties,
        physical_id=physical_id,
        state=state,
    )
    return called
