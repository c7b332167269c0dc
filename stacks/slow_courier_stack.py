"""Ace Courier's delivery API: slow, unreliable, and limited to ten calls a second.

    client --x-api-key--> REST API (usage plan: rate 10, burst 10) --> courier function: 20 % fail, else 0-2 s

Its customers read the API key from a secret:

    courier = SlowCourierStack(app, "SlowCourierStack")
    OrderHubStack(app, "OrderHubStack", courier_url=courier.url, courier_api_key=courier.api_key_secret, ...)
"""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks._functions import python_function
from stacks._rest_api import OrderApi, admit, api_key_secret

#: API Gateway gives an integration 29 seconds; what is left above the latency is for starting and answering.
_TIMEOUT = Duration.seconds(29)
_LONGEST_LATENCY = Duration.seconds(25)


class SlowCourierStack(Stack):
    """A courier whose API fails often, answers slowly, and refuses calls above its usage plan with a 429.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        rate: Calls a second that the usage plan allows.
        burst: Calls that the usage plan lets through at once.
        failure_share: Share of the calls that fail at once with a 503, from 0 to 1.
        max_latency: The other calls take from no time to this, evenly spread; at most 25 seconds.

    Attributes:
        url: The address to post deliveries to.
        api_key_secret: The secret whose value is the API key.
        api: The REST API.
        function: The courier's function.
        rate: Calls a second that the usage plan allows.
        burst: Calls that the usage plan lets through at once.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        rate: float = 10,
        burst: int = 10,
        failure_share: float = 0.2,
        max_latency: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="A courier that is slow, fails often, and limits its calls")
        latency = max_latency or Duration.seconds(2)
        _check(failure_share, latency)
        self.rate = rate
        self.burst = burst

        self.function = python_function(
            self,
            "Courier",
            source="slow_courier",
            timeout=_TIMEOUT,
            environment={"FAILURE_SHARE": f"{failure_share:g}", "MAX_LATENCY": f"{latency.to_milliseconds() / 1000:g}"},
        )
        entrance = OrderApi(
            self,
            "Entrance",
            path="deliveries",
            function=self.function,
            description="The courier's delivery API",
            api_key_required=True,
        )
        self.api = entrance.api
        self.url = entrance.url
        self.api_key_secret = api_key_secret(self, description="The API key of the courier's customer")
        admit(self.api, self.api_key_secret, throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=burst))

        CfnOutput(self, "CourierUrl", value=self.url, description="POST deliveries here, with the key in x-api-key")
        CfnOutput(self, "CourierFunctionName", value=self.function.function_name)
        CfnOutput(self, "CourierLogGroup", value=self.function.log_group.log_group_name)
        CfnOutput(self, "ApiKeySecretArn", value=self.api_key_secret.secret_arn)


def _check(failure_share: float, latency: Duration) -> None:
    if not 0 <= failure_share <= 1:
        msg = f"failure_share must be from 0 to 1, got {failure_share:g}; 0.2 lets a fifth of the calls fail"
        raise ValueError(msg)
    if latency.to_milliseconds() > _LONGEST_LATENCY.to_milliseconds():
        msg = (
            f"max_latency must be at most {_LONGEST_LATENCY.to_human_string()}, got {latency.to_human_string()}; "
            f"API Gateway answers for the courier after 29 seconds, so choose a shorter one"
        )
        raise ValueError(msg)
