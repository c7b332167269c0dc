"""What the protocol must know of an author's class, read from the class.

Whether `create` may be called again after a crash rests on the vendor's honouring the token, which no library can see.
The author may say so (`honours_token`); otherwise it is taken from whether the code of `create` itself, or of functions
written inside it, reads `ctx.token` or `ctx.uuid`. Nothing else counts: not a helper that is handed `ctx`, not another
name for it. What is overlooked so costs a FAILED after a crash; what is seen wrongly would cost a second resource.
"""

from collections.abc import Iterator
from types import CodeType
from typing import Any

from constructs_lib.runtime._shared.author import overrides, unwrapped
from constructs_lib.runtime.custom_resource.calls import Author
from constructs_lib.runtime.custom_resource.steps import Traits

#: Attributes of ctx that a vendor can take as an idempotency token.
_TOKENS = frozenset({"token", "uuid"})

#: What is in the names of instructions that load a variable: of the function's own, or of one that it closes over.
_LOADS = ("LOAD_FAST", "DEREF")


def author_of(author: Any, *, base: type) -> Author:  # noqa: ANN401 - a ResourceHandler, which imports this module
    """A class that derives from `base`, as the protocol and its caller know it."""
    declared = author.honours_token
    traits = Traits(
        can_find=overrides(author, "find", base),
        honours_token=reads_token(author) if declared is None else declared,
        replace_on=frozenset(author.replace_on),
        no_echo=frozenset(author.no_echo),
    )
    can_poll = overrides(author, "poll", base)
    return Author(make=author, traits=traits, can_poll=can_poll, redact=frozenset(author.redact))


def reads_token(author: type) -> bool:
    """Whether the code of the class's `create` reads `ctx.token` or `ctx.uuid`."""
    method = _raw_attribute(author, "create")
    code = getattr(unwrapped(method), "__code__", None)
    position = 0 if isinstance(method, staticmethod) else 1
    if not isinstance(code, CodeType) or code.co_argcount <= position:
        return False
    return _reads(code, code.co_varnames[position])


def _raw_attribute(author: type, name: str) -> object:
    """The attribute as it is in the class's dictionary: a staticmethod is still one."""
    return next((vars(each)[name] for each in author.__mro__ if name in vars(each)), None)


def _reads(code: CodeType, ctx: str) -> bool:
    """Whether the code reads a token from its variable `ctx`, or a function inside it does from the same variable."""
    loads_it = _loads_token(code, ctx)
    if loads_it is None:
        return False
    return loads_it or any(_reads(inner, ctx) for inner in _closing_over(code, ctx))


def _closing_over(code: CodeType, ctx: str) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and ctx in constant.co_freevars:
            yield constant


def _loads_token(code: CodeType, ctx: str) -> bool | None:
    """Whether an attribute load of a token follows a load of the variable; None where the variable is assigned to."""
    from dis import get_instructions  # noqa: PLC0415 - 4 ms that only the first create needs

    found, on_top = False, False
    for instruction in get_instructions(code):
        name = instruction.opname
        if name in ("EXTENDED_ARG", "CACHE"):
            continue
        if _assigns(name, instruction.argval, ctx):
            return None
        if on_top and name in ("LOAD_ATTR", "LOAD_METHOD") and instruction.argval in _TOKENS:
            found = True
        on_top = any(load in name for load in _LOADS) and _last(instruction.argval) == ctx
    return found


def _last(variables: Any) -> Any:  # noqa: ANN401 - a name, or names
    """What is on top of the stack: Python 3.13 and later load two variables at once."""
    return variables[-1] if isinstance(variables, tuple) else variables


def _assigns(name: str, variables: Any, ctx: str) -> bool:  # noqa: ANN401 - a name, names, or anything else
    if isinstance(variables, tuple):  # STORE_FAST_LOAD_FAST, STORE_FAST_STORE_FAST
        stored = variables if name.count("STORE_FAST") > 1 else variables[:1]
        return name.startswith("STORE_FAST") and ctx in stored
    return variables == ctx and name.startswith(("STORE_FAST", "STORE_DEREF", "DELETE_FAST", "DELETE_DEREF"))
