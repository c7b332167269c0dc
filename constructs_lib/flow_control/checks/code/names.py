"""What the names of a Python module stand for: its own functions, classes and values, and what it imports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from constructs_lib.flow_control.checks.code.syntax import imported_from, with_slashes

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Imported(NamedTuple):
    """What a name is imported as.

    Attributes:
        module: The module, with slashes.
        attribute: The name in it; None for the module itself. It may be a module of that package too.
    """

    module: str
    attribute: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Module:
    """A parsed module.

    Attributes:
        tree: The whole of it.
        bound: What is bound to each of its names at its top level: functions, classes, and the values of assignments.
        imported: What its names are imported as, wherever in it.
        stars: The modules of which it imports all names.
        statements: What else runs when it is imported.
    """

    tree: ast.Module
    bound: dict[str, list[ast.AST]] = field(default_factory=dict)
    imported: dict[str, list[Imported]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    statements: list[ast.AST] = field(default_factory=list)


def module(tree: ast.Module, name: str) -> Module:
    """Read a module of this name, which has slashes and its file's suffix."""
    read = Module(tree)
    for statement in _top_level(tree.body):
        _bind(read, statement)
    for node in ast.walk(tree):
        _import(read, node, name)
    return read


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported; not those of a module that is run as a program."""
    for statement in body:
        if isinstance(statement, ast.If) and "__main__" in ast.dump(statement.test):
            yield from _top_level(statement.orelse)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            handlers = [each for handler in getattr(statement, "handlers", []) for each in handler.body]
            others = (getattr(statement, name, []) for name in ("orelse", "finalbody"))
            yield from _top_level([*statement.body, *handlers, *(each for other in others for each in other)])
        else:
            yield statement


def _bind(read: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            read.bound.setdefault(name, []).append(statement)
            # `@app.route(...)` hands the function to `app`: whoever uses that reaches it.
            for root in map(_receiver, statement.decorator_list):
                if root in read.bound:
                    read.bound[root].append(statement)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    read.bound.setdefault(_root(each), []).append(value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            read.bound.setdefault(_root(target), []).append(value)
        case ast.Expr(value=ast.Call(func=ast.Attribute() as function) as call) if _root(function) in read.bound:
            # What is handed to an object, such as a table of handlers, is reached by way of it.
            read.bound[_root(function)] += [*call.args, *(each.value for each in call.keywords)]
        case ast.Import() | ast.ImportFrom():
            pass
        case _:
            read.statements.append(statement)


def _root(node: ast.AST) -> str:
    """The name that an expression begins with; "-" for one that begins otherwise."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else "-"


def _receiver(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _root(called) if isinstance(called, ast.Attribute) else ""


def _import(read: Module, node: ast.AST, name: str) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            # `import a.b` binds a: `a.b.c` is looked up as a module `a/b`, and its `c`.
            local = alias.asname or alias.name.partition(".")[0]
            whole = alias.name if alias.asname else local
            read.imported.setdefault(local, []).append(Imported(with_slashes(whole), None))
    elif isinstance(node, ast.ImportFrom):
        base = imported_from(node, name)
        for alias in node.names:
            if alias.name == "*":
                read.stars.append(base)
            else:
                read.imported.setdefault(alias.asname or alias.name, []).append(Imported(base, alias.name))
