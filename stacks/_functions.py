"""One way to make an example function, so that all of them share runtime, logging and permissions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks._layers import powertools_layer

#: By name, so that a CDK older than the runtime synthesises it too.
RUNTIME = lambda_.Runtime("python3.14", lambda_.RuntimeFamily.PYTHON)

ARCHITECTURE = lambda_.Architecture.ARM_64

METRICS_NAMESPACE = "OrderHub"

_LAMBDA_SRC = Path(__file__).parents[1] / "lambda_src"


def python_function(
    scope: Construct,
    id: str,
    *,
    source: str,
    timeout: Duration,
    service: str | None = None,
    metrics_namespace: str = METRICS_NAMESPACE,
    environment: Mapping[str, str] | None = None,
    layers: Sequence[lambda_.ILayerVersion] = (),
    memory_size: int = 512,
) -> lambda_.Function:
    """A function with Powertools, a log group of its own (kept a week) and a role that may write to that group only.

    Args:
        scope: Where the function goes.
        id: The function's id; its log group and role hang beside it.
        source: The folder below `lambda_src/` with the function's whole code; `handler.handler` is called.
        timeout: After this the invocation is killed.
        service: The `service` of its log lines and metrics; default: the folder's name, with hyphens.
        metrics_namespace: Where its own metrics are, one for each story.
        environment: Variables besides those of Powertools.
        layers: Layers besides that of Powertools.
        memory_size: MiB, and with it the share of a CPU.
    """
    log_group = logs.LogGroup(
        scope, f"{id}Logs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY
    )
    # Not Lambda's managed policy: that one may create and write every log group of the account.
    role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    function = lambda_.Function(
        scope,
        id,
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        code=lambda_.Code.from_asset(str(_LAMBDA_SRC / source), exclude=["**/__pycache__", "**/*.pyc"]),
        handler="handler.handler",
        timeout=timeout,
        memory_size=memory_size,
        role=role,
        log_group=log_group,
        layers=[powertools_layer(scope), *layers],
        environment={
            "POWERTOOLS_SERVICE_NAME": service or source.replace("_", "-"),
            "POWERTOOLS_METRICS_NAMESPACE": metrics_namespace,
            **(environment or {}),
        },
    )
    # CDK always lets a function depend on its role, and cfn-lint finds that the reference to the role says so already.
    cfn = cast("CfnResource", function.node.default_child)
    cfn.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
    return function
