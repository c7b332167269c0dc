"""An elastigroup: CloudFormation asks for one group of spot instances, and the vendor makes one.

CloudFormation -> function, with IdempotentProvider's runtime -> vendor
                      `-> table: one record for each group
"""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib.custom_resource import IdempotentProvider
from stacks.elastigroup import RESOURCE_TYPE, Mode, add_outputs, add_reader, group_function, group_properties


class ElastigroupStack(Stack):
    """A group of spot instances that is made once, whatever Lambda does.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        vendor_url: The vendor's address, with a slash at its end.
        vendor_api_key: The secret whose value is the vendor's API key.
        mode: Which of the vendor's three the group is at; the handler makes use of what it offers.
        group_name: The group's name; default: the stack's.
        group_region: Where the group is; another one means another group.
        target_capacity: Instances that the group is to have.
        function_timeout: After this the function is killed; default: 40 seconds.
        total_timeout: The longest that one request takes in all; default: 15 minutes.
        grace: How long after a killed function's deadline its request is left alone; default: 10 seconds.

    Attributes:
        mode: Which of the vendor's three the group is at.
        function: The function that calls the vendor.
        provider: What CloudFormation's requests go through; other stacks' groups may be made by it, too.
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
        total_timeout: Duration | None = None,
        grace: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="A group of spot instances, made once")
        self.mode = mode
        self.function = group_function(
            self,
            "Function",
            source="elastigroup",
            timeout=function_timeout,
            vendor_url=vendor_url,
            vendor_api_key=vendor_api_key,
            mode=mode,
        )
        self.function.add_environment("MODE", mode)
        self.provider = IdempotentProvider(
            self,
            "Provider",
            handler=self.function,
            total_timeout=total_timeout,
            grace=grace,
            # The groups are made up; who pays for theirs keeps the records, which is the default.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.group = self.provider.custom_resource(
            "Group",
            resource_type=RESOURCE_TYPE,
            properties=group_properties(
                name=group_name or self.stack_name, region=group_region, target_capacity=target_capacity
            ),
        )
        add_outputs(
            self,
            function=self.function,
            service_token=self.provider.service_token,
            group=self.group,
            endpoint=add_reader(self, self.group),
        )
        CfnOutput(self, "RecordsTableName", value=self.provider.table.table_name)
