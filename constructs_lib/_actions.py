"""An IAM statement: its actions may be patterns, and a single value stands for a list. No aws_cdk inside."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any


def allow(actions: Iterable[object], wanted: str) -> bool:
    """Whether a statement's actions have one among them: in any case, and by "*" and "?" too. No text is no action."""
    return any(isinstance(each, str) and fnmatchcase(wanted.lower(), each.lower()) for each in actions)


def as_list(value: object) -> list[Any]:
    """A list; a single value stands for a list of it, in IAM and in some of CloudFormation's properties."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
