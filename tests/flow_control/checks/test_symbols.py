"""Texts of which not all is known before the deployment."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.symbols import Symbol, Text, split, text

REGION = Symbol("AWS::Region", "stage")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], ""),
        (["a", "", 1, 2.5, True], "a12.5true"),
        ([REGION], REGION),
        (["a", "b", REGION, "c"], Text(("ab", REGION, "c"))),
        (["a", Text(("b", REGION))], Text(("ab", REGION))),
        (["a", UNKNOWN], Text(("a", UNKNOWN))),
        (["a", ["b"]], Text(("a", UNKNOWN))),
        (["a", None], Text(("a", UNKNOWN))),
    ],
    ids=repr,
)
def test_pieces_make_a_text_of_which_what_is_known_is_joined(pieces: list[object], expected: object) -> None:
    assert text(pieces) == expected


def test_a_text_is_split_where_it_is_known() -> None:
    assert split(text(["arn:", REGION, "-a:b"]), ":") == ["arn", Text((REGION, "-a")), "b"]
    assert split("a", ":") == ["a"]
    assert split(REGION, ":") == [REGION]


def test_a_text_shows_what_is_not_known_as_cloudformation_does() -> None:
    assert str(Text(("a-", REGION, UNKNOWN))) == "a-${AWS::Region}${?}"


def test_the_same_symbol_of_another_stage_is_another() -> None:
    assert Text(("a", REGION)) != Text(("a", Symbol("AWS::Region", "another")))
