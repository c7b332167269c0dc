"""What a million messages cost."""

from typing import Any

import pytest
from hypothesis import given

from constructs_lib.sizing import size
from tests.helpers.sizing_inputs import ARTICLE, inputs


@given(inputs())
def test_retrying_never_costs_less(given_: dict[str, Any]) -> None:
    flawless = size(**{**given_, "error_rate": 0.0})

    assert size(**given_).cost_per_million >= flawless.cost_per_million * (1 - 1e-9)


def test_cost_of_a_million_messages_of_the_courier_is_a_few_dollars() -> None:
    # SQS: a send, 1.25 receives, a delete and 0.25 visibility changes.
    # Lambda: 1.25 requests and 1.25 x 1.27 s x 0.25 GB.
    assert size(**ARTICLE, memory_size=256).cost_per_million == pytest.approx(1.40 + 0.25 + 5.27, rel=0.01)
