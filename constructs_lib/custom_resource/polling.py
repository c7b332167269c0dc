"""The loop that polls long work: a state machine that calls the function until it is done.

FirstWait -> Tick -> done? -> Wait -> Tick ...
              |
              +- when every retry has failed -> GiveUp: the function answers from its record, without calling the author
"""

import json
from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from constructs_lib import _nag
from constructs_lib.runtime.custom_resource.contract import DONE, FIRST_TICK_RETRY, NEXT_IN, TICK, tick_retries

#: Lambda's own troubles, which pass; the list is that of Step Functions' documentation.
_LAMBDA_ERRORS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
#: Step Functions delivers logs by an API that knows no resources, and X-Ray's has none either:
#: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
_LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
_TRACE_ACTIONS = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
_WHY_WILDCARD = (
    "Step Functions sets up the delivery of its logs, and sends traces to X-Ray, by actions that take no resource; "
    "what the state machine itself does, calling one function, is in a policy that names it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """The loop.

    Attributes:
        state_machine: The state machine.
        arn: Its ARN, in a form that the function's stack may hold.
        parts: What must be there as long as the loop may run.
    """

    state_machine: sfn.IStateMachine
    arn: str
    parts: tuple[IDependable, ...]


def create(
    scope: Construct,
    handler: lambda_.IFunction,
    *,
    name: str,
    is_named: bool,
    timeout: int,
    longest_lease: float,
) -> Polling:
    """Create the state machine, its role and its permission to call the function.

    The function knows the state machine's ARN, so the state machine must not know the function's: that is in the input
    of each execution. Nor may it wait for the policy that names the function.

    Args:
        scope: The provider.
        handler: The function.
        name: Of the log group, and of the state machine where that needs one.
        is_named: Whether the function may hold the state machine's ARN by name only.
        timeout: Seconds after which an execution is ended, whatever it does.
        longest_lease: Seconds that a killed tick may keep others out.
    """
    role = _role(scope)
    machine = sfn.CfnStateMachine(
        scope,
        "StateMachine",
        role_arn=role.role_arn,
        state_machine_name=name if is_named else None,
        state_machine_type="STANDARD",
        definition_string=json.dumps(_definition(timeout, tick_retries(longest_lease)), separators=(",", ":")),
        logging_configuration=_logging(scope, name),
        tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
    )
    policy = iam.Policy(
        scope,
        "StateMachinePolicy",
        roles=[role],
        statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[handler.function_arn])],
    )
    by_name = Stack.of(scope).format_arn(
        service="states", resource="stateMachine", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return Polling(
        state_machine=sfn.StateMachine.from_state_machine_arn(scope, "StateMachineByArn", machine.ref),
        arn=by_name if is_named else machine.ref,
        parts=(machine, policy),
    )


def _role(scope: Construct) -> iam.Role:
    # Logging and tracing are in the role itself: Step Functions tries them when the state machine is created, and the
    # other policy, which the state machine cannot wait for, comes later.
    delivery = [
        iam.PolicyStatement(actions=list(actions), resources=["*"]) for actions in (_LOG_ACTIONS, _TRACE_ACTIONS)
    ]
    role = iam.Role(
        scope,
        "StateMachineRole",
        assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
        inline_policies={"LogsAndTraces": iam.PolicyDocument(statements=delivery)},
    )
    _nag.explain(role, "AwsSolutions-IAM5", _WHY_WILDCARD, applies_to="Resource::*")
    return role


def _logging(scope: Construct, name: str) -> sfn.CfnStateMachine.LoggingConfigurationProperty:
    log_group = logs.LogGroup(
        scope,
        "StateMachineLog",
        # The prefix spares the account's log policy, which is limited, an entry for each log group.
        log_group_name=f"/aws/vendedlogs/states/{name}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    destination = sfn.CfnStateMachine.LogDestinationProperty(
        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
            log_group_arn=log_group.log_group_arn
        )
    )
    return sfn.CfnStateMachine.LoggingConfigurationProperty(
        level="ALL",
        # Input and output hold no secret, but what a crash leaves behind might.
        include_execution_data=False,
        destinations=[destination],
    )


def _definition(timeout: int, retries: int) -> dict[str, Any]:
    named = {f"{name}.$": f"$.{TICK}.{name}" for name in ("pk", "request_id")}
    done = {"Variable": f"$.tick.answer.{DONE}", "BooleanEquals": True, "Next": "Done"}
    failed = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "GiveUp"}
    return {
        "Comment": "Polls the work of a custom resource until it is done",
        "StartAt": "FirstWait",
        "TimeoutSeconds": timeout,
        "States": {
            "FirstWait": {"Type": "Wait", "SecondsPath": f"$.{NEXT_IN}", "Next": "Tick"},
            "Tick": {**_call(named, retries), "Catch": [failed], "Next": "IsDone"},
            "IsDone": {"Type": "Choice", "Choices": [done], "Default": "Wait"},
            "Wait": {"Type": "Wait", "SecondsPath": f"$.tick.answer.{NEXT_IN}", "Next": "Tick"},
            "GiveUp": {**_call({**named, "cause.$": "$.failure.Error"}, retries), "Next": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }


def _call(tick: dict[str, str], retries: int) -> dict[str, Any]:
    def retry(errors: list[str], attempts: int) -> dict[str, Any]:
        return {
            "ErrorEquals": errors,
            "IntervalSeconds": FIRST_TICK_RETRY,
            "BackoffRate": 2,
            "MaxAttempts": attempts,
        }

    return {
        "Type": "Task",
        "Resource": f"arn:{Aws.PARTITION}:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.function", "Payload": {TICK: tick}},
        "ResultSelector": {"answer.$": "$.Payload"},
        "ResultPath": "$.tick",
        "Retry": [retry(_LAMBDA_ERRORS, 6), retry(["States.ALL"], retries)],
    }
