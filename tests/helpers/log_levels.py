"""The levels of loggers, which last longer than a test."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nobody_chose_a_level(name: str) -> Iterator[None]:
    """A logger as it is in a new process."""
    own = logging.getLogger(name)
    before = own.level
    own.setLevel(logging.NOTSET)
    try:
        yield
    finally:
        own.setLevel(before)
