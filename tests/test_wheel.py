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

ROOT = Path(__file__).resolve().parent.parent
# What Lambda's Python has besides the standard library.
LAMBDA_HAS = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"]

# A user's app, as in the README: no cdk.json, no feature flag.
APP = """
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs_lib import Downstream, FlowControlledQueue

app = cdk.App()
stack = cdk.Stack(app, "Shop")
consumer = lambda_.Function(
    stack, "Deliver", runtime=lambda_.Runtime.PYTHON_3_12, handler="deliver.handler",
    code=lambda_.Code.from_asset("deliver"), timeout=cdk.Duration.seconds(10),
)
courier = Downstream(calls_per_second=10, burst=10, mean_latency=cdk.Duration.millis(800))
FlowControlledQueue(stack, "Orders", consumer=consumer, downstream=courier)
app.synth()
"""
CONSUMER = """
from constructs_lib.runtime.flow_control import flow_controlled

@flow_controlled
def handler(message):
    pass
"""
# mypy reports an ignore that ignores nothing: each one below is a mistake that the wheel's types must find.
USER = """
from typing import assert_type
from constructs_lib import Downstream, FlowControlledQueue
from constructs_lib.runtime.flow_control import Message, flow_controlled

Downstream(calls_per_second="ten")  # type: ignore[arg-type]
Downstream(10)  # type: ignore[call-arg]

def show(flow: FlowControlledQueue) -> None:
    assert_type(flow.sizing.max_concurrency, int)
    print(flow.sizing.max_concurency)  # type: ignore[attr-defined]

@flow_controlled
def handler(message: Message) -> None:
    assert_type(message.attempt, int)
"""
# The CDK's types are the CDK's to test, and reading them takes a minute.
MYPY = """
[mypy]
strict = true
[mypy-aws_cdk.*]
follow_imports = skip
"""
# Started with the layer and Lambda's packages; imports everything in the layer and calls the handler.
LAMBDA = """
import importlib, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import constructs_lib.runtime as runtime
for module in pkgutil.walk_packages(runtime.__path__, runtime.__name__ + "."):
    print(importlib.import_module(module.name).__name__)
from constructs_lib.runtime.flow_control import flow_controlled
assert flow_controlled(lambda message: None)({"Records": []}, None) == {"batchItemFailures": []}
assert not {"aws_cdk", "constructs", "jsii"} & set(sys.modules)
"""


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
    run(user_python, "app.py", cwd=folder, env={"CDK_OUTDIR": str(folder / "cdk.out")})
    return folder / "cdk.out"


def test_the_wheel_requires_the_cdk_and_nothing_else(metadata: email.message.Message) -> None:
    required = [str(line) for line in metadata.get_all("Requires-Dist", [])]

    plain = sorted(line for line in required if "extra ==" not in line)

    assert plain == ["aws-cdk-lib<3,>=2.125.0", "constructs<11,>=10"]
    assert sorted(line.split(">=")[0] for line in required if line not in plain) == ["boto3", "rich"]
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


def test_the_layer_runs_with_nothing_but_what_lambda_has(assembly: Path, tmp_path: Path) -> None:
    (layer,) = [path for path in assembly.glob("asset.*/python") if (path / "constructs_lib").is_dir()]
    site = Path(boto3.__file__).parent.parent
    for name in LAMBDA_HAS:
        (tmp_path / name).symlink_to(site / name)

    # -I -S: no site-packages, no environment, no current folder; -B: the asset stays as it is.
    said = run(sys.executable, "-I", "-S", "-B", "-c", LAMBDA, layer, tmp_path, cwd=tmp_path)

    assert "constructs_lib.runtime.flow_control" in said.split()


def test_a_users_code_type_checks_against_the_wheel(user_python: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "mypy.ini").write_text(MYPY)

    run(sys.executable, "-m", "mypy", "--python-executable", user_python, "user.py", cwd=tmp_path)
