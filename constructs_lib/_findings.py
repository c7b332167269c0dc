"""What is found wrong with settings, and the author's reasons to overrule it. No aws_cdk inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

#: What this library says in the Metadata of a template's resource stands under this name.
KEY = "constructs-lib"
#: And in there, the rules that the resource breaks on purpose, each with its reason, under this one.
ACKNOWLEDGE = "acknowledge"


class Level(StrEnum):
    """How bad a finding is: an ERROR stops the synthesis, the others are printed."""

    ERROR = "error"
    WARNING = "warning"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's word on a construct.

    Attributes:
        rule: The rule's id, such as "R3".
        level: How bad it is.
        message: What is wrong, the values, and the fix.
        acknowledged: The author's reason to overrule it; None when it stands.
    """

    rule: str
    level: Level
    message: str
    acknowledged: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def check_acknowledgements(acknowledge: object, known: Sequence[str]) -> dict[str, str]:
    """Return the author's acknowledgements: rule and reason.

    Raises:
        ValueError: A rule is unknown, or its reason is empty.
    """
    if acknowledge is not None and not isinstance(acknowledge, Mapping):
        msg = f'acknowledge must be rules with their reasons, such as {{"R3": "because ..."}}, got {acknowledge!r}'
        raise ValueError(msg)
    reasons: dict[str, str] = {}
    for rule, reason in (acknowledge or {}).items():
        if rule not in known:
            msg = (
                f"acknowledge names the unknown rule {rule!r}, allowed are {', '.join(known)}: "
                "use the id that stands before the finding"
            )
            raise ValueError(msg)
        if not isinstance(reason, str) or not reason.strip():
            msg = f"acknowledge[{rule!r}] must be the reason why the finding does not apply, got {reason!r}"
            raise ValueError(msg)
        reasons[rule] = reason
    return reasons


def acknowledged(findings: Sequence[Finding], reasons: Mapping[str, str]) -> list[Finding]:
    """Return the findings, each with the author's reason where there is one."""
    return [replace(finding, acknowledged=reasons.get(finding.rule)) for finding in findings]
