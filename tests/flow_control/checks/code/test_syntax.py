"""The syntax of Python's sources."""

import ast

import pytest

from constructs_lib.flow_control.checks.code.syntax import imported_from, last_name, named, parsed


@pytest.mark.parametrize(
    ("statement", "importer", "module"),
    [
        ("from a.b import c", "x.py", "a/b"),
        ("from . import c", "shop/orders.py", "shop"),
        ("from .b import c", "shop/orders.py", "shop/b"),
        ("from ..b import c", "shop/app/orders.py", "shop/b"),
        ("from . import c", "index.py", ""),
    ],
)
def test_an_import_is_of_a_module_with_slashes(statement: str, importer: str, module: str) -> None:
    (node,) = ast.parse(statement).body
    assert isinstance(node, ast.ImportFrom)

    assert imported_from(node, importer) == module


@pytest.mark.parametrize(
    ("expression", "last", "name"),
    [("a", "a", "a"), ("a.b.c", "c", "c"), ("a()", "", None), ("'text'", "", "text"), ("5", "", None)],
)
def test_an_expression_has_a_last_name_and_may_be_a_name_itself(expression: str, last: str, name: str | None) -> None:
    node = ast.parse(expression, mode="eval").body

    assert last_name(node) == last
    assert named(node) == name


def test_what_python_cannot_parse_is_none() -> None:
    assert parsed("x = 1") is not None
    assert parsed("def handler(:") is parsed("\0") is parsed("(" * 5_000) is None
