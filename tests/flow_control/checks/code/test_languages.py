"""What Python and JavaScript sources import, and what tells that they answer failures."""

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks.code.files import SingleFile
from constructs_lib.flow_control.checks.code.languages import (
    JAVASCRIPT,
    PYTHON,
    is_known,
    javascript_answers,
    names_the_answer,
)


def test_python_names_the_modules_that_an_import_may_mean() -> None:
    source = "import a.b\nfrom c import d\nfrom . import e\n"

    assert list(PYTHON.imports(source, "shop/index.py")) == [("a/b",), ("c/d", "c"), ("shop/e", "shop")]
    assert list(PYTHON.imports("def broken(:", "index.py")) == []


def test_javascript_names_the_modules_that_an_import_may_mean() -> None:
    source = 'import a from "./a.js";\nconst b = require("../b");\nexport * from "c/d";\n// import "e"\n'

    assert list(JAVASCRIPT.imports(source, "src/index.mjs")) == [("src/a",), ("b",), ("node_modules/c/d",)]


@pytest.mark.parametrize(
    ("module", "package"), [("node_modules/a/b", "node_modules/a"), ("node_modules/@a/b/c", "node_modules/@a/b")]
)
def test_a_package_of_node_may_have_a_scope(module: str, package: str) -> None:
    assert JAVASCRIPT.package(module) == package


def test_what_the_runtime_has_is_standard() -> None:
    assert [PYTHON.is_standard(name) for name in ("json", "os/path", "numpy")] == [True, True, False]
    standard = [JAVASCRIPT.is_standard(f"node_modules/{name}") for name in ("fs", "node:test", "@aws-sdk/x", "sharp")]
    assert standard == [True, False, True, False]


def test_libraries_that_answer_in_the_code_of_their_users_need_no_look() -> None:
    assert [is_known(name) for name in ("boto3", "constructs_lib/runtime", "node_modules/boto3", "shop")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("batchItemFailures", True),
        ("batchItemFailuresOfMine", False),
        ("BatchProcessor()", False),
        ("from aws_lambda_powertools.utilities.batch import BatchProcessor", True),
        ("@middy/sqs-partial-batch-failure", True),
    ],
)
def test_a_helpers_name_counts_where_it_is_from_the_library(text: str, expected: bool) -> None:
    assert names_the_answer(text) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = async (event) => ({ batchItemFailures: [] });", True),
        ("// batchItemFailures\nexports.handler = async (event) => {};", False),
        ("exports.handler = async (event) => { log(answer.batchItemFailures) };", UNKNOWN),
        (
            "exports.one = async (event) => ({ batchItemFailures: [] });\nexports.two = async (event) => {};",
            UNKNOWN,
        ),
    ],
)
def test_a_source_of_javascript_answers_or_may(source: str, expected: object) -> None:
    assert javascript_answers(source) is expected


def test_a_file_without_an_installers_record_has_no_packages() -> None:
    assert PYTHON.installed(SingleFile("index.py", ""), "") == set()
    assert JAVASCRIPT.installed(SingleFile("index.js", ""), "") == set()
