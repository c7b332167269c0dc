"""The layers hold what a function needs to import, and nothing that differs from machine to machine."""

import subprocess
import sys
from importlib.metadata import PackagePath, distribution
from pathlib import Path

import aws_cdk as cdk
import pytest
import urllib3
from aws_cdk.assertions import Template

from stacks import _layers
from tests.helpers.templates import resources, the

POWERTOOLS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
TENACITY = ("tenacity",)


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("names", "imports"),
    [
        (POWERTOOLS, "from aws_lambda_powertools import Logger, Metrics"),
        (POWERTOOLS, "import aws_lambda_powertools.utilities.typing, jmespath"),
        (TENACITY, "import tenacity; tenacity.retry"),
    ],
)
def test_it_can_be_imported_with_nothing_else_installed(names: tuple[str, ...], imports: str) -> None:
    result = isolated(imports, _layers._staged(names) / "python")

    assert result.returncode == 0, result.stderr


def isolated(imports: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    """Import as a function does that finds nothing but these folders."""
    path = [str(folder) for folder in folders]
    script = f"import sys; sys.dont_write_bytecode = True; sys.path[:0] = {path!r}; {imports}"
    return subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)


def test_our_own_layer_needs_powertools_and_what_lambda_has() -> None:
    lambda_has = Path(urllib3.__file__).parents[1]

    result = isolated(
        "import twilio_calls", _layers._TWILIO / "python", _layers._staged(POWERTOOLS) / "python", lambda_has
    )

    assert result.returncode == 0, result.stderr


def test_our_own_layer_holds_one_module(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack")
    (asset,) = {_layers.twilio_layer(stack), _layers.twilio_layer(stack)}
    key = the(Template.from_stack(stack), "AWS::Lambda::LayerVersion")[1]["Content"]["S3Key"]

    staged = Path(app.synth().directory) / f"asset.{key.removesuffix('.zip')}"
    assert files_in(staged) == ["python/twilio_calls.py"]
    assert asset.stack is stack


@pytest.mark.parametrize("names", [POWERTOOLS, TENACITY])
def test_it_holds_the_licences_but_no_compiled_files_and_no_notes_of_the_installer(names: tuple[str, ...]) -> None:
    files = files_in(_layers._staged(names))

    for name in names:
        assert any(name.replace("-", "_") in file and "LICENSE" in file for file in files)
    assert not [file for file in files if "__pycache__" in file or file.endswith((".pyc", "/RECORD", "/INSTALLER"))]
    assert all(file.startswith("python/") for file in files)


def test_its_hash_depends_on_its_content_only() -> None:
    """A hash that moved with the folder's name or the time would replace the layer at every deployment."""

    def keys() -> list[str]:
        _layers._staged.cache_clear()
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
        _layers.powertools_layer(stack)
        _layers.tenacity_layer(stack)
        found = resources(Template.from_stack(stack), "AWS::Lambda::LayerVersion")
        return [each["Properties"]["Content"]["S3Key"] for each in found.values()]

    first = keys()

    assert len(set(first)) == 2
    assert keys() == first


def test_a_stack_has_each_layer_once(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack")

    assert _layers.powertools_layer(stack) is _layers.powertools_layer(stack)
    assert len(resources(Template.from_stack(stack), "AWS::Lambda::LayerVersion")) == 1


def test_compiled_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would be those of the machine that synthesises, not those of the functions."""
    installed = distribution("tenacity")
    monkeypatch.setattr(type(installed), "files", [PackagePath("tenacity/fast.cpython-311-x86_64-linux-gnu.so")])

    with pytest.raises(ValueError, match=r"layer for tenacity .*fast.cpython.*pure Python"):
        _layers._shipped(installed)


def test_what_powertools_requires_is_in_their_layer() -> None:
    """So that an update of Powertools with one more requirement does not break functions only once deployed."""
    required = {
        line.partition("<")[0].partition(">")[0].partition("=")[0].strip().lower()
        for line in distribution("aws-lambda-powertools").requires or []
        if "extra ==" not in line
    }

    assert required <= set(POWERTOOLS)
