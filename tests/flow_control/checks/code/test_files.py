"""The files of a function's code, or of a layer."""

import os
import zipfile
from pathlib import Path

import pytest

from constructs_lib._unknown import UNKNOWN
from constructs_lib.flow_control.checks import code
from constructs_lib.flow_control.checks.code.files import LARGEST_FILE, SingleFile, Tree, Unreadable, open_tree


@pytest.fixture(params=["folder", "archive"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    """index.py and app/orders.py, in a folder or in an archive."""
    files = {"index.py": "import app", "app/orders.py": "orders = []"}
    if request.param == "archive":
        with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return open_tree(tmp_path / "code.zip")
    (tmp_path / "app").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return open_tree(tmp_path)


def test_a_folder_and_an_archive_are_read_alike(tree: Tree) -> None:
    assert sorted(tree.names()) == ["app/orders.py", "index.py"]
    assert list(tree.names("app")) == ["app/orders.py"]
    assert tree.top("") == {"app", "index.py"}
    assert tree.top("app/") == {"orders.py"}
    assert tree.text("app/orders.py") == "orders = []"
    assert [tree.has(name) for name in ("index.py", "app", "nothing.py", "../index.py", "/etc/hosts")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_what_is_not_there_is_unreadable(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises((Unreadable, KeyError)):
        tree.text("nothing.py")
    with pytest.raises(Unreadable):
        open_tree(tmp_path / "nothing")


def test_a_single_file_is_a_tree_of_one() -> None:
    one = SingleFile("index.py", "x = 1")

    assert list(one.names()) == ["index.py"]
    assert list(one.names("app")) == []
    assert one.top("") == {"index.py"}
    assert one.has("index.py")
    assert one.text("index.py") == "x = 1"
    with pytest.raises(Unreadable, match=r"other\.py"):
        one.text("other.py")


def test_a_file_larger_than_anybody_writes_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_bytes(b"#" * (LARGEST_FILE + 1))

    with pytest.raises(Unreadable, match="larger than 5000000 bytes"):
        open_tree(tmp_path).text("index.py")


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    """It would wait for a writer for ever."""
    os.mkfifo(tmp_path / "index.py")
    os.mkfifo(tmp_path / "code.zip")

    with pytest.raises(Unreadable, match="no regular file"):
        open_tree(tmp_path).text("index.py")
    with pytest.raises(Unreadable, match="neither a folder nor a regular file"):
        open_tree(tmp_path / "code.zip")
    for handler in ("index.handler", None):
        assert code.read(tmp_path, runtime="python3.13", handler=handler).answers_failures is UNKNOWN
