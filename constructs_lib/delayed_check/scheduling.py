"""EventBridge Scheduler, for delays that SQS cannot hold: a group for a check's schedules, and a role that sends."""

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from constructs_lib import _nag, _statements
from constructs_lib._names import physical_name
from constructs_lib._queues import Pair
from constructs_lib.runtime.delayed_check.contract import Settings

_SERVICE = "scheduler.amazonaws.com"
_MAX_NAME = 64
_WHY_WILDCARD = (
    "each order has a schedule of its own, named after it, in the one group that the statement names; nobody knows the "
    "names before"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling:
    """How `start` makes schedules.

    Attributes:
        group: The name of the group.
        role: Sends for Scheduler.
        dead_letter_arn: Where Scheduler puts what it could not send.
        schedules: The ARN of every schedule of the group.
    """

    group: str
    role: iam.Role
    dead_letter_arn: str
    schedules: str

    @property
    def statements(self) -> list[iam.PolicyStatement]:
        """What `start` does: make schedules of this group that use this role."""
        passing = _statements.allow("iam", ["PassRole"], self.role.role_arn)
        passing.add_condition("StringEquals", {"iam:PassedToService": _SERVICE})
        return [_statements.allow("scheduler", ["CreateSchedule"], self.schedules), passing]

    def known_by(self, settings: Settings) -> Settings:
        """The settings of `start`, with what it needs for schedules."""
        return settings._replace(
            schedule_group=self.group,
            schedule_role_arn=self.role.role_arn,
            schedule_dead_letter_arn=self.dead_letter_arn,
        )

    def explain_wildcard(self, policy: iam.Policy) -> None:
        """Say why the policy with the statements names no schedule."""
        _nag.explain_resource(policy, self.schedules, _WHY_WILDCARD)


def create(scope: Construct, checks: Pair) -> Scheduling:
    """Create the group, and the role that may send to the check queue and its dead-letter queue.

    Args:
        scope: Their parent, which has no other.
        checks: The check queue.
    """
    stack = Stack.of(scope)
    name = physical_name(scope, longest=_MAX_NAME)
    scheduler.CfnScheduleGroup(scope, "Group", name=name)
    group_arn = stack.format_arn(service="scheduler", resource="schedule-group", resource_name=name)
    # Only for schedules of this group: another's would be somebody else's messages.
    conditions = {"StringEquals": {"aws:SourceAccount": stack.account, "aws:SourceArn": group_arn}}
    role = iam.Role(scope, "Role", assumed_by=iam.PrincipalWithConditions(iam.ServicePrincipal(_SERVICE), conditions))
    queues = (checks.queue, checks.dead_letter_queue)
    iam.Policy(
        scope,
        "Policy",
        roles=[role],
        statements=[
            _statements.allow("sqs", ["SendMessage"], *(queue.queue_arn for queue in queues)),
            *_statements.use_keys(queues),
        ],
    )
    return Scheduling(
        group=name,
        role=role,
        dead_letter_arn=checks.dead_letter_arn,
        schedules=stack.format_arn(service="scheduler", resource="schedule", resource_name=f"{name}/*"),
    )
