"""Whether a Python function's handler answers a batch with its failures."""

from collections.abc import Hashable

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.code.answers import Source, what_code_shows

ANSWERS = "def handler(event, context):\n    return {'batchItemFailures': []}\n"
OTHERS = "def handler(event, context):\n    return None\ndef other():\n    return {'batchItemFailures': []}\n"


def answers(handler: str | None = "handler", **sources: str) -> object:
    """What is shown by sources, of which "index" has the handler."""
    given: dict[Hashable, Source] = {name: Source(f"{name}.py", text) for name, text in sources.items()}
    begin = None if handler is None else ("index", handler)
    return what_code_shows(given, handler=begin, find=lambda name: name).answers


def test_what_the_handler_reaches_counts() -> None:
    assert answers(index=ANSWERS) is True
    assert answers(index=OTHERS) is False
    assert answers(None, index=OTHERS) is True
    assert answers(index="from batch import handler", batch=ANSWERS) is True


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return {'batchItemFailures': failed}", True),
        ("answer = call()\n    return answer['batchItemFailures']", UNKNOWN),
        ("answer = call()\n    return answer.get('batchItemFailures')", UNKNOWN),
        ("answer = {}\n    answer['batchItemFailures'] = []\n    return answer", True),
        ("answer = make()\n    answer['batchItemFailures'].append(1)\n    return answer", True),
        ("if 'batchItemFailures' in answer: raise ValueError", UNKNOWN),
    ],
)
def test_reading_the_answer_of_somebody_else_is_not_making_one(body: str, expected: object) -> None:
    assert answers(index=f"def handler(event, context):\n    {body}\n") is expected


@pytest.mark.parametrize(
    "source",
    [
        "print 'batchItemFailures'",
        "class Answer(Model):\n    batch_item_failures: list\n",
        f"{ANSWERS}handlers = {{}}\nelsewhere = globals()['handler']\n".replace("def handler", "def _handle"),
    ],
)
def test_what_cannot_be_told_is_unknown(source: str) -> None:
    assert answers(index=source) is UNKNOWN


def test_retries_are_those_of_what_is_reached() -> None:
    retried = "from tenacity import *\n@retry(stop=stop_after_attempt(3))\ndef call(): ...\n"
    source = f"{retried}def handler(event, context):\n    call()\ndef other(): ...\n"

    def attempts(handler: str) -> list[object]:
        found = what_code_shows(
            {"index": Source("index.py", source)}, handler=("index", handler), find=lambda name: name
        )
        return [each.attempts for each in found.retries if each.attempts is not None]

    assert attempts("handler") == [3]
    assert attempts("other") == []
