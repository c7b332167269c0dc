"""Layers: staged from the installed, locked distributions (no layer ARN to guess, no network at synth), and our own."""

import atexit
import shutil
import tempfile
from functools import cache
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

_TWILIO = Path(__file__).parents[1] / "lambda_src" / "_twilio"


def powertools_layer(scope: Construct) -> lambda_.LayerVersion:
    """The stack's one layer with Powertools for AWS Lambda and what it requires; boto3 comes with Lambda."""
    return _layer(scope, "PowertoolsLayer", ("aws-lambda-powertools", "jmespath", "typing-extensions"))


def tenacity_layer(scope: Construct) -> lambda_.LayerVersion:
    """The stack's one layer with tenacity."""
    return _layer(scope, "TenacityLayer", ("tenacity",))


def twilio_layer(scope: Construct) -> lambda_.LayerVersion:
    """The stack's one layer with the example's own way to ask Twilio for a call."""
    return _existing(scope, "TwilioLayer") or _new(scope, "TwilioLayer", _TWILIO)


def _layer(scope: Construct, id: str, names: tuple[str, ...]) -> lambda_.LayerVersion:
    existing = _existing(scope, id)
    if existing is not None:
        return existing
    folder = _staged(names)
    if not scope.node.try_get_context("aws:cdk:disable-asset-staging"):
        # CDK copies the folder into the assembly; without staging the assembly points at the folder itself.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _new(scope, id, folder)


def _existing(scope: Construct, id: str) -> lambda_.LayerVersion | None:
    existing = Stack.of(scope).node.try_find_child(id)
    return existing if isinstance(existing, lambda_.LayerVersion) else None


def _new(scope: Construct, id: str, folder: Path) -> lambda_.LayerVersion:
    # No compatible_runtimes: pure Python runs on whichever runtime the functions declare.
    code = lambda_.Code.from_asset(str(folder), exclude=["**/__pycache__", "**/*.pyc"])
    return lambda_.LayerVersion(Stack.of(scope), id, code=code)


@cache
def _staged(names: tuple[str, ...]) -> Path:
    """A new folder with the distributions under `python/`, where Lambda looks."""
    root = Path(tempfile.mkdtemp(prefix="layer-"))
    for name in names:
        installed = distribution(name)
        for file in _shipped(installed):
            target = root / "python" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(str(installed.locate_file(file))), target)
    return root


def _shipped(installed: Distribution) -> list[PackagePath]:
    """The files that a function needs, licences included.

    Left out is what differs from machine to machine and would change the asset's hash: compiled files, and the notes
    of the installer (RECORD, INSTALLER, REQUESTED and so on).
    """
    files = installed.files or []
    native = [file.as_posix() for file in files if file.suffix in {".so", ".pyd", ".dylib"}]
    if native:
        msg = (
            f"the layer for {installed.name} {installed.version} would hold compiled files ({', '.join(native)}), "
            f"built for this machine and not for the functions' architecture; allowed is pure Python; "
            f"install the distribution's pure-Python wheel"
        )
        raise ValueError(msg)
    return [file for file in files if _travels(file)]


def _travels(file: PackagePath) -> bool:
    if ".." in file.parts or "__pycache__" in file.parts:
        return False
    if not file.parts[0].endswith(".dist-info"):
        return True
    return "licenses" in file.parts or file.name == "METADATA" or file.name.startswith(("LICENSE", "NOTICE"))
