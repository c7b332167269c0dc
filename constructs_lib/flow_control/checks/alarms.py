"""The alarms on queues, on one metric or on an expression of several."""

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.app import App, Resource
from constructs_lib.flow_control.checks.properties import places
from constructs_lib.flow_control.checks.queues import Queue, Queues


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Alarm:
    """An alarm on a metric of a queue.

    Attributes:
        resource: The alarm.
        queue: The queue.
        metric: The metric's name, such as "ApproximateAgeOfOldestMessage"; UNKNOWN where that is decided at the
            deployment.
    """

    resource: Resource
    queue: Queue
    metric: str | Unknown


def find(app: App, queues: Queues) -> Iterator[Alarm]:
    """All alarms of an app on queues; one on an expression is on each metric in it."""
    for alarm in app.of_type("AWS::CloudWatch::Alarm"):
        seen: set[tuple[Queue, str | Unknown]] = set()
        for place in _metrics(app, alarm):
            metric, queue = _metric(app, alarm, place), _queue(app, queues, alarm, place)
            if queue is not None and metric is not None and (queue, metric) not in seen:
                seen.add((queue, metric))
                yield Alarm(resource=alarm, queue=queue, metric=metric)


def _metrics(app: App, alarm: Resource) -> Iterator[tuple[str | int, ...]]:
    """The places where the alarm describes a metric."""
    yield ("Properties",)
    for place in places(app, alarm, "Properties", "Metrics"):
        yield (*place, "MetricStat", "Metric")


def _metric(app: App, alarm: Resource, place: tuple[str | int, ...]) -> str | Unknown | None:
    """The name of a metric of SQS; UNKNOWN where it may be one; None where it is none."""
    namespace, metric = (app.value(alarm, *place, name) for name in ("Namespace", "MetricName"))
    if namespace not in {"AWS/SQS", UNKNOWN} or not (isinstance(metric, str) or metric is UNKNOWN):
        return None
    return UNKNOWN if namespace is UNKNOWN else metric


def _queue(app: App, queues: Queues, alarm: Resource, place: tuple[str | int, ...]) -> Queue | None:
    for dimension in places(app, alarm, *place, "Dimensions"):
        if app.value(alarm, *dimension, "Name") == "QueueName":
            return queues.at(alarm, app.raw(alarm, *dimension, "Value"), is_queue=True)
    return None
