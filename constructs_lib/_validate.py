"""Checks of an author's arguments: what was given, what is allowed, how to mend it."""

import math
from typing import TypeGuard

from aws_cdk import Duration, Stack, Token
from constructs import Construct


def scope(name: str, value: object) -> None:
    """Refuse a parent that is no construct, or in no stack.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, Construct):
        msg = f"{name} must be a construct, such as a Stack (self), got {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if not any(isinstance(each, Stack) for each in value.node.scopes):
        msg = f"{name} must be a Stack, or what is in one, got a construct of no stack ({type(value).__name__})"
        raise ValueError(msg)


def _is_finite(value: object) -> TypeGuard[float]:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def number(
    name: str, value: object, *, above: float | None = None, minimum: float | None = None, below: float | None = None
) -> float:
    """Return `value`, a finite number known at synth, within the bounds given.

    Raises:
        ValueError: It is a token, not a number, or out of bounds.
    """
    # Asked of finite numbers only: jsii's node process dies of a NaN.
    if _is_finite(value) and Token.is_unresolved(value):
        msg = f"{name} must be a number known at synth, got a token: the settings are derived from it; pass a literal"
        raise ValueError(msg)
    bounds = ((above, "above"), (minimum, "at least"), (below, "below"))
    allowed = " and ".join(f"{words} {bound:g}" for bound, words in bounds if bound is not None)
    if (
        not _is_finite(value)
        or (above is not None and value <= above)
        or (minimum is not None and value < minimum)
        or (below is not None and value >= below)
    ):
        msg = f"{name} must be a finite number {allowed}, got {value!r}"
        raise ValueError(msg)
    return value


def whole(name: str, value: object, *, minimum: int) -> int:
    """Return `value`, a whole number known at synth and at least `minimum`.

    Raises:
        ValueError: It is a token, not a whole number, or too small.
    """
    checked = number(name, value, minimum=minimum)
    if checked != int(checked):
        msg = f"{name} must be a whole number of at least {minimum}, got {value!r}"
        raise ValueError(msg)
    return int(checked)


def known_seconds(name: str, value: object, *, allow_zero: bool = False) -> float:
    """Return the seconds of a duration that must be known at synth, and positive (or zero, where that is allowed).

    Raises:
        ValueError: It is not a Duration, a token, or too short.
    """
    if not isinstance(value, Duration):
        msg = f"{name} must be a Duration, such as Duration.seconds(2), got {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every bad argument
    if value.is_unresolved():
        msg = f"{name} must be known at synth, got a token: the settings are derived from it; pass a literal Duration"
        raise ValueError(msg)
    seconds = value.to_milliseconds() / 1000
    label = f"{name} in seconds"
    return number(label, seconds, minimum=0) if allow_zero else number(label, seconds, above=0)


def duration(name: str, value: object, *, least: int, most: int) -> None:
    """Check an optional duration that goes into the template: whole seconds within AWS's bounds; a token passes.

    Raises:
        ValueError: It is not a Duration, not of whole seconds, or out of bounds.
    """
    if value is None or (isinstance(value, Duration) and value.is_unresolved()):
        return
    seconds = known_seconds(name, value, allow_zero=True)
    if seconds != int(seconds) or not least <= seconds <= most:
        msg = f"{name} must be whole seconds from {least} to {most}, got {seconds:g} s"
        raise ValueError(msg)
