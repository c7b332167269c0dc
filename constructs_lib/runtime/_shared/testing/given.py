"""What a test gives to a kit."""

from typing import Any, TypeVar

_Handler = TypeVar("_Handler")


def handler_of(given: Any, *, base: type, made: type[_Handler], runner: str) -> _Handler:  # noqa: ANN401 - it is checked
    """The handler that an author's class makes, or that is given itself.

    Args:
        given: A subclass of `base`, or what its `as_handler` made.
        base: What an author's class derives from.
        made: What `as_handler` makes.
        runner: Who asks, for the message.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(given, type) and issubclass(given, base):
        given = given.as_handler()  # type: ignore[attr-defined] # each base has it
    if isinstance(given, made):
        return given
    msg = (
        f"{runner} runs a {base.__name__} class or what its as_handler() made (got {type(given).__name__}): "
        "give it what is inside the decorators"
    )
    raise TypeError(msg)
