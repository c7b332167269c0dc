"""The facts of an app of aws-cdk-lib's own constructs, as it was synthesised: nothing of this library is in it."""

from pathlib import Path
from typing import TypeVar

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.subjects import Subject, subjects
from constructs_lib.flow_control.facts import AlarmFacts, FunctionFacts, MappingFacts, QueueFacts, SourceFacts

_Facts = TypeVar("_Facts", MappingFacts, QueueFacts, FunctionFacts, SourceFacts, AlarmFacts)


def consumer(scope: Construct, name: str, **given: object) -> lambda_.Function:
    return lambda_.Function(
        scope,
        name,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): return {'batchItemFailures': []}"),
        timeout=cdk.Duration.seconds(10),
        **given,  # type: ignore[arg-type] # as the test says
    )


class Orders(cdk.Stack):
    """A queue with its dead letters, all that can send to it, and all that can watch it."""

    def __init__(self, scope: Construct, name: str, *, queue_name: str | None = None) -> None:
        super().__init__(scope, name)
        self.dead = sqs.Queue(self, "Dead", retention_period=cdk.Duration.days(14))
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=queue_name,
            visibility_timeout=cdk.Duration.seconds(63),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=5),
        )

    def send(self) -> None:
        fifo = sqs.Queue(self, "Fifo", fifo=True)
        rule = events.Rule(self, "Rule", event_pattern=events.EventPattern(source=["shop"]))
        rule.add_target(targets.SqsQueue(self.queue, dead_letter_queue=self.dead))
        rule.add_target(targets.SqsQueue(fifo, message_group_id="all"))
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.SqsSubscription(self.queue, dead_letter_queue=self.dead))
        bucket = s3.Bucket(self, "Bucket")
        bucket.add_event_notification(s3.EventType.OBJECT_CREATED, s3_notifications.SqsDestination(self.queue))
        scheduler.Schedule(
            self,
            "Schedule",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(5)),
            target=scheduler_targets.SqsSendMessage(self.queue),
        )

    def watch(self) -> None:
        age, sent = self.queue.metric_approximate_age_of_oldest_message(), self.dead.metric_number_of_messages_sent()
        age.create_alarm(self, "Age", threshold=100, evaluation_periods=1)
        backlog = self.queue.metric_approximate_number_of_messages_visible()
        math = cloudwatch.MathExpression(expression="a + b", using_metrics={"a": sent, "b": backlog})
        math.create_alarm(self, "Math", threshold=1, evaluation_periods=1)


class Consumers(cdk.Stack):
    """Functions of the queue of another stack, in each way that there is."""

    def __init__(self, scope: Construct, name: str, *, orders: Orders) -> None:
        super().__init__(scope, name)
        self.plain = consumer(self, "Plain", memory_size=256, reserved_concurrent_executions=5)
        self.plain.add_event_source(
            event_sources.SqsEventSource(
                orders.queue,
                batch_size=5,
                max_batching_window=cdk.Duration.seconds(3),
                max_concurrency=5,
                report_batch_item_failures=True,
                filters=[lambda_.FilterCriteria.filter({"body": {"id": lambda_.FilterRule.exists()}})],
            )
        )
        self.busy = consumer(self, "Busy", on_failure=destinations.SqsDestination(orders.dead))
        self.busy.add_event_source(event_sources.SqsEventSource(orders.dead))
        apigateway.LambdaRestApi(self, "Api", handler=self.busy)
        aliased = consumer(self, "Aliased", on_failure=destinations.SqsDestination(orders.dead))
        orders.queue.grant_send_messages(aliased)
        aliased.add_alias("live").add_event_source(event_sources.SqsEventSource(orders.queue))
        theirs = sqs.Queue.from_queue_arn(self, "Theirs", "arn:aws:sqs:eu-west-1:111122223333:theirs")
        nested = cdk.NestedStack(self, "Nested")
        inner = consumer(nested, "Inner")
        inner.add_event_source(event_sources.SqsEventSource(theirs))
        inner.add_event_source(event_sources.SqsEventSource(orders.queue))


class Deployment(cdk.Stage):
    """A queue with a name of its own, and its consumer in another stack that knows the name only."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        Orders(self, "Orders", queue_name="orders")
        other = cdk.Stack(self, "Consumers")
        arn = f"arn:aws:sqs:{other.region}:{other.account}:orders"
        consumer(other, "Plain").add_event_source(
            event_sources.SqsEventSource(sqs.Queue.from_queue_arn(other, "Queue", arn))
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> list[Subject]:
    """What is found in the app."""
    out = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(outdir=str(out))
    orders = Orders(app, "Orders")
    orders.send()
    orders.watch()
    Consumers(app, "Consumers", orders=orders)
    Deployment(app, "Dev")
    Deployment(app, "Prod")
    app.synth()
    read: App = templates.read([Path(out)])
    found = subjects(read)
    assert read.unread == []
    return found


def of(found: list[Subject], kind: type[_Facts]) -> dict[str, list[_Facts]]:
    """The facts of a kind, by the path of their resource."""
    facts: dict[str, list[_Facts]] = {}
    for each in found:
        if isinstance(each.facts, kind):
            facts.setdefault(each.resource.path, []).append(each.facts)
    return facts


def mapping_of(found: list[Subject], function: str, queue: str | None) -> MappingFacts:
    """The facts of the mapping between the two."""
    ends = [each for each in (queue, function) if each is not None]
    [facts] = [each.facts for each in found if [other.path for other in each.involved] == ends]
    assert isinstance(facts, MappingFacts)
    return facts


def test_a_mapping_is_followed_to_the_queue_of_another_stack(shop: list[Subject]) -> None:
    facts = mapping_of(shop, "Consumers/Plain", "Orders/Queue")

    assert (facts.batch_size, facts.batching_window, facts.max_concurrency) == (5, 3, 5)
    assert (facts.reports_failures, facts.has_filter, facts.answers_failures) == (True, True, True)
    assert (facts.visibility_timeout, facts.max_receive_count, facts.has_dead_letter_queue) == (63, 5, True)
    assert (facts.function_timeout, facts.reserved_concurrency) == (10, 5)
    assert facts.sends_to_own_queue is False


def test_and_from_an_alias_to_its_function(shop: list[Subject]) -> None:
    facts = mapping_of(shop, "Consumers/Aliased", "Orders/Queue")

    assert facts.function_timeout == 10
    assert facts.sends_to_own_queue is True


def test_and_from_a_nested_stack(shop: list[Subject]) -> None:
    assert mapping_of(shop, "Consumers/Nested/Inner", "Orders/Queue").visibility_timeout == 63
    assert mapping_of(shop, "Consumers/Nested/Inner", None).visibility_timeout is UNKNOWN


def test_a_queue_knows_all_that_it_is_connected_with(shop: list[Subject]) -> None:
    [facts] = of(shop, QueueFacts)["Orders/Queue"]

    assert facts.service_sources == ["EventBridge", "S3", "SNS"]
    assert facts.consumers == ["Consumers/Plain", "Consumers/Aliased", "Consumers/Nested/Inner"]
    assert facts.dead_letter_retention == 14 * 86_400
    assert (facts.age_alarms, facts.other_alarms) == (["Orders/Age"], ["Orders/Math"])
    assert facts.grouped_sources == []


def test_each_source_is_known(shop: list[Subject]) -> None:
    found = of(shop, SourceFacts)

    rule = found["Orders/Rule"]
    assert [(each.fifo, each.group_id, each.has_undeliverable_queue) for each in rule] == [
        (False, None, True),
        (True, "all", False),
    ]
    others = [each for path in found if path != "Orders/Rule" for each in found[path]]
    assert {each.service: each.has_undeliverable_queue for each in others} == {
        "EventBridge Scheduler": False,
        "SNS": True,
        "S3": False,
    }
    assert [each.topic_fifo for each in others if each.service == "SNS"] == [False]


def test_each_metric_of_an_alarm_is_known(shop: list[Subject]) -> None:
    math = of(shop, AlarmFacts)["Orders/Math"]

    assert {(each.metric, each.is_on_dead_letter_queue) for each in math} == {
        ("NumberOfMessagesSent", True),
        ("ApproximateNumberOfMessagesVisible", False),
    }


def test_other_triggers_are_known_and_a_destination_without_any(shop: list[Subject]) -> None:
    found = of(shop, FunctionFacts)
    [busy], [aliased], [plain] = (found[f"Consumers/{name}"] for name in ("Busy", "Aliased", "Plain"))

    assert (busy.has_other_triggers, aliased.has_other_triggers, plain.has_other_triggers) == (True, False, False)
    assert aliased.async_destination == "the destination of Consumers/Aliased/EventInvokeConfig"
    assert plain.async_destination is None
    assert (plain.memory_is_set, busy.memory_is_set) == (True, False)
    assert (plain.mapped_concurrency, busy.mapped_concurrency) == (5, None)


def test_the_consumer_of_dead_letters_needs_no_dead_letter_queue(shop: list[Subject]) -> None:
    facts = mapping_of(shop, "Consumers/Busy", "Orders/Dead")

    assert (facts.has_dead_letter_queue, facts.consumes_own_dead_letters) == (True, False)


@pytest.mark.parametrize("stage", ["Dev", "Prod"])
def test_a_queue_is_known_by_its_name_within_its_stage_only(shop: list[Subject], stage: str) -> None:
    facts = mapping_of(shop, f"{stage}/Consumers/Plain", f"{stage}/Orders/Queue")
    [queue] = of(shop, QueueFacts)[f"{stage}/Orders/Queue"]

    assert facts.visibility_timeout == 63
    assert queue.consumers == [f"{stage}/Consumers/Plain"]
