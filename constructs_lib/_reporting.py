"""How a construct tells its author what it finds: errors stop the synthesis, warnings are printed, reasons are kept."""

from collections.abc import Callable, Sequence

import jsii
from aws_cdk import Annotations
from constructs import Construct, IValidation

from constructs_lib._findings import Finding, Level


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
