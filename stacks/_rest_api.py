"""What the examples' REST APIs have in common, and the one that both sides of the courier's story have."""

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks._nag import acknowledge

#: Why the callers of an API with a key are no users of Cognito's, say.
A_COMPANY = "the caller is another company's server with an API key and a usage plan, no user that could sign in"


class OrderApi(Construct):
    """A regional REST API with one POST method that takes an order: a JSON object with an `order_id`.

    API Gateway itself answers 400 to a JSON body that is no order; the function still checks, because a body of
    another content type reaches it unchecked.

    Attributes:
        api: The REST API.
        url: The address to post to, path included.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        path: str,
        function: lambda_.IFunction,
        description: str,
        api_key_required: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.api = regional_api(self, description=description)
        method = self.api.root.add_resource(path).add_method(
            "POST",
            apigateway.LambdaIntegration(function, allow_test_invoke=False),
            api_key_required=api_key_required,
            request_models={"application/json": self._order_model()},
            request_validator=self.api.add_request_validator(
                "OrderValidator", validate_request_body=True, validate_request_parameters=True
            ),
        )
        self.url = self.api.url_for_path(f"/{path}")
        shop = (
            "the story's webhook: the shop's software can call an address but not sign requests or send a key; "
            "put an authorizer here before real orders come in"
        )
        explain_caller(method, A_COMPANY if api_key_required else shop)

    def _order_model(self) -> apigateway.Model:
        return self.api.add_model(
            "Order",
            content_type="application/json",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4,
                title="Order",
                type=apigateway.JsonSchemaType.OBJECT,
                required=["order_id"],
                properties={"order_id": apigateway.JsonSchema(type=apigateway.JsonSchemaType.STRING, min_length=1)},
            ),
        )


def regional_api(scope: Construct, *, description: str) -> apigateway.RestApi:
    """A regional REST API, without what an account has once, or what bills while idle."""
    api = apigateway.RestApi(
        scope,
        "Api",
        rest_api_name=Stack.of(scope).stack_name,
        description=description,
        endpoint_types=[apigateway.EndpointType.REGIONAL],
        # The role would be the whole account's, see the reason below.
        cloud_watch_role=False,
    )
    account_wide = (
        "API Gateway writes logs with one role per account and region, which an example must not set or replace; "
        "the function behind the method logs every request"
    )
    stage = api.deployment_stage
    acknowledge(stage, "AwsSolutions-APIG1", account_wide)
    acknowledge(stage, "AwsSolutions-APIG6", account_wide)
    acknowledge(stage, "AwsSolutions-APIG3", "a firewall bills by the month even when idle; an example needs none")
    return api


def explain_caller(method: apigateway.Method, reason: str) -> None:
    """Say why nobody signs in to call a method."""
    acknowledge(method, "AwsSolutions-APIG4", reason)
    acknowledge(method, "AwsSolutions-COG4", reason)


def api_key_secret(scope: Construct, *, description: str) -> secretsmanager.Secret:
    """A secret whose value can be an API key."""
    secret = secretsmanager.Secret(
        scope,
        "ApiKeySecret",
        description=description,
        generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=40),
    )
    acknowledge(
        secret,
        "AwsSolutions-SMG4",
        "a usage plan's key is replaced together with its secret by a deployment, not by a rotation",
    )
    return secret


def admit(
    api: apigateway.RestApi, secret: secretsmanager.ISecret, *, throttle: apigateway.ThrottleSettings | None = None
) -> None:
    """Let a customer in whose API key is in a secret; `throttle` is what the customer may do, default: anything."""
    # A dynamic reference: the template names the secret, and CloudFormation reads its value.
    key = api.add_api_key("CustomerKey", value=secret.secret_value.unsafe_unwrap())
    plan = api.add_usage_plan(
        "UsagePlan",
        api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
        throttle=throttle,
    )
    plan.add_api_key(key)
