"""A vendor of spot instances: an API that makes groups of them, and a ledger of all that it made.

    client --x-api-key--> REST API --> vendor function --> table of groups (the ledger), table of tokens

One vendor plays three, so that one deployment serves every experiment:

    <url>t/groups    honours client tokens
    <url>q/groups    ignores them; groups can be looked up by tag
    <url>n/groups    neither

Its customers read the API key from a secret:

    vendor = SpotVendorStack(app, "SpotVendorStack")
    ElastigroupStack(app, "ElastigroupStack", vendor_url=vendor.url, vendor_api_key=vendor.api_key_secret)
"""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks._functions import python_function
from stacks._nag import acknowledge
from stacks._rest_api import A_COMPANY, admit, api_key_secret, explain_caller, regional_api

METRICS_NAMESPACE = "Elastigroups"

#: As long as API Gateway waits: a group may take the vendor up to ten seconds.
_TIMEOUT = Duration.seconds(29)


class SpotVendorStack(Stack):
    """A vendor whose ledger shows each group that it ever made, so that a duplicate cannot hide.

    Args:
        scope: The app or stage.
        id: The stack's id and name.

    Attributes:
        url: The API's address, with a slash at its end; groups are at `<url><mode>/groups`, with mode t, q or n.
        api_key_secret: The secret whose value is the API key.
        api: The REST API.
        function: The vendor's function.
        ledger: The table of groups, one item each, kept when the group is deleted.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="A vendor of spot instances that keeps a ledger of what it made")
        self.ledger = self._table("Ledger", key="id")
        tokens = self._table("Tokens", key="client_token")
        self.function = python_function(
            self,
            "Vendor",
            source="spot_vendor",
            timeout=_TIMEOUT,
            metrics_namespace=METRICS_NAMESPACE,
            environment={"GROUPS_TABLE": self.ledger.table_name, "TOKENS_TABLE": tokens.table_name},
        )
        self.ledger.grant(self.function, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Scan")
        tokens.grant(self.function, "dynamodb:GetItem", "dynamodb:PutItem")

        self.api = regional_api(self, description="The vendor's API")
        self._add_methods(apigateway.LambdaIntegration(self.function, allow_test_invoke=False))
        self.url = self.api.url
        self.api_key_secret = api_key_secret(self, description="The API key of the vendor's customer")
        admit(self.api, self.api_key_secret)

        CfnOutput(self, "VendorUrl", value=self.url, description="Groups are at t/groups, q/groups and n/groups")
        CfnOutput(self, "VendorFunctionName", value=self.function.function_name)
        CfnOutput(self, "VendorLogGroup", value=self.function.log_group.log_group_name)
        CfnOutput(self, "LedgerTableName", value=self.ledger.table_name, description="One item a group ever made")
        CfnOutput(self, "ApiKeySecretArn", value=self.api_key_secret.secret_arn)

    def _table(self, id: str, *, key: str) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            id,
            partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        reason = "the vendor is made up, and so are its groups: there is nothing to restore"
        acknowledge(table, "AwsSolutions-DDB3", reason)
        return table

    def _add_methods(self, vendor: apigateway.LambdaIntegration) -> None:
        group = self.api.add_model("Group", content_type="application/json", schema=_group_schema())
        validator = self.api.add_request_validator(
            "GroupValidator", validate_request_body=True, validate_request_parameters=True
        )
        groups = self.api.root.add_resource("{mode}").add_resource("groups")
        one = groups.add_resource("{id}")
        for resource, verb in ((groups, "POST"), (groups, "GET"), (one, "GET"), (one, "PUT"), (one, "DELETE")):
            method = resource.add_method(
                verb,
                vendor,
                api_key_required=True,
                request_validator=validator,
                request_models={"application/json": group} if verb in {"POST", "PUT"} else None,
            )
            explain_caller(method, A_COMPANY)


def _group_schema() -> apigateway.JsonSchema:
    types = apigateway.JsonSchemaType
    text = apigateway.JsonSchema(type=types.STRING, min_length=1)
    return apigateway.JsonSchema(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        title="Group",
        type=types.OBJECT,
        required=["name", "region", "capacity"],
        properties={
            "name": text,
            "region": text,
            "capacity": apigateway.JsonSchema(type=types.INTEGER, minimum=0),
            "client_token": text,
            "tags": apigateway.JsonSchema(type=types.OBJECT),
            "latency": apigateway.JsonSchema(type=types.NUMBER, minimum=0),
        },
    )
