"""A check's metrics, alarms and dashboard widgets."""

from typing import Unpack

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _alarms
from constructs_lib._alarms import MetricOptions
from constructs_lib.delayed_check.experiment import Experiment
from constructs_lib.flow_control.queue import FlowControlledQueue
from constructs_lib.runtime.delayed_check.contract import CHECK_DIMENSION, METRIC_NAMESPACE, Metric

#: Milliseconds that a change of the table may wait to be published: well above what Lambda takes for a batch.
_OLD_CHANGE = 300_000

#: An alarm's name, what it is on, above what it rings, and what to do then.
_Trouble = tuple[str, cloudwatch.Metric, float, str]


class CheckMetrics(Construct):
    """The metrics of a check, each over five minutes where its options do not say otherwise."""

    name: str
    experiment: Experiment | None
    table: dynamodb.ITable
    contacts: FlowControlledQueue
    start_queue: sqs.IQueue
    start_dead_letter_queue: sqs.IQueue
    check_queue: sqs.IQueue
    check_dead_letter_queue: sqs.IQueue
    outcome_failures: sqs.IQueue
    outcomes_function: lambda_.Function

    def metric(self, name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """One of the runtime's metrics, by name; the sum."""
        return _alarms.metric(METRIC_NAMESPACE, name, {CHECK_DIMENSION: self.name}, **options)

    def metric_lateness(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Seconds from when an order was due to its decision; the 99th percentile."""
        options.setdefault("statistic", "p99")
        return self.metric(Metric.LATENESS, **options)

    def metric_unknown(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Contacts of which nobody knows whether they were made."""
        return self.metric(Metric.UNKNOWN, **options)

    def metric_expired(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Orders whose deadline had passed before they were decided or contacted."""
        return self.metric(Metric.EXPIRED, **options)

    def metric_kill_switch_unreadable(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Contacts put off because the kill switch could not be read."""
        return self.metric(Metric.SWITCH_UNREADABLE, **options)

    def metric_weights_ignored(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Environments in which the deployed weights are not those under which the experiment's version began."""
        return self.metric(Metric.WEIGHTS_IGNORED, **options)

    def metric_start_dead_letters(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Starts in the dead-letter queue; the maximum."""
        return self.start_dead_letter_queue.metric_approximate_number_of_messages_visible(**options)

    def metric_check_dead_letters(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Checks in the dead-letter queue; the maximum."""
        return self.check_dead_letter_queue.metric_approximate_number_of_messages_visible(**options)

    def metric_outcome_failures(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Parts of the table's stream that could not be published; the maximum."""
        return self.outcome_failures.metric_approximate_number_of_messages_visible(**options)

    def metric_outcome_age(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Milliseconds that the oldest change waited to be published; the maximum."""
        options.setdefault("statistic", "Maximum")
        return self.outcomes_function.metric("IteratorAge", **options)


def create_alarms(
    check: CheckMetrics, *, latest: float, has_experiment: bool, topic: sns.ITopic | None
) -> list[cloudwatch.Alarm]:
    """Create the alarms; those of the contacts' queue are its own.

    Args:
        check: The check.
        latest: Seconds of lateness above which one rings.
        has_experiment: Whether there are weights that could be ignored.
        topic: Who is told.
    """
    trouble = [*_of_orders(check, latest), *_of_queues(check)]
    if has_experiment:
        text = "the deployed weights are not those under which the experiment's version began; deploy a new version"
        trouble.append(("WeightsIgnored", check.metric_weights_ignored(), 0, text))
    alarms = [
        _alarms.alarm(check, name, metric, above=above, description=f"{check.node.path}: {text}")
        for name, metric, above, text in trouble
    ]
    _alarms.notify(topic, alarms)
    return alarms


def _of_orders(check: CheckMetrics, latest: float) -> list[_Trouble]:
    unknown = "nobody knows whether a contact was made; look for its token at the provider, and contact nobody again"
    unreadable = (
        "the kill switch cannot be read, so nobody is contacted; see that the parameter is there and may be read"
    )
    late = (
        f"of a hundred orders one is decided more than {latest:g} s late; see the age of the check queue, and whether "
        "the function is throttled or its is_settled slow"
    )
    return [
        ("UnknownContacts", check.metric_unknown(), 0, unknown),
        ("KillSwitch", check.metric_kill_switch_unreadable(), 0, unreadable),
        ("Lateness", check.metric_lateness(), latest, late),
    ]


def _of_queues(check: CheckMetrics) -> list[_Trouble]:
    starts = "orders were not started; read ERROR_MESSAGE, mend the producer, send them again before their deadline"
    checks = "orders were not decided; read ERROR_MESSAGE, mend the cause, redrive them (past the deadline they expire)"
    failures = (
        "outcomes were not published; read the stream's records, which are kept a day, or the rows, and send them"
    )
    age = "outcomes are published more than five minutes late; read the log of the function that publishes them"
    return [
        ("StartDeadLetters", check.metric_start_dead_letters(), 0, starts),
        ("CheckDeadLetters", check.metric_check_dead_letters(), 0, checks),
        ("OutcomeFailures", check.metric_outcome_failures(), 0, failures),
        ("OutcomeAge", check.metric_outcome_age(), _OLD_CHANGE, age),
    ]


def create_archive_alarm(check: CheckMetrics, queue: sqs.IQueue, *, topic: sns.ITopic | None) -> cloudwatch.Alarm:
    """Create the alarm of the queue for outcomes that did not get to their archive."""
    text = "outcomes did not get to the archive; read the log of the delivery stream, mend the cause, send them again"
    return _create_queue_alarm(check, "ArchiveDeadLetters", queue, text, topic)


def create_undeliverable_alarm(check: CheckMetrics, queue: sqs.IQueue, *, topic: sns.ITopic | None) -> cloudwatch.Alarm:
    """Create the alarm of the queue for events that EventBridge could not deliver."""
    text = "events did not become starts; read ERROR_MESSAGE, mend the cause, call start_check for their orders"
    return _create_queue_alarm(check, "UndeliverableEvents", queue, text, topic)


def _create_queue_alarm(
    check: CheckMetrics, name: str, queue: sqs.IQueue, text: str, topic: sns.ITopic | None
) -> cloudwatch.Alarm:
    metric = queue.metric_approximate_number_of_messages_visible()
    alarm = _alarms.alarm(check, name, metric, above=0, description=f"{check.node.path}: {text}")
    _alarms.notify(topic, [alarm])
    return alarm


def widgets(check: CheckMetrics) -> list[cloudwatch.IWidget]:
    """The check in graphs: how late, what went wrong, what waits, what is published; then those of the contacts."""

    def graph(title: str, *lines: cloudwatch.IMetric) -> cloudwatch.IWidget:
        return cloudwatch.GraphWidget(title=title, left=list(lines), width=6)

    minute = Duration.minutes(1)
    return [
        graph("Lateness", check.metric_lateness(), check.metric_lateness(statistic="p50")),
        graph(
            "Not contacted, or not known",
            check.metric_unknown(),
            check.metric_expired(),
            check.metric_kill_switch_unreadable(),
        ),
        graph(
            "Starts and checks",
            check.start_queue.metric_number_of_messages_sent(),
            check.check_queue.metric_number_of_messages_sent(),
            check.metric_start_dead_letters(),
            check.metric_check_dead_letters(),
        ),
        graph("Publishing outcomes", check.metric_outcome_age(period=minute), check.metric_outcome_failures()),
        *check.contacts.widgets,
    ]
