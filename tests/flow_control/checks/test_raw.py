"""What stands in a template as it was written."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.raw import branches, intrinsic_of, raw_at

_NOTHING = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        ({"Timeout": 30}, ("Timeout",), 30),
        ({"Timeout": 30}, ("Memory",), None),
        ({"Tags": ["a", "b"]}, ("Tags", 1), "b"),
        ({"Tags": ["a"]}, ("Tags", 1), None),
        ({"Tags": "a"}, ("Tags", 0), UNKNOWN),
        ({"Timeout": _NOTHING}, ("Timeout",), None),
        (_NOTHING, ("Timeout",), None),
        ({"Ref": "Parameter"}, ("Timeout",), UNKNOWN),
        ({"Timeout": {"Ref": "Parameter"}}, ("Timeout",), {"Ref": "Parameter"}),
    ],
)
def test_what_stands_at_a_path_is_found_unresolved(raw: object, path: tuple[str | int, ...], expected: object) -> None:
    assert raw_at(raw, path) == expected


def test_below_a_choice_stands_what_its_branches_agree_on_or_a_choice_of_it() -> None:
    same = {"Fn::If": ["Prod", {"Timeout": 30}, {"Timeout": 30, "Memory": 1}]}
    other = {"Fn::If": ["Prod", {"Timeout": 30}, _NOTHING]}

    assert raw_at(same, ("Timeout",)) == 30
    assert raw_at(other, ("Timeout",)) == {"Fn::If": [None, 30, _NOTHING]}
    assert branches(["Prod", 1, 2]) == [1, 2]


@pytest.mark.parametrize("argument", ["Prod", ["Prod", 1], ["Prod", 1, 2, 3], None])
def test_a_malformed_choice_is_unknown(argument: object) -> None:
    assert branches(argument) == [UNKNOWN]


@pytest.mark.parametrize("name", ["Fn::Transform", "Fn::ForEach::Queues"])
def test_a_key_that_makes_others_hides_those_that_are_not_there(name: str) -> None:
    assert raw_at({name: {}, "Timeout": 30}, ("Memory",)) is UNKNOWN
    assert raw_at({name: {}, "Timeout": 30}, ("Timeout",)) == 30


def test_only_a_mapping_of_one_function_is_one() -> None:
    assert [intrinsic_of(raw) for raw in ({"Ref": "A"}, {"Fn::Sub": "a"}, {"Refs": "A"}, {"Ref": "A", "B": 1}, {})] == [
        "Ref",
        "Fn::Sub",
        None,
        None,
        None,
    ]
