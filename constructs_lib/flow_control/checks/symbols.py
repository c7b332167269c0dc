"""Values that a template builds of references: what is known of them before the deployment, and no more."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.resources import Resource, Template


@dataclass(frozen=True, slots=True)
class Attribute:
    """What only the deployment of a resource tells: its "Ref", its "Arn" or another of its attributes."""

    resource: Resource
    name: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """What only whoever deploys tells: a parameter, or a pseudo parameter. The same symbol is the same value.

    Attributes:
        name: Such as "AWS::Region", or a parameter's.
        owner: The template, or the stage, within which the name has one value.
    """

    name: str
    owner: Template | str


Part: TypeAlias = str | Attribute | Symbol | Unknown


@dataclass(frozen=True, slots=True)
class Text:
    """A text of several parts, not all of which are known."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(map(_shown, self.parts))


def _shown(part: Part) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Attribute):
        return f"${{{part.resource.logical_id}.{part.name}}}"
    return f"${{{part.name}}}" if isinstance(part, Symbol) else "${?}"


def text(pieces: Iterable[object]) -> Part | Text:
    """Put pieces together: numbers as CloudFormation would write them, what has no text as UNKNOWN."""
    parts: list[Part] = []
    for part in (part for piece in pieces for part in parts_of(piece)):
        if part == "":
            continue
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else Text(tuple(parts))


def parts_of(piece: object) -> tuple[Part, ...]:
    """The parts of a piece of text."""
    if isinstance(piece, Text):
        return piece.parts
    if isinstance(piece, str | Attribute | Symbol):
        return (piece,)
    if isinstance(piece, bool):
        return (str(piece).lower(),)
    return (str(piece),) if isinstance(piece, int | float) else (UNKNOWN,)


def split(whole: object, by: str) -> list[Part | Text]:
    """Split a text where its known parts have the separator.

    A part that is not known is taken to have none in it: whoever splits an ARN's attribute expands it first.
    """
    pieces: list[list[Part]] = [[]]
    for part in parts_of(whole):
        if not isinstance(part, str):
            pieces[-1].append(part)
            continue
        first, *others = part.split(by)
        pieces[-1].append(first)
        pieces.extend([other] for other in others)
    return [text(piece) for piece in pieces]
