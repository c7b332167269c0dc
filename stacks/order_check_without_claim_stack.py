"""The order check as a team writes it first: it calls somebody twice, or after the order was cancelled.

app -> API -> orders function -> bus -> queue, five minutes -> function -> Twilio
                                            `-> dead-letter queue
"""

from aws_cdk import Acknowledgment, CfnOutput, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.order_check import PROVIDER_URL, OrderDesk, add_outputs, twilio_function, twilio_secret

#: What AWS recommends: six times the function's timeout.
_VISIBILITY = 6
_RECEIVES = 3
#: What FlowControlChecks warns of, rightly.
_KNOWN = {
    "R7": "three receives are what teams set before they count throttles",
    "R38": "a rule without a dead-letter queue is what CDK makes by default",
    "R44": "how many look at once is left to Lambda: nobody knows here what Twilio takes",
}


class OrderCheckWithoutClaimStack(Stack):
    """Each order waits in a queue, then a function reads it, and calls unless it was accepted.

    Kept to show what goes wrong; do not copy it. It delays from when the event arrives, and not from when the order was
    placed; it knows no deadline; and a message that comes again is a call that is made again.

    Args:
        scope: The app or stage.
        id: The stack's id and name.
        provider_url: Twilio's address; default: the real one's.
        delay: How long each message waits; default: 5 minutes.
        batch_size: Messages that one invocation gets at most, 1 to 10; default: 10.
        function_timeout: After this the function is killed; default: a minute.

    Attributes:
        desk: API, table and bus of the orders.
        secret: The secret with the Twilio account.
        function: The function that looks and calls.
        queue: The queue in which the orders wait.
        dead_letter_queue: Where a message goes that failed three times.
        rule: Sends each order to the queue.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider_url: str = PROVIDER_URL,
        delay: Duration | None = None,
        batch_size: int = 10,
        function_timeout: Duration | None = None,
    ) -> None:
        super().__init__(scope, id, description="Orders that are looked at after five minutes, and called about")
        timeout = function_timeout or Duration.minutes(1)
        self.desk = OrderDesk(self, "Desk")
        self.secret = twilio_secret(self)
        self.function = twilio_function(
            self,
            "Check",
            source="order_check_without_claim",
            timeout=timeout,
            provider_url=provider_url,
            secret=self.secret,
            orders=self.desk.table,
        )
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetters",
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.queue = self._queue(delay or Duration.minutes(5), timeout)
        self.rule = events.Rule(
            self,
            "OrderRule",
            event_bus=self.desk.bus,
            event_pattern=self.desk.event_pattern,
            targets=[targets.SqsQueue(self.queue)],
        )
        self.function.add_event_source(
            sources.SqsEventSource(self.queue, batch_size=batch_size, report_batch_item_failures=True)
        )
        Validations.of(self).acknowledge(
            *(Acknowledgment(id=f"constructs-lib::{rule}", reason=reason) for rule, reason in _KNOWN.items())
        )
        add_outputs(self, desk=self.desk, secret=self.secret, functions={"Check": self.function})
        CfnOutput(self, "QueueUrl", value=self.queue.queue_url)
        CfnOutput(self, "DeadLetterQueueUrl", value=self.dead_letter_queue.queue_url)

    def _queue(self, delay: Duration, timeout: Duration) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            delivery_delay=delay,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(_VISIBILITY * timeout.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=_RECEIVES),
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
