"""What the two order checks have in common: the shop's orders, up to the event bus, and the functions that call Twilio.

app --POST /orders--> orders function --OrderPlaced {order_id, placed_at}--> event bus --> (one of two ways) --> Twilio
                           `-> table of orders, with the customers' phone numbers
"""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks._functions import python_function
from stacks._layers import twilio_layer
from stacks._nag import acknowledge
from stacks._rest_api import explain_caller, regional_api

METRICS_NAMESPACE = "OrderCheck"
EVENT_SOURCE = "shop.orders"
DETAIL_TYPE = "OrderPlaced"

PROVIDER_URL = "https://api.twilio.com"


class OrderDesk(Construct):
    """An API that places orders and advances them, their table, and a bus with an event for each.

    Attributes:
        table: The orders, by `order_id`.
        bus: The bus with the events.
        event_pattern: Matches the events of placed orders.
        function: The function behind the API.
        api: The REST API.
        url: Its address, with a slash at its end; orders are at `<url>orders`.
        stage_name: The name of its one stage.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.table, "AwsSolutions-DDB3", "the orders are made up: there is nothing to restore")
        self.bus = events.EventBus(self, "Bus", description="Orders that were placed, one event each")
        self.event_pattern = events.EventPattern(source=[EVENT_SOURCE], detail_type=[DETAIL_TYPE])
        self.function = python_function(
            self,
            "Function",
            source="orders",
            timeout=Duration.seconds(29),
            metrics_namespace=METRICS_NAMESPACE,
            environment={
                "ORDERS_TABLE": self.table.table_name,
                "EVENT_BUS_NAME": self.bus.event_bus_name,
                "EVENT_SOURCE": EVENT_SOURCE,
                "DETAIL_TYPE": DETAIL_TYPE,
            },
        )
        self.table.grant(self.function, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        self.bus.grant_put_events_to(self.function)
        self.api = regional_api(self, description="The shop's orders")
        self.url = self.api.url
        self.stage_name = "prod"  # CDK's default; a reference to the stage would depend on all that is behind it
        self._add_methods()

    def _add_methods(self) -> None:
        orders = self.api.root.add_resource("orders")
        advance = orders.add_resource("{order_id}").add_resource("advance")
        validator = self.api.add_request_validator(
            "OrderValidator", validate_request_body=True, validate_request_parameters=True
        )
        integration = lambda_integration(self.function)
        model = self.api.add_model("Order", content_type="application/json", schema=_order_schema())
        for resource, models in ((orders, {"application/json": model}), (advance, None)):
            method = resource.add_method("POST", integration, request_models=models, request_validator=validator)
            explain_caller(
                method,
                "the story's shop: whoever tries the example places orders with a plain request; put an authorizer "
                "here before real customers order",
            )


def _order_schema() -> apigateway.JsonSchema:
    types = apigateway.JsonSchemaType
    return apigateway.JsonSchema(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        title="Order",
        type=types.OBJECT,
        required=["order_id", "phone"],
        properties={
            "order_id": apigateway.JsonSchema(type=types.STRING, min_length=1),
            "phone": apigateway.JsonSchema(type=types.STRING, min_length=1),
            "do_not_call": apigateway.JsonSchema(type=types.BOOLEAN),
        },
    )


def lambda_integration(function: lambda_.IFunction) -> apigateway.LambdaIntegration:
    """A function behind a method."""
    return apigateway.LambdaIntegration(function, allow_test_invoke=False)


def twilio_secret(scope: Construct) -> secretsmanager.Secret:
    """A secret for the Twilio account: put your own account's data there; what it is made with calls nobody."""
    secret = secretsmanager.Secret(
        scope,
        "TwilioSecret",
        description="account_sid, auth_token and from_number of the Twilio account that calls",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            # Twilio's own example of a number; an account of no one's.
            secret_string_template=f'{{"account_sid": "AC{"0" * 32}", "from_number": "+15005550006"}}',
            generate_string_key="auth_token",
            exclude_punctuation=True,
        ),
    )
    acknowledge(secret, "AwsSolutions-SMG4", "Twilio makes the token, and Twilio's console replaces it")
    return secret


def twilio_function(
    scope: Construct,
    id: str,
    *,
    source: str,
    timeout: Duration,
    provider_url: str,
    secret: secretsmanager.ISecret,
    orders: dynamodb.ITable | None = None,
    environment: Mapping[str, str] | None = None,
) -> lambda_.Function:
    """A function that has to do with Twilio: it knows the address and may read the account's secret.

    Args:
        scope: Where the function goes.
        id: Its id.
        source: The folder below `lambda_src/` with its code.
        timeout: After this it is killed.
        provider_url: Twilio's address.
        secret: The secret with the Twilio account.
        orders: The table of orders, where it may read them.
        environment: Variables besides those.
    """
    own = {"TWILIO_URL": provider_url, "TWILIO_SECRET": secret.secret_arn, **(environment or {})}
    function = python_function(
        scope,
        id,
        source=source,
        timeout=timeout,
        metrics_namespace=METRICS_NAMESPACE,
        layers=[twilio_layer(scope)],
        environment=own if orders is None else {"ORDERS_TABLE": orders.table_name, **own},
    )
    secret.grant_read(function)
    if orders is not None:
        orders.grant(function, "dynamodb:GetItem")
    return function


def add_outputs(
    scope: Construct, *, desk: OrderDesk, secret: secretsmanager.ISecret, functions: Mapping[str, lambda_.Function]
) -> None:
    """The outputs that both order checks' stacks have.

    Args:
        scope: The stack.
        desk: The shop's orders.
        secret: The secret with the Twilio account.
        functions: The functions by what their outputs begin with.
    """
    CfnOutput(scope, "ApiUrl", value=desk.url, description="POST orders to orders, and to orders/<order_id>/advance")
    CfnOutput(scope, "OrdersTableName", value=desk.table.table_name)
    CfnOutput(scope, "BusName", value=desk.bus.event_bus_name)
    CfnOutput(scope, "TwilioSecretArn", value=secret.secret_arn, description="Put your Twilio account's data here")
    for name, function in {"Orders": desk.function, **functions}.items():
        CfnOutput(scope, f"{name}FunctionName", value=function.function_name)
        CfnOutput(scope, f"{name}LogGroup", value=function.log_group.log_group_name)
