"""A flow's metrics, alarms and dashboard widgets."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib.flow_control.downstream import Downstream


class MetricOptions(TypedDict, total=False):
    """How a metric is read: over which `period`, as which `statistic`."""

    period: Duration
    statistic: str


class FlowMetrics(Construct):
    """The metrics of a flow, each over five minutes where its options do not say otherwise."""

    queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue | None
    _consumer: lambda_.IFunction
    downstream: Downstream

    def metric_backlog(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Messages that wait; the maximum."""
        return self.queue.metric_approximate_number_of_messages_visible(**options)

    def metric_age_of_oldest_message(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Seconds that the oldest message has waited; the maximum. SQS leaves out what it delivered three times."""
        return self.queue.metric_approximate_age_of_oldest_message(**options)

    def metric_messages_sent(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Messages that came in; the sum."""
        return self.queue.metric_number_of_messages_sent(**options)

    def metric_messages_deleted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Messages that are done with, delivered or dead-lettered by the handler; the sum."""
        return self.queue.metric_number_of_messages_deleted(**options)

    def metric_dead_letters(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Messages in the dead-letter queue; the maximum.

        Raises:
            ValueError: The queue is imported, and its dead-letter queue was not given.
        """
        if self.dead_letter_queue is None:
            msg = "this flow's dead-letter queue is not known: pass dead_letter_queue beside the imported queue"
            raise ValueError(msg)
        # Visible, not Sent: what SQS itself moves there is not counted as sent.
        return self.dead_letter_queue.metric_approximate_number_of_messages_visible(**options)

    def metric_consumer_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Invocations of the consumer that were cut off or crashed; the sum."""
        return self._consumer.metric_errors(**options)

    def metric_consumer_throttles(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Invocations of the consumer that were throttled; the sum."""
        return self._consumer.metric_throttles(**options)

    def metric_consumer_concurrency(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Workers that ran at once; the maximum."""
        options.setdefault("statistic", "Maximum")
        return self._consumer.metric("ConcurrentExecutions", **options)


def create_alarms(flow: FlowMetrics, *, oldest: float, topic: sns.ITopic | None) -> list[cloudwatch.Alarm]:
    """Create the alarms: something is in the dead-letter queue, waits longer than `oldest`, or the consumer fails."""
    alarms = []
    if flow.dead_letter_queue is not None:
        text = "messages are in the dead-letter queue; read their ERROR_MESSAGE, if any, mend the cause, redrive them"
        alarms.append(_alarm(flow, "DeadLetters", flow.metric_dead_letters(), 0, text))
    text = f"a message has waited more than {oldest:g} s"
    alarms.append(_alarm(flow, "OldestMessage", flow.metric_age_of_oldest_message(), oldest, text))
    text = "the consumer was cut off or crashed; messages come back"
    alarms.append(_alarm(flow, "ConsumerErrors", flow.metric_consumer_errors(), 0, text))
    text = "the consumer is throttled; receives are used up"
    alarms.append(_alarm(flow, "ConsumerThrottles", flow.metric_consumer_throttles(), 0, text))
    _notify(topic, alarms)
    return alarms


def create_undeliverable_alarm(flow: FlowMetrics, queue: sqs.Queue, *, topic: sns.ITopic | None) -> cloudwatch.Alarm:
    """Create the alarm of a queue for events that EventBridge could not deliver."""
    text = "events could not be delivered to the queue; read their ERROR_MESSAGE, mend the cause, send them again"
    alarm = _alarm(flow, queue.node.id, queue.metric_approximate_number_of_messages_visible(), 0, text)
    _notify(topic, [alarm])
    return alarm


def _notify(topic: sns.ITopic | None, alarms: Sequence[cloudwatch.Alarm]) -> None:
    if topic is None:
        return
    _let_cloudwatch_publish(topic)
    for alarm in alarms:
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))


def _alarm(flow: FlowMetrics, name: str, metric: cloudwatch.Metric, threshold: float, text: str) -> cloudwatch.Alarm:
    name_of_downstream = f" (in front of {flow.downstream.name})" if flow.downstream.name else ""
    return cloudwatch.Alarm(
        flow,
        f"{name}Alarm",
        metric=metric,
        threshold=threshold,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=f"{flow.node.path}{name_of_downstream}: {text}",
    )


def _let_cloudwatch_publish(topic: sns.ITopic) -> None:
    """Open a topic of this app to its alarms: with a policy or a key of its own it is closed, and CDK leaves it so."""
    if not isinstance(topic, sns.Topic):
        return
    cloudwatch_alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    if topic.node.try_find_child("Policy") is not None:  # without one, the account's own alarms may publish
        topic.grant_publish(cloudwatch_alarms)
    key = getattr(topic, "master_key", None)  # older CDKs do not show it: there the author opens the key
    if key is not None:
        key.grant(cloudwatch_alarms, "kms:Decrypt", "kms:GenerateDataKey*")


def widgets(metrics: FlowMetrics) -> list[cloudwatch.IWidget]:
    """The flow in four graphs: what comes and goes, what waits, for how long, and the consumer."""

    def graph(title: str, *lines: cloudwatch.IMetric) -> cloudwatch.IWidget:
        return cloudwatch.GraphWidget(title=title, left=list(lines), width=6)

    waiting = [metrics.metric_backlog()]
    if metrics.dead_letter_queue is not None:
        waiting.append(metrics.metric_dead_letters())
    consumer = [
        metrics.metric_consumer_concurrency(),
        metrics.metric_consumer_errors(),
        metrics.metric_consumer_throttles(),
    ]
    return [
        graph("Messages in and out", metrics.metric_messages_sent(), metrics.metric_messages_deleted()),
        graph("Messages waiting and dead", *waiting),
        graph("Age of the oldest message", metrics.metric_age_of_oldest_message()),
        graph("Consumer", *consumer),
    ]
