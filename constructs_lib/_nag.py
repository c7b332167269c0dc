"""Reasons for what cdk-nag asks about, where the construct is that needs it so."""

import aws_cdk
from aws_cdk import CfnResource, Stack
from constructs import Construct


def explain(construct: Construct, rule: str, reason: str, *, applies_to: str | None = None) -> None:
    """Say why a construct breaks a rule of cdk-nag's.

    Args:
        construct: An L2, or a resource.
        rule: Such as "AwsSolutions-IAM5".
        reason: Why it has to.
        applies_to: The one thing that is meant, of several that the rule may find: "Resource::*".
    """
    validations = getattr(aws_cdk, "Validations", None)
    if validations is None:  # an older CDK, whose cdk-nag reads the resource's metadata
        resource = construct.node.default_child or construct
        assert isinstance(resource, CfnResource)  # noqa: S101 - narrows the type of what an L2 always has
        said = (resource.get_metadata("cdk_nag") or {}).get("rules_to_suppress", [])
        told: dict[str, object] = {"id": rule, "reason": reason}
        if applies_to is not None:
            told["applies_to"] = [applies_to]
        resource.add_metadata("cdk_nag", {"rules_to_suppress": [*said, told]})
        return
    name = rule if applies_to is None else f"{rule}[{applies_to}]"
    validations.of(construct).acknowledge(aws_cdk.Acknowledgment(id=name, reason=reason))


def explain_resource(construct: Construct, arn: str, reason: str) -> None:
    """Say why a policy's statement has a resource with a wildcard.

    Args:
        construct: The policy.
        arn: The resource.
        reason: Why it has to.
    """
    shown = _shown(Stack.of(construct).resolve(arn))
    explain(construct, "AwsSolutions-IAM5", reason, applies_to=f"Resource::{shown}")


def _shown(value: object) -> str:
    """A resolved ARN as cdk-nag shows it: references in angle brackets."""
    if not isinstance(value, dict):
        return str(value)
    ((kind, inner),) = value.items()
    if kind == "Fn::Join":
        return "".join(map(_shown, inner[1]))
    return f"<{inner}>" if isinstance(inner, str) else f"<{'.'.join(inner)}>"
