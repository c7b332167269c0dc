"""The checks at synth: a validation plugin, used like a pack of cdk-nag.

From CDK 2.251:

    Validations.of(app).add_plugins(FlowControlChecks())

From 2.252 a finding is acknowledged on the construct, or on anything above it:

    Validations.of(queue).acknowledge(Acknowledgment(id="constructs-lib::R3", reason="the consumer never takes ..."))

Before 2.251:

    App(policy_validation_beta1=[FlowControlChecks()])
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aws_cdk
import jsii
from constructs import IConstruct

from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks import report, templates
from constructs_lib.flow_control.checks.acknowledgements import NAMESPACE, NOT_CHECKED, SUMMARY, Reasons, of_metadata
from constructs_lib.flow_control.checks.results import Found, Place, Results, check
from constructs_lib.flow_control.checks.version import installed_version

#: CDK 2.251 gave the interface its name; what it is made of did not change.
_SUFFIX = "" if hasattr(aws_cdk, "IPolicyValidationPlugin") else "Beta1"
_Plugin: Any = getattr(aws_cdk, f"IPolicyValidationPlugin{_SUFFIX}")
_Report: Any = getattr(aws_cdk, f"PolicyValidationPluginReport{_SUFFIX}")
_Violation: Any = getattr(aws_cdk, f"PolicyViolation{_SUFFIX}")
_Violating: Any = getattr(aws_cdk, f"PolicyViolatingResource{_SUFFIX}")


def _is_placeless_allowed() -> bool:
    """Whether a violation may be of no resource. Where it may not, CDK prints no report that has no errors, either."""
    try:
        _Violating(locations=[])
    except TypeError:
        return False
    return True


_PLACELESS = _is_placeless_allowed()


@jsii.implements(_Plugin)
class FlowControlChecks:
    """Finds unsafe SQS-to-Lambda settings in the stacks of an app, or of a stage, whoever wrote them.

    Errors fail the synthesis, warnings are printed. So is what could not be checked, as information, with a summary at
    the end; nothing is when all is well.
    """

    @property
    def name(self) -> str:
        """What stands before a rule's id in an acknowledgement."""
        return NAMESPACE

    @property
    def version(self) -> str:
        """The library's version."""
        return installed_version()

    @property
    def rule_ids(self) -> list[str]:
        """The rules that a template can be asked about."""
        return list(dict.fromkeys(rule.id for rule in rules.RULES if rule.is_decidable_from_a_template))

    def validate(self, context: Any) -> Any:  # noqa: ANN401 - the types differ between versions of CDK
        """What CDK calls once the templates are written."""
        try:
            with _no_garbage_collection():
                results = check(
                    templates.read_files([Path(each) for each in context.template_paths]),
                    acknowledged_above=_acknowledged_above(getattr(context, "app_construct", None)),
                )
        except Exception as error:  # noqa: BLE001 - the app's author shall not have to read a traceback of ours
            return _failed(error)
        if not _PLACELESS:
            _print(results)
        return _Report(
            success=not results.errors,
            violations=list(_violations(results)),
            metadata={"summary": report.summary(results)},
        )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Put it off: a template's many objects start it, and it goes through all of aws_cdk, which takes the longest."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _violations(results: Results) -> Iterator[object]:
    for found in results.found:
        # What CDK knows to be acknowledged is reported all the same: CDK takes it out, and keeps the reason. 2.252 did
        # not yet, though one could acknowledge.
        if found.acknowledged is None or (_PLACELESS and found.cdk_overrules_at is not None):
            yield _broken(found)
    yield from (_information(NOT_CHECKED, each.message, [_violating(each.at)]) for each in results.not_checked)
    if _PLACELESS:
        nowhere = [_Violating(locations=[])]
        yield from (_information(NOT_CHECKED, f"not read: {each}", nowhere) for each in results.unread)
        if results.has_news:
            words = ". ".join([report.summary(results).removesuffix("."), *results.ignored])
            yield _information(SUMMARY, f"{words}.", nowhere)


def _broken(found: Found) -> object:
    at, locations = (found.at, found.locations) if found.cdk_overrules_at is None else (found.cdk_overrules_at, ())
    involved = ", ".join(each.path for each in found.involved)
    return _Violation(
        rule_name=found.rule,
        severity=str(found.level),
        description=f"{found.message} (with {involved})" if involved else found.message,
        fix=found.fix,
        rule_metadata={"why": found.why, "source": found.source},
        violating_resources=[_violating(at, locations)],
    )


def _information(rule: str, words: str, resources: list[object]) -> object:
    return _Violation(rule_name=rule, severity="info", description=words, violating_resources=resources)


def _violating(at: Place, locations: tuple[str, ...] = ()) -> object:
    """CDK finds the construct's path by the logical id."""
    return _Violating(resource_logical_id=at.logical_id, template_path=str(at.template), locations=list(locations))


def _acknowledged_above(scope: IConstruct | None) -> Reasons:
    """What is acknowledged on the app, its stages, and whatever else groups its stacks: no file has it."""
    if scope is None or aws_cdk.Stack.is_stack(scope):
        return {}
    entries = [{"type": entry.type, "data": entry.data} for entry in scope.node.metadata]
    found: Reasons = {scope.node.path: of_metadata(entries)}
    for child in scope.node.children:
        found |= _acknowledged_above(child)
    return found


def _print(results: Results) -> None:
    """Say what an older CDK does not: it prints a report only when there are errors, and no summary."""
    if results.has_news:
        sys.stderr.write(f"{report.summary(results) if results.errors else report.text(results)}\n")


def _failed(error: Exception) -> object:
    words = f"Validation plugin '{NAMESPACE}': {report.fault(error)}"
    return _Report(success=False, violations=[], metadata={"error": words})
