"""What sends to a queue."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import QueueFacts, SourceFacts
from tests.helpers.plain_resources import UNSEEN, Body, app, arn, mapping, of_type, queue, ref, subject

_NOTHING = {"Ref": "AWS::NoValue"}
_DEAD = {"Arn": arn("Dead")}
_FIFO_TOPIC = "arn:aws:sns:eu-west-1:111122223333:theirs.fifo"


def rule(*targets: Body) -> Body:
    """A rule."""
    return of_type("AWS::Events::Rule", Targets=[{"Id": "x", **target} for target in targets])


def schedule(**target: object) -> Body:
    """A schedule that sends to the queue."""
    return of_type("AWS::Scheduler::Schedule", Target={"Arn": arn("Orders"), "RoleArn": arn("Role"), **target})


def subscription(topic: object, **properties: object) -> Body:
    """A subscription of the queue."""
    ends = {"Endpoint": arn("Orders"), "Protocol": "sqs", "TopicArn": topic}
    return of_type("AWS::SNS::Subscription", **{**ends, **properties})


def bucket(**notification: object) -> Body:
    """A bucket that notifies."""
    return of_type("AWS::S3::Bucket", NotificationConfiguration={"QueueConfigurations": [notification]})


def facts_of(of: App) -> list[SourceFacts]:
    """What is known of the sources of an app."""
    return [each.facts for each in subjects(of) if isinstance(each.facts, SourceFacts)]


def source(given: Body, **others: Body) -> SourceFacts:
    """What is known of the one source of "Orders"."""
    [found] = facts_of(app(**{"Orders": queue(), "Dead": queue(), "Source": given, **others}))
    return found


def test_a_rules_target_is_a_source() -> None:
    found = source(rule({"Arn": arn("Orders")}))

    assert (found.service, found.fifo, found.topic_fifo) == ("EventBridge", False, None)
    assert (found.group_id, found.has_undeliverable_queue) == (None, False)


def test_so_is_a_schedule() -> None:
    found = source(schedule(SqsParameters={"MessageGroupId": "all"}, DeadLetterConfig=_DEAD))

    assert (found.service, found.group_id, found.has_undeliverable_queue) == ("EventBridge Scheduler", "all", True)


def test_each_target_of_a_rule_is_one() -> None:
    group = {"MessageGroupId": "$.detail.shop"}
    of = app(
        Orders=queue(FifoQueue=True),
        Dead=queue(),
        Rule=rule({"Arn": arn("Orders"), "SqsParameters": group}, {"Arn": arn("Dead"), "DeadLetterConfig": _DEAD}),
    )

    first, second = facts_of(of)

    assert (first.fifo, first.group_id, first.has_undeliverable_queue) == (True, "$.detail.shop", False)
    assert (second.fifo, second.group_id, second.has_undeliverable_queue) == (False, None, True)


def test_a_target_that_is_no_queue_is_none() -> None:
    of = app(Function=of_type("AWS::Lambda::Function"), Rule=rule({"Arn": arn("Function")}, {"Arn": UNSEEN}))

    assert facts_of(of) == []


def test_a_target_with_the_parameters_of_a_queue_is_one_wherever_it_is() -> None:
    found = source(rule({"Arn": UNSEEN, "SqsParameters": {"MessageGroupId": "all"}}))

    assert found.fifo is UNKNOWN
    assert found.group_id == "all"


@pytest.mark.parametrize(
    ("group", "known"),
    [
        ("all", "all"),
        (7, "7"),
        (UNSEEN, "set at the deployment"),
        (_NOTHING, None),
        ({"Fn::If": ["Prod", "all", _NOTHING]}, UNKNOWN),
    ],
)
def test_a_group_that_a_reference_sets_is_a_group(group: object, known: object) -> None:
    assert source(rule({"Arn": arn("Orders"), "SqsParameters": {"MessageGroupId": group}})).group_id == known


@pytest.mark.parametrize(
    ("config", "is_there"),
    [
        (_DEAD, True),
        ({"Arn": UNSEEN}, True),
        (_NOTHING, False),
        ({"Arn": _NOTHING}, False),
        ({"Arn": {"Fn::If": ["Prod", arn("Dead"), _NOTHING]}}, UNKNOWN),
        ({"Fn::If": ["Prod", _DEAD, _NOTHING]}, UNKNOWN),
    ],
)
def test_a_place_for_the_undeliverable_is_there_unless_a_condition_decides(config: object, is_there: object) -> None:
    assert source(rule({"Arn": arn("Orders"), "DeadLetterConfig": config})).has_undeliverable_queue is is_there


def test_a_subscription_is_a_source_and_tells_what_its_topic_is() -> None:
    topic = of_type("AWS::SNS::Topic", FifoTopic=True)

    found = source(subscription(ref("Topic"), RedrivePolicy={"deadLetterTargetArn": arn("Dead")}), Topic=topic)

    assert (found.service, found.topic_fifo, found.has_undeliverable_queue) == ("SNS", True, True)


@pytest.mark.parametrize(
    ("topic", "fifo"),
    [(_FIFO_TOPIC, True), (_FIFO_TOPIC.removesuffix(".fifo"), False), (UNSEEN, UNKNOWN), (ref("Plain"), False)],
)
def test_a_topics_kind_is_known_by_its_name_or_its_resource(topic: object, fifo: object) -> None:
    assert source(subscription(topic), Plain=of_type("AWS::SNS::Topic")).topic_fifo is fifo


def test_a_subscription_of_a_queue_elsewhere_is_one_and_of_a_function_is_none() -> None:
    assert source(subscription(UNSEEN, Endpoint=UNSEEN)).fifo is UNKNOWN
    assert facts_of(app(Source=subscription(UNSEEN, Protocol="lambda"), Orders=queue())) == []


def test_a_subscription_that_is_written_in_the_topic_is_one() -> None:
    entry = {"Endpoint": arn("Orders"), "Protocol": "sqs"}

    found = source(of_type("AWS::SNS::Topic", Subscription=[entry, {"Endpoint": "a@b.example", "Protocol": "email"}]))

    assert (found.service, found.topic_fifo, found.has_undeliverable_queue) == ("SNS", False, False)


def test_a_bucket_that_notifies_is_one() -> None:
    assert source(bucket(Queue=arn("Orders"), Event="s3:ObjectCreated:*")).service == "S3"


def test_so_is_one_whose_notifications_are_cdks_custom_resource() -> None:
    config = {"QueueConfigurations": [{"QueueArn": arn("Orders"), "Events": ["s3:ObjectCreated:*"]}]}

    assert source(of_type("Custom::S3BucketNotifications", NotificationConfiguration=config)).service == "S3"


def sources_of(**sources: Body) -> QueueFacts:
    """What a queue's facts say of its sources."""
    of = app(**{"Orders": queue(), "Topic": of_type("AWS::SNS::Topic"), **sources})
    found = subject(QueueFacts, of, "Orders").facts
    assert isinstance(found, QueueFacts)
    return found


def test_the_queue_knows_which_services_send_to_it() -> None:
    found = sources_of(
        A=rule({"Arn": arn("Orders")}),
        B=rule({"Arn": arn("Orders")}),
        C=subscription(ref("Topic")),
        D=bucket(Queue=arn("Orders")),
    )

    assert found.service_sources == ["EventBridge", "S3", "SNS"]


def test_a_schedule_sends_with_a_role_and_not_as_a_service() -> None:
    assert sources_of(Schedule=schedule()).service_sources == []


def test_the_queue_knows_which_sources_set_a_group() -> None:
    found = sources_of(
        Fair=rule({"Arn": arn("Orders"), "SqsParameters": {"MessageGroupId": "$.detail.shop"}}),
        FairSchedule=schedule(SqsParameters={"MessageGroupId": "all"}),
        Plain=rule({"Arn": arn("Orders")}),
        PlainBucket=bucket(Queue=arn("Orders")),
    )

    assert found.grouped_sources == ["Fair", "FairSchedule"]
    assert found.ungrouped_sources == ["Plain", "PlainBucket"]


def test_a_topic_hands_on_groups_that_nobody_can_see() -> None:
    found = sources_of(
        C=subscription(ref("Topic")),
        Hidden=rule({"Arn": arn("Orders"), "SqsParameters": {"Fn::If": ["Prod", {"MessageGroupId": "all"}, {}]}}),
    )

    assert (found.grouped_sources, found.ungrouped_sources) == ([], [])


def test_the_queue_and_what_consumes_it_are_involved() -> None:
    of = app(Orders=queue(), Rule=rule({"Arn": arn("Orders")}), Mapping=mapping())

    assert [each.path for each in subject(SourceFacts, of, "Rule").involved] == ["Orders", "Mapping"]
