"""What the page about sizing shows is what sizing does."""

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from constructs_lib.sizing.__main__ import main
from tests.helpers.documents import ROOT, code_in, executed

PAGE = "docs/sizing.md"
SVG = "{http://www.w3.org/2000/svg}"


def shown() -> list[tuple[list[str], str]]:
    """The commands' arguments, and what the page shows below each."""
    blocks = [block.split("\n", 1) for block in code_in(PAGE, "console")]
    return [(shlex.split(command.removeprefix("$ python -m constructs_lib.sizing")), text) for command, text in blocks]


def test_the_page_s_code_runs() -> None:
    (source,) = code_in(PAGE)

    assert executed(source, PAGE)["sizing"].problems == ()


@pytest.mark.parametrize(("arguments", "text"), shown(), ids=["table", "explain"])
def test_the_page_shows_what_the_command_prints(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 0
    printed = capsys.readouterr().out

    parts = [part for part in re.split(r"^\.\.\.\n", text, flags=re.MULTILINE) if part]
    assert [part for part in parts if part not in printed] == []
    if "--explain" not in arguments:
        assert text == printed


def test_the_picture_is_of_the_page_s_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (arguments,) = [arguments for arguments, _ in shown() if "--plot" in arguments]
    monkeypatch.chdir(tmp_path)
    main(arguments)

    # Another matplotlib may draw other coordinates; the words and numbers beside the axes are the same.
    drawn, kept = (words(path) for path in (tmp_path / "sizing.svg", ROOT / "docs" / "images" / "sizing.svg"))
    assert drawn == kept
    assert "as expected of 10 workers, 6.32/s" in kept


def words(picture: Path) -> list[str]:
    return [text.text or "" for text in ElementTree.parse(picture).iter(f"{SVG}text")]  # noqa: S314 - our own picture


def test_the_page_names_every_number_of_the_sizing() -> None:
    page = (ROOT / PAGE).read_text()

    (table,) = [text for arguments, text in shown() if "--explain" not in arguments]
    names = re.findall(r"^([a-z_]+) ", table, re.MULTILINE)
    assert len(names) == 27
    assert all(f"{name}" in page for name in names)
