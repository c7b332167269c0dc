"""What a template says of a resource beside its properties, for whoever reads templates: people, and the checks."""

from collections.abc import Mapping

from aws_cdk import CfnResource
from constructs import Construct

from constructs_lib._findings import ACKNOWLEDGE, KEY


def tell(
    construct: Construct, *, sizing: Mapping[str, object] | None = None, acknowledge: Mapping[str, str] | None = None
) -> None:
    """Write into the Metadata of a construct's resource, in plain JSON.

    Args:
        construct: The L2.
        sizing: The numbers that its settings were derived with.
        acknowledge: The rules that it breaks on purpose, each with the reason.
    """
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - narrows the type of what an L2 always has
    told = {"sizing": dict(sizing or {}), ACKNOWLEDGE: dict(acknowledge or {})}
    known = {name: value for name, value in told.items() if value}
    if known:
        resource.add_metadata(KEY, known)
