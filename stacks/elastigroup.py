"""What the two elastigroup stacks have in common: the function that calls the vendor, and what they tell.

CloudFormation --> (one of two providers) --> function --> vendor's API
"""

from typing import Literal, get_args

from aws_cdk import CfnOutput, CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks._functions import python_function
from stacks.spot_vendor_stack import METRICS_NAMESPACE

RESOURCE_TYPE = "Custom::Elastigroup"

#: What the vendor offers: client tokens (T), lookup by tag (Q), or neither (N).
Mode = Literal["T", "Q", "N"]


def group_function(
    scope: Construct,
    id: str,
    *,
    source: str,
    timeout: Duration | None,
    vendor_url: str,
    vendor_api_key: secretsmanager.ISecret,
    mode: Mode,
) -> lambda_.Function:
    """A function that may call the vendor: it knows the address and may read the secret with the API key.

    Args:
        scope: Where the function goes.
        id: Its id.
        source: The folder below `lambda_src/` with its code.
        timeout: After this it is killed; default: 40 seconds, because the vendor's API answers within 29.
        vendor_url: The vendor's address, with a slash at its end.
        vendor_api_key: The secret whose value is the API key.
        mode: Which of the vendor's three the groups are at.
    """
    function = python_function(
        scope,
        id,
        source=source,
        timeout=timeout or Duration.seconds(40),
        metrics_namespace=METRICS_NAMESPACE,
        environment={
            "VENDOR_URL": vendor_url + groups_path(mode),
            "VENDOR_API_KEY_SECRET": vendor_api_key.secret_arn,
        },
    )
    vendor_api_key.grant_read(function)
    return function


def groups_path(mode: Mode) -> str:
    """Where a mode's groups are below the vendor's address.

    Raises:
        ValueError: There is no such mode.
    """
    if mode not in get_args(Mode):
        msg = f"mode must be T, Q or N, got {mode!r}; T is the vendor that honours client tokens"
        raise ValueError(msg)
    return f"{mode.lower()}/groups"


def group_properties(*, name: str, region: str, target_capacity: int) -> dict[str, str | int]:
    """The properties of the resource."""
    return {"Name": name, "Region": region, "TargetCapacity": target_capacity}


def add_reader(scope: Construct, group: CustomResource) -> ssm.StringParameter:
    """Another resource that needs an attribute of the group's: whoever uses the group finds its address here."""
    return ssm.StringParameter(
        scope, "Endpoint", string_value=group.get_att_string("Endpoint"), description="Where the group can be reached"
    )


def add_outputs(
    scope: Construct,
    *,
    function: lambda_.Function,
    service_token: str,
    group: CustomResource,
    endpoint: ssm.StringParameter,
) -> None:
    """The outputs that both stacks have."""
    CfnOutput(scope, "ServiceToken", value=service_token, description="For custom resources of other stacks")
    CfnOutput(scope, "FunctionName", value=function.function_name)
    CfnOutput(scope, "LogGroup", value=function.log_group.log_group_name)
    CfnOutput(scope, "GroupId", value=group.ref)
    CfnOutput(scope, "GroupStatus", value=group.get_att_string("Status"))
    CfnOutput(scope, "EndpointParameter", value=endpoint.parameter_name)
