"""`python -m constructs_lib.flow_control.checks`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib.flow_control import rules
from constructs_lib.flow_control.checks import templates
from constructs_lib.flow_control.checks.__main__ import main
from tests.helpers.safe_template import template, write

UNSAFE: dict[str, object] = {"VisibilityTimeout": 30}
WARNED: dict[str, object] = {"ScalingConfig": {"MaximumConcurrency": 200}}


@pytest.fixture
def safe(tmp_path: Path) -> str:
    return str(write(tmp_path / "safe.json", template()))


@pytest.fixture
def unsafe(tmp_path: Path) -> str:
    return str(write(tmp_path / "unsafe.json", template(Orders=UNSAFE)))


@pytest.fixture
def warned(tmp_path: Path) -> str:
    return str(write(tmp_path / "warned.json", template(Mapping=WARNED)))


def test_a_safe_template_is_zero(safe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([safe]) == 0
    assert capsys.readouterr().out.startswith("0 errors, 0 warnings")


def test_an_error_is_one_and_is_printed(unsafe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([unsafe]) == 1
    out = capsys.readouterr().out
    assert "error R3:" in out
    assert "unsafe.json" in out


def test_a_reason_that_cannot_be_printed_is_printed_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = template(Orders=UNSAFE)
    body["Resources"]["Orders"]["Metadata"] = {"constructs-lib": {"acknowledge": {"R3": "half of a pair: \ud800"}}}

    assert main([str(write(tmp_path / "odd.json", body))]) == 0
    assert "half of a pair: \\ud800" in capsys.readouterr().out


def test_a_warning_is_one_only_when_strict(warned: str) -> None:
    assert main([warned]) == 0
    assert main([warned, "--strict"]) == 1


@pytest.mark.parametrize(
    "content", ["{", "", "- a list", "[]", '{"Resources": 3}', '{"name": "no template"}', "\x00\xff"]
)
def test_what_is_no_template_is_two_and_in_words(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.json"
    file.write_text(content)

    assert main([str(file)]) == 2
    out = capsys.readouterr().out
    assert "Not read" in out
    assert "template.json" in out
    assert "Traceback" not in out


def test_what_is_not_there_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().out


def test_nothing_to_check_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}

    assert main([str(write(tmp_path / "bucket.json", body))]) == 2
    printed = capsys.readouterr()
    assert "Looked at: nothing" in printed.out
    assert "nothing to check, hence exit code 2" in printed.err


def test_errors_weigh_more_than_what_could_not_be_read(unsafe: str, tmp_path: Path) -> None:
    assert main([unsafe, str(tmp_path / "nowhere")]) == 1


def test_json_is_all_that_is_printed(unsafe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([unsafe, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["errors"] == 1


def test_sarif_is_printed_or_written(unsafe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "checks.sarif"

    assert main([unsafe, "--sarif"]) == 1
    printed = capsys.readouterr().out
    assert main([unsafe, "--sarif", str(file)]) == 1

    assert json.loads(printed)["runs"][0]["results"][0]["ruleId"] == "R3"
    assert json.loads(file.read_text()) == json.loads(printed)
    assert "error R3:" in capsys.readouterr().out


def test_sarif_that_cannot_be_written_is_two_and_in_words(
    unsafe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([unsafe, "--sarif", str(tmp_path / "no folder" / "checks.sarif")])

    assert left.value.code == 2
    assert "checks.sarif" in capsys.readouterr().err


@pytest.mark.parametrize("others", [[], ["SAFE"], ["SAFE", "--strict"]])
def test_a_path_after_sarif_is_read_and_not_written(
    safe: str, unsafe: str, others: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(unsafe).read_text()

    assert main(["--sarif", unsafe, *(safe if each == "SAFE" else each for each in others)]) == 1

    assert json.loads(capsys.readouterr().out)["runs"][0]["results"][0]["ruleId"] == "R3"
    assert Path(unsafe).read_text() == before


def test_paths_may_stand_before_and_after_sarif(safe: str, unsafe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([safe, "--sarif", "--strict", unsafe]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_sarif_of_another_name_is_a_path_that_is_not_there(
    safe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--sarif", str(tmp_path / "out.json"), safe]) == 2
    assert "out.json" in capsys.readouterr().out
    assert not (tmp_path / "out.json").exists()


def test_json_and_sarif_are_not_both_printed(unsafe: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([unsafe, "--json", "--sarif"])

    assert left.value.code == 2
    assert "both be printed" in capsys.readouterr().err


def test_a_fault_of_the_checks_is_two_and_in_words(
    unsafe: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise KeyError("some thing")

    monkeypatch.setattr(templates, "read", fail)
    with pytest.raises(SystemExit) as left:
        main([unsafe])

    assert left.value.code == 2
    err = capsys.readouterr().err
    assert "KeyError: 'some thing'" in err
    assert "Traceback" not in err


def test_the_rules_are_listed_without_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rules"]) == 0
    out = capsys.readouterr().out
    assert all(rule_id in out for rule_id in rules.rule_ids())


@pytest.mark.parametrize("arguments", [[], ["--no-such-option"]])
def test_bad_arguments_are_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_several_templates_are_one_app(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = template(Orders=UNSAFE)
    consumer: dict[str, object] = {"Resources": {name: body["Resources"].pop(name) for name in ("Consumer", "Role")}}
    consumer["Outputs"] = {"Arn": {"Value": {"Fn::GetAtt": ["Consumer", "Arn"]}, "Export": {"Name": "consumer-arn"}}}
    body["Resources"]["Mapping"]["Properties"]["FunctionName"] = {"Fn::ImportValue": "consumer-arn"}
    files = [str(write(tmp_path / "code.json", consumer)), str(write(tmp_path / "shop.json", body))]

    assert main(files) == 1
    assert "error R3:" in capsys.readouterr().out


def test_no_aws_cdk_is_needed(unsafe: str) -> None:
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['checks', {unsafe!r}]\n"
        "try:\n"
        "    runpy.run_module('constructs_lib.flow_control.checks', run_name='__main__')\n"
        "except SystemExit as left:\n"
        "    assert left.code == 1, left.code\n"
        "loaded = {'aws_cdk', 'jsii', 'constructs', 'yaml', 'samtranslator'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "error R3:" in done.stdout


def test_the_manifest_of_an_assembly_is_no_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"artifacts": {}}')

    assert main([str(manifest)]) == 2
    assert f"is the manifest of a cloud assembly: pass the folder, {tmp_path}" in capsys.readouterr().out


def test_a_report_that_cannot_be_printed_is_two_and_in_words(safe: str) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "constructs_lib.flow_control.checks", safe],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == 2
    assert ended.stderr.endswith("error: cannot print the report: No space left on device\n")
    assert "Traceback" not in ended.stderr
