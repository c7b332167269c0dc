"""Files of JSON and YAML: what stands in them, and what is wrong with them, in words."""

import os
import sys
from pathlib import Path

import pytest

from constructs_lib.flow_control.checks.documents import NotRead, load
from tests.helpers.written_templates import write

SHORT = """\
Version: 2012-10-17
Keys: {on: 1, 123456789012: 2, 1.5: 3}
Ref: !Ref Queue
List: !GetAtt [Queue, Arn]
Dotted: !GetAtt Queue.Arn
Nested: !Join ["", [a, !Sub "${Queue.Arn}"]]
Map: !Sub ["${a}", {a: !Ref Queue}]
If: !If
  - IsProd
  - {a: !Ref AWS::NoValue}
  - 5
Shared: &shared {a: 1}
Same: *shared
Merged: {<<: *shared, b: true}
"""


def test_yaml_is_read_as_cloudformation_reads_it(tmp_path: Path) -> None:
    assert load(write(tmp_path, SHORT, "template.yaml")) == {
        "Version": "2012-10-17",
        "Keys": {"on": 1, "123456789012": 2, "1.5": 3},
        "Ref": {"Ref": "Queue"},
        "List": {"Fn::GetAtt": ["Queue", "Arn"]},
        "Dotted": {"Fn::GetAtt": "Queue.Arn"},
        "Nested": {"Fn::Join": ["", ["a", {"Fn::Sub": "${Queue.Arn}"}]]},
        "Map": {"Fn::Sub": ["${a}", {"a": {"Ref": "Queue"}}]},
        "If": {"Fn::If": ["IsProd", {"a": {"Ref": "AWS::NoValue"}}, 5]},
        "Shared": {"a": 1},
        "Same": {"a": 1},
        "Merged": {"a": 1, "b": True},
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"a": 1}'),
        ("a.template", '\ufeff{"a": 1}'),
        ("a.template", "a: 1"),
        ("a.yaml", '{"a": 1}'),
        ("a.yaml", "{a: 1}"),
    ],
)
def test_the_first_character_decides_what_a_file_is(tmp_path: Path, name: str, text: str) -> None:
    assert load(write(tmp_path, text, name)) == {"a": 1}


BROKEN = [
    ("a.json", "", "is empty"),
    ("a.json", '{"a": ', "is broken JSON: Expecting value: line 1 column 7 (char 6)"),
    ("a.json", "{a: 1}", "is broken JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("a.json", '{"a":' * 150 + "1" + "}" * 150, "is nested too deep to be read"),
    ("a.json", '{"a":' * 9999 + "1" + "}" * 9999, "is nested too deep to be read"),
    ("a.yaml", "a: " + "[" * 3000 + "]" * 3000, "is nested too deep to be read"),
]


@pytest.mark.parametrize(("name", "text", "expected"), BROKEN, ids=[expected for _, _, expected in BROKEN])
def test_what_is_wrong_with_a_file_is_said_in_words(tmp_path: Path, name: str, text: str, expected: str) -> None:
    with pytest.raises(NotRead) as caught:
        load(write(tmp_path, text, name))

    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [\n", 2),
        ("a: b: c", 1),
        ("b: 1\n? [a]\n: b", 2),
        ("a: &a {b: *a}", 1),
        ("a: &a [*a]", 1),
        ("a: !!python/object/apply:os.getcwd []", 1),
        ("a: 1\n---\nb: 1", 2),
    ],
)
def test_what_is_wrong_with_yaml_is_said_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(NotRead, match=rf"^is broken YAML: .+ at line {line}, column \d+$"):
        load(write(tmp_path, text, "a.yaml"))


def test_aliases_that_come_to_millions_of_values_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 7)]

    with pytest.raises(NotRead, match="comes to more than a million values"):
        load(write(tmp_path, "\n".join(lines), "a.yaml"))


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(NotRead, match="cannot be opened: No such file"):
        load(tmp_path / "nowhere.json")
    with pytest.raises(NotRead, match="cannot be opened: Is a directory"):
        load(tmp_path)
    with pytest.raises(NotRead, match="cannot be opened: File name too long"):
        load(tmp_path / ("a" * 5000))
    with pytest.raises(NotRead, match="cannot be opened: embedded null byte"):
        load(tmp_path / "a\0b")
    with pytest.raises(NotRead, match="is no text in UTF-8"):
        load(tmp_path / "binary.json")


def test_a_file_larger_than_any_template_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as opened:
        opened.truncate(50_000_001)

    with pytest.raises(NotRead, match="has more than 50,000,000 bytes"):
        load(file)


def test_a_device_and_a_pipe_are_never_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)

    for file in (Path("/dev/zero"), pipe):
        with pytest.raises(NotRead, match=r"^is no regular file: write what it gives to one$"):
            load(file)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'{{"a": {"9" * 5000}}}'),
        ("a.yaml", f"a: {'9' * 5000}"),
        ("a.yaml", f"a: 0x{'f' * 5000}"),
        ("a.yaml", f"a: [{{b: -0x{'f' * 5000}}}]"),
    ],
    ids=["json", "yaml", "hexadecimal", "nested"],
)
def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(NotRead) as caught:
        load(write(tmp_path, text, name))

    assert str(caught.value) == "has a number of thousands of digits: no property takes one"


def test_yaml_without_pyyaml_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(NotRead) as caught:
        load(write(tmp_path, "a: 1", "a.yaml"))

    assert str(caught.value) == 'is YAML, which needs PyYAML: pip install "constructs-lib[checks]"'
    assert load(write(tmp_path, '{"a": 1}', "b.yaml")) == {"a": 1}
