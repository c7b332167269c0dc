"""Who uses a check: rules and functions that start it, functions that report outcomes, and an archive of those."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _records, _statements
from constructs_lib._functions import RuntimeDelivery
from constructs_lib.delayed_check import archive, arguments, monitoring
from constructs_lib.delayed_check import handler as handlers
from constructs_lib.delayed_check.archive import Archive
from constructs_lib.delayed_check.wiring import Parts
from constructs_lib.flow_control import sources


class CheckAccess(monitoring.CheckMetrics):
    """The ways into a check, and out of it."""

    outcomes: events.EventBus
    start_environment: dict[str, str]
    outcome_environment: dict[str, str]
    alarms: list[cloudwatch.Alarm]
    _parts: Parts
    _runtime: RuntimeDelivery
    _encryption_key: kms.IKey | None
    _alarm_topic: sns.ITopic | None

    def add_event_rule(
        self,
        *,
        event_pattern: events.EventPattern,
        event_bus: events.IEventBus | None = None,
        unit: str = "$.detail.order_id",
        placed_at: str = "$.detail.placed_at",
        id: str | None = None,
    ) -> events.Rule:
        """Start a check for each event that matches.

        An event that EventBridge cannot deliver for 24 hours goes, whole, to a queue of its own, with an alarm. It is
        no start, so it cannot be redriven: call `start_check` for its order.

        Args:
            event_pattern: Which events.
            event_bus: From which bus. Default: the account's default bus.
            unit: Where in the event the order's id is.
            placed_at: Where in it the time is at which the order was placed, in ISO 8601 with its UTC offset; "$.time"
                is when the event was made.
            id: The rule's construct id. Default: "Rule", then "Rule2", ...

        Raises:
            ValueError: A path is none that EventBridge reads.
        """
        paths = {"unit": arguments.path("unit", unit), "placed_at": arguments.path("placed_at", placed_at)}
        return sources.rule_to_queue(
            self,
            id or sources.next_id(self, "Rule"),
            self.start_queue,
            undeliverable=self._undeliverable_events(),
            event_bus=event_bus,
            event_pattern=event_pattern,
            input_transformer=events.CfnRule.InputTransformerProperty(
                input_paths_map=paths, input_template='{"unit": <unit>, "placed_at": <placed_at>}'
            ),
        )

    def grant_start(self, fn: iam.IGrantable) -> iam.Grant:
        """Let a function call `start_check`: permission, settings and, under "layer", the runtime.

        Args:
            fn: The function; a role, say of a container, gets the permission, and needs `start_environment`.

        Raises:
            ValueError: The function cannot be given the runtime; the message has the fix.
        """
        statements = [_statements.send(self.start_queue), *_statements.use_keys([self.start_queue])]
        return handlers.grant(
            self, "StartPolicy", fn, self._runtime, environment=self.start_environment, statements=statements
        )

    def grant_record_outcome(self, fn: iam.IGrantable) -> iam.Grant:
        """Let a function call `record_outcome`: permission, settings and, under "layer", the runtime.

        Args:
            fn: The function, such as the provider's webhook; a role gets the permission, and needs
                `outcome_environment`.

        Raises:
            ValueError: The function cannot be given the runtime, or told of the table; the message has the fix.
        """
        _records.check_known_by_name(self, fn, self.table, argument="fn")
        statements = _records.statements(self.table, keys=[self._parts.rows])
        return handlers.grant(
            self, "OutcomePolicy", fn, self._runtime, environment=self.outcome_environment, statements=statements
        )

    def archive_outcomes(
        self,
        bucket: s3.IBucket | None = None,
        *,
        prefix: str = "outcomes/",
        buffer: Duration | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> Archive:
        """Keep outcomes as objects in S3, one event's detail a line in JSON, in a folder for each day.

        An order's event may come more than once: of those with one `event_id`, the one with the highest `revision`
        stands.

        Args:
            bucket: Where. Default: an encrypted bucket is created.
            prefix: Where in the bucket; what Firehose could not write is beside it, under "-failed".
            buffer: How long Firehose waits for more to put into an object. Default: 1 minute.
            removal_policy: Of the bucket that is created. Default: RETAIN.

        Raises:
            ValueError: Outcomes are archived already, or an argument is not usable.
        """
        archive.check(self, bucket, prefix, buffer, removal_policy)
        found = archive.create(
            Construct(self, archive.ID),
            bus=self.outcomes,
            bucket=bucket,
            prefix=prefix,
            buffer=buffer or Duration.minutes(1),
            encryption_key=self._encryption_key,
            removal_policy=removal_policy or RemovalPolicy.RETAIN,
        )
        self.alarms.append(monitoring.create_archive_alarm(self, found.undeliverable, topic=self._alarm_topic))
        return found

    def _undeliverable_events(self) -> sqs.Queue:
        is_new = self.node.try_find_child(sources.UNDELIVERABLE_EVENTS) is None
        queue = sources.undeliverable_events(self, self._encryption_key)
        if is_new:
            self.alarms.append(monitoring.create_undeliverable_alarm(self, queue, topic=self._alarm_topic))
        return queue
