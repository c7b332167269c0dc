"""The kill switch: the parameter that stops all contacts of a check."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib.runtime.delayed_check.contract import RUN, STOP


def create(scope: Construct, name: str) -> ssm.StringParameter:
    """Create the parameter that says whether anybody is contacted."""
    return ssm.StringParameter(
        scope,
        "KillSwitch",
        parameter_name=name,
        string_value=RUN,
        allowed_pattern=f"^({RUN}|{STOP})$",
        # The same for all checks and versions: whatever changes the parameter sets it to "run".
        description=f'Whether anybody is contacted: "{RUN}", or "{STOP}"',
    )
