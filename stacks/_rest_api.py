"""The REST API that both sides of the story have: one POST method with one function behind it."""

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


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
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=Stack.of(self).stack_name,
            description=description,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The role would be the whole account's, see the reason below.
            cloud_watch_role=False,
        )
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
        self._acknowledge(method, api_key_required=api_key_required)

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

    def _acknowledge(self, method: apigateway.Method, *, api_key_required: bool) -> None:
        account_wide = (
            "API Gateway writes logs with one role per account and region, which an example must not set or replace; "
            "the function behind the method logs every request"
        )
        caller = (
            "the caller is another company's server with an API key and a usage plan, no user that could sign in"
            if api_key_required
            else "the story's webhook: the shop's software can call an address but not sign requests or send a key; "
            "put an authorizer here before real orders come in"
        )
        stage = self.api.deployment_stage
        _acknowledge(stage, "AwsSolutions-APIG1", account_wide)
        _acknowledge(stage, "AwsSolutions-APIG6", account_wide)
        _acknowledge(stage, "AwsSolutions-APIG3", "a firewall bills by the month even when idle; an example needs none")
        _acknowledge(method, "AwsSolutions-APIG4", caller)
        _acknowledge(method, "AwsSolutions-COG4", caller)


def _acknowledge(construct: Construct, rule: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
