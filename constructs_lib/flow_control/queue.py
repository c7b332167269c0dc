"""FlowControlledQueue: SQS to Lambda in front of a downstream that takes R calls a second.

producer -> queue -> event source mapping (N workers) -> @flow_controlled handler -> downstream
              |                                               |
              +------------- dead-letter queue <--------------+   with the reason
"""

import dataclasses
from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _alarms, _cdk, _findings, _functions, _queues, _statements, _validate, sizing
from constructs_lib._findings import Finding
from constructs_lib._functions import RuntimeDelivery
from constructs_lib._seen import UNKNOWN, Unknown
from constructs_lib.flow_control import consumer as consumers
from constructs_lib.flow_control import mappings, monitoring, plan, queues, rules, sources
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.facts import Facts
from constructs_lib.runtime.flow_control.contract import Settings
from constructs_lib.sizing import FlowStrategy, Sizing

_PREFIX = "constructs-lib/flow-control"
#: The age alarm rings at this many times max_wait; without max_wait, so many seconds after the outage tolerance.
AGE_FACTOR, _AGE_MARGIN = 1.5, 600.0


class FlowControlledQueue(monitoring.FlowMetrics):
    """A queue in front of a slow neighbour, and the consumer that empties it at the neighbour's pace.

    With `FlowStrategy.PACE` and N workers the downstream sees at most R*W + N calls in any window of W seconds, as
    long as this flow is all that calls it, and close to R calls a second while messages wait. A message is delivered,
    waiting, or in the dead-letter queue, with the reason wherever the handler could give one, until its retention
    ends. Settings that break this are refused at synth.

        flow = FlowControlledQueue(
            self, "Deliveries",
            consumer=function,                                   # its handler is decorated with @flow_controlled
            downstream=Downstream(calls_per_second=10, burst=10),
        )
        flow.add_event_rule(event_bus=bus, event_pattern=events.EventPattern(detail_type=["notify-order"]))

    Args:
        scope: The parent construct.
        id: The construct's id.
        consumer: The function. Its handler is decorated with `constructs_lib.runtime.flow_control.flow_controlled`.
        downstream: What the consumer calls, and what that takes.
        max_wait: Longest time a message is expected to wait; the retention covers it, and the age alarm rings at 1.5
            times it. Default: not known, and the alarm rings ten minutes after the outage tolerance.
        strategy: How the rate is held. Default: AUTO.
        queue: An existing queue. Its settings are checked where they can be seen; declare them (`visibility_timeout`,
            `max_receive_count`, `retention_period`, `dead_letter_queue`) where it is imported. Default: a queue and a
            dead-letter queue are created.
        dead_letter_queue: The dead-letter queue of an imported `queue`, for `PermanentError`. Default: not known, and
            such a message is received until the queue's own redrive takes it.
        fifo: Create FIFO queues. Default: False.
        batch_size: Messages an invocation gets, 1 to 10. Default: 1.
        max_concurrency: Workers, 2 to 1000. Default: derived from the downstream.
        visibility_timeout: Default: six times the consumer's timeout.
        max_receive_count: Default: derived from error_rate, target_loss and outage_tolerance, at least 5.
        retention_period: Default: 4 days, or longer where waits and retries need it.
        target_loss: Highest share of messages dead-lettered though the downstream is up. Default: 1e-6.
        outage_tolerance: An outage that the retries outlast. Default: 5 minutes.
        call_timeout: The longest one call takes. Default: 1.5 x the downstream's p99_latency, or an equal part of the
            consumer's timeout for each message of a batch.
        call_attempts: Attempts that your handler makes for one message, where it repeats a call itself; only checked
            (R18). Default: 1, retries are left to the queue.
        call_retry_wait: The longest wait between two such attempts; only checked. Default: none.
        encryption_key: Encrypts both queues. Default: keys managed by SQS.
        removal_policy: Of both queues. Default: CDK's, DESTROY.
        alarm_topic: Told when an alarm goes on or off. Default: nobody.
        runtime: How the handler's library reaches the function: "layer" adds a layer and an environment variable;
            "provided" trusts that the package is in the function, and sets the variable where it can (else see
            `environment`); "none" is for any other handler, in any language: CONCURRENCY only, and no promise about
            retries, reasons and rate. Default: "layer".
        acknowledge: Rules to overrule, each with the reason: {"R3": "..."}.

    Attributes:
        downstream: What it is in front of.
        queue: The queue.
        queue_arn: Its ARN, where it has a name in a form that another stack may hold without referring to this one.
        dead_letter_queue: Its dead-letter queue; None where an imported queue's was not given.
        event_source_mapping: What makes Lambda poll the queue.
        sizing: The derived settings.
        environment: What the function's environment needs, where the construct cannot set it.
        alarms: The alarms, the most urgent first.

    Raises:
        ValueError: An argument, or the function, is not usable; the message has the fix.
    """

    queue_arn: str
    event_source_mapping: lambda_.EventSourceMapping
    sizing: Sizing
    environment: dict[str, str]
    alarms: list[cloudwatch.Alarm]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        consumer: lambda_.IFunction,
        downstream: Downstream,
        max_wait: Duration | None = None,
        strategy: FlowStrategy = FlowStrategy.AUTO,
        queue: sqs.IQueue | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        fifo: bool = False,
        batch_size: int = 1,
        max_concurrency: int | None = None,
        visibility_timeout: Duration | None = None,
        max_receive_count: int | None = None,
        retention_period: Duration | None = None,
        target_loss: float = 1e-6,
        outage_tolerance: Duration | None = None,
        call_timeout: Duration | None = None,
        call_attempts: int = 1,
        call_retry_wait: Duration | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy | None = None,
        alarm_topic: sns.ITopic | None = None,
        runtime: RuntimeDelivery = "layer",
        acknowledge: Mapping[str, str] | None = None,
    ) -> None:
        # All that can be refused is refused before anything is made.
        _cdk.check_version()
        _validate.scope("scope", scope)
        _alarms.check_topic(alarm_topic)
        consumers.check(scope, consumer, runtime)
        self._acknowledge = _findings.check_acknowledgements(acknowledge, rules.rule_ids())
        self._consumer, self.downstream, self._runtime = consumer, downstream, runtime
        self._alarm_topic = alarm_topic
        self._options = plan.options(
            fifo=fifo if queue is None else bool(queue.fifo),
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            max_receive_count=max_receive_count,
            target_loss=target_loss,
            outage_tolerance=Duration.minutes(5) if outage_tolerance is None else outage_tolerance,
            max_wait=max_wait,
            call_timeout=call_timeout,
            call_attempts=call_attempts,
            call_retry_wait=call_retry_wait,
        )
        sized = plan.derive(
            downstream=downstream, consumer=consumer, strategy=strategy, runtime=runtime, options=self._options
        )
        wish = queues.Wish(
            queue=queue,
            dead_letter_queue=dead_letter_queue,
            fifo=fifo,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
            retention_period=retention_period,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        queues.check(scope, wish)
        if queue is None:
            plan.check_visibility(consumer, visibility_timeout)
        super().__init__(scope, id)

        self._queues = queues.obtain(self, wish, consumer=consumer, sized=sized)
        self.sizing = plan.with_queues(sized, self._queues, downstream, self._options)
        self.queue, self.dead_letter_queue = self._queues.queue, self._queues.dead_letter_queue
        self.queue_arn = self._queues.arn
        self._service_sources: list[str] = []
        self.environment, policy = consumers.connect(
            self, consumer, runtime, settings=self._settings(), statements=self._permissions()
        )
        self.event_source_mapping = self._map_queue(policy)
        self.alarms = monitoring.create_alarms(self, oldest=self._longest_age(), topic=alarm_topic)
        self.node.add_metadata(_PREFIX, dataclasses.asdict(self.sizing))
        _findings.report(self, _PREFIX, lambda: self.findings)

    @property
    def findings(self) -> list[Finding]:
        """What the rules find in the flow as it is now: errors, which stop the synthesis, and warnings."""
        return _findings.acknowledged(rules.evaluate(self._facts()), self._acknowledge)

    @property
    def widgets(self) -> list[cloudwatch.IWidget]:
        """Graphs of this flow, for a dashboard of yours."""
        return monitoring.widgets(self)

    def create_dashboard(self) -> cloudwatch.Dashboard:
        """Create a dashboard of the flow's widgets. AWS bills dashboards by the month, so there is none by default."""
        return cloudwatch.Dashboard(self, "Dashboard", widgets=[self.widgets])

    def add_event_rule(
        self,
        *,
        event_pattern: events.EventPattern,
        event_bus: events.IEventBus | None = None,
        id: str | None = None,
        message_group_id: str | None = None,
    ) -> events.Rule:
        """Send the events that match to the queue, each whole.

        An event that EventBridge cannot deliver for 24 hours goes to the flow's dead-letter queue (to a standard queue
        beside it where the flow is FIFO).

        Args:
            event_pattern: Which events.
            event_bus: From which bus. Default: the account's default bus.
            id: The rule's construct id. Default: "Rule", then "Rule2", ...
            message_group_id: The group of the messages; required where the flow is FIFO.

        Raises:
            ValueError: The flow is FIFO and there is no group id.
        """
        rule = sources.event_rule(
            self,
            id or sources.next_id(self, "Rule"),
            queues=self._queues,
            event_bus=event_bus,
            event_pattern=event_pattern,
            message_group_id=message_group_id,
        )
        self._service_sources.append("EventBridge")
        self._watch_undeliverable_events()
        return rule

    def add_topic(
        self, topic: sns.ITopic, *, filter_policy: Mapping[str, sns.SubscriptionFilter] | None = None
    ) -> sns.Subscription:
        """Send a topic's messages to the queue; what SNS cannot deliver goes to the flow's dead-letter queue.

        Args:
            topic: The topic; a FIFO topic where the flow is FIFO.
            filter_policy: Which messages, by attribute. Default: all.

        Raises:
            ValueError: The flow is FIFO, and the topic is not.
        """
        subscription = sources.topic_subscription(self, topic, queues=self._queues, filter_policy=filter_policy)
        self._service_sources.append("SNS")
        return subscription

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee send messages to the queue, and use its key where it has one."""
        return sources.let_send(self, self.queue, grantee)

    def _watch_undeliverable_events(self) -> None:
        queue = self.node.try_find_child(sources.UNDELIVERABLE_EVENTS)
        watched = self.node.try_find_child(f"{sources.UNDELIVERABLE_EVENTS}Alarm") is not None
        if isinstance(queue, sqs.Queue) and not watched:
            self.alarms.append(monitoring.create_undeliverable_alarm(self, queue, topic=self._alarm_topic))

    def _permissions(self) -> list[iam.PolicyStatement]:
        dead_letters = None if self._runtime == "none" else self.dead_letter_queue
        keys = _statements.use_keys([self.queue, self.dead_letter_queue])
        return [*_statements.consume(self.queue, dead_letters=dead_letters), *keys]

    def _settings(self) -> Settings:
        given, timeout = self._options, self._call_timeout()
        return Settings(
            queue_arn=self._queues.arn,
            dead_letter_queue_arn=self._queues.dead_letter_arn,
            pace=self.sizing.pace,
            call_timeout=None if timeout is UNKNOWN else timeout,
            call_budget=(
                None
                if timeout is UNKNOWN or given.call_attempts == 1
                else sizing.call_budget(given.call_attempts, timeout, given.call_retry_wait)
            ),
            max_receive_count=None if self._queues.max_receive_count is UNKNOWN else self.sizing.max_receive_count,
            backoff_cap=self.sizing.backoff_cap,
        )

    def _call_timeout(self) -> float | Unknown:
        """A call's timeout, given or derived from what is known; UNKNOWN where nothing is."""
        is_known = self._options.call_timeout is not None or self.downstream.p99_latency is not None
        timeout_is_known = _functions.timeout(self._consumer) is not UNKNOWN
        return self.sizing.call_timeout if is_known or timeout_is_known else UNKNOWN

    def _longest_age(self) -> float:
        """Seconds that the oldest message may have waited before the alarm rings."""
        if self._options.max_wait:
            return AGE_FACTOR * self._options.max_wait
        return self._options.outage_tolerance + _AGE_MARGIN

    def _map_queue(self, policy: iam.Policy | None) -> lambda_.EventSourceMapping:
        # CDK would stop at the first bad number; R1 reports it together with whatever else is wrong.
        workers = min(max(self.sizing.max_concurrency, sizing.MIN_CONCURRENCY), sizing.MAX_CONCURRENCY)
        return _queues.consume(
            self,
            self._consumer,
            self.queue,
            batch_size=self._options.batch_size,
            workers=workers,
            policy=policy,
        )

    def _facts(self) -> Facts:
        found, sized, given, downstream = self._queues, self.sizing, self._options, self.downstream
        reserved = _functions.reserved_concurrency(self._consumer)
        return Facts(
            has_runtime=self._runtime != "none",
            role_is_known=self._consumer.role is not None,
            queue_policy_is_known=found.policies_can_change,
            strategy=sized.strategy,
            calls_per_second=downstream.calls_per_second,
            burst=downstream.burst,
            error_rate=downstream.error_rate,
            target_loss=given.target_loss,
            mean_latency=downstream.mean_seconds,
            littles_law_concurrency=_known(sized.littles_law_concurrency),
            utilisation=sized.utilisation,
            batch_size=given.batch_size,
            in_line=given.in_line,
            max_concurrency=sized.max_concurrency,
            pace=sized.pace,
            call_timeout=self._call_timeout(),
            call_attempts=given.call_attempts,
            call_retry_wait=given.call_retry_wait,
            function_timeout=_functions.timeout(self._consumer),
            reserved_concurrency=reserved,
            # Looking through the whole app is worth its time only where a reserve has to be shared.
            mapped_concurrency=0 if reserved is None else mappings.mapped_concurrency(self._consumer),
            visibility_timeout=found.visibility_timeout,
            max_receive_count=found.max_receive_count,
            retention=found.retention,
            delivery_delay=found.delivery_delay,
            has_dead_letter_queue=found.has_dead_letter_queue,
            fifo=bool(self.queue.fifo),
            dead_letter_queue_fifo=found.dead_letter_queue_fifo,
            dead_letter_retention=found.dead_letter_retention,
            retry_span=sized.retry_span,
            max_wait=given.max_wait,
            service_sources=tuple(self._service_sources),
            aws_managed_key=found.aws_managed_key if self._service_sources else False,
        )


def _known(value: float | None) -> float | Unknown:
    return UNKNOWN if value is None else value
