"""The actions of an IAM statement, which may be patterns. No aws_cdk inside."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def allow(actions: Iterable[object], wanted: str) -> bool:
    """Whether a statement's actions have one among them: in any case, and by "*" and "?" too. No text is no action."""
    return any(isinstance(each, str) and fnmatchcase(wanted.lower(), each.lower()) for each in actions)
