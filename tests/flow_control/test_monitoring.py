"""A flow's metrics, alarms and graphs."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from constructs_lib.flow_control import FlowControlledQueue, LoadProfile
from tests.helpers.synth import check_deployable, flow, function, imports, new_app, new_stack, of_type, properties

METRICS: list[tuple[str, str, str, str, str]] = [
    ("metric_backlog", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "queue"),
    ("metric_age_of_oldest_message", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", "queue"),
    ("metric_messages_sent", "AWS/SQS", "NumberOfMessagesSent", "Sum", "queue"),
    ("metric_messages_deleted", "AWS/SQS", "NumberOfMessagesDeleted", "Sum", "queue"),
    ("metric_dead_letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "dead_letter_queue"),
    ("metric_consumer_errors", "AWS/Lambda", "Errors", "Sum", "consumer"),
    ("metric_consumer_throttles", "AWS/Lambda", "Throttles", "Sum", "consumer"),
    ("metric_consumer_concurrency", "AWS/Lambda", "ConcurrentExecutions", "Maximum", "consumer"),
]


@pytest.mark.parametrize(("method", "namespace", "name", "statistic", "of"), METRICS, ids=[m[0] for m in METRICS])
def test_a_metric_is_of_the_flows_own_queue_or_function(
    method: str, namespace: str, name: str, statistic: str, of: str
) -> None:
    stack = new_stack()
    consumer = function(stack)
    found = flow(stack, consumer=consumer)
    measure: Callable[..., cloudwatch.Metric] = getattr(found, method)
    dimensions = {
        "queue": {"QueueName": found.queue.queue_name},
        "dead_letter_queue": {"QueueName": found.dead_letter_queue.queue_name if found.dead_letter_queue else ""},
        "consumer": {"FunctionName": consumer.function_name},
    }

    metric, other = measure(), measure(period=Duration.minutes(1), statistic="Average")

    assert (metric.namespace, metric.metric_name, metric.statistic) == (namespace, name, statistic)
    assert metric.dimensions == dimensions[of]
    assert metric.period.to_seconds() == 300
    assert (other.period.to_seconds(), other.statistic) == (60, "Average")


def test_dead_letters_of_an_imported_queue_cannot_be_measured_unless_they_are_known() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Orders", "arn:aws:sqs:eu-west-1:123456789012:orders")
    found = flow(stack, queue=queue)

    with pytest.raises(ValueError, match="dead-letter queue is not known: pass dead_letter_queue"):
        found.metric_dead_letters()
    assert len(found.alarms) == 3
    assert len(found.widgets) == 4
    check_deployable(stack)


def alarms(stack: Stack) -> dict[tuple[str, str], dict[str, Any]]:
    """The alarms, by metric and what it is of."""
    return {
        (alarm["Properties"]["MetricName"], str(alarm["Properties"]["Dimensions"][0]["Value"])): alarm["Properties"]
        for alarm in of_type(stack, "AWS::CloudWatch::Alarm").values()
    }


def test_alarms_are_on_and_the_most_urgent_is_first() -> None:
    stack = new_stack()
    found = flow(stack)

    assert [properties(alarm)["MetricName"] for alarm in found.alarms] == [
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "Errors",
        "Throttles",
    ]
    for alarm in alarms(stack).values():
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        # A queue without messages, a function without calls: nothing is wrong.
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].startswith("Shop/Flow (in front of courier of Shop/Flow): ")
        assert "AlarmActions" not in alarm


def test_one_dead_letter_rings() -> None:
    found = flow(new_stack())

    alarm = properties(found.alarms[0])

    assert found.dead_letter_queue is not None
    assert (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"]) == (0, "Maximum", 1)
    assert alarm["Dimensions"][0]["Value"] == Stack.of(found).resolve(found.dead_letter_queue.queue_name)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({}, 900),
        ({"outage_tolerance": Duration.minutes(30)}, 2400),
        ({"max_wait": Duration.minutes(10)}, 900),
        ({"max_wait": Duration.hours(1)}, 5400),
    ],
    ids=str,
)
def test_a_message_may_wait_as_long_as_the_author_expects(settings: dict[str, Any], seconds: int) -> None:
    found = flow(new_stack(), **settings)

    assert properties(found.alarms[1])["Threshold"] == seconds


def test_a_declared_load_moves_the_age_alarm_and_adds_one_on_the_backlog() -> None:
    surge = LoadProfile([(Duration.hours(1), 12, 12)])
    found = flow(new_stack(), load=surge)

    oldest, backlog = (properties(alarm) for alarm in found.alarms[1:3])

    assert (oldest["MetricName"], oldest["Threshold"]) == ("ApproximateAgeOfOldestMessage", found.sizing.age_alarm)
    assert found.sizing.expected_max_wait is not None
    assert oldest["Threshold"] == pytest.approx(1.5 * found.sizing.expected_max_wait)
    assert (backlog["MetricName"], backlog["Threshold"]) == (
        "ApproximateNumberOfMessagesVisible",
        found.sizing.backlog_alarm,
    )
    assert backlog["Dimensions"][0]["Value"] == Stack.of(found).resolve(found.queue.queue_name)
    assert found.sizing.expected_peak_backlog is not None
    assert backlog["Threshold"] > found.sizing.expected_peak_backlog


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("enforce_ssl", [False, True])
def test_the_topic_hears_of_trouble_and_of_its_end(encrypted: bool, enforce_ssl: bool) -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Alarms", master_key=kms.Key(stack, "Key") if encrypted else None, enforce_ssl=enforce_ssl)

    flow(stack, alarm_topic=topic)

    arn = [stack.resolve(topic.topic_arn)]
    found = alarms(stack).values()
    assert [(alarm["AlarmActions"], alarm["OKActions"]) for alarm in found] == [(arn, arn)] * 4
    check_deployable(stack)


def test_a_topic_of_another_stack_stays_independent_of_the_flow() -> None:
    app = new_app()
    topics, stack = new_stack("Topics", scope=app), new_stack(scope=app)

    flow(stack, alarm_topic=sns.Topic(topics, "Alarms", master_key=kms.Key(topics, "Key")))

    assert not imports(topics)
    check_deployable(app)


def test_alarms_of_a_function_in_another_stack_are_in_the_flows() -> None:
    app = new_app()
    functions, stack = new_stack("Functions", scope=app), new_stack(scope=app)

    flow(stack, consumer=function(functions))

    assert of_type(functions, "AWS::CloudWatch::Alarm") == {}
    assert len(alarms(stack)) == 4


def test_an_alias_is_measured_apart_from_its_function() -> None:
    stack = new_stack()
    alias = lambda_.Alias(stack, "Live", alias_name="live", version=function(stack).current_version)

    found = flow(stack, consumer=alias, runtime="provided", visibility_timeout=Duration.seconds(60))

    assert set(found.metric_consumer_errors().dimensions or {}) == {"FunctionName", "Resource"}


def test_there_is_no_dashboard_unless_it_is_asked_for() -> None:
    stack = new_stack()
    flow(stack)

    assert of_type(stack, "AWS::CloudWatch::Dashboard") == {}


def graphs(stack: Stack) -> str:
    (dashboard,) = of_type(stack, "AWS::CloudWatch::Dashboard").values()
    return str(dashboard["Properties"]["DashboardBody"])


def test_a_dashboard_shows_the_flow() -> None:
    stack = new_stack()

    flow(stack).create_dashboard()

    for _, _, name, _, _ in METRICS:
        assert f'"{name}"' in graphs(stack)


def test_widgets_of_several_flows_fit_on_one_dashboard() -> None:
    stack = new_stack()
    consumer = function(stack)
    flows: list[FlowControlledQueue] = [flow(stack, id_, consumer=consumer) for id_ in ("One", "Two")]

    cloudwatch.Dashboard(stack, "Shop", widgets=[found.widgets for found in flows])

    assert graphs(stack).count('"title":"Messages in and out"') == 2


def test_a_topic_with_a_policy_of_its_own_lets_the_alarms_publish() -> None:
    stack = new_stack()
    flow(stack, alarm_topic=sns.Topic(stack, "OnCall", enforce_ssl=True))

    (policy,) = of_type(stack, "AWS::SNS::TopicPolicy").values()
    assert {
        statement["Principal"].get("Service"): statement["Action"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    } == {"cloudwatch.amazonaws.com": "sns:Publish"}


def test_a_topic_with_a_key_of_its_own_lets_the_alarms_use_it() -> None:
    stack = new_stack()
    flow(stack, alarm_topic=sns.Topic(stack, "OnCall", master_key=kms.Key(stack, "Key")))

    (key,) = of_type(stack, "AWS::KMS::Key").values()
    assert "cloudwatch.amazonaws.com" in str(key["Properties"]["KeyPolicy"])


def test_a_topic_that_admits_its_account_is_left_as_it_is() -> None:
    stack = new_stack()
    flow(stack, alarm_topic=sns.Topic(stack, "OnCall"))

    assert of_type(stack, "AWS::SNS::TopicPolicy") == {}
