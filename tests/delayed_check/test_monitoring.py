"""A check's metrics, alarms and graphs."""

import json
from collections.abc import Callable

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from constructs_lib.runtime.delayed_check.contract import CHECK_DIMENSION, METRIC_NAMESPACE, Metric
from tests.helpers.check import HALF, check, reference
from tests.helpers.synth import check_deployable, new_app, new_stack, of_type, properties, the

METRICS = {
    "metric_lateness": (Metric.LATENESS, "p99"),
    "metric_unknown": (Metric.UNKNOWN, "Sum"),
    "metric_expired": (Metric.EXPIRED, "Sum"),
    "metric_kill_switch_unreadable": (Metric.SWITCH_UNREADABLE, "Sum"),
    "metric_weights_ignored": (Metric.WEIGHTS_IGNORED, "Sum"),
}
#: What rings, by what it looks at: a queue, a function, or a metric of the runtime.
OWN_ALARMS = 7


@pytest.mark.parametrize("method", METRICS)
def test_a_metric_is_the_runtime_s_under_the_check_s_name(method: str) -> None:
    name, statistic = METRICS[method]
    found = check(new_stack(), experiment=HALF)
    measure: Callable[..., cloudwatch.Metric] = getattr(found, method)

    metric, other = measure(), measure(period=Duration.minutes(1), statistic="Maximum")

    assert (metric.namespace, metric.metric_name, metric.statistic) == (METRIC_NAMESPACE, name, statistic)
    assert metric.dimensions == {CHECK_DIMENSION: found.name}
    assert (metric.period.to_seconds(), other.period.to_seconds(), other.statistic) == (300, 60, "Maximum")


def test_every_metric_of_the_runtime_has_a_method() -> None:
    counted = {value for name, value in vars(Metric).items() if name.isupper()}

    assert {name for name, _ in METRICS.values()} == counted


def test_the_alarms_are_on_what_should_not_be() -> None:
    stack = new_stack()
    found = check(stack, experiment=HALF)

    by_metric: dict[str, list[dict[str, object]]] = {}
    for each in found.alarms:
        by_metric.setdefault(properties(each)["MetricName"], []).append(properties(each))

    for name in (Metric.UNKNOWN, Metric.SWITCH_UNREADABLE, Metric.WEIGHTS_IGNORED):
        (alarm,) = by_metric[name]
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    (late,) = by_metric[Metric.LATENESS]
    assert (late["ExtendedStatistic"], late["Threshold"]) == ("p99", 150)
    dead = json.dumps(by_metric["ApproximateNumberOfMessagesVisible"])
    assert found.contacts.dead_letter_queue is not None
    for queue in (
        found.start_dead_letter_queue,
        found.check_dead_letter_queue,
        found.contacts.dead_letter_queue,
        found.outcome_failures,
    ):
        assert reference(queue) in dead
    (age,) = by_metric["IteratorAge"]
    assert reference(found.outcomes_function) in json.dumps(age)
    assert set(found.contacts.alarms) <= set(found.alarms)
    assert len(of_type(stack, "AWS::CloudWatch::Alarm")) == len(found.alarms)


def test_without_an_experiment_no_weights_can_be_ignored() -> None:
    found = check(new_stack())

    assert Metric.WEIGHTS_IGNORED not in {properties(alarm)["MetricName"] for alarm in found.alarms}
    assert len(found.alarms) == OWN_ALARMS + len(found.contacts.alarms)


def test_an_alarm_says_where_it_is_and_what_to_do() -> None:
    found = check(new_stack())

    for alarm in found.alarms[:OWN_ALARMS]:
        said = properties(alarm)["AlarmDescription"]
        assert said.startswith("Shop/Check: ")
        assert any(verb in said for verb in ("look", "see", "read", "deploy")), said
        assert properties(alarm)["TreatMissingData"] == "notBreaching"


def test_the_topic_hears_of_every_alarm_once() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Alarms")

    check(stack, alarm_topic=topic, experiment=HALF).archive_outcomes()

    for alarm in of_type(stack, "AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == alarm["Properties"]["OKActions"] == [{"Ref": reference(topic)}]


def test_no_dashboard_unless_it_is_asked_for() -> None:
    without, stack = new_stack(), new_stack()
    check(without)
    found = check(stack)

    found.create_dashboard()

    assert of_type(without, "AWS::CloudWatch::Dashboard") == {}
    assert len(found.widgets) > len(found.contacts.widgets)
    said = json.dumps(the(stack, "AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert all(name in said for name in (Metric.LATENESS, Metric.UNKNOWN, Metric.EXPIRED, "IteratorAge"))


def test_a_topic_of_another_stack_is_no_cycle() -> None:
    app = new_app()
    topic = sns.Topic(new_stack("Alarms", scope=app), "Topic")

    check(new_stack(scope=app), alarm_topic=topic)

    check_deployable(app)
