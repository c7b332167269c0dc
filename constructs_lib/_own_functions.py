"""The library's own functions: small, with a log group and a role for nothing but their work."""

from collections.abc import Mapping, Sequence

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib._assets import runtime_code

#: By name, so that a CDK older than the runtime synthesises it too.
RUNTIME = lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON)
ARCHITECTURE = lambda_.Architecture.ARM_64


def create(
    scope: Construct,
    *,
    slice_name: str,
    handler: str,
    description: str,
    timeout: Duration,
    memory_size: int,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
) -> tuple[lambda_.Function, iam.Policy]:
    """Create a function whose code is a slice of the runtime.

    Args:
        scope: Its parent, which has no other.
        slice_name: The slice.
        handler: Where in it the handler is.
        description: What it does.
        timeout: The longest that it may run.
        memory_size: Its memory in MB.
        environment: Its settings.
        statements: What it may do besides writing its log.

    Returns:
        The function, and the policy for which its event source has to wait.
    """
    log = logs.LogGroup(scope, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
    role, policy = _role(scope, log, statements)
    function = lambda_.Function(
        scope,
        "Function",
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        code=runtime_code(scope, slice_name),
        handler=handler,
        description=description,
        timeout=timeout,
        memory_size=memory_size,
        environment=dict(environment),
        role=role,
        log_group=log,
    )
    _explain_dependency(function)
    return function, policy


def _role(
    scope: Construct, log: logs.LogGroup, statements: Sequence[iam.PolicyStatement]
) -> tuple[iam.Role, iam.Policy]:
    # Not Lambda's managed policy: that one may write every log group of the account.
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    writing = iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn])
    return role, iam.Policy(scope, "Policy", roles=[role], statements=[writing, *statements])


def _explain_dependency(function: lambda_.Function) -> None:
    """CDK always lets a function depend on its role, and cfn-lint finds that the reference to it says so already."""
    resource = function.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - narrows the type of what an L2 always has
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
