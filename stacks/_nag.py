"""Where a rule of cdk-nag does not hold for the examples, and why."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Say why a rule does not hold for a construct."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
