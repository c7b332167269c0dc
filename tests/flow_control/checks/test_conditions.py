"""What conditions may keep apart is not counted together."""

import pytest

from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import FunctionFacts, MappingFacts, QueueFacts
from tests.helpers.plain_resources import Body, arn, function, mapping, of_type, queue, ref, role, template

_BLUE = {"Fn::Equals": [{"Ref": "Parameter"}, "blue"]}
_LARGE = {"Fn::Equals": [{"Ref": "Parameter"}, "large"]}
CONDITIONS = {
    "Blue": _BLUE,
    "Green": {"Fn::Not": [{"Condition": "Blue"}]},
    "AlsoBlue": _BLUE,
    "Large": _LARGE,
    "BlueAndLarge": {"Fn::And": [{"Condition": "Blue"}, {"Condition": "Large"}]},
    "Neither": {"Fn::Not": [{"Fn::Or": [{"Condition": "Blue"}, {"Condition": "Large"}]}]},
    "Itself": {"Fn::Not": [{"Condition": "Itself"}]},
}


def under(condition: str | None, body: Body) -> Body:
    """A resource that exists under a condition."""
    return body if condition is None else {**body, "Condition": condition}


def app(**resources: Body) -> App:
    """An app with the conditions."""
    made = template({"Orders": queue(), "Dead": queue(), "Consumer": function(), "Role": role(), **resources})
    made.body["Conditions"] = CONDITIONS  # type: ignore[index]
    return App([made])


def limited(maximum: int, condition: str | None, to: str = "Consumer") -> Body:
    """A mapping with a maximum, under a condition."""
    return under(condition, mapping(to=ref(to), ScalingConfig={"MaximumConcurrency": maximum}))


PAIRS = [
    (None, None, True),
    ("Blue", None, True),
    ("Blue", "Blue", True),
    ("Blue", "AlsoBlue", True),
    ("Blue", "BlueAndLarge", True),
    ("Green", "Neither", True),
    ("Itself", "Itself", True),
    ("Blue", "Green", False),
    ("Blue", "Large", False),
    ("Blue", "Neither", False),
    ("Missing", "Blue", False),
]


@pytest.mark.parametrize(("one", "other", "exist_together"), PAIRS)
def test_maxima_are_added_of_mappings_that_exist_together(one: str, other: str, exist_together: bool) -> None:
    of = app(A=limited(50, one), B=limited(2, other))

    [found] = [each.facts for each in subjects(of) if isinstance(each.facts, FunctionFacts)]

    assert found.mapped_concurrency == (52 if exist_together else 50)


@pytest.mark.parametrize(("one", "other", "exist_together"), PAIRS)
def test_consumers_are_several_where_they_exist_together(one: str, other: str, exist_together: bool) -> None:
    of = app(Other=function(), A=limited(5, one), B=limited(5, other, "Other"))

    [found] = [each.facts for each in subjects(of) if isinstance(each.facts, QueueFacts)]

    assert found.consumers == (["Consumer", "Other"] if exist_together else ["Consumer"])


@pytest.mark.parametrize(("one", "other", "exist_together"), PAIRS)
def test_sources_differ_where_they_exist_together(one: str, other: str, exist_together: bool) -> None:
    target = {"Id": "t", "Arn": arn("Orders")}
    fair = {**target, "SqsParameters": {"MessageGroupId": "shop"}}
    of = app(
        Fair=under(one, of_type("AWS::Events::Rule", Targets=[fair])),
        Plain=under(other, of_type("AWS::Events::Rule", Targets=[target])),
    )

    [found] = [each.facts for each in subjects(of) if isinstance(each.facts, QueueFacts)]

    assert (bool(found.grouped_sources) and bool(found.ungrouped_sources)) is exist_together


@pytest.mark.parametrize(("one", "other", "exist_together"), PAIRS)
def test_dead_letters_come_back_to_a_function_that_consumes_both_at_once(
    one: str, other: str, exist_together: bool
) -> None:
    orders = queue(RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5})
    of = app(Orders=orders, A=under(one, mapping()), B=under(other, mapping(arn("Dead"))))

    found = [each.facts for each in subjects(of) if isinstance(each.facts, MappingFacts)]

    assert any(each.consumes_own_dead_letters for each in found) is exist_together


@pytest.mark.parametrize(("one", "other", "exist_together"), PAIRS)
def test_a_function_feeds_itself_where_policy_and_mapping_exist_together(
    one: str, other: str, exist_together: bool
) -> None:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn("Orders")}
    policy = of_type("AWS::IAM::Policy", Roles=[ref("Role")], PolicyDocument={"Statement": [statement]})
    of = app(A=under(one, mapping()), Policy=under(other, policy))

    [found] = [each.facts for each in subjects(of) if isinstance(each.facts, MappingFacts)]

    assert found.sends_to_own_queue is exist_together


def off(body: Body, enabled: object = False) -> Body:
    """A mapping that is disabled, or may be."""
    return {**body, "Properties": {**body["Properties"], "Enabled": enabled}}


def test_a_mapping_that_is_disabled_does_not_count() -> None:
    orders = queue(RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5})
    of = app(
        Orders=orders, Other=function(), A=limited(50, None), B=off(limited(2, None)),
        C=off(limited(7, None, "Other")), D=off(mapping(arn("Dead"))),
    )  # fmt: skip

    facts = [each.facts for each in subjects(of)]

    assert [each.mapped_concurrency for each in facts if isinstance(each, FunctionFacts)] == [50]
    assert next(each.consumers for each in facts if isinstance(each, QueueFacts)) == ["Consumer"]
    assert not any(each.consumes_own_dead_letters for each in facts if isinstance(each, MappingFacts))


def test_of_mappings_that_may_be_disabled_one_counts_at_a_time() -> None:
    of = app(A=limited(5, None), B=off(limited(20, None), ref("Parameter")), C=off(limited(9, None), ref("Parameter")))

    [found] = [each.facts for each in subjects(of) if isinstance(each.facts, FunctionFacts)]

    assert found.mapped_concurrency == 25
