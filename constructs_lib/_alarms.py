"""How metrics are read, the alarms on them, and the topic that hears of these."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


class MetricOptions(TypedDict, total=False):
    """How a metric is read: over which `period`, as which `statistic`."""

    period: Duration
    statistic: str


def metric(
    namespace: str, name: str, dimensions: Mapping[str, str], **options: Unpack[MetricOptions]
) -> cloudwatch.Metric:
    """A metric that the runtime counts; the sum over five minutes, where the options do not say otherwise."""
    options.setdefault("statistic", "Sum")
    return cloudwatch.Metric(namespace=namespace, metric_name=name, dimensions_map=dict(dimensions), **options)


def alarm(
    scope: Construct, name: str, metric: cloudwatch.Metric, *, above: float, description: str
) -> cloudwatch.Alarm:
    """Create an alarm that rings once the metric is above a threshold; no data is no trouble."""
    return cloudwatch.Alarm(
        scope,
        f"{name}Alarm",
        metric=metric,
        threshold=above,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )


def check_topic(topic: object) -> None:
    """Refuse what is no topic.

    Raises:
        ValueError: It is none.
    """
    if topic is not None and not hasattr(topic, "topic_arn"):
        msg = f"alarm_topic must be an SNS topic (sns.Topic or ITopic), got {topic!r}"
        raise ValueError(msg)


def notify(topic: sns.ITopic | None, alarms: Sequence[cloudwatch.Alarm]) -> None:
    """Tell the topic, if there is one, when an alarm goes on or off."""
    if topic is None:
        return
    _let_cloudwatch_publish(topic)
    for each in alarms:
        each.add_alarm_action(actions.SnsAction(topic))
        each.add_ok_action(actions.SnsAction(topic))


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
