"""The functions of others: the author's, which checks and contacts, and those that start checks and report outcomes."""

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import _functions
from constructs_lib._functions import RuntimeDelivery
from constructs_lib.flow_control.sources import policy_beside
from constructs_lib.runtime.delayed_check.contract import ENVIRONMENT_PREFIX, Settings

SLICE = "delayed_check"
RUNTIMES: tuple[RuntimeDelivery, ...] = ("layer", "provided")
_HANDLER = _functions.Terms(
    function="handler",
    construct="check",
    needs_both_here="an event source mapping needs both in one region and account",
    without_role="read the queues and write the table",
    runtimes=RUNTIMES,
)
_OTHER = _functions.Terms(
    function="fn",
    construct="check",
    needs_both_here="the function finds the check's queue and table in its own region and account only",
    without_role="use the check's queue and table",
    runtimes=RUNTIMES,
)


def check(scope: Construct, handler: lambda_.IFunction, runtime: RuntimeDelivery) -> None:
    """Refuse an author's function that a check cannot use.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    _functions.check(scope, handler, runtime, slice_name=SLICE, terms=_HANDLER)


def variable(scope: Construct, settings: Settings, suffix: str = "") -> dict[str, str]:
    """The environment variable that tells a function of a check; its name differs between checks."""
    return {f"{ENVIRONMENT_PREFIX}{scope.node.addr[-8:].upper()}{suffix}": settings.to_json()}


def permit(
    scope: Construct, handler: lambda_.IFunction, statements: Sequence[iam.PolicyStatement]
) -> iam.Policy | None:
    """Let the author's function do what the statements say, by a policy beside the queues: no other way is no cycle.

    Returns:
        The policy; None when the function's role cannot be seen.
    """
    if handler.role is None:
        return None
    return iam.Policy(scope, "HandlerPolicy", roles=[handler.role], statements=list(statements))


def grant(
    scope: Construct,
    id: str,
    grantee: iam.IGrantable,
    runtime: RuntimeDelivery,
    *,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
) -> iam.Grant:
    """Let somebody use a check; a function is also given the runtime, and told of the check.

    Raises:
        ValueError: The function cannot be given the runtime; the message has the fix.
    """
    if not hasattr(grantee, "grant_principal"):
        msg = f"fn must be a Lambda function (lambda_.Function or IFunction), or a role, got {grantee!r}"
        raise ValueError(msg)
    if hasattr(grantee, "function_arn"):
        function = cast("lambda_.IFunction", grantee)
        _functions.check(scope, function, runtime, slice_name=SLICE, terms=_OTHER)
        _functions.equip(function, runtime, slice_name=SLICE, environment=environment)
    principal: iam.IGrantable = policy_beside(scope, grantee, id) or grantee
    grants = [
        iam.Grant.add_to_principal(
            grantee=principal,
            actions=list(each.actions),
            resource_arns=list(each.resources),
            conditions=each.conditions or None,
        )
        for each in statements
    ]
    return grants[0].combine(*grants[1:]) if len(grants) > 1 else grants[0]
