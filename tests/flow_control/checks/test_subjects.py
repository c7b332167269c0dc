"""What the rules are asked about, and who is connected with whom."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import FunctionFacts, MappingFacts, QueueFacts
from tests.helpers.plain_resources import (
    UNSEEN,
    Body,
    app,
    arn,
    function,
    mapping,
    of_type,
    queue,
    ref,
    role,
    subject,
    template,
)

_THEIRS = "arn:aws:sqs:eu-west-1:111122223333:theirs"


def redrive(to: object, receives: int = 5) -> Body:
    """A redrive policy."""
    return {"deadLetterTargetArn": to, "maxReceiveCount": receives}


def queue_facts(path: str = "Orders", **resources: Body) -> QueueFacts:
    """What is known of a queue."""
    found = subject(QueueFacts, app(**resources), path).facts
    assert isinstance(found, QueueFacts)
    return found


def function_facts(**resources: Body) -> FunctionFacts:
    """What is known of the consumer of some queues."""
    queues = {"A": queue(), "B": queue(), "Role": role()}
    found = subject(FunctionFacts, app(**{**queues, "Consumer": function(), **resources}), "Consumer").facts
    assert isinstance(found, FunctionFacts)
    return found


def limited(source: str, maximum: object) -> Body:
    """A mapping with a maximum."""
    return mapping(arn(source), ScalingConfig={"MaximumConcurrency": maximum})


def test_an_app_without_queues_has_no_subjects() -> None:
    assert subjects(app(Function=function(), Topic=of_type("AWS::SNS::Topic"))) == []
    assert subjects(App([])) == []


def test_a_queue_that_nobody_uses_is_no_subject() -> None:
    assert subjects(app(Orders=queue())) == []


def test_a_queue_with_a_dead_letter_queue_is_one_also_before_anybody_consumes_it() -> None:
    found = queue_facts(Orders=queue(RedrivePolicy=redrive(arn("Dead"))), Dead=queue(MessageRetentionPeriod=1_209_600))

    assert (found.has_dead_letter_queue, found.dead_letter_queue_fifo) == (True, False)
    assert found.dead_letter_retention == 1_209_600
    assert found.consumers == []


def test_of_a_queue_without_a_dead_letter_queue_there_is_nothing_to_know_of_it() -> None:
    found = queue_facts(Orders=queue(), Mapping=mapping(), Consumer=function())

    assert found.has_dead_letter_queue is False
    assert found.dead_letter_queue_fifo is found.dead_letter_retention is None


def test_a_dead_letter_queue_elsewhere_tells_its_kind_and_no_more() -> None:
    found = queue_facts(Orders=queue(RedrivePolicy=redrive(_THEIRS)))

    assert (found.has_dead_letter_queue, found.dead_letter_queue_fifo) == (True, False)
    assert found.dead_letter_retention is UNKNOWN


def test_of_a_hidden_redrive_policy_nothing_is_known() -> None:
    found = queue_facts(Orders=queue(RedrivePolicy=UNSEEN))

    assert found.has_dead_letter_queue is found.dead_letter_queue_fifo is found.dead_letter_retention is UNKNOWN


def test_the_functions_that_consume_a_queue_are_named_once_each() -> None:
    found = queue_facts(
        Orders=queue(),
        Consumer=function(),
        Alias=of_type("AWS::Lambda::Alias", FunctionName=ref("Consumer"), Name="live"),
        Other=function(),
        A=mapping(),
        B=mapping(to=ref("Alias")),
        C=mapping(to=ref("Other")),
    )

    assert found.consumers == ["Consumer", "Other"]


def test_two_functions_that_nobody_can_see_are_two_unless_they_are_the_same_reference() -> None:
    theirs = "arn:aws:lambda:eu-west-1:111122223333:function:theirs"
    found = queue_facts(Orders=queue(), A=mapping(to=UNSEEN), B=mapping(to=theirs), C=mapping(to=UNSEEN))

    assert found.consumers == ["a function that A refers to", theirs]


def test_a_queue_elsewhere_is_a_subject_at_what_consumes_it() -> None:
    found = subject(QueueFacts, app(Consumer=function(), Mapping=mapping(_THEIRS)), "Mapping")

    assert isinstance(found.facts, QueueFacts)
    assert found.facts.retention is found.facts.has_dead_letter_queue is UNKNOWN
    assert found.facts.consumers == ["Consumer"]
    assert found.involved == ()


def test_the_maxima_of_a_functions_mappings_are_added() -> None:
    found = function_facts(First=limited("A", 5), Second=limited("B", "7"))

    assert found.mapped_concurrency == 12


@pytest.mark.parametrize(
    ("second", "total"),
    [
        (limited("B", UNSEEN), UNKNOWN),
        (mapping(arn("B")), None),
        (mapping(arn("B"), ProvisionedPollerConfig={"MinimumPollers": 2}), 5),
        (mapping("arn:aws:kinesis:eu-west-1:111122223333:stream/s", StartingPosition="LATEST"), 5),
    ],
    ids=["hidden", "without", "provisioned", "stream"],
)
def test_a_mapping_without_a_maximum_leaves_no_sum(second: Body, total: object) -> None:
    assert function_facts(First=limited("A", 5), Second=second).mapped_concurrency == total


def test_one_without_a_maximum_counts_more_than_one_that_is_hidden() -> None:
    found = function_facts(First=limited("A", UNSEEN), Second=mapping(arn("B")))

    assert found.mapped_concurrency is None


def test_a_function_elsewhere_is_no_subject() -> None:
    of = app(Orders=queue(), Mapping=mapping(to=UNSEEN))

    assert [type(each.facts) for each in subjects(of)] == [MappingFacts, QueueFacts]


def test_a_function_that_consumes_no_queue_is_no_subject() -> None:
    of = app(Orders=queue(), Mapping=mapping(), Consumer=function(), Other=function())

    assert [each.resource.path for each in subjects(of) if isinstance(each.facts, FunctionFacts)] == ["Consumer"]


def consumes_own_dead_letters(**resources: Body) -> dict[str, bool]:
    """Which mappings do."""
    given = {"Orders": queue(RedrivePolicy=redrive(arn("Dead"))), "Dead": queue(), **resources}
    found = [(each.resource.path, each.facts) for each in subjects(app(**given))]
    return {path: facts.consumes_own_dead_letters for path, facts in found if isinstance(facts, MappingFacts)}


def test_a_function_of_a_queue_and_its_dead_letters_consumes_its_own() -> None:
    found = consumes_own_dead_letters(Consumer=function(), First=mapping(), Second=mapping(arn("Dead")))

    assert found == {"First": False, "Second": True}


def test_another_function_does_not() -> None:
    found = consumes_own_dead_letters(
        Consumer=function(), Other=function(), First=mapping(), Second=mapping(arn("Dead"), ref("Other"))
    )

    assert found == {"First": False, "Second": False}


def test_a_mapping_is_involved_in_all_that_it_connects() -> None:
    """So that what its author acknowledges there, as a flow does, holds for the queue and the function too."""
    of = app(
        Orders=queue(RedrivePolicy=redrive(arn("Dead"))), Dead=queue(), Consumer=function(), Mapping=mapping(),
        Rule=of_type("AWS::Events::Rule", Targets=[{"Id": "t", "Arn": arn("Orders")}]),
    )  # fmt: skip

    involved = {each.resource.path: [other.path for other in each.involved] for each in subjects(of)}

    assert involved == {
        "Mapping": ["Orders", "Consumer"],
        "Orders": ["Dead", "Mapping", "Rule"],
        "Consumer": ["Mapping"],
        "Rule": ["Orders", "Mapping"],
    }


def test_things_of_one_name_in_two_stages_are_apart() -> None:
    named = {
        "Orders": queue(QueueName="orders", RedrivePolicy=redrive("arn:aws:sqs:eu-west-1:111122223333:dead")),
        "Dead": queue(QueueName="dead"),
        "Consumer": function(FunctionName="consumer"),
        "Mapping": mapping("arn:aws:sqs:eu-west-1:111122223333:orders", "consumer"),
    }
    of = App([template(named, stage="dev"), template(named, stage="prod")])

    found = [each for each in subjects(of) if each.resource.path == "Orders"]

    assert [each.resource.stage for each in found] == ["dev", "prod"]
    for each in found:
        assert isinstance(each.facts, QueueFacts)
        assert each.facts.consumers == ["Consumer"]
        assert {other.stage for other in each.involved} == {each.resource.stage}


@pytest.mark.parametrize("value", [None, "text", 7, [], ["x"], {"Ref": 5}, {"Fn::If": []}, {"Fn::GetAtt": "Orders"}])
@pytest.mark.parametrize(
    "place",
    [
        ("Mapping", "EventSourceArn"),
        ("Mapping", "FunctionName"),
        ("Mapping", "ScalingConfig"),
        ("Mapping", "FilterCriteria"),
        ("Mapping", "FunctionResponseTypes"),
        ("Orders", "RedrivePolicy"),
        ("Orders", "KmsMasterKeyId"),
        ("Consumer", "Role"),
        ("Consumer", "Layers"),
        ("Consumer", "Code"),
        ("Consumer", "DeadLetterConfig"),
        ("Role", "Policies"),
        ("Role", "ManagedPolicyArns"),
        ("Rule", "Targets"),
        ("Alarm", "Metrics"),
        ("Alarm", "Dimensions"),
        ("Bucket", "NotificationConfiguration"),
        ("Topic", "Subscription"),
        ("Schedule", "Target"),
        ("Config", "DestinationConfig"),
    ],
)
def test_nonsense_in_any_place_stops_nobody(place: tuple[str, str], value: object) -> None:
    resources = {
        "Orders": queue(),
        "Consumer": function(),
        "Role": role(),
        "Mapping": mapping(),
        "Rule": of_type("AWS::Events::Rule", Targets=[{"Id": "t", "Arn": arn("Orders")}]),
        "Schedule": of_type("AWS::Scheduler::Schedule"),
        "Alarm": of_type("AWS::CloudWatch::Alarm", Namespace="AWS/SQS", MetricName="ApproximateAgeOfOldestMessage"),
        "Bucket": of_type("AWS::S3::Bucket"),
        "Topic": of_type("AWS::SNS::Topic"),
        "Config": of_type("AWS::Lambda::EventInvokeConfig", FunctionName=ref("Consumer")),
    }
    resources[place[0]]["Properties"][place[1]] = value

    assert "Orders" in {other.path for each in subjects(app(**resources)) for other in (each.resource, *each.involved)}


@pytest.mark.parametrize(
    "of_service",
    [
        of_type("AWS::Events::Rule", Targets=[{"Id": "t", "Arn": "x", "DeadLetterConfig": {"Arn": arn("Orders")}}]),
        of_type("AWS::Scheduler::Schedule", Target={"Arn": "x", "DeadLetterConfig": {"Arn": arn("Orders")}}),
        of_type("AWS::Lambda::EventInvokeConfig", DestinationConfig={"OnFailure": {"Destination": arn("Orders")}}),
        function(DeadLetterConfig={"TargetArn": arn("Orders")}),
    ],
    ids=["rule", "schedule", "destination", "function"],
)
def test_a_queue_where_a_service_s_failures_end_needs_no_dead_letter_queue(of_service: Body) -> None:
    of = app(Orders=queue(), Consumer=function(), Mapping=mapping(), Other=of_service)

    found = subject(MappingFacts, of, "Mapping").facts

    assert isinstance(found, MappingFacts)
    assert found.has_dead_letter_queue is True
