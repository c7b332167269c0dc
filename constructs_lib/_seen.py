"""What can be seen at synth of a resource's settings, and whether two names mean one resource."""

from enum import Enum
from typing import Literal

from aws_cdk import Stack, Token
from constructs import IConstruct


class _Unknown(Enum):
    UNKNOWN = "unknown"


#: A value that exists, and cannot be seen at synth.
UNKNOWN: Literal[_Unknown.UNKNOWN] = _Unknown.UNKNOWN
Unknown = Literal[_Unknown.UNKNOWN]


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
