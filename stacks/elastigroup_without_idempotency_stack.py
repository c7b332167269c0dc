"""An elastigroup without idempotency, as in the article: what Lambda delivers twice, the vendor makes twice.

CloudFormation -> CDK's Provider (a function of its own) -> function -> vendor
"""

from typing import cast

from aws_cdk import (
    CfnResource,
    CustomResource,
    Duration,
    RemovalPolicy,
    Stack,
    custom_resources,
)
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks._nag import acknowledge
from stacks.elastigroup import RESOURCE_TYPE, Mode, add_outputs, add_reader, group_function, group_properties

_LOGGING_POLICY = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


class ElastigroupWithoutIdempotencyStack(Stack):
    """A group of spot instances that a plain handler makes, behind CDK's `Provider`.

    Kept to show what goes wrong; do not copy it.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        vendor_url: The vendor's address, with a slash at its end.
        vendor_api_key: The secret whose value is the vendor's API key.
        mode: Which of the vendor's three the group is at; the handler makes no use of what any of them offers.
        group_name: The group's name; default: the stack's.
        group_region: Where the group is; another one means another group.
        target_capacity: Instances that the group is to have.
        function_timeout: After this the function is killed; default: 40 seconds.
        service_timeout: How long CloudFormation waits for an answer; default: an hour.

    Attributes:
        mode: Which of the vendor's three the group is at.
        function: The function that calls the vendor.
        provider: CDK's provider.
        group: The custom resource.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vendor_url: str,
        vendor_api_key: secretsmanager.ISecret,
        mode: Mode = "T",
        group_name: str | None = None,
        group_region: str = "eu-west-1",
        target_capacity: int = 2,
        function_timeout: Duration | None = None,
        service_timeout: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="A group of spot instances, made once or more")
        self.mode = mode
        self.function = group_function(
            self,
            "Function",
            source="elastigroup_without_idempotency",
            timeout=function_timeout,
            vendor_url=vendor_url,
            vendor_api_key=vendor_api_key,
            mode=mode,
        )
        self.provider = self._provider()
        self.group = CustomResource(
            self,
            "Group",
            service_token=self.provider.service_token,
            resource_type=RESOURCE_TYPE,
            properties=group_properties(
                name=group_name or self.stack_name, region=group_region, target_capacity=target_capacity
            ),
            service_timeout=service_timeout,
        )
        add_outputs(
            self,
            function=self.function,
            service_token=self.provider.service_token,
            group=self.group,
            endpoint=add_reader(self, self.group),
        )

    def _provider(self) -> custom_resources.Provider:
        log_group = logs.LogGroup(
            self, "ProviderLogs", retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY
        )
        provider = custom_resources.Provider(self, "Provider", on_event_handler=self.function, log_group=log_group)
        framework = cast("lambda_.Function", provider.node.find_child("framework-onEvent"))
        managed = "the role of CDK's own function, as CDK makes it: the example shows the provider as it is"
        acknowledge(framework, f"AwsSolutions-IAM4[Policy::{_LOGGING_POLICY}]", managed)
        versions = "CDK's own grant: the function and all its versions, and there is but one"
        arn = self.resolve(self.function.function_arn)["Fn::GetAtt"][0]
        acknowledge(framework, f"AwsSolutions-IAM5[Resource::<{arn}.Arn>:*]", versions)
        # As in stacks/_functions.py: CDK lets the function depend on its role, though it refers to it as well.
        cfn = cast("CfnResource", framework.node.default_child)
        cfn.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        return provider
