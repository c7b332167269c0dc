"""What a function's code shows, and what is said of code that nobody can read."""

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import code

BY_HAND = "def handler(event, context):\n    return {'batchItemFailures': []}\n"
POWERTOOLS = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

processor = BatchProcessor(event_type=EventType.SQS)

def handler(event, context):
    return process_partial_response(event, record, processor, context)
"""
SILENT = '''
"""No batchItemFailures are answered here."""
# batchItemFailures: not yet
from aws_lambda_powertools import Logger

class BatchProcessor: ...

def handler(event, context):
    return BatchProcessor()
'''
MIDDY = 'import partial from "@middy/sqs-partial-batch-failure";\nexport const handler = middy(base).use(partial());\n'


def write(root: Path, **files: str) -> Path:
    """Files by their names, with a dot for each slash but the last: `app__orders` is app/orders.py."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (BY_HAND, True),
        (POWERTOOLS, True),
        (
            "from constructs_lib.runtime.flow_control import flow_controlled\n@flow_controlled\ndef handler(m): ...",
            True,
        ),
        ("from constructs_lib.runtime.delayed_check import CheckHandler\nclass Check(CheckHandler): ...", True),
        (SILENT.replace("aws_lambda_powertools", "logging"), False),
        ("def handler(event, context): ...", False),
    ],
)
def test_an_answer_of_failures_is_seen_in_python(source: str, expected: bool) -> None:
    assert code.read(source, runtime="python3.13").answers_failures is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = async () => ({ batchItemFailures: [] });", True),
        (MIDDY, True),
        ("/* batchItemFailures */\n  // batchItemFailures\nexports.handler = async () => {};", False),
    ],
)
def test_an_answer_of_failures_is_seen_in_javascript(source: str, expected: bool) -> None:
    assert code.read(source, runtime="nodejs22.x").answers_failures is expected


def test_a_language_that_nobody_reads_is_not_asked_about(tmp_path: Path) -> None:
    (tmp_path / "bootstrap").write_bytes(b"\x7fELF batchItemFailures")

    assert code.read(tmp_path, runtime="provided.al2023") == code.UNREAD_LANGUAGE
    assert code.read(tmp_path) == code.UNREAD_LANGUAGE
    assert code.read(None, runtime="java21").answers_failures is None


def test_code_that_cannot_be_seen_is_unknown(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip archive")
    large = write(tmp_path / "large", index="#" * 5_000_001)

    assert code.read(None) == code.UNSEEN
    assert code.read(tmp_path / "missing", runtime="python3.13") == code.UNSEEN
    assert code.read(broken, runtime="python3.13") == code.UNSEEN
    assert code.read(large, runtime="python3.13", handler="index.handler").answers_failures is UNKNOWN


def test_a_zip_archive_is_read_as_its_folder_would_be(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app/index.py", "from app.batch import handler")
        file.writestr("app/batch.py", BY_HAND)

    assert code.read(archive, runtime="python3.13", handler="app.index.handler").answers_failures is True
    assert code.read(archive).answers_failures is True


def test_functions_that_share_a_folder_of_code_are_told_apart(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        orders="from shared import batch\nhandler = batch.handler",
        report="def handler(event, context): ...",
        shared____init__="",
        shared__batch=BY_HAND,
    )

    assert code.read(root, runtime="python3.13", handler="orders.handler").answers_failures is True
    assert code.read(root, runtime="python3.13", handler="report.handler").answers_failures is False
    assert code.read(root, runtime="python3.13").answers_failures is True


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    root = write(tmp_path, app__a__handler="from ..batch import handler", app__batch=BY_HAND)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.mjs").write_text('export { handler } from "./batch.js";')
    (tmp_path / "src" / "batch.ts").write_text("export const handler = () => ({ batchItemFailures: [] });")

    assert code.read(root, runtime="python3.13", handler="app.a.handler.handler").answers_failures is True
    assert code.read(root, runtime="nodejs22.x", handler="src/index.handler").answers_failures is True


def test_a_handler_that_is_not_in_the_code_is_unknown(tmp_path: Path) -> None:
    root = write(tmp_path, index="def handler(event, context): ...")

    assert code.read(root, runtime="python3.13", handler="datadog_lambda.handler.handler").answers_failures is UNKNOWN


def test_packages_that_an_installer_put_there_do_not_count_as_the_authors(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        index=SILENT,
        wrapped="from batches import wrap\nhandler = wrap(print)",
        aws_lambda_powertools__batch=POWERTOOLS,
        batches=BY_HAND,
    )
    record = root / "batches-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("batches.py,sha256=abc,10\nbatches-1.0.dist-info/RECORD,,\n")

    assert code.read(root, runtime="python3.13", handler="index.handler").answers_failures is False
    assert code.read(root, runtime="python3.13").answers_failures is UNKNOWN, (
        "wrapped.py may answer by way of a package"
    )
    assert code.read(root, runtime="python3.13", handler="wrapped.handler").answers_failures is UNKNOWN


def test_a_large_package_is_no_wrapper_of_handlers(tmp_path: Path) -> None:
    modules = {f"frames__part_{number}": BY_HAND for number in range(101)}
    root = write(tmp_path, index="import frames", frames____init__="", **modules)
    (root / "frames-1.0.dist-info").mkdir()
    (root / "frames-1.0.dist-info" / "RECORD").write_text("frames/__init__.py,,\n")

    assert code.read(root, runtime="python3.13", handler="index.handler").answers_failures is False


def test_a_package_of_node_that_answers_is_unknown(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@shop" / "batches"
    package.mkdir(parents=True)
    (package / "main.js").write_text("exports.wrap = () => ({ batchItemFailures: [] });")
    (tmp_path / "index.js").write_text('const { wrap } = require("@shop/batches");')
    (tmp_path / "plain.js").write_text('const aws = require("@aws-sdk/client-sqs");')

    assert code.read(tmp_path, runtime="nodejs22.x", handler="index.handler").answers_failures is UNKNOWN
    assert code.read(tmp_path, runtime="nodejs22.x", handler="plain.handler").answers_failures is False


def test_a_layer_may_answer_for_the_function(tmp_path: Path) -> None:
    function = write(tmp_path / "function", index="from shared import handler")
    layer = write(tmp_path / "layer", python__shared=BY_HAND)
    other = write(tmp_path / "other", python__unused=BY_HAND)

    def answers(*layers: Path | None) -> object:
        return code.read(function, runtime="python3.13", handler="index.handler", layers=layers).answers_failures

    assert answers() is False
    assert answers(layer) is True
    assert answers(other) is False
    assert answers(None) is UNKNOWN
    assert answers(tmp_path / "missing") is UNKNOWN


@pytest.mark.parametrize(
    ("source", "runtime", "expected"),
    [
        ("import os, boto3\nfrom aws_lambda_powertools import Logger\ndef handler(e, c): ...", "python3.13", False),
        ("import os, numpy\ndef handler(e, c): ...", "python3.13", UNKNOWN),
        ('import { SQSClient } from "@aws-sdk/client-sqs"; const fs = require("node:fs");', "nodejs22.x", False),
        ('import sharp from "sharp";', "nodejs22.x", UNKNOWN),
    ],
)
def test_a_layer_that_cannot_be_seen_matters_to_who_imports_something_of_it(
    source: str, runtime: str, expected: object
) -> None:
    assert code.read(source, runtime=runtime, layers=[None]).answers_failures is expected


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "index.py"
    file.write_text("def handler(event, context): ...")
    before = code.read(file, runtime="python3.13", handler="index.handler")

    file.write_text(BY_HAND)

    assert before.answers_failures is False
    assert code.read(file, runtime="python3.13", handler="index.handler").answers_failures is True


def test_a_source_that_python_cannot_parse_is_searched_as_text() -> None:
    assert code.read("print 'batchItemFailures'", runtime="python3.13").answers_failures is UNKNOWN
    assert code.read("def handler(:", runtime="python3.13") == code.Code(answers_failures=False)
    assert code.read("x = " + "(" * 5_000, runtime="python3.13").answers_failures is False


def test_a_thousand_waits_added_up_are_no_traceback() -> None:
    waits = " + ".join(["wait_fixed(1)"] * 5_000)
    source = f"from tenacity import *\n@retry(stop=stop_after_attempt(2), wait={waits})\ndef call(): ..."

    code.read(source, runtime="python3.13")


_WORDS = """
@ ( ) [ ] : = + * , . ; import from tenacity retry stop wait wait_fixed wait_chain stop_after_attempt requests get
timeout 1 -1 1e999 None x def class return batchItemFailures ' " \\ require ../ ./ // /*
"""
_TOKENS = st.sampled_from([*_WORDS.split(), "\n", "\0", "\ud800"])


@given(words=st.lists(_TOKENS, max_size=40), runtime=st.sampled_from(["python3.13", "nodejs22.x", None]))
def test_whatever_stands_in_a_source_it_is_read_without_an_error(words: list[str], runtime: str | None) -> None:
    found = code.read(" ".join(words), runtime=runtime, layers=[None])

    assert found.answers_failures in (True, False, UNKNOWN)


@given(data=st.binary(max_size=200))
def test_whatever_stands_in_a_file_it_is_read_without_an_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("index.py", "index.js", "code.zip"):
            (Path(folder) / name).write_bytes(data)

        for code_at in (Path(folder), Path(folder) / "code.zip", Path(folder) / "index.js"):
            assert code.read(code_at, handler="index.handler").answers_failures is not True


def test_a_broken_member_of_an_archive_is_unknown(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", BY_HAND)
    archive.write_bytes(archive.read_bytes().replace(b"batchItemFailures", b"batchItemSuccess!"))

    assert code.read(archive, runtime="python3.13", handler="index.handler").answers_failures is UNKNOWN


def test_code_does_not_reach_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "other.js").write_text("exports.handler = () => ({ batchItemFailures: [] });")
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.js").write_text('exports.handler = require("../other").handler;')

    assert code.read(tmp_path / "function", runtime="nodejs22.x", handler="index.handler").answers_failures is False
