"""The example app, synthesised once as `cdk synth` does it, and its templates."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from app import build
from tests.helpers.templates import STACKS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> cdk.App:
    """The app with the context of cdk.json, not yet synthesised."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        outdir=str(tmp_path_factory.mktemp("cdk.out")), context=context, builtin_cloud_formation_validation=False
    )
    build(app)
    return app


@pytest.fixture(scope="session")
def assembly(example: cdk.App) -> Path:
    """The folder with the templates and assets."""
    return Path(example.synth().directory)


@pytest.fixture(scope="session")
def templates(assembly: Path) -> dict[str, Template]:
    return {
        name: Template.from_string((assembly / f"{name}.template.json").read_text(encoding="utf-8")) for name in STACKS
    }


@pytest.fixture(scope="session")
def courier(templates: dict[str, Template]) -> Template:
    return templates["SlowCourierStack"]


@pytest.fixture(scope="session")
def hub(templates: dict[str, Template]) -> Template:
    return templates["OrderHubStack"]


@pytest.fixture(scope="session")
def hub_without(templates: dict[str, Template]) -> Template:
    return templates["OrderHubWithoutFlowControlStack"]


@pytest.fixture(scope="session")
def vendor(templates: dict[str, Template]) -> Template:
    return templates["SpotVendorStack"]


@pytest.fixture(scope="session")
def elastigroup(templates: dict[str, Template]) -> Template:
    return templates["ElastigroupStack"]


@pytest.fixture(scope="session")
def elastigroup_without(templates: dict[str, Template]) -> Template:
    return templates["ElastigroupWithoutIdempotencyStack"]


@pytest.fixture(scope="session")
def order_check(templates: dict[str, Template]) -> Template:
    return templates["OrderCheckStack"]


@pytest.fixture(scope="session")
def order_check_without(templates: dict[str, Template]) -> Template:
    return templates["OrderCheckWithoutClaimStack"]


@pytest.fixture
def app() -> cdk.App:
    """An empty app of the test's own."""
    return cdk.App(builtin_cloud_formation_validation=False)
