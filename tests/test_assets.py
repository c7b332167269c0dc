"""The runtime layer: what travels to Lambda, and that two synths make the same."""

from pathlib import Path
from zipfile import ZipFile

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from constructs_lib._assets import existing_layer, runtime_layer
from tests.helpers.synth import of_type


def staged(outdir: Path, **context: object) -> Path:
    """Synthesize a stack with the layer; where the assembly says that it is."""
    app = cdk.App(outdir=str(outdir), context=dict(context))
    stack = cdk.Stack(app, "Stack")
    runtime_layer(stack, "flow_control")
    app.synth()
    (layer,) = of_type(stack, "AWS::Lambda::LayerVersion").values()
    path = layer.get("Metadata", {}).get("aws:asset:path")
    return outdir / path if path else next(outdir.glob("asset.*"))


def files(folder: Path) -> set[str]:
    if folder.suffix == ".zip":
        return set(ZipFile(folder).namelist())
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_slice_travels_and_the_authors_test_kit_stays(tmp_path: Path) -> None:
    found = files(staged(tmp_path))

    assert "python/constructs_lib/runtime/flow_control/handler.py" in found
    assert "python/constructs_lib/__init__.py" in found
    assert not [name for name in found if "testing" in name or "__pycache__" in name or "sizing" in name]


def test_two_synths_make_the_same_asset(tmp_path: Path) -> None:
    assert staged(tmp_path / "one").name == staged(tmp_path / "two").name


def test_without_asset_staging_the_files_stay_beside_the_assembly(tmp_path: Path) -> None:
    folder = staged(tmp_path, **{"aws:cdk:disable-asset-staging": True, "aws:cdk:enable-asset-metadata": True})

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
