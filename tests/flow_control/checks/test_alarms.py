"""The alarms on queues."""

from typing import Any

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import AlarmFacts, QueueFacts
from tests.helpers.plain_resources import UNSEEN, Body, app, arn, mapping, of_type, queue, subject

_AGE, _VISIBLE, _SENT = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent"
_REDRIVE = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}


def metric(name: object, of: object, namespace: object = "AWS/SQS") -> dict[str, Any]:
    """A metric of a queue."""
    return {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": "QueueName", "Value": of}]}


def name_of(logical_id: str) -> Body:
    """A queue's name."""
    return {"Fn::GetAtt": [logical_id, "QueueName"]}


def alarm(name: object, of: object, namespace: object = "AWS/SQS") -> Body:
    """An alarm on one metric."""
    return of_type("AWS::CloudWatch::Alarm", **metric(name, of, namespace))


def on_expression(*metrics: dict[str, Any]) -> Body:
    """An alarm on an expression of several metrics."""
    expression = {"Id": "e", "Expression": "m0+m1", "ReturnData": True}
    stats = [{"Id": f"m{i}", "MetricStat": {"Metric": each, "Stat": "Sum"}} for i, each in enumerate(metrics)]
    return of_type("AWS::CloudWatch::Alarm", Metrics=[expression, *stats])


def facts(**alarms: Body) -> list[AlarmFacts]:
    """What is known of the alarms on a queue named "orders" and on its dead-letter queue."""
    of = app(Orders=queue(QueueName="orders", RedrivePolicy=_REDRIVE), Dead=queue(), **alarms)
    return [each.facts for each in subjects(of) if isinstance(each.facts, AlarmFacts)]


def alarms_of(**resources: Body) -> tuple[object, object]:
    """The alarms on the age of "Orders", and the others, as its facts name them."""
    given = {"Orders": queue(RedrivePolicy=_REDRIVE), "Dead": queue(), "Mapping": mapping(), **resources}
    found = subject(QueueFacts, app(**given), "Orders").facts
    assert isinstance(found, QueueFacts)
    return found.age_alarms, found.other_alarms


def test_an_alarm_tells_its_metric_and_whether_it_is_on_dead_letters() -> None:
    assert facts(A=alarm(_AGE, name_of("Orders")), B=alarm(_SENT, name_of("Dead"))) == [
        AlarmFacts(metric=_AGE, is_on_dead_letter_queue=False),
        AlarmFacts(metric=_SENT, is_on_dead_letter_queue=True),
    ]


def test_a_queue_may_be_called_by_its_name() -> None:
    assert len(facts(A=alarm(_AGE, "orders"))) == 1
    assert alarms_of(Orders=queue(QueueName="orders"), A=alarm(_AGE, "orders")) == (["A"], [])


def test_an_alarm_on_an_expression_is_on_each_metric_in_it_once() -> None:
    sent = metric(_SENT, name_of("Dead"))

    assert facts(A=on_expression(sent, metric(_VISIBLE, name_of("Orders")), sent)) == [
        AlarmFacts(metric=_SENT, is_on_dead_letter_queue=True),
        AlarmFacts(metric=_VISIBLE, is_on_dead_letter_queue=False),
    ]


def test_an_alarm_on_something_else_is_none_of_ours() -> None:
    others = {
        "A": alarm("Errors", "orders", "AWS/Lambda"),
        "B": of_type("AWS::CloudWatch::Alarm", Namespace="AWS/SQS", MetricName=_AGE),
        "C": of_type("AWS::CloudWatch::Alarm", Namespace=UNSEEN, MetricName=UNSEEN),
        "D": alarm({"no": "name"}, "orders"),
    }

    assert facts(**others) == []


@pytest.mark.parametrize("unseen", [alarm(UNSEEN, name_of("Dead")), alarm(_SENT, name_of("Dead"), UNSEEN)])
def test_an_alarm_whose_metric_cannot_be_seen_is_not_checked(unseen: Body) -> None:
    [found] = facts(A=unseen)
    [answer] = rules.answers(found)

    assert (answer.rule.id, answer.unseen) == ("R41", ("metric",))


def test_an_alarm_whose_metric_cannot_be_seen_may_be_on_what_else_is_trouble() -> None:
    assert alarms_of(A=alarm(_AGE, name_of("Orders")), B=alarm(UNSEEN, name_of("Dead"))) == (["A"], UNKNOWN)
    assert alarms_of(A=alarm(_VISIBLE, name_of("Orders")), B=alarm(UNSEEN, name_of("Dead"))) == ([], ["A"])


def test_nonsense_among_the_dimensions_does_not_hide_the_queue() -> None:
    given = alarm(_SENT, name_of("Dead"))
    given["Properties"]["Dimensions"] = [5, None, {}, [], {"Name": UNSEEN}, *given["Properties"]["Dimensions"]]

    assert facts(A=given) == [AlarmFacts(metric=_SENT, is_on_dead_letter_queue=True)]


def test_a_queue_elsewhere_may_be_a_dead_letter_queue() -> None:
    assert facts(A=alarm(_SENT, "theirs")) == [AlarmFacts(metric=_SENT, is_on_dead_letter_queue=UNKNOWN)]


def test_a_queue_elsewhere_is_one_when_a_queue_here_says_so() -> None:
    policy = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:theirs", "maxReceiveCount": 5}

    assert facts(Second=queue(RedrivePolicy=policy), A=alarm(_SENT, "theirs")) == [
        AlarmFacts(metric=_SENT, is_on_dead_letter_queue=True)
    ]


def test_a_queue_knows_the_alarms_on_its_age_and_the_others() -> None:
    found = alarms_of(A=alarm(_AGE, name_of("Orders")), B=alarm(_VISIBLE, name_of("Orders")))

    assert found == (["A"], ["B"])


def test_an_alarm_on_its_dead_letters_is_one_of_the_others() -> None:
    found = alarms_of(A=alarm(_AGE, name_of("Orders")), B=alarm(_VISIBLE, name_of("Dead")))

    assert found == (["A"], ["B"])


def test_an_alarm_that_does_not_tell_trouble_is_not() -> None:
    found = alarms_of(A=alarm(_SENT, name_of("Orders")), B=alarm(_SENT, name_of("Dead")))

    assert found == ([], [])


def test_where_the_dead_letter_queue_is_elsewhere_its_alarms_may_be_there() -> None:
    elsewhere = "arn:aws:sqs:eu-west-1:111122223333:theirs"
    watched = queue(RedrivePolicy={"deadLetterTargetArn": elsewhere, "maxReceiveCount": 5})

    assert alarms_of(Orders=watched, A=alarm(_AGE, name_of("Orders"))) == (["A"], UNKNOWN)
    assert alarms_of(Orders=watched, A=alarm(_VISIBLE, name_of("Orders"))) == ([], ["A"])
    assert alarms_of(Orders=watched, A=alarm(_VISIBLE, "theirs")) == ([], ["A"])


def test_the_alarms_of_another_queue_are_not_its_own() -> None:
    assert alarms_of(Other=queue(), A=alarm(_AGE, name_of("Other"))) == ([], [])


def test_the_queue_is_involved() -> None:
    of = app(Orders=queue(), A=alarm(_AGE, name_of("Orders")))

    assert [each.path for each in subject(AlarmFacts, of, "A").involved] == ["Orders"]
