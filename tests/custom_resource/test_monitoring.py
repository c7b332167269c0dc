"""A provider's metrics and alarms."""

from collections.abc import Callable

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from constructs_lib.runtime.custom_resource.contract import METRIC_NAMESPACE, Metric
from tests.helpers.provider import provider, settings
from tests.helpers.synth import check_deployable, function, imports, new_app, new_stack, of_type, properties

METRICS = {
    "metric_ambiguous": Metric.AMBIGUOUS,
    "metric_orphaned": Metric.ORPHANED,
    "metric_orphans_reaped": Metric.ORPHAN_REAPED,
    "metric_undeliverable": Metric.UNDELIVERABLE,
    "metric_duplicates": Metric.DUPLICATE_SUPPRESSED,
    "metric_replayed": Metric.REPLAYED,
    "metric_adopted": Metric.ADOPTED,
    "metric_takeovers": Metric.LEASE_TAKEOVER,
    "metric_fence_lost": Metric.FENCE_LOST,
    "metric_stale": Metric.STALE_DROPPED,
    "metric_gave_up": Metric.GAVE_UP,
    "metric_malformed": Metric.MALFORMED,
}


@pytest.mark.parametrize(("method", "name"), METRICS.items(), ids=METRICS)
def test_a_metric_is_the_handlers_under_the_providers_name(method: str, name: str) -> None:
    stack = new_stack()
    handler = function(stack)
    measure: Callable[..., cloudwatch.Metric] = getattr(provider(stack, handler=handler), method)

    metric, other = measure(), measure(period=Duration.minutes(1), statistic="Maximum")

    assert (metric.namespace, metric.metric_name, metric.statistic) == (METRIC_NAMESPACE, name, "Sum")
    assert metric.dimensions == {"Provider": settings(handler).provider}
    assert metric.period.to_seconds() == 300
    assert (other.period.to_seconds(), other.statistic) == (60, "Maximum")


def test_every_metric_of_the_handlers_has_a_method() -> None:
    counted = {value for name, value in vars(Metric).items() if name.isupper()}

    assert set(METRICS.values()) == counted


def test_providers_are_counted_apart() -> None:
    app = new_app()
    found = [
        provider(new_stack(name, scope=app, stack_name=stack_name), id_).metric_ambiguous().dimensions
        for name, stack_name, id_ in (("A", "Same", "One"), ("A2", "Same2", "One"), ("A3", "Same3", "Two"))
    ]

    assert len({str(each) for each in found}) == 3


def test_one_of_each_trouble_rings_and_the_most_urgent_is_first() -> None:
    found = provider(new_stack())

    alarms = [properties(alarm) for alarm in found.alarms]

    assert [alarm["MetricName"] for alarm in alarms] == ["Ambiguous", "Orphaned", "ResponseUndeliverable"]
    for alarm in alarms:
        assert (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"]) == (0, "Sum", 1)
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        # No request, no trouble.
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].startswith("Shop/Provider: ")
        assert "AlarmActions" not in alarm


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("enforce_ssl", [False, True])
def test_the_topic_hears_of_trouble_and_of_its_end(encrypted: bool, enforce_ssl: bool) -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Alarms", master_key=kms.Key(stack, "Key") if encrypted else None, enforce_ssl=enforce_ssl)

    provider(stack, alarm_topic=topic)

    arn = [stack.resolve(topic.topic_arn)]
    found = [alarm["Properties"] for alarm in of_type(stack, "AWS::CloudWatch::Alarm").values()]
    assert [(alarm["AlarmActions"], alarm["OKActions"]) for alarm in found] == [(arn, arn)] * 3
    check_deployable(stack)


def test_a_topic_of_another_stack_stays_independent_of_the_provider() -> None:
    app = new_app()
    topics, stack = new_stack("Topics", scope=app), new_stack(scope=app)

    provider(stack, alarm_topic=sns.Topic(topics, "Alarms", master_key=kms.Key(topics, "Key")))

    assert not imports(topics)
    check_deployable(app)
