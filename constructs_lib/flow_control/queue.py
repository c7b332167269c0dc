"""FlowControlledQueue: SQS to Lambda in front of a downstream that takes R calls a second.

producer -> queue -> event source mapping (N workers) -> @flow_controlled handler -> downstream
              |                                               |
              +------------- dead-letter queue <--------------+   with the reason
"""

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _alarms, _cdk, _findings, _metadata, _queues, _reporting, _validate, sizing
from constructs_lib._findings import Finding
from constructs_lib._functions import RuntimeDelivery
from constructs_lib.flow_control import consumer as consumers
from constructs_lib.flow_control import flow_facts, monitoring, plan, queues, rules, sources, surroundings
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.flow_control.flow_parts import Parts
from constructs_lib.flow_control.load import LoadProfile
from constructs_lib.flow_control.sources import Sources
from constructs_lib.flow_control.surroundings import Surroundings
from constructs_lib.sizing import FlowStrategy, Sizing

_PREFIX = "constructs-lib/flow-control"


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
        load: The messages that come, over time. What then waits, for how long, and whether it ever drains is computed
            (`sizing`, R22, R23), and the alarms know it. Default: not known.
        max_wait: Longest time a message may wait; the retention covers it, and the age alarm rings at 1.5 times it.
            Default: not known; it rings ten minutes after the outage tolerance, or later where the load makes it wait.
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
        load: LoadProfile | None = None,
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
        options = plan.options(
            fifo=fifo if queue is None else bool(queue.fifo),
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            max_receive_count=max_receive_count,
            target_loss=target_loss,
            outage_tolerance=Duration.minutes(5) if outage_tolerance is None else outage_tolerance,
            load=load,
            max_wait=max_wait,
            call_timeout=call_timeout,
            call_attempts=call_attempts,
            call_retry_wait=call_retry_wait,
        )
        sized = plan.derive(
            downstream=downstream, consumer=consumer, strategy=strategy, runtime=runtime, options=options
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

        made = queues.obtain(self, wish, consumer=consumer, sized=sized)
        self.sizing = plan.with_queues(sized, made, downstream, options)
        self._parts = Parts(
            consumer=consumer,
            runtime=runtime,
            downstream=downstream,
            options=options,
            queues=made,
            sizing=self.sizing,
        )
        self._consumer, self.downstream, self._alarm_topic = consumer, downstream, alarm_topic
        self.queue, self.dead_letter_queue, self.queue_arn = made.queue, made.dead_letter_queue, made.arn
        self._sources, self._is_made = Sources(), False
        self.environment, policy = consumers.connect(
            self, consumer, runtime, settings=self._parts.settings, statements=self._parts.statements
        )
        self.event_source_mapping = self._map_queue(policy)
        self.alarms = monitoring.create_alarms(self, self.sizing, topic=alarm_topic)
        self._tell()
        self._is_made = True

    @property
    def findings(self) -> list[Finding]:
        """What the rules find in the flow and its app as of now: errors, which stop the synthesis, and warnings."""
        return self._find(surroundings.now(self, self._parts))

    @property
    def own_findings(self) -> list[Finding]:
        """The same without what the rest of the app has to do with it, which takes a look at every construct."""
        return self._find(surroundings.alone(self, self._parts))

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
            queues=self._parts.queues,
            event_bus=event_bus,
            event_pattern=event_pattern,
            message_group_id=message_group_id,
        )
        self._sources.add_rule(rule, message_group_id)
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
        subscription = sources.topic_subscription(self, topic, queues=self._parts.queues, filter_policy=filter_policy)
        self._sources.add_topic(subscription, topic)
        return subscription

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee send messages to the queue, and use its key where it has one."""
        return sources.let_send(self, self.queue, grantee)

    def _watch_undeliverable_events(self) -> None:
        queue = self.node.try_find_child(sources.UNDELIVERABLE_EVENTS)
        watched = self.node.try_find_child(f"{sources.UNDELIVERABLE_EVENTS}Alarm") is not None
        if isinstance(queue, sqs.Queue) and not watched:
            self.alarms.append(monitoring.create_undeliverable_alarm(self, queue, topic=self._alarm_topic))

    def _map_queue(self, policy: iam.Policy | None) -> lambda_.EventSourceMapping:
        # CDK would stop at the first bad number; R1 reports it together with whatever else is wrong.
        workers = min(max(self.sizing.max_concurrency, sizing.MIN_CONCURRENCY), sizing.MAX_CONCURRENCY)
        return _queues.consume(
            self,
            self._consumer,
            self.queue,
            batch_size=self._parts.options.batch_size,
            workers=workers,
            policy=policy,
        )

    def _tell(self) -> None:
        """Say in the template and in the construct tree what was derived, and to the author what is wrong with it."""
        # Not its problems and warnings: they are findings, and an author may have acknowledged them.
        numbers = replace(self.sizing, problems=(), warnings=()).as_metadata()
        _metadata.tell(self.event_source_mapping, sizing=numbers, acknowledge=self._acknowledge)
        self.node.add_metadata(_PREFIX, numbers)
        _reporting.report(self, _PREFIX, self._report)

    def _report(self) -> list[Finding]:
        """What is known at once, and at synthesis what the app, complete by then, has to do with it."""
        return self._find(surroundings.at_synthesis(self, self._parts)) if self._is_made else self.own_findings

    def _find(self, around: Surroundings) -> list[Finding]:
        facts = flow_facts.gather(self._parts, self._sources, around)
        return _findings.acknowledged(rules.evaluate(facts), self._acknowledge)
