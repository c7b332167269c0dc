"""What a flow is made of once it is sized, and what its function is told and may do."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from constructs_lib import _functions, _statements, sizing
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.plan import Options
from constructs_lib.flow_control.queues import Queues
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.sizing import Sizing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A flow's parts.

    Attributes:
        consumer: The function.
        runtime: How the handler's library reaches it.
        downstream: What it calls.
        options: The author's numbers.
        queues: The two queues.
        sizing: The numbers that were derived, or are in fact so.
    """

    consumer: lambda_.IFunction
    runtime: RuntimeDelivery
    downstream: Downstream
    options: Options
    queues: Queues
    sizing: Sizing

    @property
    def call_timeout(self) -> float | Unknown:
        """A call's timeout, given or derived from what is known; UNKNOWN where nothing is."""
        is_known = self.options.call_timeout is not None or self.downstream.p99_latency is not None
        timeout_is_known = _functions.timeout(self.consumer) is not UNKNOWN
        return self.sizing.call_timeout if is_known or timeout_is_known else UNKNOWN

    @property
    def statements(self) -> list[iam.PolicyStatement]:
        """What the function may do with the queues."""
        queue, dead_letter_queue = self.queues.queue, self.queues.dead_letter_queue
        dead_letters = None if self.runtime == "none" else dead_letter_queue
        keys = _statements.use_keys([queue, dead_letter_queue])
        return [*_statements.consume(queue, dead_letters=dead_letters), *keys]

    @property
    def settings(self) -> Settings:
        """What the function is told."""
        given, timeout, queues = self.options, self.call_timeout, self.queues
        return Settings(
            queue_arn=queues.arn,
            dead_letter_queue_arn=queues.dead_letter_arn,
            pace=self.sizing.pace,
            call_timeout=None if timeout is UNKNOWN else timeout,
            call_budget=(
                None
                if timeout is UNKNOWN or given.call_attempts == 1
                else sizing.call_budget(given.call_attempts, timeout, given.call_retry_wait)
            ),
            max_receive_count=None if queues.max_receive_count is UNKNOWN else self.sizing.max_receive_count,
            backoff_cap=self.sizing.backoff_cap,
        )
