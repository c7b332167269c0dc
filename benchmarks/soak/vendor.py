"""The vendor of the soak, and the authors who call it."""

from typing import Any, Literal, Protocol

from constructs_lib.runtime.custom_resource import Context, NotFound, ResourceHandler
from constructs_lib.runtime.custom_resource.testing import VirtualClock

#: T: it honours a token. Q: it can be asked what a token has made. N: neither.
Mode = Literal["T", "Q", "N"]


class Vendor:
    """Makes resources for one request at a time, and counts them."""

    def __init__(self) -> None:
        self.live: dict[str, str] = {}
        self.made = 0
        self._by_token: dict[str, str] = {}

    def create(self, tag: str, *, token: str | None = None) -> str:
        """Make one; with a token, one for each token."""
        if token is not None and token in self._by_token:
            return self._by_token[token]
        self.made += 1
        name = f"r-{self.made}"
        self.live[name] = tag
        if token is not None:
            self._by_token[token] = name
        return name

    def find(self, tag: str) -> str | None:
        """The one with a tag."""
        return next((name for name, its in self.live.items() if its == tag), None)

    def delete(self, name: str) -> None:
        """Delete one."""
        if self.live.pop(name, None) is None:
            raise NotFound(name)


class Side(Protocol):
    """What an author's calls are made on."""

    clock: VirtualClock
    vendor: Vendor
    is_naive: bool


class Neither(ResourceHandler):
    """Mode N, and what the naive provider calls: the vendor has no tokens and no lookup."""

    side: Side

    def create(self, ctx: Context, properties: dict[str, Any]) -> str:
        """Make it; some authors say so at once."""
        self.side.clock.sleep(1.0)
        name = self.make(ctx)
        self.side.clock.sleep(1.0)
        if properties["Checkpoint"] == "true" and not self.side.is_naive:
            ctx.created(name)
        return name

    def make(self, ctx: Context) -> str:
        """Ask the vendor."""
        return self.side.vendor.create(ctx.logical_id)

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> None:  # noqa: ANN401 - JSON
        """Nothing is updated here."""

    def delete(self, ctx: Context, physical_id: str, properties: dict[str, Any]) -> None:  # noqa: ARG002 - its part
        """Delete it."""
        self.side.clock.sleep(1.0)
        self.side.vendor.delete(physical_id)


class Tokens(Neither):
    """Mode T: one resource for each token."""

    honours_token = True

    def make(self, ctx: Context) -> str:
        """Ask the vendor."""
        return self.side.vendor.create(ctx.token, token=ctx.token)


class Lookup(Neither):
    """Mode Q: what was made can be looked up."""

    honours_token = False

    def make(self, ctx: Context) -> str:
        """Ask the vendor."""
        return self.side.vendor.create(ctx.token)

    def find(self, ctx: Context, properties: dict[str, Any]) -> str | None:  # noqa: ARG002 - its part
        """Look it up."""
        return self.side.vendor.find(ctx.token)


HANDLERS: dict[Mode, type[Neither]] = {"T": Tokens, "Q": Lookup, "N": Neither}
