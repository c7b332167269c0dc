"""What a construct finds wrong with its settings, and how it tells the author."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import jsii
from aws_cdk import Annotations
from constructs import Construct, IValidation


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


def report(construct: Construct, prefix: str, findings: Callable[[], Sequence[Finding]]) -> None:
    """Make the errors fail the synthesis, and annotate the construct with the rest.

    What is found already is annotated at once, the rest at synthesis: a later call may add a finding.
    """
    reporter = _Report(construct, prefix, findings)
    reporter.annotate()
    construct.node.add_validation(reporter)


@jsii.implements(IValidation)
class _Report:
    def __init__(self, construct: Construct, prefix: str, findings: Callable[[], Sequence[Finding]]) -> None:
        self._construct, self._prefix, self._findings = construct, prefix, findings
        self._annotated: set[Finding] = set()

    def validate(self) -> list[str]:
        findings = self.annotate()
        return [str(finding) for finding in findings if finding.level is Level.ERROR and finding.acknowledged is None]

    def annotate(self) -> Sequence[Finding]:
        """Annotate the construct with what is new, and return all that is found."""
        findings = self._findings()
        for finding in findings:
            self._annotate(finding)
        return findings

    def _annotate(self, finding: Finding) -> None:
        if finding in self._annotated:  # an app may be synthesised twice
            return
        self._annotated.add(finding)
        if finding.acknowledged is not None:
            text = f"{finding.message} [acknowledged: {finding.acknowledged}]"
            self._construct.node.add_metadata(f"{self._prefix}:{finding.rule}", text)
        elif finding.level is not Level.ERROR:
            Annotations.of(self._construct).add_warning_v2(f"{self._prefix}:{finding.rule}", str(finding))
