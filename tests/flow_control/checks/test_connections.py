"""Who is connected with whom in an app."""

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.connections import Connections
from constructs_lib.flow_control.checks.functions import Function
from constructs_lib.flow_control.checks.queues import Queue
from tests.helpers.plain_resources import UNSEEN, Body, app, arn, function, mapping, of_type, queue


def redriving(to: str) -> Body:
    return queue(RedrivePolicy={"deadLetterTargetArn": arn(to), "maxReceiveCount": 5})


def limited(maximum: object, **properties: object) -> Body:
    return mapping(ScalingConfig={"MaximumConcurrency": maximum}, **properties)


def connected(**resources: Body) -> tuple[Connections, Queue, Function]:
    """The connections of an app with a queue "Orders" and its consumer, and these two."""
    found = Connections(app(**{"Orders": queue(), "Consumer": function(), **resources}))
    (orders,) = (each for each in found.queues.all() if each.name == "Orders")
    (consumer,) = found.functions.all()
    return found, orders, consumer


def test_a_queue_knows_who_polls_feeds_and_watches_it() -> None:
    metric = {"Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage"}
    named = [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Orders", "QueueName"]}}]
    found, orders, consumer = connected(
        Mapping=mapping(),
        Rule=of_type("AWS::Events::Rule", Targets=[{"Id": "queue", "Arn": arn("Orders")}]),
        Alarm=of_type("AWS::CloudWatch::Alarm", **metric, Dimensions=named),
    )

    assert [each.resource.logical_id for each in found.consuming(orders)] == ["Mapping"]
    assert [each.resource.logical_id for each in found.invoking(consumer)] == ["Mapping"]
    assert [each.resource.logical_id for each in found.feeding(orders)] == ["Rule"]
    assert [each.resource.logical_id for each in found.watching(orders)] == ["Alarm"]
    assert found.consumers(orders) == ["Consumer"]


def test_a_queue_takes_dead_letters_where_another_sends_its_failed_messages_to_it() -> None:
    found, orders, _ = connected(Orders=redriving("Dead"), Dead=queue(), Mapping=mapping())
    dead = found.queues.redrive(orders).dead_letter_queue
    assert isinstance(dead, Queue)

    assert found.takes_dead_letters(dead) is True
    assert found.is_an_end(dead)
    assert found.takes_dead_letters(orders) is False
    elsewhere = Queue(name="elsewhere", resource=None, fifo=False)
    assert found.takes_dead_letters(elsewhere) is UNKNOWN


def own_dead_letters(**dead_mapping: object) -> list[bool]:
    found, _, _ = connected(
        Orders=redriving("Dead"), Dead=queue(), Mapping=mapping(), Again=mapping(arn("Dead"), **dead_mapping)
    )
    return [found.consumes_own_dead_letters(each) for each in found.mappings]


def test_a_function_that_polls_both_queues_consumes_its_own_dead_letters() -> None:
    assert own_dead_letters() == [False, True]
    assert own_dead_letters(Enabled=False) == [False, False]
    assert own_dead_letters(Enabled=UNSEEN) == [False, False]


def test_the_maxima_of_a_functions_mappings_are_added_up() -> None:
    def mapped(**mappings: Body) -> object:
        found, _, consumer = connected(**mappings)
        return found.mapped_concurrency(consumer)

    assert mapped(One=limited(5), Two=limited(10)) == 15
    assert mapped(One=limited(5), Two=limited(10, Enabled=False)) == 5
    assert mapped(One=limited(5), Two=mapping()) is None
    assert mapped(One=limited(5), Two=limited(UNSEEN)) is UNKNOWN
    assert mapped(One=limited(5), Two=mapping(ProvisionedPollerConfig={"MinimumPollers": 2})) == 5


def test_mappings_of_which_only_one_is_there_are_not_added_up() -> None:
    either = {**limited(5), "Condition": "Prod"}, {**limited(10), "Condition": "Test"}
    found, orders, consumer = connected(One=either[0], Two=either[1])

    assert found.mapped_concurrency(consumer) == 10
    assert found.consumers(orders) == ["Consumer"]


def test_an_app_without_queues_has_no_connections() -> None:
    found = Connections(App([]))

    assert not any([found.mappings, found.sources, found.alarms, found.queues.all(), found.functions.all()])
