"""The consumer: how its settings and its permissions reach it."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib import _functions
from constructs_lib._functions import RuntimeDelivery
from constructs_lib.runtime.flow_control.contract import ENVIRONMENT_PREFIX, Settings

_SLICE = "flow_control"
_TERMS = _functions.Terms(
    function="consumer",
    construct="flow",
    needs_both_here="an event source mapping needs both in one region and account",
    without_role="read the queue",
    runtimes=("layer", "provided", "none"),
    other_languages=', or runtime="none" (any language, concurrency only, no promise about retries and rate)',
)


def check(scope: Construct, consumer: lambda_.IFunction, runtime: RuntimeDelivery) -> None:
    """Refuse a function that the construct cannot serve.

    Raises:
        ValueError: With what is wrong, and the fix.
    """
    _functions.check(scope, consumer, runtime, slice_name=_SLICE, terms=_TERMS)


def connect(
    scope: Construct,
    consumer: lambda_.IFunction,
    runtime: RuntimeDelivery,
    *,
    settings: Settings,
    statements: Sequence[iam.PolicyStatement],
) -> tuple[dict[str, str], iam.Policy | None]:
    """Give the function its permissions, its settings and the runtime, as far as this app may change it.

    Returns:
        The environment variables that the function needs, and the policy that its mapping must wait for; None when
        the function's role cannot be seen.
    """
    # The role's default policy would be in the function's stack, and refer from there to the queue: a cycle, since the
    # mapping beside the queue refers to the function.
    policy = (
        None
        if consumer.role is None
        else iam.Policy(scope, "ConsumerPolicy", roles=[consumer.role], statements=list(statements))
    )
    if runtime == "none":
        return {}, policy
    environment = variable(scope, settings)
    _functions.equip(consumer, runtime, slice_name=_SLICE, environment=environment)
    return environment, policy


def variable(scope: Construct, settings: Settings) -> dict[str, str]:
    """The environment variable that tells a function of a queue; its name differs between those that it consumes."""
    return {f"{ENVIRONMENT_PREFIX}{scope.node.addr[-8:].upper()}": settings.to_json()}
