"""A delivery of CloudFormation's, replayed: the protocol's steps, with the author's calls resolved."""

from collections.abc import Generator
from functools import partial
from typing import Any

from constructs_lib.runtime._shared.errors import Unanswered
from constructs_lib.runtime.custom_resource.steps import Call, Note
from tests.runtime._shared import replay
from tests.runtime._shared.replay import Begin, Clock, Place
from tests.runtime.custom_resource.model.vendor import Author, serve_author


class Script(replay.Script):
    """All that one invocation can do.

    Args:
        begin: Makes its generator.
        author: The author's class.
        places: All places of all scripts, by their ids.
    """

    def __init__(self, begin: Begin, *, author: Author, places: list[Place]) -> None:
        super().__init__(partial(_resolved, begin, author), places=places, note=Note)


def _resolved(begin: Begin, author: Author, clock: Clock) -> Generator[Any, Any, Any]:
    """The protocol's steps, with the author's calls resolved into those of the vendor."""
    protocol = begin(clock)
    step = next(protocol)
    while True:
        try:
            if isinstance(step, Call):
                answer: Any = yield from serve_author(author, step)
            else:
                answer = yield step
        except Unanswered as error:
            answer = error
        try:
            step = protocol.throw(answer) if isinstance(answer, Unanswered) else protocol.send(answer)
        except StopIteration as stop:
            return stop.value
