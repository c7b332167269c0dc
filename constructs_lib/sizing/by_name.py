"""How `size` and `derive` take the fields of their inputs as arguments."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import ParamSpec

from constructs_lib.sizing.inputs import Inputs
from constructs_lib.sizing.result import Sizing

_Fields = ParamSpec("_Fields")


def by_name(inputs: Callable[_Fields, Inputs]) -> Callable[[Callable[[Inputs], Sizing]], Callable[_Fields, Sizing]]:
    """Let a function of inputs be called with their fields: `size(calls_per_second=10)`, not `size(Inputs(...))`.

    Written out, the fields with their types and defaults would stand here twice more. This way there is one list of
    them, and type checkers, editors and `help` see it all the same.
    """
    fields = signature(inputs)

    def decorate(function: Callable[[Inputs], Sizing]) -> Callable[_Fields, Sizing]:
        @wraps(function)
        def called(*args: _Fields.args, **kwargs: _Fields.kwargs) -> Sizing:
            _check(function.__name__, fields, args, kwargs)
            return function(inputs(*args, **kwargs))

        called.__signature__ = fields.replace(return_annotation=Sizing)  # type: ignore[attr-defined] # only inspect reads it
        return called

    return decorate


def _check(caller: str, fields: Signature, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
    """Speak of the function that was called; Python would of `Inputs.__init__`, which nobody called.

    Raises:
        TypeError: There is an argument too many, or one too few.
    """
    if args:
        raise TypeError(
            f"{caller}() takes its arguments by name, such as {caller}(calls_per_second=10), got {args[0]!r}"
        )
    unknown = [name for name in kwargs if name not in fields.parameters]
    if unknown:
        raise TypeError(f"{caller}() has no argument {unknown[0]!r}; it has {', '.join(fields.parameters)}")
    needed = [each.name for each in fields.parameters.values() if each.default is Parameter.empty]
    missing = [name for name in needed if name not in kwargs]
    if missing:
        raise TypeError(f"{caller}() needs {' and '.join(missing)}, such as {caller}(calls_per_second=10)")
