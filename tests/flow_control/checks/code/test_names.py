"""What the names of a Python module stand for."""

import ast

from constructs_lib.flow_control.checks.code.names import Imported, Module, module


def read(source: str, name: str = "shop/index.py") -> Module:
    return module(ast.parse(source), name)


def test_functions_classes_and_assignments_are_bound() -> None:
    found = read("class Batch: ...\nasync def handler(e, c): ...\na = b = 1\nx, y = 2, 3\nz: int = 4\n")

    assert {name: len(nodes) for name, nodes in found.bound.items()} == dict.fromkeys(
        ["Batch", "handler", "a", "b", "x", "y", "z"], 1
    )


def test_a_name_that_is_bound_twice_stands_for_both() -> None:
    found = read("if fast:\n    def handler(e, c): ...\nelse:\n    handler = None\n")

    assert [type(node) for node in found.bound["handler"]] == [ast.FunctionDef, ast.Constant]


def test_what_only_runs_in_a_program_is_not_bound() -> None:
    assert read("if __name__ == '__main__':\n    handler = 1\n").bound == {}


def test_what_is_handed_to_an_object_is_reached_by_way_of_it() -> None:
    found = read("app = App()\n@app.route('/')\ndef root(): ...\napp.add(other)\n")

    assert [type(node) for node in found.bound["app"]] == [ast.Call, ast.FunctionDef, ast.Name]


def test_imports_are_known_wherever_they_stand() -> None:
    found = read("import a.b\nimport c.d as e\nfrom .f import g as h\nfrom i import *\ndef late():\n    import j\n")

    assert found.imported == {
        "a": [Imported("a", None)],
        "e": [Imported("c/d", None)],
        "h": [Imported("shop/f", "g")],
        "j": [Imported("j", None)],
    }
    assert found.stars == ["i"]


def test_other_statements_run_at_the_import() -> None:
    assert [type(node) for node in read("import a\nprint(1)\nfor x in []: ...\n").statements] == [ast.Expr, ast.For]
