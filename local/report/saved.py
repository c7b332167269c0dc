"""A run's result as JSON text that says of which experiment it is."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_text(result: "DataclassInstance", *, experiment: str) -> str:
    """The content of the result's file."""
    return json.dumps({"experiment": experiment, **dataclasses.asdict(result)}, indent=1) + "\n"


def content_of(text: str, *, experiment: str) -> dict[str, Any]:
    """What such a file holds, as plain values.

    Raises:
        ValueError: The text is not JSON, or not of this experiment.
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop("experiment", None) != experiment:
        raise ValueError(f"not the result of the {experiment} experiment")
    return content
