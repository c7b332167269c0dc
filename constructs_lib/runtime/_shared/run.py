"""Performs the steps of a protocol: a generator that decides, while somebody else acts."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from constructs_lib.runtime._shared.errors import Unanswered

_Step = TypeVar("_Step")
_T = TypeVar("_T")


def run(generator: Generator[_Step, Any, _T], perform: Callable[[_Step], Any]) -> _T:
    """Perform the steps of a generator to its end; a step that could not be done is raised in it.

    Raises:
        Unanswered: The generator let it pass.
    """
    try:
        step = next(generator)
        while True:
            try:
                answer = perform(step)
            except Unanswered as failure:
                step = generator.throw(failure)
            else:
                step = generator.send(answer)
    except StopIteration as stop:
        value: _T = stop.value
        return value
