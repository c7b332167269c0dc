"""A flow's metrics, alarms and dashboard widgets."""

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib import _alarms
from constructs_lib._alarms import MetricOptions
from constructs_lib.flow_control.downstream import Downstream
from constructs_lib.sizing import Sizing


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


def create_alarms(flow: FlowMetrics, sized: Sizing, *, topic: sns.ITopic | None) -> list[cloudwatch.Alarm]:
    """Create the alarms: on what is dead, waits for too long, or is too much, and on a consumer that fails.

    Args:
        flow: The flow.
        sized: How long a message waits, and how many do, before it is worth an alarm.
        topic: Told of them.
    """
    alarms = []
    if flow.dead_letter_queue is not None:
        text = "messages are in the dead-letter queue; read their ERROR_MESSAGE, if any, mend the cause, redrive them"
        alarms.append(_alarm(flow, "DeadLetters", flow.metric_dead_letters(), 0, text))
    text = f"a message has waited more than {sized.age_alarm:g} s"
    alarms.append(_alarm(flow, "OldestMessage", flow.metric_age_of_oldest_message(), sized.age_alarm, text))
    if sized.backlog_alarm is not None:
        text = f"more than {sized.backlog_alarm:g} messages wait, more than the declared load accounts for"
        alarms.append(_alarm(flow, "Backlog", flow.metric_backlog(), sized.backlog_alarm, text))
    text = "the consumer was cut off or crashed; messages come back"
    alarms.append(_alarm(flow, "ConsumerErrors", flow.metric_consumer_errors(), 0, text))
    text = "the consumer is throttled; receives are used up"
    alarms.append(_alarm(flow, "ConsumerThrottles", flow.metric_consumer_throttles(), 0, text))
    _alarms.notify(topic, alarms)
    return alarms


def create_undeliverable_alarm(flow: FlowMetrics, queue: sqs.Queue, *, topic: sns.ITopic | None) -> cloudwatch.Alarm:
    """Create the alarm of a queue for events that EventBridge could not deliver."""
    text = "events could not be delivered to the queue; read their ERROR_MESSAGE, mend the cause, send them again"
    alarm = _alarm(flow, queue.node.id, queue.metric_approximate_number_of_messages_visible(), 0, text)
    _alarms.notify(topic, [alarm])
    return alarm


def _alarm(flow: FlowMetrics, name: str, metric: cloudwatch.Metric, threshold: float, text: str) -> cloudwatch.Alarm:
    name_of_downstream = f" (in front of {flow.downstream.name})" if flow.downstream.name else ""
    description = f"{flow.node.path}{name_of_downstream}: {text}"
    return _alarms.alarm(flow, name, metric, above=threshold, description=description)


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
