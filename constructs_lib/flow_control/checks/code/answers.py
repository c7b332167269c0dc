"""Whether a Python function's handler answers a batch with its failures, and what its code says of its calls."""

import ast
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import NamedTuple

from constructs_lib._unknown import UNKNOWN, Unknown
from constructs_lib.flow_control.checks.code import names, retries
from constructs_lib.flow_control.checks.code.languages import ANSWER, names_the_answer, sought
from constructs_lib.flow_control.checks.code.names import Module
from constructs_lib.flow_control.checks.code.reach import Reach
from constructs_lib.flow_control.checks.code.retries import Retries
from constructs_lib.flow_control.checks.code.syntax import named, parsed

#: A model may write its names in another way, such as with pydantic's alias_generator.
_RENAMED = re.compile(r"\bbatch_item_failures\b", re.IGNORECASE)
#: Whoever reads a list of failures and calls one of these has made the list.
_FILLS = {"append", "extend", "insert"}
_READS = {"get", "pop"}


class Source(NamedTuple):
    """A source, and the name of its file within its root."""

    name: str
    text: str


class Shown(NamedTuple):
    """Whether the handler answers failures, UNKNOWN where that cannot be told; and its calls."""

    answers: bool | Unknown
    retries: list[Retries]


def what_code_shows(
    sources: Mapping[Hashable, Source], *, handler: tuple[Hashable, str] | None, find: Callable[[str], Hashable]
) -> Shown:
    """What a function's sources show.

    Args:
        sources: Its author's.
        handler: In which of the sources the handler is, and its name there; None where all that they have counts.
        find: Which of the sources a module's name means, with slashes; any other value for none.
    """
    trees = {key: (source, tree) for key, source in sources.items() if (tree := parsed(source.text))}
    modules = {key: names.module(tree, source.name) for key, (source, tree) in trees.items()}

    def find_module(name: str) -> Module | None:
        return modules.get(find(name))

    reached, is_certain = _reached(modules, handler, find_module)
    calls = [each for _, tree in trees.values() for each in retries.retries(tree, reached)]
    made = {node for source, tree in trees.values() for node in _makes(source.text, tree)}
    if not made.isdisjoint(reached):
        return Shown(True, calls)
    unparsed = [source.text for key, source in sources.items() if key not in trees]
    if any(_RENAMED.search(source.text) for source in sources.values()) or any(map(names_the_answer, unparsed)):
        return Shown(UNKNOWN, calls)
    mentions = made | {node for _, tree in trees.values() for node in _reads(tree)}
    if mentions and (not is_certain or not mentions.isdisjoint(_guessed(modules, handler, find_module))):
        return Shown(UNKNOWN, calls)
    return Shown(False, calls)


def _reached(
    modules: Mapping[Hashable, Module], handler: tuple[Hashable, str] | None, find: Callable[[str], Module | None]
) -> tuple[set[ast.AST], bool]:
    """What the handler reaches for certain, and whether that is all that it may reach by its names."""
    if handler is None:
        return {node for module in modules.values() for node in ast.walk(module.tree)}, True
    reach, begin = Reach(find), modules.get(handler[0])
    # A handler that is none of its module's names is made at run time.
    is_found = begin is not None and reach.begin(begin, handler[1])
    return reach.nodes, is_found and not reach.is_dynamic


def _guessed(
    modules: Mapping[Hashable, Module], handler: tuple[Hashable, str] | None, find: Callable[[str], Module | None]
) -> set[ast.AST]:
    """What is reached by a name of any kind, or may have been registered somewhere."""
    reach = Reach(find, by_any_name=True)
    if handler is None:
        return {node for module in modules.values() for node in ast.walk(module.tree)}
    if (begin := modules.get(handler[0])) is not None:
        reach.begin(begin, handler[1])
    for module in modules.values():
        bound = (node for nodes in module.bound.values() for node in nodes)
        reach.add(module, [*module.statements, *(node for node in bound if getattr(node, "decorator_list", []))])
    return reach.nodes


def _makes(text: str, tree: ast.Module) -> Iterator[ast.AST]:
    """Where a module names the answer to make one, or a helper that does."""
    if not names_the_answer(text):
        return
    read, wanted = set(_reads(tree)), set(sought(text))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.alias)]
    wanted |= {alias.asname for alias in imports if alias.name in wanted and alias.asname}
    for node in ast.walk(tree):
        if not isinstance(node, ast.alias) and node not in read and named(node) in wanted:
            yield node


def _reads(tree: ast.Module) -> Iterator[ast.AST]:
    """Where a module reads the answer of somebody else."""
    filled = {
        node.func.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FILLS
    } | {node.target for node in ast.walk(tree) if isinstance(node, ast.AugAssign)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=method), args=[ast.Constant() as key, *_]) if method in _READS:
                found: ast.expr = key
            case ast.Compare(left=ast.Constant() as found, ops=[ast.In() | ast.NotIn(), *_]):
                pass
            case ast.Subscript(slice=ast.Constant() as found, ctx=ast.Load()) if node not in filled:
                pass
            case ast.Attribute(ctx=ast.Load()) as found if node not in filled:
                pass
            case _:
                continue
        if named(found) == ANSWER:
            yield found
