"""What sizing answers, and how it is written down."""

import json
from dataclasses import fields
from typing import Any

from hypothesis import given

from constructs_lib.sizing import Sizing, derive, size
from tests.helpers.sizing_inputs import ARTICLE, ARTICLE_LOAD, inputs, loads


def test_the_names_of_a_sizing_are_those_of_its_documentation() -> None:
    documented = [name for name in (field.name for field in fields(Sizing)) if f"{name}:" in (Sizing.__doc__ or "")]

    assert documented == [field.name for field in fields(Sizing)]


@given(inputs(), loads())
def test_the_metadata_is_plain_json_without_null(
    given_: dict[str, Any], load: list[tuple[float, float, float]]
) -> None:
    metadata = derive(**given_, load=load, repeat=True).as_metadata()

    assert json.loads(json.dumps(metadata, allow_nan=False)) == metadata
    assert None not in metadata.values()
    assert [] not in metadata.values()


def test_the_metadata_has_the_numbers_to_six_digits_under_the_names_of_the_sizing() -> None:
    sized = size(**ARTICLE, load=ARTICLE_LOAD)
    metadata = sized.as_metadata()

    assert metadata["peak_backlog"] == 1336.36
    assert metadata["strategy"] == "PACE"
    assert metadata["load_after"] == 0
    assert metadata["retention"] == 345600
    assert metadata["warnings"] == list(sized.warnings)
    assert set(metadata) == {field.name for field in fields(Sizing)} - {"problems"}
