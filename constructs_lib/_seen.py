"""What can be seen at synth: a resource's settings, whether two names mean one resource, and two places one."""

from collections.abc import Iterator
from typing import Protocol

from aws_cdk import Stack, Token
from constructs import IConstruct

from constructs_lib._unknown import UNKNOWN, Unknown


def seen(value: float | None, *, default: float) -> float | Unknown:
    """A resource's number: AWS's default where the template is silent, UNKNOWN where it is a token."""
    if value is None:
        return default
    return UNKNOWN if Token.is_unresolved(value) else float(value)


def same(construct: IConstruct, name: str, other: IConstruct, other_name: str) -> bool:
    """Whether two names, each as its construct's stack holds it, mean the same resource.

    A resolved reference is unique in its stack only: two deployments of one stack have the same logical ids.
    """
    if name == other_name:
        return True
    stack = Stack.of(construct)
    return stack is Stack.of(other) and bool(stack.resolve(name) == stack.resolve(other_name))


class Place(Protocol):
    """A region and an account: those of a stack, of an environment, or in an ARN."""

    @property
    def region(self) -> str | None:
        """The region; perhaps a token."""

    @property
    def account(self) -> str | None:
        """The account; perhaps a token."""


def apart(here: Place, there: Place) -> Iterator[tuple[str, str | None, str | None]]:
    """What surely differs between two places: region, account, or both, with the name here and there."""
    for what, mine, other in (("region", here.region, there.region), ("account", here.account, there.account)):
        if mine != other and not Token.is_unresolved(mine) and not Token.is_unresolved(other):
            yield what, mine, other
