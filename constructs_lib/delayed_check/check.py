"""DelayedCheck: each order is looked at when it is due, decided once, and contacted at most once, before its deadline.

rule or start_check -> start queue -> `start` -> row, and a message that waits (SQS, before that Scheduler)
    -> check queue -> your function: is it settled? which arm? -> row
    -> contact queue, at the provider's pace -> your function: contact -> row
row -> the table's stream -> `outcomes` -> event bus (-> Firehose -> S3)
"""

from collections.abc import Mapping
from typing import Literal

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib import _alarms, _cdk, _findings, _functions, _records, _reporting, _statements, _validate
from constructs_lib._findings import Finding
from constructs_lib._names import physical_name
from constructs_lib.delayed_check import arguments, library, monitoring, queues, rules, switch, tables, wiring
from constructs_lib.delayed_check import handler as handlers
from constructs_lib.delayed_check.access import CheckAccess
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.delayed_check.wiring import Parts
from constructs_lib.flow_control import rules as flow_rules
from constructs_lib.flow_control.downstream import Downstream

_PREFIX = "constructs-lib/delayed-check"
#: EventBridge Scheduler's groups have the shortest names of all that is named here.
_MAX_NAME = 64
#: A provider may queue what it accepts: a rate at which any of them makes the calls.
_ONE_A_SECOND = Downstream(calls_per_second=1)


class DelayedCheck(CheckAccess):
    """Looks at each order when it is due, decides what to do about it, and contacts at most once before the deadline.

    One decision per order at its due time, one exposure, at most one contact request and none after the deadline, one
    recorded outcome, published at least once under a stable event id: whatever is delivered twice, late or early, and
    whoever is killed in between. Where nobody knows whether a contact was made, the order is UNKNOWN, an alarm rings,
    and nobody contacts it again.

        check = DelayedCheck(
            self, "OrderCheck",
            handler=function,                                     # handler = OrderCheck.as_handler()
            delay=Duration.minutes(5), deadline=Duration.minutes(10),
            experiment=Experiment(key="stuck-order-call", arms={"call": 50, "control": 50}, control="control"),
        )
        check.add_event_rule(event_bus=bus, event_pattern=events.EventPattern(detail_type=["OrderPlaced"]))
        check.grant_record_outcome(webhook)

    Functions of any stack can use the check, so its table, queues, bus and kill switch have names of ours: stack name,
    id and a hash. With `RemovalPolicy.RETAIN` the table outlives its stack, and a stack that is created again under the
    same name cannot create it again: pass the old one as `table`.

    Args:
        scope: The parent construct.
        id: The construct's id.
        handler: The function that checks and contacts. Its handler is `as_handler()` of a
            `constructs_lib.runtime.delayed_check.CheckHandler`.
        delay: From when an order is placed to its check. Of more than 15 minutes EventBridge Scheduler waits for the
            most.
        deadline: From when an order is placed until nobody may be contacted: later than the delay, two runs of the
            function and five seconds.
        experiment: Which share of the orders that are due is contacted. Default: all.
        contact_rate: The provider, and what it takes. In any W seconds at most rate * W + N contacts are made, where N
            is the rate times what a contact takes: `mean_latency`, and two seconds where that is unknown. A `burst`
            above one limits N. Default: one contact a second.
        check_concurrency: How many batches of ten checks are worked on at once, 2 to 1000: so many orders that are due
            at the same second leave room for contacts. Default: 10.
        handler_timeout: The function's timeout, where it cannot be seen at synth.
        table: An existing table, with the string partition key `pk`, no sort key, and a stream of new and old images.
            Two checks may share one: its stream has no room for a third reader. Default: one is created.
        encryption_key: Encrypts the queues and the created table. Default: keys managed by AWS.
        removal_policy: Of the created table. Default: RETAIN, since it knows who was contacted.
        alarm_topic: Told when an alarm goes on or off. Default: nobody.
        runtime: How the handler's library reaches the function: "layer" adds a layer and environment variables;
            "provided" trusts that the package is in the function, and sets the variables where it can (else see
            `environment`). Default: "layer".
        acknowledge: Findings to overrule, by rule and each with the reason: {"recovery": "..."}. Rules of flow control
            ("R3") are meant for the contacts.

    Attributes:
        name: What rows, metrics, outcomes and the functions call the check: made of stack name, id and a hash. It stays
            when the experiment changes, so orders that wait keep their rows. Where a function knows several checks,
            this is what tells them apart: hand it over in a variable, `record_outcome(..., check=os.environ["CHECK"])`.
        experiment: Which share of orders is contacted; None where there is none.
        table: The table of rows.
        outcomes: The event bus of outcomes; detail-type DelayedCheckOutcome.
        kill_switch: The parameter that is "run" or "stop"; at anything but "run" nobody is contacted.
        contacts: The queue of contacts, paced.
        check_queue: The queue of checks; messages wait in it.
        check_dead_letter_queue: Checks that were given up: orders that were not decided.
        start_queue: The queue of starts.
        start_dead_letter_queue: Starts that were given up: bad input, each with the reason.
        outcome_failures: The queue that says which parts of the table's stream could not be published.
        start_function: The library's function that starts checks.
        outcomes_function: The library's function that publishes outcomes.
        event_source_mapping: What makes Lambda poll the check queue.
        environment: What the function's environment needs, where the construct cannot set it.
        start_environment: The same for whoever calls `start_check`.
        outcome_environment: The same for whoever calls `record_outcome`.
        alarms: The alarms, the most urgent first.
        findings: What the rules find in the check and in its queue of contacts.

    Raises:
        ValueError: An argument, or the function, is not usable; the message has the fix.
    """

    kill_switch: ssm.StringParameter
    event_source_mapping: lambda_.EventSourceMapping
    start_function: lambda_.Function
    outcomes_function: lambda_.Function
    environment: dict[str, str]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        handler: lambda_.IFunction,
        delay: Duration,
        deadline: Duration,
        experiment: Experiment | None = None,
        contact_rate: Downstream = _ONE_A_SECOND,
        check_concurrency: int = 10,
        handler_timeout: Duration | None = None,
        table: dynamodb.ITable | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        alarm_topic: sns.ITopic | None = None,
        runtime: Literal["layer", "provided"] = "layer",
        acknowledge: Mapping[str, str] | None = None,
    ) -> None:
        # All that can be refused is refused before anything is made.
        _cdk.check_version()
        _validate.scope("scope", scope)
        handlers.check(scope, handler, runtime)
        _alarms.check_topic(alarm_topic)
        _statements.check_key(encryption_key)
        reasons = _findings.check_acknowledgements(acknowledge, [*rules.IDS, *flow_rules.rule_ids()])
        self._times = arguments.times(handler, delay=delay, deadline=deadline, handler_timeout=handler_timeout)
        arguments.check_experiment(experiment)
        workers = arguments.workers(check_concurrency)
        arguments.check_rate(contact_rate)
        # Checks whose authors said nothing of their provider are not in front of the same one.
        rate = Downstream(calls_per_second=1) if contact_rate is _ONE_A_SECOND else contact_rate
        wish = _records.Wish(
            table=table,
            encryption_key=encryption_key if table is None else None,
            removal_policy=removal_policy,
            construct="check",
            streams=True,
        )
        _records.check(scope, handler, wish)
        tables.check_shared(scope, table, experiment)
        super().__init__(scope, id)

        self._handler, self._runtime, self._acknowledge = handler, runtime, reasons
        self._encryption_key, self._alarm_topic = encryption_key, alarm_topic
        unique = physical_name(self, longest=_MAX_NAME)
        self.name, self.experiment = unique, experiment
        self.table = _records.obtain(self, wish, name=unique)
        self._parts = self._make(unique, rate, experiment)
        self._wire(workers)
        self.alarms = monitoring.create_alarms(
            self, latest=self._times.latest, has_experiment=experiment is not None, topic=alarm_topic
        )
        self.alarms += self.contacts.alarms
        _reporting.report(self, _PREFIX, self._own_findings)

    @property
    def findings(self) -> list[Finding]:
        """What the rules find in the check as it is now, and in its queue of contacts: errors stop the synthesis."""
        return [*self._own_findings(), *queues.findings_of(self.contacts)]

    @property
    def widgets(self) -> list[cloudwatch.IWidget]:
        """Graphs of this check, for a dashboard of yours."""
        return monitoring.widgets(self)

    def create_dashboard(self) -> cloudwatch.Dashboard:
        """Create a dashboard of the check's widgets. AWS bills dashboards by the month, so there is none by default."""
        return cloudwatch.Dashboard(self, "Dashboard", widgets=[self.widgets])

    def _make(self, unique: str, contact_rate: Downstream, experiment: Experiment | None) -> Parts:
        key, topic, switch_name = self._encryption_key, self._alarm_topic, f"/delayed-check/{unique}"
        self.outcomes = events.EventBus(self, "Outcomes", event_bus_name=unique)
        self.kill_switch = switch.create(self, switch_name)
        self._starts, self._checks = Construct(self, "Starts"), Construct(self, "Checks")
        starts = queues.queue(self._starts, self._times.starts, visibility=library.START_VISIBILITY, encryption_key=key)
        checks = queues.queue(self._checks, self._times.retries, visibility=self._times.visibility, encryption_key=key)
        self.start_queue, self.start_dead_letter_queue = starts.queue, starts.dead_letter_queue
        self.check_queue, self.check_dead_letter_queue = checks.queue, checks.dead_letter_queue
        # Before the queue of contacts adds the layer of flow control, which this one holds.
        _functions.equip(self._handler, self._runtime, slice_name=handlers.SLICE, environment={})
        self.contacts = queues.contacts(
            self,
            handler=self._handler,
            rate=contact_rate,
            times=self._times,
            encryption_key=key,
            alarm_topic=topic,
            runtime=self._runtime,
            acknowledge={rule: self._acknowledge[rule] for rule in flow_rules.rule_ids() if rule in self._acknowledge},
        )
        return Parts(
            name=self.name,
            table=self.table,
            times=self._times,
            experiment=experiment,
            starts=starts,
            checks=checks,
            contacts=self.contacts,
            switch=self.kill_switch,
            switch_name=switch_name,
            bus=self.outcomes,
            encryption_key=key,
        )

    def _wire(self, workers: int) -> None:
        """Tell the functions of the parts, and let them do their work."""
        self.environment, self.event_source_mapping = wiring.serve(
            self, self._checks, self._parts, handler=self._handler, runtime=self._runtime, workers=workers
        )
        self.start_function = wiring.start(self, self._starts, self._parts)
        self.outcomes_function, self.outcome_failures = wiring.publish(self, self._parts)
        self.start_environment = wiring.start_environment(self, self._parts)
        self.outcome_environment = wiring.outcome_environment(self, self._parts)

    def _own_findings(self) -> list[Finding]:
        return _findings.acknowledged(rules.evaluate(self._facts()), self._acknowledge)

    def _facts(self) -> rules.Facts:
        return rules.Facts(
            handler=self._handler.node.path,
            delay=self._times.delay,
            deadline=self._times.deadline,
            visibility=self._times.visibility,
            function_timeout=_functions.timeout(self._handler),
            takes_environment=isinstance(self._handler, lambda_.Function),
            environment_size=_functions.environment_size(self._handler),
            calls_per_second=self.contacts.downstream.calls_per_second,
            contact_seconds=queues.contact_seconds(self.contacts.downstream),
            contact_workers=self.contacts.sizing.max_concurrency,
            slowness_is_found=any(each.rule == "R46" for each in self.contacts.own_findings),
            table=self.table.node.path,
            has_stream=_records.has_stream(self.table),
            is_restorable=_records.is_restorable(self.table),
            expires=_records.expires(self.table),
        )
