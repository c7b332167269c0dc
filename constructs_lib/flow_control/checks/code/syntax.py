"""Reads the syntax of Python's sources; nothing is run."""

import ast
import warnings
from functools import lru_cache


@lru_cache(maxsize=64)
def parsed(source: str) -> ast.Module | None:
    """A Python module; None where this Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in somebody's string
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def named(node: ast.AST) -> str | None:
    """The name, or the text, that a node of Python's syntax is."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.keyword(arg=name):
            return name
        case ast.Constant(value=str() as text):
            return text
    return None


def last_name(node: ast.AST) -> str:
    """The last name of a dotted one; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def with_slashes(module: str) -> str:
    """A module's name as the path of its file, without the suffix."""
    return module.replace(".", "/")


def imported_from(node: ast.ImportFrom, importer: str) -> str:
    """The module, with slashes, that `from ... import` names within a module of that name; a relative one resolved."""
    parents = importer.split("/")[: -node.level] if node.level else []
    return "/".join([*parents, *([with_slashes(node.module)] if node.module else [])])
