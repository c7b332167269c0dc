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
# What a command needs beyond the wheel's requirements; it is imported where it is used.
EXTRAS = {"constructs_lib.sizing": {"matplotlib"}, "constructs_lib.flow_control.checks": {"yaml", "samtranslator"}}
# What serves apps without CDK, and does not wait for it; CDK's face of the checks is the one exception.
WITHOUT_CDK = tuple(f"constructs_lib.flow_control.{name}" for name in ("facts", "rules", "checks"))
WITH_CDK = "constructs_lib.flow_control.checks.plugin"
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


def extras(importer: str) -> set[str]:
    """The optional packages that a module may import, where it uses them."""
    return {top for package, tops in EXTRAS.items() if within(importer, package) for top in tops}


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
        return standard or within(name, "constructs_lib.sizing") or contract or top in extras(importer)
    if within(importer, *WITHOUT_CDK) and importer != WITH_CDK:
        ours = within(
            name, *(f"constructs_lib.{pure}" for pure in ("_actions", "_findings", "_unknown", "sizing")), *WITHOUT_CDK
        )
        return standard or (ours and not within(name, WITH_CDK)) or contract or top in extras(importer)
    if world == "constructs_lib":
        if within(name, "constructs_lib.runtime"):
            return contract
        return standard or top in SYNTH or top == "constructs_lib"
    if world == "lambda_src":
        own = ".".join(importer.split(".")[:2])
        return top not in SYNTH | OURS or within(name, "constructs_lib.runtime", own)
    if world == "tools":  # they set the environment up, or write what the tests read: no CDK is needed
        return standard or (within(name, "tools", *WITHOUT_CDK) and not within(name, WITH_CDK))
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
    folders = ("constructs_lib", "stacks", "lambda_src", "local", "benchmarks", "tools")
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
        ("constructs_lib.sizing.plot", "import yaml", "yaml"),
        ("constructs_lib.flow_control.rules.table", "from aws_cdk import Duration", "aws_cdk.Duration"),
        ("constructs_lib.flow_control.rules.table", "import yaml", "yaml"),
        (
            "constructs_lib.flow_control.checks.results",
            "from constructs_lib.flow_control import queues",
            "constructs_lib.flow_control.queues",
        ),
        (
            "constructs_lib.flow_control.checks.__main__",
            "from constructs_lib.flow_control.checks.plugin import FlowControlChecks",
            "constructs_lib.flow_control.checks.plugin.FlowControlChecks",
        ),
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
        ("tools.rules_page", "from constructs_lib.flow_control import queues", "constructs_lib.flow_control.queues"),
        ("tools.setup", "import aws_cdk", "aws_cdk"),
    ],
)
def test_an_offending_import_is_found(importer: str, source: str, offender: str) -> None:
    assert offences(importer, source) == [offender]


def test_extras_are_imported_where_they_are_used() -> None:
    names = set().union(*EXTRAS.values())

    def at_once(path: Path) -> list[str]:
        statements = [
            each for each in ast.parse(path.read_text()).body if isinstance(each, ast.Import | ast.ImportFrom)
        ]
        found = imports(ast.Module(body=list(statements), type_ignores=[]), module_name(path))
        return [name for name in found if name.partition(".")[0] in names]

    assert [path for path in (ROOT / "constructs_lib").rglob("*.py") if at_once(path)] == []


def test_what_the_table_allows_passes() -> None:
    assert offences("constructs_lib.sizing.plot", "def f():\n  import matplotlib") == []
    assert offences("constructs_lib.flow_control.checks.documents", "def f():\n  import yaml") == []
    assert offences("constructs_lib.flow_control.checks.plugin", "import aws_cdk") == []
    assert offences("constructs_lib.runtime.flow_control.handler", "import boto3\nfrom .contract import Settings") == []
    assert (
        offences("constructs_lib.flow_control.queues", "from constructs_lib.runtime.flow_control import contract") == []
    )
    assert offences("lambda_src.order_hub.handler", "from constructs_lib.runtime.flow_control import Message") == []
    provider, contract = "constructs_lib.custom_resource.provider", "constructs_lib.runtime.custom_resource.contract"
    assert offences(provider, f"from {contract} import Settings") == []
    assert offences("benchmarks.soak_custom_resource", "from local.emulator import Emulator") == []
