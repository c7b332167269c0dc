"""A vendor in memory, and its users: one who hands over tokens, one who looks up, one who can do neither."""

# ruff: noqa: ANN401
# What an author may return, and what a test hands over instead, is anything.

from collections.abc import Callable
from typing import Any

from constructs_lib.runtime.custom_resource import Context, NotFound, ResourceHandler


class Vendor:
    """Makes groups, and counts them.

    Attributes:
        made: Every group that was ever made, in order.
        live: Those that were not deleted, with the token that each was made for.
    """

    def __init__(self) -> None:
        self.made: list[str] = []
        self.live: dict[str, str] = {}
        self._by_token: dict[str, str] = {}

    def create(self, *, tag: str, token: str | None = None) -> str:
        """Make a group; with a token, one for each token."""
        if token is not None and token in self._by_token:
            return self._by_token[token]
        group = f"group-{len(self.made) + 1}"
        self.made.append(group)
        self.live[group] = tag
        if token is not None:
            self._by_token[token] = group
        return group

    def find(self, tag: str) -> str | None:
        """The group with a tag."""
        return next((group for group, its in self.live.items() if its == tag), None)

    def delete(self, group: str) -> None:
        """Delete a group."""
        if self.live.pop(group, None) is None:
            raise NotFound(group)


class Neither(ResourceHandler):
    """Mode N: a vendor without tokens and without a lookup."""

    replace_on = {"Region"}  # noqa: RUF012 - as authors write it
    vendor: Vendor

    def create(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ARG002
        return self.vendor.create(tag=ctx.logical_id)

    def update(self, ctx: Context, physical_id: str, properties: Any, old_properties: Any) -> Any:
        """Change nothing."""

    def delete(self, ctx: Context, physical_id: str, properties: Any) -> Any:  # noqa: ARG002
        self.vendor.delete(physical_id)


class Tokens(Neither):
    """Mode T: the vendor makes one group for each token."""

    def create(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ARG002
        return self.vendor.create(tag=ctx.token, token=ctx.token)


class Lookup(Neither):
    """Mode Q: groups can be found by a tag."""

    honours_token = False

    def create(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ARG002
        return self.vendor.create(tag=ctx.token)

    def find(self, ctx: Context, properties: dict[str, Any]) -> Any:  # noqa: ARG002
        return self.vendor.find(ctx.token)


def resource(
    mode: type[Neither], vendor: Vendor, create: Callable[..., Any] | None = None, **methods: Any
) -> type[Neither]:
    """The class of a mode for a vendor, with other methods."""
    if create is not None:
        methods["create"] = create
    return type(mode.__name__, (mode,), {"vendor": vendor, **methods})
