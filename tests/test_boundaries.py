"""Who may import whom: the table of the house, read from the source.

The border that matters most runs between what synthesizes and what travels to Lambda: a stray import there breaks every
function, and only once it is deployed.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_HAS = {"boto3", "botocore"}
SYNTH = {"aws_cdk", "constructs", "jsii"}
OURS = {"constructs_lib", "stacks", "lambda_src", "local", "benchmarks", "tests", "tools", "app"}
# A slice of the runtime imports itself and these: `_shared`, and delayed_check the flow control that it is built on.
RUNTIME_STANDS_ON = {"custom_resource": ("_shared",), "delayed_check": ("_shared", "flow_control")}
# The one exception: the root re-exports the constructs lazily, and imports them for type checkers only.
LAZY_ROOT = "constructs_lib"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.Module, package: str) -> Iterator[str]:
    """The absolute name of everything imported, at any depth; stubs for type checkers left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if not name.startswith(("mypy_boto3_", "types_boto3")))


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def may_import(importer: str, name: str) -> bool:  # noqa: PLR0911 - one row of the table per branch
    """Is the module `importer` allowed to import `name`?"""
    world, top = importer.partition(".")[0], name.partition(".")[0]
    standard = top in sys.stdlib_module_names
    contract = within(name, "constructs_lib.runtime") and name.split(".")[3:4] == ["contract"]
    if within(importer, "constructs_lib.runtime"):
        folder = importer.split(".")[2]
        folders = [folder, *RUNTIME_STANDS_ON.get(folder, ())]
        return standard or top in LAMBDA_HAS or within(name, *(f"constructs_lib.runtime.{each}" for each in folders))
    if within(importer, "constructs_lib.sizing"):
        return standard or within(name, "constructs_lib.sizing") or contract
    if world == "constructs_lib":
        if within(name, "constructs_lib.runtime"):
            return contract
        return standard or top in SYNTH or top == "constructs_lib"
    if world == "lambda_src":
        own = ".".join(importer.split(".")[:2])
        return top not in SYNTH | OURS or within(name, "constructs_lib.runtime", own)
    if world in {"stacks", "app"}:
        ours = within(name, "stacks", "constructs_lib") and not within(name, "constructs_lib.runtime")
        return standard or top in SYNTH or ours
    if world == "benchmarks" and ((within(name, "constructs_lib") and name.count(".") == 1) or within(name, "local")):
        return True  # what a user's app imports is what is measured, some of it on the emulator
    # local, benchmarks: anything but lambda_src, which they reach by path; the constructs come by way of the stacks.
    return top not in OURS or within(name, world, "stacks", "app", "constructs_lib.runtime", "constructs_lib.sizing")


def offences(importer: str, source: str, *, is_package: bool = False) -> list[str]:
    package = importer if is_package else importer.rpartition(".")[0]
    return sorted(name for name in imports(ast.parse(source), package) if not may_import(importer, name))


def checked_files() -> list[Path]:
    folders = ("constructs_lib", "stacks", "lambda_src", "local", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / "app.py"]
    return sorted(path for path in files if module_name(path) != LAZY_ROOT and "out" not in path.parts)


@pytest.mark.parametrize("path", checked_files(), ids=module_name)
def test_a_module_imports_only_what_its_world_may(path: Path) -> None:
    found = offences(module_name(path), path.read_text(), is_package=path.name == "__init__.py")

    assert found == []


@pytest.mark.parametrize(
    ("importer", "source", "offender"),
    [
        ("constructs_lib.runtime.flow_control.handler", "import aws_cdk", "aws_cdk"),
        ("constructs_lib.runtime.flow_control.handler", "from ... import Downstream", "constructs_lib.Downstream"),
        ("constructs_lib.runtime.flow_control.handler", "def f():\n  import rich", "rich"),
        (
            "constructs_lib.runtime.flow_control.handler",
            "from .. import delayed_check",
            "constructs_lib.runtime.delayed_check",
        ),
        (
            "constructs_lib.runtime._shared.store",
            "from constructs_lib.runtime import flow_control",
            "constructs_lib.runtime.flow_control",
        ),
        (
            "constructs_lib.runtime.custom_resource.testing.simulation",
            "from constructs_lib.custom_resource import IdempotentProvider",
            "constructs_lib.custom_resource.IdempotentProvider",
        ),
        ("constructs_lib.runtime.custom_resource.testing.simulation", "import pytest", "pytest"),
        ("constructs_lib.sizing", "from aws_cdk import Duration", "aws_cdk.Duration"),
        ("constructs_lib.flow_control.queues", "import boto3", "boto3"),
        (
            "constructs_lib.flow_control.queues",
            "from constructs_lib.runtime.flow_control.handler import x",
            "constructs_lib.runtime.flow_control.handler.x",
        ),
        (
            "constructs_lib.custom_resource.function",
            "from constructs_lib.runtime.custom_resource import ResourceHandler",
            "constructs_lib.runtime.custom_resource.ResourceHandler",
        ),
        ("lambda_src.order_hub.handler", "from constructs_lib import Downstream", "constructs_lib.Downstream"),
        ("lambda_src.elastigroup.handler", "import lambda_src.spot_vendor.handler", "lambda_src.spot_vendor.handler"),
        ("lambda_src.order_hub.handler", "import lambda_src.courier", "lambda_src.courier"),
        ("stacks.order_hub_stack", "import constructs_lib.runtime.flow_control", "constructs_lib.runtime.flow_control"),
        ("app", "from lambda_src import courier", "lambda_src.courier"),
        ("local.demo", "from constructs_lib.flow_control import Downstream", "constructs_lib.flow_control.Downstream"),
    ],
)
def test_an_offending_import_is_found(importer: str, source: str, offender: str) -> None:
    assert offences(importer, source) == [offender]


def test_what_the_table_allows_passes() -> None:
    assert offences("constructs_lib.runtime.flow_control.handler", "import boto3\nfrom .contract import Settings") == []
    assert (
        offences("constructs_lib.flow_control.queues", "from constructs_lib.runtime.flow_control import contract") == []
    )
    assert offences("lambda_src.order_hub.handler", "from constructs_lib.runtime.flow_control import Message") == []
    provider, contract = "constructs_lib.custom_resource.provider", "constructs_lib.runtime.custom_resource.contract"
    assert offences(provider, f"from {contract} import Settings") == []
    assert offences("benchmarks.soak_custom_resource", "from local.emulator import Emulator") == []
