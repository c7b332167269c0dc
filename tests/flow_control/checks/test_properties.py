"""Properties that are silent, or hidden."""

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.properties import or_default, places, whole_number
from tests.helpers.plain_resources import UNSEEN, app, of_type

_NOTHING = {"Ref": "AWS::NoValue"}


def test_only_what_is_not_there_has_the_default() -> None:
    assert [or_default(value, 30) for value in (None, 0, 60)] == [30, 0, 60]
    assert or_default(UNKNOWN, 30) is UNKNOWN


def test_a_number_with_a_fraction_is_nobodys_whole_number() -> None:
    of = app(Queue=of_type("AWS::SQS::Queue", Two=2.0, Five="5", Half=2.5, Unseen=UNSEEN))

    read = [whole_number(of, of.resources[0], "Properties", name) for name in ("None", "Two", "Five", "Half", "Unseen")]

    assert read == [None, 2, 5, UNKNOWN, UNKNOWN]


def test_each_entry_of_a_list_has_its_place() -> None:
    of = app(Rule=of_type("AWS::Events::Rule", Targets=[{"Id": "a"}, {"Ref": "AWS::NoValue"}, {"Id": "b"}]))

    assert list(places(of, of.resources[0], "Properties", "Targets")) == [
        ("Properties", "Targets", 0),
        ("Properties", "Targets", 2),
    ]
    assert of.unread == []


def test_a_list_that_is_not_there_has_no_places() -> None:
    of = app(Rule=of_type("AWS::Events::Rule", Targets=_NOTHING))

    assert list(places(of, of.resources[0], "Properties", "Targets")) == []
    assert of.unread == []


def test_an_entry_that_a_condition_decides_is_named_once() -> None:
    of = app(Rule=of_type("AWS::Events::Rule", Targets=[{"Id": "a"}, {"Fn::If": ["Prod", {"Id": "b"}, _NOTHING]}]))

    for _ in range(2):
        assert list(places(of, of.resources[0], "Properties", "Targets")) == [("Properties", "Targets", 0)]

    [said] = of.unread
    assert str(said).startswith("Rule: Targets.1 is decided at the deployment")


def test_a_list_that_nobody_can_see_is_named() -> None:
    of = app(Rule=of_type("AWS::Events::Rule", Targets=UNSEEN))

    assert list(places(of, of.resources[0], "Properties", "Targets")) == []
    assert "Rule: Targets is decided at the deployment" in str(of.unread[0])
