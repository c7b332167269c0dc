"""How messages say things."""

from dataclasses import fields
from typing import get_args

import pytest

from constructs_lib.flow_control.facts import Facts
from constructs_lib.flow_control.rules import words


@pytest.mark.parametrize(("value", "text"), [(1_123_200, "1123200 s"), (0.25, "0.25 s"), (1.0, "1 s"), (0, "0 s")])
def test_seconds_have_no_more_digits_than_they_need(value: float, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("names", "text"), [(["A"], "A"), (["SNS", "EventBridge", "SNS"], "EventBridge and SNS"), ("CAB", "A, B and C")]
)
def test_names_are_listed_once_each_in_their_order(names: list[str], text: str) -> None:
    assert words.listed(names) == text


def test_texts_in_a_row_keep_their_order() -> None:
    assert words.in_a_row(["the retention", "the delay", "the key"]) == "the retention, the delay and the key"


@pytest.mark.parametrize(
    ("fact", "text"),
    [("visibility_timeout", "the visibility timeout"), ("fifo", "whether the queue is FIFO")],
)
def test_a_fact_is_called_by_words(fact: str, text: str) -> None:
    assert words.in_words(fact) == text


def test_a_fact_that_may_be_hidden_and_is_a_yes_or_no_is_called_by_words_of_its_own() -> None:
    told = {
        field.name: words.in_words(field.name)
        for kind in get_args(Facts)
        for field in fields(kind)
        if "bool" in str(field.type) and "Unknown" in str(field.type)
    }

    assert len(told) > 10
    assert [name for name, text in told.items() if text == f"the {name.replace('_', ' ')}"] == []
