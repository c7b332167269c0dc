"""The runtime layer: what travels to Lambda, and that two synths make the same."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from constructs_lib._assets import existing_layer, layers_with, runtime_code, runtime_layer
from tests.helpers.synth import new_stack, of_type

#: What travels with each slice, besides itself.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "flow_control": (),
    "custom_resource": ("_shared",),
    "delayed_check": ("_shared", "flow_control"),
}
SLICES = tuple(COMPANIONS)
#: Bytes; what each cold start has to load and compile.
LARGEST_LAYER = {"flow_control": 24_000, "custom_resource": 84_000, "delayed_check": 90_000}


def staged(outdir: Path, name: str = "flow_control", **context: object) -> Path:
    """Synthesize a stack with a slice's layer; where the assembly says that it is."""
    app = cdk.App(outdir=str(outdir), context=dict(context))
    stack = cdk.Stack(app, "Stack")
    runtime_layer(stack, name)
    app.synth()
    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
    path = layer.get("Metadata", {}).get("aws:asset:path")
    return outdir / path if path else next(outdir.glob("asset.*"))


def files(folder: Path) -> set[str]:
    if folder.suffix == ".zip":
        return set(ZipFile(folder).namelist())
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", SLICES)
def test_the_slice_travels_and_the_authors_test_kit_stays(tmp_path: Path, name: str) -> None:
    found = files(staged(tmp_path, name))

    assert f"python/constructs_lib/runtime/{name}/handler.py" in found
    assert "python/constructs_lib/__init__.py" in found
    assert not [path for path in found if "testing" in path or "__pycache__" in path or "sizing" in path]
    packages = {"python/constructs_lib/__init__.py", "python/constructs_lib/runtime/__init__.py"}
    ours = tuple(f"python/constructs_lib/runtime/{folder}/" for folder in (name, *COMPANIONS[name]))
    other = {path for path in found - packages if not path.startswith(ours)}
    assert other == set(), "of the library only this slice and what it stands on, and nobody else's code"


@pytest.mark.parametrize("name", SLICES)
def test_a_layer_s_zip_stays_small(tmp_path: Path, name: str) -> None:
    folder = staged(tmp_path, name)
    with ZipFile(tmp_path / "layer.zip", "w", ZIP_DEFLATED) as archive:
        for path in sorted(files(folder)):
            archive.write(folder / path, path)

    assert (tmp_path / "layer.zip").stat().st_size <= LARGEST_LAYER[name]


def test_two_synths_make_the_same_asset(tmp_path: Path) -> None:
    assert staged(tmp_path / "one").name == staged(tmp_path / "two").name


def test_without_asset_staging_the_files_stay_beside_the_assembly(tmp_path: Path) -> None:
    folder = staged(
        tmp_path, "flow_control", **{"aws:cdk:disable-asset-staging": True, "aws:cdk:enable-asset-metadata": True}
    )

    assert (folder / "python/constructs_lib/runtime/flow_control/handler.py").exists()


def test_a_stack_has_one_layer_however_often_it_is_asked_for() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")

    assert existing_layer(stack, "flow_control") is None
    assert isinstance(runtime_layer(stack, "flow_control"), lambda_.LayerVersion)
    runtime_layer(stack, "flow_control")

    assert len(of_type(stack, "AWS::Lambda::LayerVersion")) == 1


@pytest.mark.parametrize("other", [cdk.Stack, cdk.NestedStack])
def test_another_stack_has_a_layer_of_its_own(other: type[cdk.Stack]) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    second = other(stack if other is cdk.NestedStack else app, "Other")

    assert runtime_layer(stack, "flow_control") is not runtime_layer(second, "flow_control")


def test_a_slice_s_layers_are_its_own_and_those_that_hold_it() -> None:
    stack = new_stack()
    whole, part = runtime_layer(stack, "delayed_check"), runtime_layer(stack, "flow_control")
    runtime_layer(stack, "custom_resource")

    assert layers_with(stack, "flow_control") == [part, whole]
    assert layers_with(stack, "delayed_check") == [whole]


def test_a_function_of_the_library_s_own_has_a_slice_as_its_code(tmp_path: Path) -> None:
    """Where its handler's name says, and not below python/, where only layers are looked into."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack")
    lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="constructs_lib.runtime.delayed_check.start.handler",
        code=runtime_code(stack, "delayed_check"),
    )
    layer = files(staged(tmp_path / "layer", "delayed_check"))
    app.synth()

    (code,) = tmp_path.glob("asset.*")
    assert {f"python/{path}" for path in files(code)} == layer
    assert "constructs_lib/runtime/delayed_check/start.py" in files(code)


def test_without_asset_staging_a_layer_and_a_function_s_code_do_not_meet(tmp_path: Path) -> None:
    context = {"aws:cdk:disable-asset-staging": True, "aws:cdk:enable-asset-metadata": True}
    stack = cdk.Stack(cdk.App(outdir=str(tmp_path), context=context), "Stack")

    runtime_code(stack, "delayed_check")
    runtime_layer(stack, "delayed_check")

    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 2
    assert [(path / "python").exists() for path in sorted(folders)] == [False, True]
