"""What serving one event needs to know, and the steps that all of its parts take."""

from collections.abc import Generator
from typing import Any, Literal, NamedTuple

from constructs_lib.runtime.custom_resource.claims import Holder
from constructs_lib.runtime.custom_resource.contract import Settings
from constructs_lib.runtime.custom_resource.record import Instance, operation, token_of
from constructs_lib.runtime.custom_resource.request import Request
from constructs_lib.runtime.custom_resource.steps import Call, Called, Clock, Item, Step, Traits


class Case(NamedTuple):
    """One event, and who serves it. Give the fields by name.

    Attributes:
        request: What CloudFormation asks.
        settings: The provider's.
        traits: The author's class.
        clock: The time.
        me: This invocation's nonce.
        remade: Whether a create may be repeated for what an earlier one left: its properties are at hand.
    """

    request: Request
    settings: Settings
    traits: Traits
    clock: Clock
    me: str
    remade: bool = True

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


def call(
    case: Case,
    item: Item,
    method: Literal["create", "update", "delete", "find", "poll"],
    *,
    of: str,
    made: Instance | None = None,
    physical_id: str | None = None,
    state: Any = None,  # noqa: ANN401 - whatever JSON holds
) -> Generator[Step, Any, Called]:
    """Call a method of the author's about the resource `of` a token; `made`: when it is not this request's own."""
    called: Called = yield Call(
        method=method,
        token=of,
        fence=item["fence"],
        made_for=made.request_id if made else case.request.request_id,
        made_by=made.made_by if made else case.request.type,
        physical_id=physical_id,
        state=state,
    )
    return called
