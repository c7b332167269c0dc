"""From a handler along its imports."""

from pathlib import Path

import pytest

from constructs_lib.flow_control.checks.code import search
from constructs_lib.flow_control.checks.code.files import open_tree
from constructs_lib.flow_control.checks.code.languages import PYTHON
from constructs_lib.flow_control.checks.code.search import Search, Searched

ANSWERS = "def handler(event, context):\n    return {'batchItemFailures': []}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.py").write_text("from batch import handler\n")
    (tmp_path / "batch.py").write_text(ANSWERS)
    (tmp_path / "silent.py").write_text("import index as unused\nimport numpy\ndef handler(event, context): ...\n")
    return tmp_path


def searched(folder: Path, handler: str | None) -> Searched:
    return Search(PYTHON, [open_tree(folder)], "python3.13").run(handler)


def test_imports_are_followed_from_the_handler(folder: Path) -> None:
    found = searched(folder, "index.handler")

    assert (found.answers, found.is_complete, found.is_closed) == (True, True, True)


def test_what_is_imported_and_is_nowhere_leaves_the_search_open(folder: Path) -> None:
    found = searched(folder, "silent.handler")

    assert (found.answers, found.is_complete, found.is_closed) == (False, True, False)


def test_a_handler_that_is_not_there_leaves_it_incomplete(folder: Path) -> None:
    assert not searched(folder, "wrapper.handler").is_complete


def test_without_a_handler_all_sources_count(folder: Path) -> None:
    assert searched(folder, None).answers is True


def test_a_function_of_too_many_files_is_not_read_to_its_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_MOST_FILES", 1)

    assert not searched(folder, "index.handler").is_complete


def test_a_layer_is_searched_where_the_runtime_looks(tmp_path: Path) -> None:
    for name, text in {"function/index.py": "from batch import handler", "layer/python/batch.py": ANSWERS}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    trees = [open_tree(tmp_path / name) for name in ("function", "layer")]

    assert Search(PYTHON, trees, "python3.13").run("index.handler").answers is True
