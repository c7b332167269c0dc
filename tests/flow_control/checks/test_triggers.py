"""What else invokes a function that consumes a queue."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.app import App
from constructs_lib.flow_control.checks.subjects import subjects
from constructs_lib.flow_control.facts import FunctionFacts
from tests.helpers.plain_resources import (
    UNSEEN,
    Body,
    allow,
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

_SOUND = {"Orders": queue(), "Consumer": function(), "Mapping": mapping(), "Role": role()}


def has_other_triggers(**resources: Body) -> object:
    """Whether something invokes the consumer, apart from its queue."""
    found = subject(FunctionFacts, app(**{**_SOUND, **resources}), "Consumer").facts
    assert isinstance(found, FunctionFacts)
    return found.has_other_triggers


def permission(of: object) -> Body:
    """A permission to invoke."""
    return of_type("AWS::Lambda::Permission", FunctionName=of, Action="lambda:InvokeFunction", Principal="x")


def test_its_queue_is_no_other_trigger() -> None:
    assert has_other_triggers() is False
    assert has_other_triggers(Second=queue(), SecondMapping=mapping(arn("Second"))) is False


@pytest.mark.parametrize(
    "trigger",
    [
        permission(ref("Consumer")),
        permission(arn("Consumer")),
        permission({"Fn::Sub": "${Consumer.Arn}:live"}),
        of_type("AWS::Lambda::Url", TargetFunctionArn=arn("Consumer"), AuthType="NONE"),
        mapping("arn:aws:kinesis:eu-west-1:111122223333:stream/s", StartingPosition="LATEST"),
        of_type("Custom::Thing", ServiceToken=arn("Consumer")),
        of_type("AWS::CloudFormation::CustomResource", ServiceToken=arn("Consumer")),
        role(allow("lambda:InvokeFunction", arn("Consumer"))),
        role(allow("lambda:Invoke*", [arn("Consumer"), {"Fn::Join": ["", [arn("Consumer"), ":*"]]}])),
        role(allow("lambda:*", arn("Consumer"))),
    ],
)
def test_whoever_may_invoke_it_is_one(trigger: Body) -> None:
    assert has_other_triggers(Trigger=trigger) is True


def test_the_triggers_of_another_function_are_not_its_own() -> None:
    assert has_other_triggers(Other=function(), Trigger=permission(ref("Other"))) is False


def test_one_that_may_only_be_looked_at_is_not_invoked() -> None:
    assert has_other_triggers(Reader=role(allow("lambda:GetFunction", arn("Consumer")))) is False


@pytest.mark.parametrize(
    "trigger", [permission(UNSEEN), role(allow("lambda:InvokeFunction", "*")), role(allow("*", "*"))]
)
def test_a_trigger_of_a_function_that_nobody_can_see_may_be_its_own(trigger: Body) -> None:
    assert has_other_triggers(Trigger=trigger) is UNKNOWN


def test_what_can_be_seen_counts_beside_what_cannot() -> None:
    triggers = {"Seen": permission(ref("Consumer")), "Unseen": permission(UNSEEN)}

    assert has_other_triggers(**triggers) is True


def test_what_is_hidden_in_one_stage_hides_nothing_in_another() -> None:
    of = App([template(_SOUND, stage="dev"), template({**_SOUND, "Trigger": permission(UNSEEN)}, stage="prod")])

    found = [each.facts.has_other_triggers for each in subjects(of) if isinstance(each.facts, FunctionFacts)]

    assert found == [False, UNKNOWN]
