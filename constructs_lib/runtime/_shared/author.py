"""Looks at an author's class before anything is called: what it lacks is said when the module is imported."""

from types import FunctionType

#: Flags of code that only runs once it is awaited or iterated: coroutine, generator, asynchronous generator.
_RUNS_LATER = 0x80 | 0x20 | 0x200
#: The flag of code that takes *args.
_VARIADIC = 0x04


def overrides(author: type, method: str, base: type) -> bool:
    """Whether the class has a method of its own where the base has one that does nothing."""
    return getattr(author, method) is not getattr(base, method)


def unwrapped(function: object) -> object:
    """What decorators that use functools.wraps have wrapped."""
    seen: set[int] = set()
    while (inner := getattr(function, "__wrapped__", None)) is not None and id(function) not in seen:
        seen.add(id(function))
        function = inner
    return function


def signature(method: str, arguments: tuple[str, ...]) -> str:
    """How a method is written."""
    return f"def {method}(self, {', '.join(arguments)})"


def check_method(author: type, method: str, arguments: tuple[str, ...]) -> None:
    """Refuse a method that could not be called, or would not run when it is.

    Args:
        author: The class.
        method: The method's name.
        arguments: What it is called with, by position.

    Raises:
        TypeError: It is none, would run later, or takes other arguments.
    """
    where = f"{author.__name__}.{method}"
    function = getattr(author, method)
    wanted = signature(method, arguments)
    if not callable(function):
        msg = f"{where} must be a method, got {type(function).__name__}: write {wanted}"
        raise TypeError(msg)
    code = getattr(unwrapped(function), "__code__", None)
    if code and code.co_flags & _RUNS_LATER:
        msg = f"{where} is a coroutine or a generator, which would never run: make it a plain method"
        raise TypeError(msg)
    # A decorator may add or take arguments, so only what is not decorated is judged; static and class methods pass.
    own = vars(author).get(method)
    if not isinstance(own, FunctionType) or hasattr(own, "__wrapped__") or own.__code__.co_flags & _VARIADIC:
        return
    most, given = own.__code__.co_argcount, len(arguments) + 1
    least = most - len(own.__defaults__ or ())
    if not least <= given <= most:
        has = ", ".join(own.__code__.co_varnames[:most])
        msg = f"{where}({has}) cannot be called as it is: write {wanted}"
        raise TypeError(msg)
