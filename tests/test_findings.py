"""How findings reach the author: errors stop the synthesis, warnings are printed, reasons are kept."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from constructs_lib import _findings, _reporting
from constructs_lib._findings import Finding, Level

BAD = Finding(rule="R1", level=Level.ERROR, message="too many; use fewer")
ODD = Finding(rule="R2", level=Level.WARNING, message="rather few; use more")
UNSEEN = Finding(rule="R3", level=Level.NOT_CHECKED, message="cannot be seen")


def stack_with(*findings: Finding) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Stack")
    _reporting.report(Construct(stack, "Flow"), "constructs-lib/test", lambda: findings)
    return stack


def test_all_errors_stop_the_synthesis_together() -> None:
    worse = Finding(rule="R4", level=Level.ERROR, message="far too many; use fewer")

    with pytest.raises(RuntimeError) as caught:
        Template.from_stack(stack_with(BAD, worse))

    assert "[Stack/Flow] R1: too many; use fewer" in str(caught.value)
    assert "[Stack/Flow] R4: far too many; use fewer" in str(caught.value)


@pytest.mark.parametrize("finding", [ODD, UNSEEN])
def test_anything_less_is_a_warning_under_its_id(finding: Finding) -> None:
    annotations = Annotations.from_stack(stack_with(finding))

    annotations.has_warning("/Stack/Flow", Match.string_like_regexp(f"{finding.rule}: .*constructs-lib/test"))


def test_a_finding_that_comes_later_is_reported_too() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    findings: list[Finding] = []
    _reporting.report(Construct(stack, "Flow"), "constructs-lib/test", lambda: findings)
    findings.append(ODD)

    assert len(Annotations.from_stack(stack).find_warning("*", Match.any_value())) == 1


def test_an_acknowledged_error_passes_and_leaves_its_reason() -> None:
    (overruled,) = _findings.acknowledged([BAD], {"R1": "the courier agreed"})
    stack = cdk.Stack(cdk.App(), "Stack")
    flow = Construct(stack, "Flow")
    _reporting.report(flow, "constructs-lib/test", lambda: [overruled])

    Template.from_stack(stack)

    assert [entry.data for entry in flow.node.metadata] == ["too many; use fewer [acknowledged: the courier agreed]"]


@pytest.mark.parametrize(
    ("acknowledge", "message"),
    [({"R99": "because"}, "unknown rule 'R99', allowed are R1, R2"), ({"R1": " "}, r"acknowledge\['R1'\] must be the")],
)
def test_an_acknowledgement_names_a_rule_and_a_reason(acknowledge: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _findings.check_acknowledgements(acknowledge, ["R1", "R2"])
