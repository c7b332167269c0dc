"""The library's own runtime code, as a Lambda layer or as a function's code: just the slice that is used."""

import atexit
import shutil
import tempfile
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

_PACKAGE = Path(__file__).parent

#: The folders of `runtime` that travel with a slice, besides its own: an edit elsewhere changes no asset's hash.
_COMPANIONS = {"custom_resource": ("_shared",), "delayed_check": ("_shared", "flow_control")}


def runtime_layer(scope: Construct, slice_name: str) -> lambda_.LayerVersion:
    """Return the stack's one layer with `constructs_lib.runtime.<slice_name>`."""
    stack = Stack.of(scope)
    return existing_layer(scope, slice_name) or lambda_.LayerVersion(
        stack,
        _layer_id(slice_name),
        # Under `python/`, where Lambda looks, so that its import path is the same as everywhere.
        code=lambda_.Code.from_asset(str(_stage(stack, slice_name, under="python"))),
        description=f"constructs_lib.runtime.{slice_name}",
    )


def existing_layer(scope: Construct, slice_name: str) -> lambda_.LayerVersion | None:
    """Return that layer, when something in the stack has asked for it already."""
    child = Stack.of(scope).node.try_find_child(_layer_id(slice_name))
    return child if isinstance(child, lambda_.LayerVersion) else None


def layers_with(scope: Construct, slice_name: str) -> list[lambda_.LayerVersion]:
    """Return the stack's layers that have `constructs_lib.runtime.<slice_name>`: its own, and those built on it."""
    built_on_it = [name for name, companions in _COMPANIONS.items() if slice_name in companions]
    found = (existing_layer(scope, name) for name in (slice_name, *built_on_it))
    return [layer for layer in found if layer is not None]


def runtime_code(scope: Construct, slice_name: str) -> lambda_.AssetCode:
    """Return `constructs_lib.runtime.<slice_name>` as the whole code of a function of the library's own."""
    return lambda_.Code.from_asset(str(_stage(Stack.of(scope), slice_name)))


def _layer_id(slice_name: str) -> str:
    return f"ConstructsLib{slice_name.title().replace('_', '')}Runtime"


def _stage(stack: Stack, slice_name: str, *, under: str = "") -> Path:
    """Copy the slice into a folder, or below one in it; the folder."""
    root = _staging_folder(stack, f"{slice_name}-{under}" if under else slice_name)
    target = root / under / _PACKAGE.name
    for source in _files(slice_name):
        copy = target / source.relative_to(_PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    return root


def _files(slice_name: str) -> list[Path]:
    """The slice's modules, those it stands on, and the packages they are in. The test kits stay at home."""
    runtime = _PACKAGE / "runtime"
    roots = [runtime / name for name in (slice_name, *_COMPANIONS.get(slice_name, ()))]
    found = (path for root in roots for path in root.rglob("*.py"))
    modules = sorted(path for path in found if "testing" not in path.relative_to(runtime).parts)
    return [_PACKAGE / "__init__.py", runtime / "__init__.py", *modules]


def _staging_folder(stack: Stack, name: str) -> Path:
    if stack.node.try_get_context("aws:cdk:disable-asset-staging"):
        # The assembly then points at this folder instead of a copy of its own, so it has to stay.
        folder = Path(stack.node.root.outdir) / f"constructs-lib-{name}"  # type: ignore[attr-defined]  # an App
        shutil.rmtree(folder, ignore_errors=True)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="constructs-lib-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
