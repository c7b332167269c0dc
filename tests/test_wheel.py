"""The wheel as its user has it: built, installed into a clean environment with the newest CDK, used from elsewhere.

The last promise is the one no other test can make: what the layer holds runs where there is no aws_cdk at all.
"""

import email
import email.message
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest

from tests.helpers.users_code import APP, CALLER, CALLS, CONSUMER, LAMBDA, MAKER, MYPY, NO_CDK, USER

ROOT = Path(__file__).resolve().parent.parent
# What Lambda's Python has besides the standard library.
LAMBDA_HAS = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"]
#: What else a slice's layer holds.
STANDS_ON = {"flow_control": (), "custom_resource": ("_shared",), "delayed_check": ("_shared", "flow_control")}


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed; where it fails, the test fails with that."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ".", cwd=ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def user_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel and the newest aws-cdk-lib that it allows."""
    home = tmp_path_factory.mktemp("user")
    python = home / "venv" / "bin" / "python"
    run("uv", "venv", "--quiet", "--python", sys.executable, home / "venv", cwd=home)
    install = ["uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)]
    if subprocess.run(install, cwd=home, capture_output=True, check=False).returncode:
        run(*install, "--offline", cwd=home)  # no network: the newest that this machine has seen
    return python


@pytest.fixture(scope="module")
def assembly(user_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's app, synthesized far from this repository."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "app.py").write_text(APP)
    (folder / "deliver").mkdir()
    (folder / "deliver" / "deliver.py").write_text(CONSUMER)
    (folder / "groups").mkdir()
    (folder / "groups" / "groups.py").write_text(MAKER)
    (folder / "calls").mkdir()
    (folder / "calls" / "calls.py").write_text(CALLER)
    run(user_python, "app.py", cwd=folder, env={"CDK_OUTDIR": str(folder / "cdk.out")})
    return folder / "cdk.out"


def test_the_wheel_requires_the_cdk_and_nothing_else(metadata: email.message.Message) -> None:
    required = [str(line) for line in metadata.get_all("Requires-Dist", [])]

    plain = sorted(line for line in required if "extra ==" not in line)

    assert plain == ["aws-cdk-lib<3,>=2.125.0", "constructs<11,>=10"]
    extras = {line.split(">=")[0].lower() for line in required if line not in plain}
    assert extras == {"aws-sam-translator", "boto3", "matplotlib", "pyyaml", "rich"}
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_wheel_holds_the_library_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    tops = {name.split("/")[0] for name in names}
    assert "constructs_lib/py.typed" in names
    assert {top for top in tops if not top.endswith(".dist-info")} == {"constructs_lib"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    tree = {str(path.relative_to(ROOT)) for path in (ROOT / "constructs_lib").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == tree


def test_an_app_elsewhere_synthesizes_with_the_newest_cdk(assembly: Path) -> None:
    template = json.loads((assembly / "Shop.template.json").read_text())

    kinds = [resource["Type"] for resource in template["Resources"].values()]
    assert kinds.count("AWS::SQS::Queue") == 2
    assert kinds.count("AWS::Lambda::EventSourceMapping") == 1
    assert kinds.count("AWS::Lambda::LayerVersion") == 1


def test_a_provider_elsewhere_synthesizes_with_the_newest_cdk(assembly: Path) -> None:
    resources = json.loads((assembly / "Fleet.template.json").read_text())["Resources"]

    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::DynamoDB::Table") == 1
    assert kinds.count("AWS::Lambda::EventInvokeConfig") == 1
    assert kinds.count("AWS::StepFunctions::StateMachine") == 1
    assert kinds.count("AWS::Lambda::Function") == 1, "the user's own, and none of the library's"
    assert kinds.count("Custom::Elastigroup") == 1


def test_a_check_elsewhere_synthesizes_with_the_newest_cdk(assembly: Path) -> None:
    resources = json.loads((assembly / "Desk.template.json").read_text())["Resources"]

    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::Lambda::Function") == 3, "the user's own, and the library's two"
    assert kinds.count("AWS::Lambda::EventSourceMapping") == 4
    assert kinds.count("AWS::Lambda::LayerVersion") == 1
    assert kinds.count("AWS::DynamoDB::Table") == kinds.count("AWS::Events::EventBus") == 1


@pytest.mark.parametrize("kind", ["layer", "code"])
def test_what_the_library_s_functions_run_is_what_the_layer_holds(assembly: Path, kind: str) -> None:
    under = "python/" if kind == "layer" else ""

    assert len(list(assembly.glob(f"asset.*/{under}constructs_lib/runtime/delayed_check"))) == 1


@pytest.mark.parametrize("name", ["flow_control", "custom_resource", "delayed_check"])
def test_a_layer_runs_with_nothing_but_what_lambda_has(assembly: Path, tmp_path: Path, name: str) -> None:
    # The layer of delayed_check has flow_control too, and is another.
    (layer,) = (
        path.parents[2]
        for path in assembly.glob(f"asset.*/python/constructs_lib/runtime/{name}")
        if name == "delayed_check" or not (path.parent / "delayed_check").exists()
    )
    site = Path(boto3.__file__).parent.parent
    for package in LAMBDA_HAS:
        (tmp_path / package).symlink_to(site / package)
    (tmp_path / "groups.py").write_text(MAKER)
    (tmp_path / "calls.py").write_text(CALLER)

    # -I -S: no site-packages, no environment, no current folder; -B: the asset stays as it is.
    script = LAMBDA + CALLS[name] + NO_CDK
    said = run(sys.executable, "-I", "-S", "-B", "-c", script, layer, tmp_path, cwd=tmp_path)

    imported = [line for line in said.split() if line.startswith("constructs_lib.")]
    assert f"constructs_lib.runtime.{name}" in imported
    folders = {line.split(".")[2] for line in imported}
    assert folders <= {name, *STANDS_ON[name]}, "one slice and what it stands on, and no other"


def test_a_users_code_type_checks_against_the_wheel(user_python: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "mypy.ini").write_text(MYPY)

    run(sys.executable, "-m", "mypy", "--python-executable", user_python, "user.py", cwd=tmp_path)
