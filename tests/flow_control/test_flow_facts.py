"""What the rules are told of a flow: what is declared, what its resources are, and what the rest of the app is."""

from aws_cdk import Duration
from aws_cdk import aws_sns as sns

from constructs_lib.flow_control import FlowControlledQueue, LoadProfile, flow_facts
from constructs_lib.flow_control import surroundings as around
from constructs_lib.flow_control.facts import FlowFacts
from tests.helpers.synth import ANY_ORDER, flow, function, new_stack


def facts(found: FlowControlledQueue) -> FlowFacts:
    return flow_facts.gather(found._parts, found._sources, around.now(found, found._parts))


def test_nothing_is_said_of_a_load_that_nobody_declared() -> None:
    found = facts(flow(new_stack()))

    assert found.has_load is False
    assert (found.load_after, found.peak_arrival, found.longest_wait, found.expected_longest_wait) == (None,) * 4
    assert found.max_wait is None
    assert (found.goodput, found.outage_tolerance, found.batching_window) == (8, 300, 0)


def test_a_declared_load_is_told_with_what_follows_from_it() -> None:
    launch = LoadProfile([(Duration.minutes(10), 4, 15)])
    flow_ = flow(new_stack(), load=launch, max_wait=Duration.minutes(10))

    found = facts(flow_)

    sized = flow_.sizing
    assert found.has_load is True
    assert (found.load_after, found.peak_arrival, found.max_wait) == (0, 15, 600)
    assert (found.longest_wait, found.expected_longest_wait) == (sized.max_wait, sized.expected_max_wait)
    assert found.least_retry_span < found.retry_span == sized.retry_span


def test_receives_that_the_author_sets_change_the_spans() -> None:
    derived, given = facts(flow(new_stack())), facts(flow(new_stack(), max_receive_count=20))

    assert given.max_receive_count == 20
    assert given.retry_span > derived.retry_span
    assert given.least_retry_span > derived.least_retry_span


def test_sources_are_told_by_service_and_by_group() -> None:
    stack = new_stack()
    flow_ = flow(stack)
    flow_.add_event_rule(event_pattern=ANY_ORDER, message_group_id="shop")
    flow_.add_event_rule(event_pattern=ANY_ORDER, id="Others")
    flow_.add_topic(sns.Topic(stack, "Topic"))

    found = facts(flow_)

    assert found.service_sources == ("EventBridge", "EventBridge", "SNS")
    assert (found.grouped_sources, found.ungrouped_sources) == (("Shop/Flow/Rule",), ("Shop/Flow/Others",))


def test_a_flow_alone_is_its_own_consumer_and_its_own_neighbour() -> None:
    stack = new_stack()
    first = flow(stack, consumer=function(stack, reserved_concurrent_executions=20))

    found = facts(first)

    assert found.consumers == ("Shop/Function",)
    assert found.other_triggers == ()
    assert found.same_downstream == {"Shop/Flow": 10}
    assert found.mapped_concurrency == found.max_concurrency == 10


def test_the_function_s_concurrency_is_the_sum_over_its_queues() -> None:
    stack = new_stack()
    consumer = function(stack)
    first = flow(stack, consumer=consumer)
    flow(stack, "Second", consumer=consumer, max_concurrency=5)

    assert facts(first).mapped_concurrency == 15
